"""A conversation follows what people write: in any order, with repeats, many at once."""

import random
import threading
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from core import clock
from models import Channel, Contact, Conversation, Event, Message, ReceivedFile, db, transaction
from services import channels, inbox
from transports.port import IncomingFile, IncomingMessage

NOW = clock.from_seconds(1794994200)


def line(text="Hello", *, minute=0, kind="text", wire_id="", wa_id="447700900123", **more):
    """A line of Priya's, so many minutes after NOW."""
    return IncomingMessage(
        phone_number_id=channels.ensure_first().phone_number_id, wire_id=wire_id or f"wamid.{kind}{minute}{text}",
        at=NOW + timedelta(minutes=minute), kind=kind, wa_id=wa_id, text=text, **more)


def echo(text="From the shop phone", **more):
    return line(text, is_ours=True, **more)


def only() -> Conversation:
    db.session.rollback()  # others may have written since we looked
    return db.session.scalars(select(Conversation)).one()


def count(table):
    return db.session.scalar(select(func.count()).select_from(table))


class TestConversation:
    @pytest.mark.parametrize("name", ["   ", "\u200b", "\u3164", "\n"])
    def test_somebody_whose_name_cannot_be_seen_is_heard_all_the_same(self, app, name):
        inbox.receive(line("Is anybody there?", profile_name=name))
        inbox.receive(line("Hello?", minute=1, profile_name=name))

        assert (only().unread, count(Contact)) == (2, 1)
        assert db.session.scalars(select(Contact.name)).one() == ""

    def test_a_first_message_opens_one(self, app):
        inbox.receive(line("Do you open on Saturday?"))

        talk = only()
        assert (talk.state, talk.unread, talk.preview) == ("open", 1, "Do you open on Saturday?")
        assert (talk.last_at, talk.last_in_at, talk.waiting_since) == (NOW, NOW, NOW)

    def test_the_window_counts_from_the_carriers_time_and_only_forward(self, app):
        inbox.receive(line("later", minute=10))
        inbox.receive(line("earlier", minute=0))

        assert only().window_ends_at == NOW + timedelta(hours=24, minutes=10)

    @pytest.mark.parametrize("kind", ["reaction", "revoke", "system", "request_welcome", "edit"])
    def test_what_the_carrier_does_not_say_to_open_the_window_does_not(self, app, kind):
        inbox.receive(line("x", kind=kind))

        assert only().window_ends_at is None

    def test_a_call_opens_the_window(self, app):
        inbox.receive(line("", kind="call", content={"call": {"event": "connect"}}))

        talk = only()
        assert talk.window_ends_at and (talk.preview, talk.unread) == ("Call", 1)

    def test_a_group_message_opens_no_window_to_one_of_its_people(self, app):
        inbox.receive(line(content={"group": "1"}))

        assert only().window_ends_at is None

    @pytest.mark.parametrize("kind", ["reaction", "revoke", "system"])
    def test_nobody_waits_for_an_answer_to_a_sign(self, app, kind):
        inbox.receive(line("👍", kind=kind))

        talk = only()
        assert (talk.unread, talk.waiting_since) == (0, None)

    @pytest.mark.parametrize("state", ["closed", "snoozed"])
    def test_a_new_message_opens_it_again(self, app, state):
        inbox.receive(line("one"))
        with transaction():
            talk = only()
            talk.state, talk.closed_at, talk.snoozed_until, talk.unread = state, NOW, NOW, 0
        inbox.receive(line("two", minute=1))

        talk = only()
        assert (talk.state, talk.closed_at, talk.snoozed_until, talk.unread) == ("open", None, None, 1)

    def test_a_thumb_up_does_not_open_it_again(self, app):
        inbox.receive(line("one"))
        with transaction():
            only().state = "closed"
        inbox.receive(line("👍", minute=1, kind="reaction", reply_to="wamid.OUR"))

        assert only().state == "closed"

    def test_the_preview_is_the_newest_line_whatever_came_last(self, app):
        inbox.receive(line("new", minute=5))
        inbox.receive(line("old", minute=1))

        talk = only()
        assert (talk.preview, talk.unread, talk.waiting_since) == ("new", 2, NOW + timedelta(minutes=1))

    def test_repeats_count_once(self, app):
        for _ in range(3):
            inbox.receive(line("one"))

        assert (only().unread, count(Message), count(Event)) == (1, 1, 1)  # contact.added; the message is from long ago

    def test_each_of_our_numbers_has_its_own(self, app):
        inbox.receive(line("one"))
        with transaction():
            db.session.add(Channel(name="Second", kind="simulated", phone_number_id="777", business_id="2"))
        inbox.receive(IncomingMessage("777", "wamid.2", NOW, "text", wa_id="447700900123", text="two"))

        assert (count(Conversation), count(Contact)) == (2, 1)


