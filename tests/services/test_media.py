"""Files are kept once, out of reach, and handed to each carrier once."""

import io
import stat
import threading
from datetime import timedelta

import pytest

from core import clock
from core.actor import COMMAND
from core.errors import Invalid, NotFound
from models import MediaFile, MediaUpload, db, transaction
from services import media, settings
from tests.factories import files
from tests.factories import sending as make
from transports.port import FileToSend, NeverLeft, RequestRefused


class Shelf:
    """A carrier's shelf that counts."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, bytes]] = []
        self.trouble: Exception | None = None
        self.ready = threading.Event()
        self.ready.set()

    def upload(self, line: object, file: FileToSend) -> str:
        return self._take("file", file)

    def sample(self, line: object, file: FileToSend) -> str:
        return self._take("sample", file)

    def _take(self, how: str, file: FileToSend) -> str:
        assert self.ready.wait(10)
        if self.trouble:
            raise self.trouble
        self.seen.append((how, file.stream.read()))
        return f"{how}-{len(self.seen)}"


@pytest.fixture
def shelf(app):
    carriers = app.extensions["carriers"]
    before = carriers["media"]
    carriers["media"] = Shelf()
    yield carriers["media"]
    carriers["media"] = before


def kept(data=files.JPEG, name="shop.jpg", kind="image"):
    return media.keep(io.BytesIO(data), name=name, kind=kind, by=COMMAND)


def on_disk():
    return [path for path in (settings.start_up().instance / "media").iterdir() if not path.name.startswith(".")]


class TestKeep:
    def test_it_comes_back_as_it_was(self, app):
        file = kept()

        with media.open_file(file.id) as again:
            assert again.read() == files.JPEG
        assert (file.mime, file.size, file.name, file.created_by) == (
            "image/jpeg", len(files.JPEG), "shop.jpg", COMMAND.name)

    def test_nobody_else_on_the_machine_can_read_it(self, app):
        stored = settings.start_up().instance / "media" / kept().stored_as

        assert stat.S_IMODE(stored.stat().st_mode) == 0o600
        assert stat.S_IMODE(stored.parent.stat().st_mode) == 0o700

    def test_the_same_picture_is_kept_once_whatever_it_is_called(self, app):
        assert kept().id == kept(name="again.jpg").id

    def test_a_document_under_another_name_is_another_file_over_the_same_bytes(self, app):
        first, second = (kept(files.PDF, name, "document") for name in ("menu.pdf", "menu-2.pdf"))
        folder = settings.start_up().instance / "media"

        assert (first.name, second.name) == ("menu.pdf", "menu-2.pdf")
        assert (folder / first.stored_as).samefile(folder / second.stored_as)

    @pytest.mark.parametrize(("name", "shown"), [
        ("../../etc/passwd", "passwd.jpg"), ("C:\\Users\\ana\\shop.jpg", "shop.jpg"), ("", "file.jpg"),
        ("shop.jpeg", "shop.jpeg"), ("shop.exe", "shop.jpg"), ("a\nb\x00.jpg", "ab.jpg"), ("x" * 400, "x" * 196 + ".jpg"),
        ("..", "file.jpg"),
    ])
    def test_a_name_is_made_harmless(self, app, name, shown):
        assert kept(files.JPEG + name.encode(), name).name == shown

    def test_what_is_refused_leaves_nothing_behind(self, app):
        before = on_disk() if (settings.start_up().instance / "media").exists() else []

        for data in (files.GIF, b"", files.JPEG.ljust(6 * 1024 * 1024)):
            with pytest.raises(Invalid):
                kept(data)
        assert on_disk() == before
        assert db.session.query(MediaFile).count() == 0

    def test_a_kind_that_is_none_is_refused(self, app):
        with pytest.raises(Invalid):
            kept(kind="hologram")

    def test_a_file_that_is_gone_says_so(self, app):
        file = kept()
        (settings.start_up().instance / "media" / file.stored_as).unlink()

        with pytest.raises(NotFound, match="gone from the disk"):
            media.open_file(file.id)
        with pytest.raises(NotFound):
            media.get_media(file.id + 1)


class TestForgetting:
    def test_only_old_files_that_no_template_uses_go(self, app):
        used, unused, on_a_card = kept().id, kept(files.png(), "logo.png").id, kept(files.png(3), "card.png").id
        version = make.make_version()
        swiped = make.make_version(name="cards")
        with transaction():
            db.session.merge(version).header = {"kind": "image", "media_id": used}
            db.session.merge(swiped).header = {"kind": "cards", "cards": [{"media_id": on_a_card}]}

        assert media.forget_unused(clock.now() - timedelta(days=1)) == 0
        assert media.forget_unused(clock.now() + timedelta(days=1)) == 1
        assert {file.id for file in db.session.query(MediaFile)} == {used, on_a_card}
        with pytest.raises(NotFound):
            media.get_media(unused)


class TestHandingOver:
    def test_once_for_each_channel(self, app, shelf):
        first, second = make.make_channel(), make.make_channel(number_id="2")
        file = kept()

        ids = [media.ensure_uploaded(channel, file.id) for channel in (first, second, first, second)]

        assert ids == ["file-1", "file-2", "file-1", "file-2"]
        assert shelf.seen == [("file", files.JPEG)] * 2

    def test_many_at_the_same_moment_hand_it_over_once(self, app, shelf):
        channel_id, media_id = make.make_channel().id, kept().id
        shelf.ready.clear()
        told = []

        def ask():
            from services import channels
            with app.app_context():
                told.append(media.ensure_uploaded(channels.get_channel(channel_id), media_id))
                db.session.remove()

        askers = [threading.Thread(target=ask) for _ in range(6)]
        for asker in askers:
            asker.start()
        shelf.ready.set()
        for asker in askers:
            asker.join(20)

        assert told == ["file-1"] * 6
        assert len(shelf.seen) == 1

    def test_what_the_carrier_forgets_soon_is_handed_over_again_before_a_campaign(self, app, shelf):
        channel, file = make.make_channel(), kept()
        media.ensure_uploaded(channel, file.id)
        with transaction():
            db.session.query(MediaUpload).one().expires_at = clock.now() + timedelta(hours=5)

        assert media.known_files(channel.id, [file.id]) == {file.id: ("file-1", "image", "shop.jpg")}  # good enough for what leaves now
        assert media.ensure_uploaded(channel, file.id) == "file-2"

    def test_what_the_carrier_has_forgotten_is_not_used(self, app, shelf):
        channel, file = make.make_channel(), kept()
        media.ensure_uploaded(channel, file.id)
        with transaction():
            db.session.query(MediaUpload).one().expires_at = clock.now()

        assert media.known_files(channel.id, [file.id]) == {}

    def test_a_file_the_carrier_says_it_does_not_know_is_handed_over_anew(self, app, shelf):
        channel, file = make.make_channel(), kept()
        media.ensure_uploaded(channel, file.id)

        media.forget_upload(channel.id, file.id)

        assert media.ensure_uploaded(channel, file.id) == "file-2"

    def test_the_sample_of_a_template_has_a_handle_of_its_own(self, app, shelf):
        channel, file = make.make_channel(), kept()

        assert [media.handle_of(channel, file.id) for _ in range(2)] == ["sample-1"] * 2
        assert media.known_files(channel.id, [file.id]) == {}
        assert media.ensure_uploaded(channel, file.id) == "file-2"

    @pytest.mark.parametrize(("trouble", "is_final"), [
        (RequestRefused("The file is broken.", code="131053"), True), (NeverLeft("Unreachable."), False)])
    def test_a_refusal_says_whether_trying_again_helps(self, app, shelf, trouble, is_final):
        channel, file = make.make_channel(), kept()
        shelf.trouble = trouble

        with pytest.raises(media.NotUploaded) as refusal:
            media.ensure_uploaded(channel, file.id)

        assert refusal.value.is_final is is_final
        assert "shop.jpg" in refusal.value.message
        assert db.session.query(MediaUpload).count() == 0
