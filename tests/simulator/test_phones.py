"""A phone in somebody's hand does what its holder says, and remembers what stood on it."""

import asyncio
import io

import pytest
import requests

from core import media_types
from simulator import drawn, ledger
from tests.simulator.conftest import BUSINESS_ID, TOKEN, WAIT, approve, control, greeting, line_to, send
from tests.simulator.test_news import told
from transports.cloud_api.engine import CloudEngine
from transports.port import (
    Choice,
    IncomingMessage,
    Interactive,
    OutgoingMessage,
    Reaction,
    ReplyButtons,
    StatusNews,
    Text,
)

PERSON = "+447700900123"


@pytest.fixture
def world(start, mailbox):
    """A simulator with a webhook and an approved template; everybody would be out of reach by chance."""
    running = start(webhook_url=mailbox.url, not_on_whatsapp=1.0)
    approve(running)
    return running


@pytest.fixture
def priya(world):
    """Priya's phone, in hand."""
    return Hand(world)


class Hand:
    """One phone, by the control address."""

    def __init__(self, world, number=PERSON, **traits):
        self.world, self.number = world, number
        assert control(world, "POST", "people", {"number": number, "name": "Priya N."} | traits).status_code == 200

    def set(self, **changes):
        answer = control(self.world, "POST", f"phone/{self.number}", changes)
        assert answer.status_code == 200, answer.text

    def say(self, **words):
        answer = control(self.world, "POST", "say", {"from": self.number} | words)
        assert answer.status_code == 200, answer.text
        return answer.json()["id"]

    def look(self):
        return control(self.world, "POST", f"look/{self.number}").json()["read"]

    def shown(self):
        return control(self.world, "GET", f"phone/{self.number}").json()

    def talk(self):
        return self.shown()["talk"]

    def gets(self, content, **more):
        [receipt] = send(line_to(self.world), OutgoingMessage(self.number, "attempt-1", content, **more))
        return receipt.wire_id


def words(mailbox, count):
    return [item.status for item in told(mailbox, StatusNews, count)]


def statuses_of(mailbox, wire_id, last):
    """The statuses of one message until this one came."""
    found = []
    while last not in found:
        found += [item.status for item in told(mailbox, StatusNews) if item.wire_id == wire_id]
    return found


class TestBehaviour:
    def test_a_phone_in_hand_gets_and_reads_what_is_sent(self, priya, mailbox):
        send(line_to(priya.world), greeting(PERSON))

        assert words(mailbox, 3) == ["sent", "delivered", "read"]

    def test_an_ordinary_person_goes_on_as_chance_has_it(self, world, mailbox):
        send(line_to(world), greeting("+447700900777"))

        assert words(mailbox, 1) == ["failed"]

    def test_who_does_not_look_by_themselves_reads_when_they_look(self, priya, mailbox):
        priya.set(reads=False)
        send(line_to(priya.world), greeting(PERSON))
        assert words(mailbox, 2) == ["sent", "delivered"]

        assert priya.look() == 1

        assert words(mailbox, 1) == ["read"] and priya.look() == 0

    def test_without_read_receipts_nobody_hears_of_the_reading(self, priya, mailbox):
        priya.set(tells_read=False, reads=False)
        send(line_to(priya.world), greeting(PERSON))
        words(mailbox, 2)

        priya.look()
        priya.say(text="Hello")

        assert told(mailbox, IncomingMessage) and priya.talk()[0]["state"] == "read"

    def test_a_message_waits_for_the_connection(self, priya, mailbox):
        priya.set(has_connection=False)
        send(line_to(priya.world), greeting(PERSON))
        assert words(mailbox, 1) == ["sent"] and not priya.talk()[0]["is_on_phone"]

        priya.set(has_connection=True)

        assert words(mailbox, 2) == ["delivered", "read"]

    def test_what_is_written_without_connection_is_told_later(self, priya, mailbox):
        priya.set(has_connection=False)
        priya.say(text="I am in a tunnel")
        Hand(priya.world, "+447700900124").say(text="I am not")
        [before], [first] = priya.talk(), told(mailbox, IncomingMessage)

        priya.set(has_connection=True)

        [second] = told(mailbox, IncomingMessage)
        assert (before["state"], first.text, second.text) == ("waiting", "I am not", "I am in a tunnel")

    def test_messages_to_somebody_who_blocked_us_stay_sent(self, priya, mailbox):
        priya.set(has_blocked=True)
        send(line_to(priya.world), greeting(PERSON))
        assert words(mailbox, 1) == ["sent"]

        priya.set(has_blocked=False)
        send(line_to(priya.world), greeting(PERSON, "attempt-2"))

        assert words(mailbox, 3) == ["sent", "delivered", "read"]
        assert [line["is_on_phone"] for line in priya.talk()] == [False, True]

    def test_somebody_who_blocked_us_cannot_write(self, priya):
        priya.set(has_blocked=True)

        answer = control(priya.world, "POST", "say", {"from": PERSON, "text": "Hello"})

        assert answer.status_code == 400 and "blocked" in answer.json()["error"]

    def test_without_whatsapp_nothing_arrives(self, priya, mailbox):
        priya.set(has_whatsapp=False)
        send(line_to(priya.world), greeting(PERSON))

        assert told(mailbox, StatusNews)[0].code == "131026"

    def test_free_text_still_needs_the_window(self, priya, mailbox):
        priya.gets(Text("Hello"))

        assert told(mailbox, StatusNews)[0].code == "131047"

    def test_a_reaction_opens_no_window(self, priya, mailbox):
        send(line_to(priya.world), greeting(PERSON))
        priya.say(type="reaction", message=priya.talk()[0]["id"], emoji="👍")

        wire_id = priya.gets(Text("Hello"))

        assert statuses_of(mailbox, wire_id, "failed") == ["failed"]

    def test_a_magic_number_keeps_its_story(self, world, mailbox):
        hand = Hand(world, "+16135550103")
        send(line_to(world), greeting(hand.number))

        hand.say(text="Still here")

        assert words(mailbox, 1) == ["sent"] and hand.talk()[0]["state"] == "sent"


