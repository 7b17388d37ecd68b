"""Files go up, are looked up, come down and are forgotten, as at Meta; the transport and the simulator speak of the same."""

import asyncio
import io

import pytest
import requests

from tests.factories import files
from tests.simulator.conftest import TOKEN, WAIT, control, line_to, send
from transports.cloud_api.catalogue import CloudCatalogue
from transports.cloud_api.engine import CloudEngine
from transports.cloud_api.media import CloudMedia, is_carriers
from transports.cloud_api.read import CloudReader
from transports.port import (
    FileToSend,
    FromTemplate,
    Gap,
    Media,
    OutgoingMessage,
    Receipt,
    RequestRefused,
    SendFailed,
    StatusNews,
    StoredFile,
    Template,
    TemplateButton,
)

PERSON = "+447911123456"
STORE = CloudMedia()


@pytest.fixture
def world(start):
    """A simulator."""
    return start()


def as_file(data=files.JPEG, name="shop.jpg", mime="image/jpeg"):
    return FileToSend(io.BytesIO(data), name, mime, len(data))


def come_down(line, stored, most_bytes=10_000):
    into = io.BytesIO()
    STORE.download(line, stored, into, most_bytes=most_bytes)
    return into.getvalue()


class TestFiles:
    def test_a_file_goes_up_and_comes_down_as_it_was(self, world):
        line = line_to(world)
        stored = STORE.describe(line, STORE.upload(line, as_file(files.png(9, 9), "a.png", "image/png")))

        assert (stored.mime, stored.size) == ("image/png", len(files.png(9, 9)))
        assert come_down(line, stored) == files.png(9, 9)

    def test_a_large_file_goes_up_in_pieces(self, world):
        data = files.PDF.ljust(3_000_000, b"x")
        line = line_to(world)

        assert come_down(line, STORE.describe(line, STORE.upload(line, as_file(data, "a.pdf", "application/pdf"))),
                         4_000_000) == data

    @pytest.mark.parametrize(("data", "mime", "code"), [
        (files.GIF, "image/gif", "100"), (files.PDF, "image/jpeg", "131053"), (b"", "image/jpeg", "100"),
        (files.JPEG.ljust(5 * 1024 * 1024 + 1), "image/jpeg", "100")])
    def test_what_meta_would_not_take_is_refused(self, world, data, mime, code):
        with pytest.raises(SendFailed) as refusal:
            STORE.upload(line_to(world), as_file(data, "x", mime))

        assert refusal.value.code == code

    def test_an_address_needs_the_token_and_its_own_signature(self, world):
        line = line_to(world)
        stored = STORE.describe(line, STORE.upload(line, as_file()))

        assert requests.get(stored.url, timeout=WAIT).status_code == 403
        assert requests.get(stored.url + "0", timeout=WAIT, headers={"Authorization": f"Bearer {TOKEN}"}
                            ).status_code == 404

    def test_what_is_forgotten_is_gone(self, world):
        line = line_to(world)
        wire_id = STORE.upload(line, as_file())

        STORE.delete(line, wire_id)

        with pytest.raises(SendFailed):
            STORE.describe(line, wire_id)

    def test_more_than_was_allowed_is_not_written_down(self, world):
        line = line_to(world)
        stored = STORE.describe(line, STORE.upload(line, as_file()))

        with pytest.raises(RequestRefused):
            come_down(line, stored, most_bytes=10)

    @pytest.mark.parametrize(("url", "is_safe"), [
        ("https://lookaside.fbsbx.com/x", True), ("http://lookaside.fbsbx.com/x", False),
        ("https://evil.example/lookaside.fbsbx.com", False), ("https://fbsbx.com.evil.example/", False),
        ("https://lookaside.fbsbx.com@evil.example/", False), ("https://lookaside.fbsbx.com:8443/", False),
        ("file:///etc/passwd", False), ("", False), ("http://127.0.0.1:1/", False), ("https://[", False)])
    def test_the_token_is_shown_to_nobody_but_the_carrier(self, world, url, is_safe):
        line = line_to(world)

        assert is_carriers(line, url) is is_safe
        if not is_safe:
            with pytest.raises(RequestRefused):
                come_down(line, StoredFile("1", url, "", 1, ""))


class TestMessagesWithFiles:
    def test_a_picture_arrives_and_can_be_seen(self, world):
        line = line_to(world)
        wire_id = STORE.upload(line, as_file())
        control(world, "POST", "say", {"from": PERSON, "text": "Hi"})

        assert isinstance(send(line, OutgoingMessage(PERSON, "a", Media("image", wire_id, caption="Look")))[0], Receipt)
        shown, = control(world, "GET", f"messages/{PERSON}").json()["messages"]
        assert (shown["kind"], shown["content"]) == ("image", {"id": wire_id, "caption": "Look"})

    def test_a_read_mark_is_taken(self, world):
        async def mark():
            engine = CloudEngine()
            try:
                await engine.mark_read(line_to(world), "wamid.x", is_typing=True)
            finally:
                await engine.close()

        asyncio.run(mark())