class TestAnswersElsewhere:
    def test_an_answer_on_the_shop_phone_ends_the_waiting(self, app):
        inbox.receive(line("Are you open?"))
        inbox.receive(echo("Yes", minute=1))

        talk = only()
        assert (talk.unread, talk.waiting_since, talk.preview, talk.preview_is_ours) == (0, None, "Yes", True)
        kept = db.session.scalars(select(Message).where(Message.direction == "out")).one()
        assert (kept.author_kind, kept.state) == ("app", "sent")

    def test_our_own_answer_from_here_does_not_hide_a_line_that_was_on_its_way(self, app):
        inbox.receive(line("one"))
        with transaction():
            talk = only()
            talk.last_out_at, talk.unread, talk.waiting_since = NOW + timedelta(minutes=2), 0, None
        inbox.receive(line("two", minute=1))

        talk = only()
        assert (talk.unread, talk.waiting_since) == (1, NOW + timedelta(minutes=1))

    @pytest.mark.parametrize("seed", range(12))
    def test_any_order_and_any_grouping_comes_to_the_same(self, app, seed):
        told = [line("a", minute=0), line("b", minute=2), echo("c", minute=3), line("d", minute=4), line("e", minute=6),
                line("👍", minute=7, kind="reaction"), echo("f", minute=5), line("g", minute=8)]
        shuffled = random.Random(seed)
        shuffled.shuffle(told)
        while told:
            cut = shuffled.randint(1, len(told))
            inbox.receive_many([*told[:cut], *told[:1]])
            told = told[cut:]

        talk = only()
        assert (talk.unread, talk.waiting_since, talk.preview) == (2, NOW + timedelta(minutes=6), "g")
        assert (talk.last_in_at, talk.last_out_at) == (NOW + timedelta(minutes=8), NOW + timedelta(minutes=5))


class TestHistory:
    def test_it_is_kept_and_nothing_follows_from_it(self, app):
        inbox.receive_many([line("STOP", is_history=True), echo("Old answer", minute=1, is_history=True, status="delivered")])

        talk = only()
        assert (talk.unread, talk.waiting_since, talk.window_ends_at, talk.state) == (0, None, None, "closed")
        assert count(Message) == 2 and db.session.scalars(select(Contact)).one().marketing == "unknown"
        assert not db.session.scalars(select(Event).where(Event.kind == "message.received")).all()

    def test_it_says_how_far_our_messages_came(self, app):
        inbox.receive(echo("Old answer", is_history=True, status="read"))

        assert db.session.scalars(select(Message)).one().state == "read"


class TestEvents:
    def test_a_message_of_just_now_is_told_once(self, app):
        now = line(minute=(clock.now() - NOW).total_seconds() / 60)
        inbox.receive(now)
        inbox.receive(now)

        event = db.session.scalars(select(Event).where(Event.kind == "message.received")).one()
        assert event.message_id == db.session.scalars(select(Message.id)).one() and event.details == {"kind": "text"}

    def test_an_old_one_starts_nothing(self, app):
        inbox.receive(line())

        assert not db.session.scalars(select(Event).where(Event.kind == "message.received")).all()


class TestFiles:
    def test_a_file_is_noted_to_be_fetched(self, app):
        inbox.receive(line("", kind="audio", content={"is_voice": True}, file=IncomingFile("123", "voice", "audio/ogg")))

        noted = db.session.scalars(select(ReceivedFile)).one()
        assert (noted.wire_id, noted.kind, noted.state) == ("123", "voice", "waiting")
        assert only().preview == "Voice note"

    def test_without_an_id_it_says_so(self, app):
        inbox.receive(line("", kind="image", file=IncomingFile("", "image")))

        noted = db.session.scalars(select(ReceivedFile)).one()
        assert noted.state == "gone" and noted.reason


def test_a_call_is_one_line_that_says_how_long_it_was(app):
    inbox.receive(line("", kind="call", wire_id="wacid.1", content={"call": {"event": "connect"}}))
    inbox.receive(line("", kind="call", wire_id="wacid.1", minute=2, content={"call": {"event": "terminate", "seconds": "95"}}))

    kept = db.session.scalars(select(Message)).one()
    assert kept.content["call"]["seconds"] == "95" and count(Conversation) == 1


def test_fifty_at_once_from_somebody_new_make_one_person_and_one_conversation(app):
    told = [line(f"{number}", minute=number) for number in range(50)]
    failed = []

    def hear(message):
        with app.app_context():
            try:
                inbox.receive(message)
            except Exception as error:
                failed.append(error)
            db.session.remove()

    threads = [threading.Thread(target=hear, args=(message,)) for message in told]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    talk = only()
    assert not failed
    assert (count(Contact), count(Message), talk.unread, talk.preview) == (1, 50, 50, "49")


def test_beside_a_chat_stand_the_newest_campaigns_of_that_person(app):
    from tests.factories.sending import make_campaign, make_channel, make_people, make_version

    ana, ben = make_people(2)
    channel, version = make_channel(), make_version()
    made = [make_campaign(channel=channel, version=version, people=people) for people in ([ana, ben], [ana], [ben], [ana, ben], [ana])]

    assert [one.campaign_id for one in inbox.campaigns_of(ana)] == [made[4].id, made[3].id, made[1].id]