class TestTalk:
    def test_a_template_is_shown_as_its_reader_sees_it(self, world):
        approve(world, "visit", buttons=({"kind": "quick_reply", "text": "Book a time"},
                                         {"kind": "url", "text": "See", "url": "https://example.org/a"}))
        hand = Hand(world)
        send(line_to(world), greeting(PERSON, name="visit"))

        shown = hand.talk()[0]["shown"]

        assert (shown["text"], shown["footer"]) == ("Hello Ana, come in.", "Bye")
        assert [(one["kind"], one["text"]) for one in shown["buttons"]] == [("quick_reply", "Book a time"), ("url", "See")]

    def test_both_sides_stand_in_order_with_their_states(self, priya, mailbox):
        priya.say(text="Hello")
        told(mailbox, IncomingMessage)
        statuses_of(mailbox, priya.gets(Text("Good morning")), "read")
        priya.say(text="Thanks", quote=priya.talk()[1]["id"])

        talk = priya.talk()

        assert [(line["side"], line["shown"]["text"]) for line in talk] == [
            ("person", "Hello"), ("business", "Good morning"), ("person", "Thanks")]
        assert talk[2]["quotes"] == talk[1]["id"] and talk[1]["state"] == "read"

    def test_reactions_of_both_sides_and_their_removal(self, priya, mailbox):
        theirs = priya.say(text="Hello")
        ours = priya.gets(Text("Good morning"))
        statuses_of(mailbox, ours, "read")
        priya.say(type="reaction", message=ours, emoji="👍")
        priya.gets(Reaction(theirs, "❤️"))
        before = {line["id"]: (line["reaction_theirs"], line["reaction_ours"]) for line in priya.talk()}

        priya.say(type="reaction", message=ours, emoji="")
        priya.gets(Reaction(theirs))

        after = {line["id"]: (line["reaction_theirs"], line["reaction_ours"]) for line in priya.talk()}
        assert before == {theirs: ("", "❤️"), ours: ("👍", "")} and set(after.values()) == {("", "")}

    def test_of_a_reaction_only_sent_is_told_and_one_to_nothing_fails(self, priya, mailbox):
        theirs = priya.say(text="Hello")
        priya.gets(Reaction(theirs, "❤️"))
        priya.gets(Reaction("wamid.nothing", "❤️"))

        news = told(mailbox, StatusNews, 2)

        assert sorted((item.status, item.code) for item in news) == [("failed", "131009"), ("sent", "")]

    def test_an_edit_and_a_deletion_are_seen(self, priya):
        first, second = priya.say(text="On Saturday?"), priya.say(text="Never mind")

        priya.say(type="edit", message=first, text="On Sunday?")
        priya.say(type="revoke", message=second)

        one, two = priya.talk()
        assert (one["shown"], one["is_edited"]) == ({"text": "On Sunday?"}, True)
        assert (two["shown"], two["is_deleted"]) == ({}, True)

    def test_a_message_of_ours_cannot_be_deleted_by_them(self, priya):
        priya.say(text="Hello")
        ours = priya.gets(Text("Good morning"))

        answer = control(priya.world, "POST", "say", {"from": PERSON, "type": "revoke", "message": ours})

        assert answer.status_code == 400 and "their own" in answer.json()["error"]

    def test_our_read_mark_and_typing_are_seen(self, priya):
        priya.say(text="One")
        second = priya.say(text="Two")

        async def mark():
            engine = CloudEngine()
            await engine.mark_read(line_to(priya.world), second, is_typing=True)
            await engine.close()

        asyncio.run(mark())

        assert priya.shown()["is_typing"] and [line["state"] for line in priya.talk()] == ["read", "read"]

    def test_an_answer_ends_the_typing(self, priya):
        wamid = priya.say(text="One")
        requests.post(f"{priya.world.url}/v25.0/100000000000001/messages", timeout=WAIT,
                      headers={"Authorization": f"Bearer {TOKEN}"},
                      json={"messaging_product": "whatsapp", "status": "read", "message_id": wamid,
                            "typing_indicator": {"type": "text"}})

        priya.gets(Text("Hello"))

        assert not priya.shown()["is_typing"]

    def test_picking_a_phone_up_brings_what_it_was_sent_before(self, start, mailbox):
        world = start(webhook_url=mailbox.url, not_on_whatsapp=0.0, delivered=1.0, read=1.0)
        approve(world)
        send(line_to(world), greeting(PERSON))
        words(mailbox, 3)
        seen = control(world, "GET", f"phone/{PERSON}").json()

        hand = Hand(world)

        assert not seen["person"]["is_held"] and hand.shown()["person"]["is_held"]
        assert [line["shown"]["text"] for line in hand.talk()] == ["Hello Ana, come in."] == [
            line["shown"]["text"] for line in seen["talk"]]

    def test_everything_survives_a_restart(self, start, mailbox, tmp_path):
        first = start(webhook_url=mailbox.url)
        hand = Hand(first)
        hand.set(has_connection=False)
        hand.say(text="Hello")
        before = hand.shown()
        first.stop()

        hand.world = start(webhook_url=mailbox.url)

        assert hand.shown() == before
        hand.set(has_connection=True)
        assert told(mailbox, IncomingMessage)[0].text == "Hello"


