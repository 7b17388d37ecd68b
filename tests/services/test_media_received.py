"""Files people send: fetched, checked by what they hold, kept or refused in words, and forgotten when asked."""

from datetime import timedelta

import pytest
from PIL import Image

from core import clock
from models import Contact, MediaFile, ReceivedFile, db
from services import contacts, media
from services.media import received, shelf, thumbnails
from tests.factories import files
from tests.factories.received import Shelf, picture, send_file
from transports.port import NotSignedIn, OutcomeUnknown, RequestRefused, TryLater


@pytest.fixture
def carrier(app):
    """A carrier that holds what the test puts on its shelf."""
    carriers, held = app.extensions["carriers"], Shelf()
    before, carriers["media"] = carriers["media"], held
    yield held
    carriers["media"] = before


def fetched(carrier, data, **how) -> ReceivedFile:
    """What becomes of a file that somebody sends."""
    carrier.held["1"] = data
    send_file("1", **how)
    media.fetch_due(clock.now())
    db.session.expire_all()
    return db.session.query(ReceivedFile).one()


def kept() -> MediaFile:
    return db.session.query(MediaFile).one()


class TestFetching:
    def test_a_picture_is_kept_and_drawn_small(self, carrier):
        row = fetched(carrier, picture(size=(2000, 1000)))

        assert (row.state, row.media_id, row.reason) == ("fetched", kept().id, "")
        assert media.open_file(row.media_id).read() == carrier.held["1"]
        with Image.open(media.thumbnail_of(kept())) as small:
            assert small.size == (480, 240)

    @pytest.mark.parametrize(("kind", "data", "mime"), [
        ("voice", files.ogg(), "audio/ogg"), ("audio", files.MP3, "audio/mpeg"), ("video", files.mp4(), "video/mp4"),
        ("document", files.PDF, "application/pdf"), ("sticker", picture("WEBP"), "image/webp")])
    def test_every_kind_is_kept_as_what_it_is(self, carrier, kind, data, mime):
        fetched(carrier, data, kind=kind, mime="text/html")

        assert (kept().mime, media.is_shown_inline(kept())) == (mime, kind != "document")

    @pytest.mark.parametrize(("kind", "data"), [
        ("image", files.PDF), ("image", b"<svg onload=alert(1)>"), ("voice", b"<html>"), ("video", picture()),
        ("sticker", files.MP3), ("document", b"MZ\x90\0program"), ("document", b"\x7fELF\x02"), ("image", b"")])
    def test_what_is_something_else_or_a_program_is_not_kept(self, carrier, kind, data):
        row = fetched(carrier, data, kind=kind)

        assert row.state == "refused" and row.reason
        assert not db.session.query(MediaFile).count() and not list(shelf.folder().glob("new-*"))

    def test_a_picture_nobody_can_draw_is_only_a_download(self, carrier):
        row = fetched(carrier, files.JPEG)

        assert row.state == "fetched" and not media.is_shown_inline(kept())

    @pytest.mark.parametrize(("name", "shown"), [
        ("invoice.exe", "invoice.txt"), ("../../etc/passwd", "passwd.txt"), ("a\u202etxt.exe", "atxt.txt"),
        ("people.csv", "people.csv"), ("", "document.txt"), (".htaccess", "htaccess.txt"), ("x" * 500, None)])
    def test_the_name_is_never_a_path_and_its_ending_is_of_the_content(self, carrier, name, shown):
        fetched(carrier, b"just text", kind="document", name=name[:200])

        assert kept().name == shown or (shown is None and len(kept().name) <= 200 and kept().name.endswith(".txt"))
        assert kept().stored_as.removesuffix(".txt").isalnum()

    def test_too_large_is_not_even_asked_for(self, carrier, monkeypatch):
        monkeypatch.setattr("services.media.checking.LARGEST", 10)
        row = fetched(carrier, files.PDF, kind="document")

        assert row.state == "refused" and "larger" in row.reason

    @pytest.mark.parametrize(("trouble", "said"), [
        (TryLater("busy", code="2"), "WhatsApp did not give it to us. It is tried again"),
        (OutcomeUnknown("spoiled", code="digest"), "not arrive as WhatsApp announced it. It is tried again"),
        (OutcomeUnknown("expired", code="404"), "address was no longer good"), (OutcomeUnknown("slow", code="lost"), "took too long"),
        (RequestRefused("sends us elsewhere", code="307"), "leads elsewhere"),
        (NotSignedIn("The token is dead.", code="190"), "token is dead"), (KeyError("x"), "unexpected")])
    def test_trouble_is_said_and_tried_again_later(self, carrier, trouble, said):
        carrier.troubles = [trouble]
        row = fetched(carrier, picture())

        assert row.state == "waiting" and said in row.reason and row.due_at > clock.now()
        media.fetch_due(clock.now() + timedelta(seconds=10))
        db.session.expire_all()
        assert db.session.query(ReceivedFile).one().state == "fetched" and carrier.asked == ["1", "1"]

    def test_what_the_carrier_no_longer_has_is_gone(self, carrier):
        send_file("404")
        media.fetch_due(clock.now())
        db.session.expire_all()

        row = db.session.query(ReceivedFile).one()
        assert row.state == "gone" and "again" in row.reason

    def test_after_seven_days_nobody_tries_any_more(self, carrier):
        carrier.troubles = [TryLater("busy", code="2")]
        row = fetched(carrier, picture(), days_ago=7.1)

        assert row.state == "gone" and "7 days" in row.reason and "tried again" not in row.reason

    def test_an_address_that_is_not_metas_is_refused(self, carrier):
        carrier.troubles = [RequestRefused("The address of this file is not one of Meta's, so it was not asked.", code="address")]

        assert fetched(carrier, picture()).state == "refused"

    def test_a_dead_worker_s_file_is_fetched_when_its_lease_ends(self, carrier):
        carrier.held["1"] = picture()
        send_file("1")
        received._claimed(clock.now())

        assert media.fetch_due(clock.now()) == 0
        assert media.fetch_due(clock.now() + received.LEASE + timedelta(seconds=1)) == 1

    def test_one_bad_file_does_not_harm_its_neighbours(self, carrier):
        carrier.held |= {str(number): picture() for number in range(5)}
        carrier.held["2"] = b"MZ"
        for number in range(5):
            send_file(str(number))
        while media.fetch_due(clock.now()):
            pass
        db.session.expire_all()

        states = [row.state for row in db.session.query(ReceivedFile).order_by(ReceivedFile.wire_id)]
        assert states == ["fetched", "fetched", "refused", "fetched", "fetched"]

    def test_it_can_be_asked_for_again(self, carrier):
        send_file("1")
        media.fetch_due(clock.now())
        carrier.held["1"] = picture()
        media.try_again(db.session.query(ReceivedFile).one().message_id)
        media.fetch_due(clock.now())
        db.session.expire_all()

        assert db.session.query(ReceivedFile).one().state == "fetched"


