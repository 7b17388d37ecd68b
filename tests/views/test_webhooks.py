"""The door carriers knock at."""

import hashlib
import hmac
import threading

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from models import WebhookEvent, db
from services import channels, webhooks
from tests.factories.webhooks import body_of, signed, text_message, value


@pytest.fixture
def door(app):
    """A caller without cookies."""
    return app.test_client()


def events() -> int:
    return db.session.scalar(select(func.count()).select_from(WebhookEvent))


def word() -> str:
    return channels.line_of(channels.ensure_first()).verify_token


class TestHandshake:
    def ask(self, door, **changes):
        args = {"hub.mode": "subscribe", "hub.challenge": "1158201444", "hub.verify_token": word()} | changes
        return door.get("/webhook", query_string={k: v for k, v in args.items() if v is not None})

    def test_who_knows_our_word_gets_the_challenge_back_as_text(self, door):
        answer = self.ask(door)

        assert (answer.status_code, answer.text, answer.mimetype) == (200, "1158201444", "text/plain")

    @pytest.mark.parametrize("changes", [{"hub.verify_token": "wrong"}, {"hub.verify_token": None},
                                         {"hub.verify_token": ""}, {"hub.mode": "unsubscribe"}, {"hub.mode": None},
                                         {"hub.verify_token": "wörd"}])
    def test_anybody_else_is_refused(self, door, changes):
        assert self.ask(door, **changes).status_code == 403

    def test_markup_in_the_challenge_cannot_run(self, door):
        answer = self.ask(door, **{"hub.challenge": "<script>alert(1)</script>"})

        assert answer.mimetype == "text/plain"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


class TestReceive:
    def test_a_signed_body_is_stored_byte_for_byte(self, door):
        body = body_of(text_message("Do you open on Saturday?"))

        answer = door.post("/webhook", data=body, headers=signed(body))

        assert (answer.status_code, answer.data) == (200, b"")
        assert db.session.scalar(select(WebhookEvent.body)) == body

    def test_the_same_body_twice_is_kept_once(self, door):
        body = body_of(text_message("Hello"))

        for _ in range(3):
            assert door.post("/webhook", data=body, headers=signed(body)).status_code == 200

        assert events() == 1

    @pytest.mark.parametrize("spoil", [
        lambda h: {}, lambda h: {"X-Hub-Signature-256": ""}, lambda h: {"X-Hub-Signature-256": h[:-1]},
        lambda h: {"X-Hub-Signature-256": h[:7] + h[7:].upper()}, lambda h: {"X-Hub-Signature-256": h + h},
        lambda h: {"X-Hub-Signature-256": h.replace("sha256", "sha1")}, lambda h: {"X-Hub-Signature": h},
        lambda h: {"X-Hub-Signature-256": h[7:]}, lambda h: {"X-Hub-Signature-256": "sha256=" + "0" * 64},
    ])
    def test_a_body_that_is_not_signed_leaves_nothing(self, door, spoil):
        body = body_of(text_message("Hello"))

        answer = door.post("/webhook", data=body, headers=spoil(signed(body)["X-Hub-Signature-256"]))

        assert (answer.status_code, answer.data, events()) == (401, b"", 0)

    def test_a_signature_of_another_body_is_refused(self, door):
        ours, other = body_of(text_message("Hello")), body_of(text_message("Hello!"))

        assert door.post("/webhook", data=other, headers=signed(ours)).status_code == 401

    def test_what_is_signed_is_taken_even_when_it_is_not_json(self, door):
        body = b"\x00\xff not json"

        assert door.post("/webhook", data=body, headers=signed(body)).status_code == 200

    def test_three_megabytes_are_taken_and_one_byte_more_is_not(self, door):
        full = b"x" * (3 * 1024 * 1024)

        assert door.post("/webhook", data=full, headers=signed(full)).status_code == 200
        assert door.post("/webhook", data=full + b"x", headers=signed(full + b"x")).status_code == 413

    def test_without_a_secret_nothing_is_accepted(self, door, monkeypatch):
        import hashlib
        import hmac
        from dataclasses import replace

        line_of = channels.line_of
        monkeypatch.setattr(channels, "line_of", lambda channel: replace(line_of(channel), app_secret=""))
        body = body_of(text_message("Hello"))
        empty_key = {"X-Hub-Signature-256": "sha256=" + hmac.new(b"", body, hashlib.sha256).hexdigest()}

        assert door.post("/webhook", data=body, headers=empty_key).status_code == 401