class TestCalls:
    def test_the_calls_between_are_kept_with_their_bodies(self, priya, mailbox):
        priya.say(text="Hello")
        told(mailbox, IncomingMessage)
        statuses_of(mailbox, priya.gets(Interactive("Shall we?", ReplyButtons((Choice("yes", "Yes"),)))), "read")
        priya.say(text="Once more")
        told(mailbox, IncomingMessage)

        calls = {call["what"]: call for call in reversed(priya.shown()["calls"])}

        assert {"message text", "send interactive", "status sent", "status delivered", "status read"} <= set(calls)
        assert calls["message text"]["status"] == 200 and BUSINESS_ID in calls["message text"]["body"]
        assert '"answer"' in calls["send interactive"]["body"]

    def test_a_refused_send_is_among_them(self, priya):
        send(line_to(priya.world), greeting(PERSON, name="nothing_of_the_kind"))

        [call] = priya.shown()["calls"]

        assert call["status"] == 404 and "132001" in call["body"]

    def test_a_webhook_that_refuses_is_among_them(self, priya, mailbox):
        mailbox.answers = [500]
        priya.say(text="Hello")
        told(mailbox, IncomingMessage, 2)
        priya.say(text="More")
        told(mailbox, IncomingMessage)

        assert 500 in [call["status"] for call in priya.shown()["calls"]]