class TestHostilePictures:
    @pytest.mark.parametrize("data", [
        files.png(1, 1)[:33] + b"\xff" * 50,
        picture()[:40], picture("PNG")[:60], b"RIFF\xff\xff\xff\xffWEBPVP8 " + b"\xff" * 200])
    def test_broken_ones_give_no_thumbnail_and_no_error(self, app, data, tmp_path):
        source = tmp_path / "x"
        source.write_bytes(data)

        assert not thumbnails.draw(source, "a.jpg")
        assert not list(thumbnails.folder().glob("new-*"))

    def test_a_bomb_of_dots_is_not_drawn(self, app, tmp_path):
        import struct
        import zlib
        head = struct.pack(">IIBBBBB", 30_000, 30_000, 8, 2, 0, 0, 0)
        source = tmp_path / "x"
        source.write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(
            struct.pack(">I", len(part)) + kind + part + struct.pack(">I", zlib.crc32(kind + part))
            for kind, part in ((b"IHDR", head), (b"IDAT", zlib.compress(b"\0" * 1_000_000)), (b"IEND", b""))))

        assert not thumbnails.draw(source, "a.png")


class TestForgetting:
    def test_files_of_people_go_after_the_days_that_are_kept(self, carrier):
        fetched(carrier, picture())
        stored = kept().stored_as

        assert media.forget_received(clock.now() - timedelta(days=1)) == 0
        assert media.forget_received(clock.now() + timedelta(seconds=1)) == 1
        assert not (shelf.folder() / stored).exists() and not thumbnails.place_of(stored).exists()
        db.session.expire_all()
        assert db.session.query(ReceivedFile).one().media_id is None

    def test_unused_files_of_ours_go_without_them(self, carrier):
        fetched(carrier, picture())

        assert media.forget_unused(clock.now() + timedelta(days=1)) == 0

    def test_a_picture_of_ours_that_somebody_sent_too_is_kept_apart(self, carrier, by):
        import io
        data = picture()
        fetched(carrier, data)
        ours = media.keep(io.BytesIO(data), name="a.jpg", kind="image", by=by)
        media.forget_received(clock.now() + timedelta(seconds=1))

        assert media.open_file(ours.id).read() == data


def test_whoever_is_erased_takes_their_files_along(carrier, by):
    fetched(carrier, picture())
    stored = kept().stored_as
    contacts.erase_person(db.session.query(Contact).one().id, by=by)
    db.session.rollback()

    assert not (shelf.folder() / stored).exists() and not thumbnails.place_of(stored).exists()
    assert not db.session.query(ReceivedFile).count() and not db.session.query(MediaFile).count()