class TestTheShelf:
    def test_shows_what_came_and_reads_it_again(self, browser):
        webhooks.keep(body_of(text_message("Do you open on Saturday?"), value(messages=["poison"])))
        while webhooks.read_events():
            pass
        event = db.session.scalars(select(WebhookEvent)).one()

        assert "Could not be read" in browser.get("/settings/webhooks?state=dead").text
        shown = browser.get(f"/settings/webhooks/{event.id}").text
        assert "Do you open on Saturday?" in shown and event.error in shown
        browser.post(f"/settings/webhooks/{event.id}/replay")
        db.session.expire_all()
        assert db.session.get(WebhookEvent, event.id).state == "new"

    def test_a_period_is_read_again_on_the_viewers_clock(self, browser):
        webhooks.keep(body_of(text_message("Hello")))
        while webhooks.read_events():
            pass

        browser.post("/settings/webhooks/replay", {"start": "2020-01-01T00:00", "end": "2020-01-02T00:00"})
        db.session.expire_all()
        assert db.session.scalar(select(WebhookEvent.state)) == "read"
        browser.post("/settings/webhooks/replay", {"start": "2020-01-01T00:00", "end": "2099-01-01T00:00"})
        db.session.expire_all()
        assert db.session.scalar(select(WebhookEvent.state)) == "new"

    @pytest.mark.parametrize(("start", "end"), [("", ""), ("2030-01-02T00:00", "2030-01-01T00:00"), ("x", "y"),
                                                ("2030-02-30T00:00", "2031-01-01T00:00")])
    def test_a_period_that_cannot_be_is_words(self, browser, start, end):
        answer = browser.post("/settings/webhooks/replay", {"start": start, "end": end}, follow_redirects=True)

        assert answer.status_code == 200 and "being read again;" not in answer.text

    def test_hostile_bodies_are_words_on_the_page(self, browser):
        webhooks.keep(body_of(text_message("<script>alert('of-a-stranger')</script>")))
        event = db.session.scalars(select(WebhookEvent)).one()

        assert "<script>alert('of-a-stranger')" not in browser.get(f"/settings/webhooks/{event.id}").text

    def test_only_who_manages_sees_it(self, browser_as):
        assert browser_as("manager").get("/settings/webhooks").status_code == 403