class TestPeople:
    def test_a_person_is_made_on_the_spot(self, world):
        made = control(world, "POST", "people", {"name": "Sam", "username": "sam.rides", "hides_number": True}).json()

        [listed] = control(world, "GET", "people").json()["people"]

        assert listed == made["person"] and listed["number"].startswith("+447700900") and listed["hides_number"]

    def test_a_message_to_a_user_id_reaches_the_phone(self, priya, mailbox):
        priya.set(username="priya.rides", hides_number=True)
        priya.say(text="Hello")
        [read] = told(mailbox, IncomingMessage)

        send(line_to(priya.world), OutgoingMessage("", "attempt-1", Text("Good morning"), user_id=read.user_id))

        item = told(mailbox, StatusNews)[0]
        assert (item.status, item.recipient, item.recipient_user_id) == ("sent", "", read.user_id)

    def test_a_new_number_takes_the_talk_along_and_leaves_the_old_one_dead(self, priya, mailbox):
        priya.say(text="Hello")
        control(priya.world, "POST", f"number/{PERSON}", {"number": "+447700900124"})

        send(line_to(priya.world), greeting(PERSON), greeting("+447700900124", "attempt-2"))

        news = told(mailbox, StatusNews, 4)
        assert sorted((item.attempt_id, item.status) for item in news) == [
            ("attempt-1", "failed"), ("attempt-2", "delivered"), ("attempt-2", "read"), ("attempt-2", "sent")]
        moved = control(priya.world, "GET", "phone/+447700900124").json()
        assert [line["kind"] for line in moved["talk"]][:2] == ["text", "system"]

    @pytest.mark.parametrize("changes, said", [
        ({"number": "0"}, "A number has a plus"), ({"name": " "}, "A name has"), ({"username": "No!"}, "A username has"),
        ({"hides_number": True}, "shows a username"), ({"age": 7}, "not known")])
    def test_a_person_who_cannot_be_is_refused(self, world, changes, said):
        answer = control(world, "POST", "people", {"number": PERSON} | changes)

        assert answer.status_code == 400 and said in answer.json()["error"]

    @pytest.mark.parametrize("changes, said", [
        ({"reads": 1}, "true or false"), ({"news_late": -1}, "seconds"), ({"colour": "red"}, "cannot be changed")])
    def test_a_switch_that_is_not_there_is_refused(self, priya, changes, said):
        answer = control(priya.world, "POST", f"phone/{PERSON}", changes)

        assert answer.status_code == 400 and said in answer.json()["error"]

    def test_a_number_that_has_a_phone_is_not_taken_by_another(self, priya):
        Hand(priya.world, "+447700900124")

        answer = control(priya.world, "POST", f"number/{PERSON}", {"number": "+447700900124"})

        assert answer.status_code == 400 and "a phone already" in answer.json()["error"]


def test_files_drawn_on_the_spot_are_what_whatsapp_takes():
    kinds = {what: "image" for what in drawn.PICTURES} | {"voice": "audio", "document": "document", "sticker": "sticker"}

    for what, kind in kinds.items():
        data, mime, _ = drawn.file_of(what)
        assert media_types.check(io.BytesIO(data), kind) == mime


class TestKeeping:
    def test_of_each_person_and_in_all_only_the_newest_lines_and_calls_are_kept(self, tmp_path):
        book = ledger.Ledger(tmp_path)
        lines, calls = ledger.TALK_KEPT[0] + 5, ledger.CALLS_KEPT[0] + 5
        book.write([(ledger.SHOW, [shown(at, "1", waits=int(at == 0)) for at in range(lines)] + [shown(0, "2")]),
                    (ledger.CALL, [(at, "1", "in", "message", f"w{at}", 200, "{}") for at in range(calls)])])

        assert book.rows("SELECT number, count(*), min(at) FROM talk GROUP BY number") == [
            ("1", ledger.TALK_KEPT[0] + 1, 0.0), ("2", 1, 0.0)]  # what waits for a connection is never dropped
        assert book.rows("SELECT min(at) FROM talk WHERE at > 0 AND number = '1'") == [(5.0,)]
        assert book.rows("SELECT count(*), min(at) FROM calls") == [(ledger.CALLS_KEPT[0], 5.0)]
        book.write([("UPDATE talk SET id = id + ? WHERE number = '1'", [(ledger.TALK_KEPT[1],)]),
                    (ledger.SHOW, [shown(lines, "3")])])
        assert book.rows("SELECT count(*) FROM talk WHERE number = '2'") == [(0,)]
        book.close()


def shown(at, number, waits=0):
    """A line of a talk as it is written down."""
    return (float(at), number, "business", f"w{number}.{at}", "text", "{}", "", None, None, 0, waits, "")
