"""Status news: each fact once, forward only, in any order."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core import clock
from core.states import ConsentState, MessageState
from models import Channel, Contact, DeliveryNews, Message, MessageAttempt, db, transaction
from services import sending
from services.sending import Result
from tests.factories import sending as make
from transports.port import OptedOut, Receipt, StatusNews

OURS = "100000000000001"
DAY = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


def news(wire_id, status, *, minute=0, **more):
    return StatusNews(more.pop("number", OURS), wire_id, status, DAY + timedelta(minutes=minute), **more)


def sent_campaign(count=1):
    """A campaign whose messages were all accepted as wamid.1, wamid.2 …"""
    campaign = make.make_campaign(count)
    claims = sending.claim(campaign.channel_id, want=count)
    done = [Result(claim, Receipt(f"wamid.{n}"), None, clock.seconds()) for n, claim in enumerate(claims, 1)]
    sending.exchange(campaign.channel_id, done=done)
    return campaign


class TestForwardOnly:
    def test_each_status_moves_the_message_and_keeps_its_time(self, app):
        campaign = sent_campaign()

        sending.apply_news([news("wamid.1", "sent", minute=1), news("wamid.1", "delivered", minute=2),
                            news("wamid.1", "read", minute=3)])

        row, = make.messages(campaign)
        assert row.state is MessageState.READ
        assert [row.sent_at, row.delivered_at, row.read_at] == [DAY + timedelta(minutes=n) for n in (1, 2, 3)]

    def test_a_late_sent_does_not_take_back_a_read(self, app):
        campaign = sent_campaign()

        sending.apply_news([news("wamid.1", "read", minute=3)])
        sending.apply_news([news("wamid.1", "sent", minute=1)])

        row, = make.messages(campaign)
        assert (row.state, row.sent_at) == (MessageState.READ, DAY + timedelta(minutes=1))

    def test_a_failure_carries_code_and_words(self, app):
        campaign = sent_campaign()

        sending.apply_news([news("wamid.1", "failed", code="131026", reason="Not on WhatsApp")])

        row, = make.messages(campaign)
        assert (row.state, row.reason_code, row.reason) == (MessageState.FAILED, "131026", "Not on WhatsApp")

    def test_what_the_phone_has_is_not_failed(self, app):
        campaign = sent_campaign()

        sending.apply_news([news("wamid.1", "failed", code="131026", reason="Not on WhatsApp")])
        sending.apply_news([news("wamid.1", "delivered")])

        row, = make.messages(campaign)
        assert (row.state, row.reason_code, row.reason, row.failed_at) == (MessageState.DELIVERED, "", "", None)

    def test_a_word_we_do_not_know_is_kept_and_not_applied(self, app):
        campaign = sent_campaign()

        sending.apply_news([news("wamid.1", "warped")])

        assert make.states(campaign) == [MessageState.ACCEPTED]
        assert db.session.scalar(db.select(DeliveryNews.status)) == "warped"


class TestOnce:
    def test_a_repeated_status_is_one_row_with_its_first_time(self, app):
        sent_campaign()

        for minute in (5, 2, 9):
            sending.apply_news([news("wamid.1", "delivered", minute=minute)] * 2)

        assert db.session.scalars(db.select(DeliveryNews.at)).all() == [DAY + timedelta(minutes=2)]


class TestMatching:
    def test_the_echo_settles_an_unknown_message(self, app):
        campaign = make.make_campaign(1)
        claim, = sending.claim(campaign.channel_id, want=1)
        sending.sweep(clock.now() + timedelta(hours=1))

        sending.apply_news([news("wamid.9", "delivered", attempt_id=claim.attempt_id)])

        row, = make.messages(campaign)
        assert (row.state, row.wire_id, row.reason_code) == (MessageState.DELIVERED, "wamid.9", "")

    @pytest.mark.parametrize("echo", ["somebody-else.{id}", "{id}", ".{id}", "x.99999999999", "x.²", "x."])
    def test_an_echo_that_is_not_ours_settles_nothing(self, app, echo):
        campaign = make.make_campaign(1)
        claim, = sending.claim(campaign.channel_id, want=1)

        heard = sending.apply_news([news("wamid.9", "sent", attempt_id=echo.replace("{id}", str(claim.message_id)))])

        assert (heard.applied, heard.waiting) == (0, 1)

    def test_news_of_an_earlier_try_stops_the_second_send(self, app, by):
        campaign = make.make_campaign(1)
        claim, = sending.claim(campaign.channel_id, want=1)
        sending.sweep(clock.now() + timedelta(hours=1))
        sending.send_again(claim.message_id, by=by)

        sending.apply_news([news("wamid.9", "sent", attempt_id=claim.attempt_id)])

        assert make.states(campaign) == [MessageState.SENT]
        assert sending.claim(campaign.channel_id, want=1) == []

    def test_the_failure_of_an_earlier_try_does_not_fail_the_present_one(self, app, by):
        campaign = sent_campaign()
        message, = make.messages(campaign)
        sending.apply_news([news("wamid.1", "failed", code="131026", reason="Not on WhatsApp")])
        sending.send_again(message.id, by=by)

        sending.apply_news([news("wamid.1", "failed", code="131026", reason="Not on WhatsApp")])

        assert make.states(campaign) == [MessageState.QUEUED]
        assert db.session.scalar(db.select(MessageAttempt.wire_id)) == "wamid.1"

    def test_a_failure_without_echo_finds_the_only_open_message_of_that_person(self, app):
        campaign = make.make_campaign(2)
        sending.claim(campaign.channel_id, want=2)
        first = make.messages(campaign)[0]

        sending.apply_news([StatusNews(OURS, "wamid.9", "failed", first.attempted_at, recipient="447700900001",
                                       code="131026", reason="Not on WhatsApp")])

        assert make.states(campaign) == [MessageState.FAILED, MessageState.SENDING]

    def test_news_of_another_account_change_nothing(self, app):
        campaign = sent_campaign()

        report = sending.apply_news([news("wamid.1", "read", number="999")])

        assert report.foreign == 1
        assert make.states(campaign) == [MessageState.ACCEPTED]
        assert db.session.scalar(db.select(db.func.count()).select_from(DeliveryNews)) == 0

    def test_news_of_our_other_number_do_not_touch_this_one(self, app):
        campaign = sent_campaign()
        make.make_channel(number_id="222")

        report = sending.apply_news([news("wamid.1", "read", number="222")])

        assert report.waiting == 1
        assert make.states(campaign) == [MessageState.ACCEPTED]

    def test_waiting_news_find_their_message_later(self, app):
        campaign = make.make_campaign(1)
        claim, = sending.claim(campaign.channel_id, want=1)
        sending.apply_news([news("wamid.1", "read")])
        with transaction():
            db.session.execute(db.update(Message).values(wire_id="wamid.1", state=MessageState.ACCEPTED))

        joined = sending.join_waiting(clock.now())

        assert joined == 1
        assert make.states(campaign) == [MessageState.READ]

    @pytest.mark.parametrize("text", ["wamid\0x", "w" * 9000])
    def test_strange_ids_are_kept_without_an_error(self, app, text):
        sent_campaign()

        assert sending.apply_news([news(text, "s" * 50, attempt_id="a" * 9000, recipient="\0", code="c" * 99,
                                        reason="r" * 9000)]).waiting == 1


class TestWhatFollows:
    def test_somebody_who_switched_marketing_off_is_withdrawn_once(self, app, by):
        from services import contacts

        campaign = sent_campaign()
        stop = news("wamid.1", "failed", code="131050", refusal=OptedOut, reason="Switched marketing off")
        sending.apply_news([stop])
        person = make.messages(campaign)[0].contact_id
        contacts.record_consent(contact_id=person, category="marketing", state=ConsentState.GRANTED, how="form",
                                proof="asked again", by=by)

        sending.apply_news([stop])

        assert db.session.scalar(db.select(Contact.marketing)) == ConsentState.GRANTED
        assert len(contacts.history(person)) == 2

    def test_the_channel_knows_that_its_way_back_works(self, app):
        campaign = sent_campaign()

        sending.apply_news([news("wamid.1", "sent")])

        db.session.expire_all()
        channel = db.session.get(Channel, campaign.channel_id)
        assert channel.last_news_at is not None
        assert channel.news_of_attempt_at == make.messages(campaign)[0].attempted_at


STATUSES = [("sent", 1), ("delivered", 2), ("read", 3), ("failed", 2), ("played", 4), ("nonsense", 1)]
EVENTS = [("result", 0), *STATUSES]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_order_and_repetition_ends_in_the_same_place(app, data):
    told = data.draw(st.lists(st.sampled_from(STATUSES), max_size=5))
    events = [("result", 0), *told]
    shuffled = data.draw(st.permutations(events + data.draw(st.lists(st.sampled_from(events), max_size=4))))

    assert _end_of(shuffled) == _end_of(events)


def _end_of(events):
    """Where a message stands after these events in this order. Made anew each time."""
    number = 1 + (db.session.scalar(db.select(db.func.max(Contact.id))) or 0)
    channel = make.make_channel(number_id=str(5000 + number))
    campaign = make.make_campaign(1, channel=channel, version=make.make_version(name=f"offer_{number}"), start=number)
    claim, = sending.claim(channel.id, want=1)
    for kind, minute in events:
        if kind == "result":
            sending.exchange(channel.id, done=[Result(claim, Receipt("wamid.1"), None, DAY.timestamp())])
        else:
            echo = {"attempt_id": claim.attempt_id} if kind != "failed" else {}
            sending.apply_news([news("wamid.1", kind, minute=minute, number=channel.phone_number_id,
                                     code="131026" if kind == "failed" else "", **echo)])
    row, = make.messages(campaign)
    return (row.state, row.accepted_at, row.sent_at, row.delivered_at, row.read_at, row.failed_at, row.wire_id,
            row.reason_code)