class TestTheDoor:
    def test_many_at_once_are_each_kept_before_they_are_thanked(self, app):
        bodies = [body_of(text_message("Hello", wire_id=f"wamid.DOOR.{number}")) for number in range(60)]
        headers = [signed(body) for body in bodies]
        answers = []

        def knock(part):
            caller = FlaskClient(app, TestResponse)
            for number in range(part, len(bodies), 6):
                answers.append(caller.post("/webhook", data=bodies[number], headers=headers[number]).status_code)

        threads = [threading.Thread(target=knock, args=(part,)) for part in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        db.session.rollback()  # what other threads wrote is seen by a new look only
        assert answers == [200] * 60 and events() == 60

    def test_a_body_that_breaks_off_is_not_kept(self, door):
        body = body_of(text_message("Hello"))
        answer = door.post("/webhook", data=body, headers=signed(body),
                           environ_overrides={"CONTENT_LENGTH": str(len(body) + 10)})

        assert answer.status_code == 400 and events() == 0

    @pytest.mark.parametrize("length", ["-1", "x", "1e3", "٣"])
    def test_an_odd_length_is_refused(self, door, length):
        answer = door.post("/webhook", environ_overrides={"CONTENT_LENGTH": length}, headers=signed(b""))

        assert answer.status_code in (400, 401, 413) and events() == 0

    def test_a_new_app_secret_is_known_at_once(self, door, by):
        body = body_of(text_message("Hello"))
        assert door.post("/webhook", data=body, headers=signed(body)).status_code == 200
        channel = channels.add_channel(name="Desk", phone_number_id="410987654321098", business_id="301122334455667",
                                       token="EAAG-token", app_secret="a-new-app-secret", verify_token="a-word-of-ours", by=by)
        own = body_of(text_message("For the new number"))
        header = {"X-Hub-Signature-256": "sha256=" + hmac.new(b"a-new-app-secret", own, hashlib.sha256).hexdigest()}

        assert door.post("/webhook", data=own, headers=header).status_code == 200 and channel.id


class TestTheDeadLetters:
    @pytest.fixture
    def shelf(self, app):
        """Two that could not be read for one reason, one for another, one that could."""
        webhooks.keep(body_of(text_message("fine", wire_id="wamid.1")), body_of(value(messages=["poison"])),
                      body_of(value(messages=["poison", "again"])), b"\xff no json")
        while webhooks.read_events():
            pass
        found = db.session.execute(select(WebhookEvent.error).where(WebhookEvent.state == "dead")).scalars().all()
        return next(error for error in found if found.count(error) == 2)

    def test_reasons_are_counted_and_each_opens_its_notices(self, browser, shelf):
        page = browser.get("/settings/webhooks").text
        narrowed = browser.get("/settings/webhooks", query_string={"state": "dead", "reason": shelf}).text

        assert "Why some could not be read" in page and "4 notices" in page
        assert "2 notices" in narrowed and "Read these 2 again" in narrowed

    def test_one_reason_is_read_again_alone(self, browser, shelf):
        browser.post("/settings/webhooks/replay", {"state": "dead", "reason": shelf})

        db.session.expire_all()
        waiting = select(func.count()).select_from(WebhookEvent).where(WebhookEvent.state == "new")
        assert db.session.scalar(waiting) == 2

    def test_a_period_narrows_the_list(self, browser, shelf):
        assert "0 notices" in browser.get("/settings/webhooks?start=2020-01-01T00:00&end=2020-01-02T00:00").text
        assert "4 notices" in browser.get("/settings/webhooks?start=2020-01-01T00:00").text

    @pytest.mark.parametrize("address", ["?start=x", "?end=2020-02-30T00:00", "?start=2030-01-01T00:00&end=2020-01-01T00:00",
                                         "?state=odd&before=x", "?before=99999999999999"])
    def test_an_odd_address_is_a_page(self, browser, shelf, address):
        assert browser.get(f"/settings/webhooks{address}").status_code == 200

    def test_pages_go_on_with_what_was_asked(self, browser):
        webhooks.keep(*(b'{"number": %d}' % number for number in range(51)))
        while webhooks.read_events():
            pass
        page = browser.get("/settings/webhooks?state=dead")
        older = next(line for line in page.text.splitlines() if "Older ones" in line)

        assert "state=dead" in older and "before=" in older

    def test_the_bytes_are_a_file(self, browser):
        webhooks.keep(b"\xff<script>")
        event_id = db.session.scalar(select(WebhookEvent.id))
        answer = browser.get(f"/settings/webhooks/{event_id}/body")

        assert answer.data == b"\xff<script>" and answer.mimetype == "application/octet-stream"
        assert answer.headers["Content-Disposition"].startswith("attachment")
        assert answer.headers["X-Content-Type-Options"] == "nosniff"

    def test_nothing_in_particular_is_not_everything(self, browser, shelf):
        answer = browser.post("/settings/webhooks/replay", {}, follow_redirects=True)

        assert "Say which notices" in answer.text

    def test_a_large_body_is_shown_by_its_beginning(self, browser):
        webhooks.keep(b"x" * 300_000)
        event_id = db.session.scalar(select(WebhookEvent.id))

        assert "the file has the rest" in browser.get(f"/settings/webhooks/{event_id}").text