class TestTemplatesWithEverything:
    def submit(self, line, **changes):
        handle = STORE.sample(line, as_file())
        words = {"name": "offer", "language": "en_GB", "category": "marketing", "body": "Hi {{first_name}}, look",
                 "footer": "Bye", "samples": (("first_name", "Ana"), ("code", "x1")), "is_named": True,
                 "header": {"kind": "image", "media_id": 1}, "handle": handle,
                 "buttons": [{"kind": "quick_reply", "text": "Stop"},
                             {"kind": "url", "text": "See", "url": "https://example.com/{{code}}"},
                             {"kind": "copy_code", "text": "Copy code", "sample": "SAVE20"}]}
        return CloudCatalogue().submit(line, **(words | changes))

    def test_it_is_handed_in_approved_and_sent(self, world):
        line = line_to(world)
        self.submit(line)
        control(world, "POST", "templates", {"name": "offer", "status": "APPROVED"})
        picture = Media("image", STORE.upload(line, as_file()))
        full = Template("offer", "en_GB", header=picture, body=(Gap("first_name"),), buttons=(
            TemplateButton(1, "url", Gap()), TemplateButton(2, "copy_code", "SAVE20")))

        assert isinstance(send(line, OutgoingMessage(PERSON, "a", FromTemplate(full, ("Ana", "x9"))))[0], Receipt)

    @pytest.mark.parametrize(("parts", "values", "code"), [
        ({"header": None}, ("Ana", "x"), "132012"), ({"header": Gap("first_name")}, ("Ana", "Ana", "x"), "132012"),
        ({"header": Media("video", "1")}, ("Ana", "x"), "132012"), ({"body": ()}, ("x",), "132000"),
        ({"buttons": ()}, ("Ana",), "131008"),
        ({"buttons": (TemplateButton(1, "url", Gap()), TemplateButton(2, "copy_code", "X" * 16))}, ("Ana", "x"), "131009"),
        ({"buttons": (TemplateButton(0, "url", Gap()),)}, ("Ana", "x"), "132012")])
    def test_half_a_message_is_refused(self, world, parts, values, code):
        line = line_to(world)
        self.submit(line)
        control(world, "POST", "templates", {"name": "offer", "status": "APPROVED"})
        whole = {"header": Media("image", "1"), "body": (Gap("first_name"),), "buttons": (
            TemplateButton(1, "url", Gap()), TemplateButton(2, "copy_code", "SAVE20"))}

        [refusal] = send(line, OutgoingMessage(PERSON, "a", FromTemplate(Template("offer", "en_GB", **(whole | parts)), values)))

        assert refusal.code == code

    @pytest.mark.parametrize("changes", [
        {"handle": ""}, {"handle": "4::made-up"}, {"header": {"kind": "text", "text": "x" * 61}},
        {"header": {"kind": "text", "text": "{{first_name}} {{code}}"}},
        {"buttons": [{"kind": "quick_reply", "text": "x" * 26}]}, {"buttons": [{"kind": "quick_reply", "text": "x"}] * 11},
        {"buttons": [{"kind": "url", "text": "See", "url": "https://x.org/{{code}}/more"}]},
        {"buttons": [{"kind": "quick_reply", "text": "a"}, {"kind": "phone", "text": "b", "phone": "+441632960000"},
                     {"kind": "quick_reply", "text": "c"}]}])
    def test_what_meta_would_not_take_is_refused(self, world, changes):
        with pytest.raises(SendFailed):
            self.submit(line_to(world), **changes)

    def test_it_is_listed_changed_and_deleted(self, world):
        line, catalogue = line_to(world), CloudCatalogue()
        wire_id, _ = self.submit(line)
        control(world, "POST", "templates", {"name": "offer", "status": "APPROVED"})

        catalogue.change(line, wire_id, body="Bye {{first_name}} again", footer="", samples=(("first_name", "Ana"),),
                         is_named=True)
        listed = {one.name: one for one in catalogue.templates(line)}
        assert listed["offer"].body == "Bye {{first_name}} again"
        assert (listed["offer"].header, listed["offer"].footer, listed["offer"].buttons) == ({}, "", ())

        catalogue.delete(line, name="offer", wire_id=wire_id)
        assert "offer" not in {one.name for one in catalogue.templates(line)}


def test_a_message_that_names_an_unknown_file_is_taken_in_and_fails_by_news(start, mailbox):
    running = start(webhook_url=mailbox.url)
    control(running, "POST", "say", {"from": PERSON, "text": "Hi"})

    assert isinstance(send(line_to(running), OutgoingMessage(PERSON, "a", Media("image", "999")))[0], Receipt)
    news: list[StatusNews] = []
    while not news:
        news = [item for item in CloudReader().read(mailbox.next_body()[0]) if isinstance(item, StatusNews)]
    assert (news[0].status, news[0].code) == ("failed", "131053")
