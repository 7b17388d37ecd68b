"""What the webhook hears: signed, in Meta's shapes, at least once, even after a restart."""

import pytest

from simulator.ledger import Ledger
from tests.simulator.conftest import SECRET, approve, control, greeting, hand_in, line_to, send
from transports.cloud_api.read import CloudReader
from transports.cloud_api.signature import is_signed
from transports.port import IncomingMessage, OutgoingMessage, PreferenceNews, Reaction, StatusNews, TemplateNews, Text

PERSON = "+447911123456"


def magic(digits: int) -> str:
    return f"+1613555{100 + digits:04}"


@pytest.fixture
def world(start, mailbox):
    """A simulator with an approved template and a webhook."""
    running = start(webhook_url=mailbox.url, not_on_whatsapp=0.0, delivered=1.0, read=1.0)
    approve(running)
    mailbox.next_change("message_template_status_update")
    return running


def told(mailbox, kind: type, count: int = 1) -> list:
    """The first `count` items of this kind, as our own reader understands them."""
    found: list = []
    while len(found) < count:
        found.extend(item for item in CloudReader().read(mailbox.next_body()[0]) if isinstance(item, kind))
    return found


def keep_waiting_news(start, mailbox, folder, *people) -> list:
    """A simulator that took messages in and was stopped before it told of them; all of it is due by now."""
    slow = start(webhook_url=mailbox.url, speed=0.001)
    receipts = send(line_to(slow), *(OutgoingMessage(who, "attempt-1", Text("Hello")) for who in people))
    slow.stop()
    book = Ledger(folder)
    book.write([("UPDATE news SET due = 1", [()])])
    book.close()
    return receipts


class TestStatuses:
    def test_an_ordinary_message_is_sent_delivered_and_read(self, world, mailbox):
        [receipt] = send(line_to(world), greeting(PERSON))

        news = told(mailbox, StatusNews, 3)

        assert [item.status for item in news] == ["sent", "delivered", "read"]
        assert {(item.wire_id, item.attempt_id, item.recipient) for item in news} == {
            (receipt.wire_id, "attempt-1", PERSON[1:])}

    @pytest.mark.parametrize("digits, words", [
        (1, ["sent", "delivered", "read"]), (2, ["sent", "delivered"]), (3, ["sent"]),
        (5, ["sent", "delivered", "read"]), (6, ["sent", "read"]),
        (7, ["delivered"]), (8, ["sent"] * 3 + ["delivered"] * 3 + ["read"] * 3),
        (9, ["read", "delivered", "sent"]), (10, ["sent", "failed", "delivered"]), (17, ["sent", "delivered", "delivered"]), (12, ["sent", "delivered"]),
        (13, ["failed"]), (15, ["sent", "warning", "delivered"])])
    def test_a_magic_number_tells_its_story(self, world, mailbox, digits, words):
        send(line_to(world), greeting(magic(digits)))

        assert [item.status for item in told(mailbox, StatusNews, len(words))] == words

    def test_of_a_reaction_nothing_is_told_but_that_it_was_sent(self, world, mailbox):
        theirs = control(world, "POST", "say", {"from": PERSON, "text": "Hello"}).json()["id"]
        reaction, hello = send(line_to(world), OutgoingMessage(PERSON, "attempt-1", Reaction(theirs, "👍")), greeting(PERSON, "attempt-2"))

        words = [item.status for item in told(mailbox, StatusNews, 4) if item.wire_id == reaction.wire_id]
        assert words == ["sent"] and hello.wire_id

    def test_statuses_told_in_the_wrong_order_keep_their_times(self, world, mailbox):
        send(line_to(world), greeting(magic(9)))

        read, delivered, sent = told(mailbox, StatusNews, 3)

        assert (read.status, delivered.status, sent.status) == ("read", "delivered", "sent")
        assert read.at >= delivered.at >= sent.at

    @pytest.mark.parametrize("digits, code", [
        (20, "131026"), (21, "131047"), (22, "131049"), (23, "131050"), (24, "130472"), (25, "131053"), (26, "131000"),
        (27, "131042"), (28, "131048"), (29, "132015"), (30, "139999")])
    def test_a_failure_by_webhook_has_its_code_and_words(self, world, mailbox, digits, code):
        send(line_to(world), greeting(magic(digits)))

        [item] = told(mailbox, StatusNews)

        assert (item.status, item.code) == ("failed", code)
        assert item.reason and item.refusal

    @pytest.mark.parametrize("digits", [14, 31])
    def test_some_statuses_lack_the_echo(self, world, mailbox, digits):
        send(line_to(world), greeting(magic(digits)))

        assert told(mailbox, StatusNews)[0].attempt_id == ""

    def test_news_may_come_before_the_answer(self, world, mailbox):
        send(line_to(world), greeting(magic(11)))

        assert mailbox.bodies.qsize() >= 1

    def test_news_of_a_lost_answer_carries_the_attempt(self, world, mailbox):
        send(line_to(world), greeting(magic(60)))

        assert told(mailbox, StatusNews)[0].attempt_id == "attempt-1"

    def test_a_failed_status_comes_without_contacts_and_others_with(self, world, mailbox):
        send(line_to(world), greeting(magic(20)))
        failed = mailbox.next_change()
        send(line_to(world), greeting(magic(3)))
        sent = mailbox.next_change()

        assert "contacts" not in failed and failed["statuses"][0]["status"] == "failed"
        assert sent["contacts"][0]["wa_id"] == magic(3)[1:]


class TestWindow:
    def test_free_text_to_a_silent_person_fails_by_webhook(self, world, mailbox):
        send(line_to(world), OutgoingMessage(PERSON, "attempt-1", Text("Hello")))

        assert told(mailbox, StatusNews)[0].code == "131047"

    def test_free_text_to_somebody_who_wrote_arrives(self, world, mailbox):
        control(world, "POST", "say", {"from": PERSON, "text": "Hello"})
        told(mailbox, IncomingMessage)

        send(line_to(world), OutgoingMessage(PERSON, "attempt-1", Text("Hello")))

        assert told(mailbox, StatusNews)[0].status == "sent"

    def test_marketing_to_somebody_who_stopped_it_fails_by_webhook(self, world, mailbox):
        control(world, "POST", "say", {"from": PERSON, "type": "stop_marketing"})
        told(mailbox, PreferenceNews)

        send(line_to(world), greeting(PERSON))

        assert told(mailbox, StatusNews)[0].code == "131050"


class TestSayings:
    @pytest.mark.parametrize("digits, kind, text", [
        (80, "text", "Thank you!"), (81, "text", "STOP"), (82, "text", "START"), (83, "button", "Stop"),
        (86, "image", "Our dog")])
    def test_a_magic_number_answers(self, world, mailbox, digits, kind, text):
        send(line_to(world), greeting(magic(digits)))

        [item] = told(mailbox, IncomingMessage)

        assert (item.kind, item.text, item.wa_id) == (kind, text, magic(digits)[1:])
        assert item.profile_name

    def test_somebody_answers_without_a_number(self, world, mailbox):
        send(line_to(world), greeting(magic(87)))

        [item] = told(mailbox, IncomingMessage)

        assert item.wa_id == "" and item.user_id.startswith("GB.")

    @pytest.mark.parametrize("digits, granted", [(84, False), (85, True)])
    def test_marketing_is_switched_off_and_on(self, world, mailbox, digits, granted):
        send(line_to(world), greeting(magic(digits)))

        [item] = told(mailbox, PreferenceNews)

        assert (item.is_granted, item.wa_id) == (granted, magic(digits)[1:])


class TestTemplates:
    def test_a_template_is_approved_by_webhook(self, start, mailbox):
        running = start(webhook_url=mailbox.url)

        wire_id, state = hand_in(running, "hello")

        [item] = told(mailbox, TemplateNews)
        assert (state, item.wire_id, item.name, item.language, item.state) == (
            "pending", wire_id, "hello", "en_GB", "approved")

    def test_a_name_can_ask_to_be_rejected(self, start, mailbox):
        hand_in(start(webhook_url=mailbox.url), "please_reject_me_now")

        [item] = told(mailbox, TemplateNews)

        assert item.state == "rejected" and "reject_me" in item.reason


class TestPostman:
    def test_every_body_is_signed_over_its_raw_bytes(self, world, mailbox):
        send(line_to(world), greeting(magic(3)))

        body, headers = mailbox.next_body()

        assert is_signed(SECRET, body, headers["X-Hub-Signature-256"])

    def test_news_that_is_due_together_travels_together(self, start, mailbox, tmp_path):
        keep_waiting_news(start, mailbox, tmp_path, *(f"+4479111{number:05}" for number in range(20)))

        start(webhook_url=mailbox.url)

        assert len(mailbox.next_change()["statuses"]) > 10

    def test_news_is_told_again_until_it_is_heard(self, start, mailbox):
        mailbox.answers = [500, 403]
        running = start(webhook_url=mailbox.url)

        control(running, "POST", "say", {"from": PERSON, "text": "Hello"})

        assert len({item.wire_id for item in told(mailbox, IncomingMessage, 3)}) == 1

    def test_news_that_was_heard_is_not_told_again(self, world, mailbox):
        send(line_to(world), greeting(magic(3)), greeting(magic(7)))

        words = [item.status for item in told(mailbox, StatusNews, 2)]

        assert sorted(words) == ["delivered", "sent"]
        assert mailbox.bodies.empty()

    def test_pending_news_survives_a_restart(self, start, mailbox, tmp_path):
        [receipt] = keep_waiting_news(start, mailbox, tmp_path, PERSON)

        start(webhook_url=mailbox.url)

        assert told(mailbox, StatusNews)[0].wire_id == receipt.wire_id

    def test_of_two_simulators_on_one_folder_one_tells(self, start, mailbox):
        first, second = start(webhook_url=mailbox.url), start(webhook_url=mailbox.url)

        send(line_to(first), OutgoingMessage(PERSON, "attempt-1", Text("Hello")))
        send(line_to(second), OutgoingMessage(PERSON, "attempt-2", Text("Hello")))

        assert sorted(item.attempt_id for item in told(mailbox, StatusNews, 2)) == ["attempt-1", "attempt-2"]
        assert mailbox.bodies.empty()

    def test_when_the_teller_stops_another_takes_over(self, start, mailbox):
        first, second = start(webhook_url=mailbox.url), start(webhook_url=mailbox.url)

        first.stop()
        send(line_to(second), OutgoingMessage(PERSON, "attempt-2", Text("Hello")))

        assert told(mailbox, StatusNews)[0].attempt_id == "attempt-2"

    def test_without_a_webhook_nothing_is_kept_to_be_told(self, start):
        running = start()
        hand_in(running)
        send(line_to(running), OutgoingMessage(PERSON, "attempt-1", Text("Hello")))

        assert control(running, "GET", "ledger").json()["pending"] == 0
