"""Claiming, and writing down what became of each try."""

from datetime import timedelta

import pytest

from core import clock
from core.actor import Actor
from core.states import CampaignState, ConsentState, MessageState, TemplateState
from models import Campaign, Channel, Contact, Message, MessageAttempt, db, transaction
from services import channels, sending
from services.sending import Result, outcome_of
from tests.factories import sending as make
from transports.port import (
    Gap,
    NeverLeft,
    OptedOut,
    OutcomeUnknown,
    PairTooFast,
    Receipt,
    RecipientRefused,
    StatusNews,
    TooFast,
    TryLater,
)

QUEUED, SENDING, UNKNOWN, ACCEPTED = (MessageState.QUEUED, MessageState.SENDING, MessageState.UNKNOWN,
                                      MessageState.ACCEPTED)


def claimed(campaign, want=10):
    return sending.exchange(campaign.channel_id, want=want).claims


def accepted(claim, wire_id=None):
    return Result(claim, Receipt(wire_id or f"wamid.{claim.message_id}"), None, clock.seconds())


def refused(claim, failure):
    return Result(claim, None, outcome_of(failure, claim.tries), clock.seconds())


class TestClaim:
    def test_a_claim_carries_what_the_wire_needs(self, app):
        campaign = make.make_campaign(1)

        claim, = claimed(campaign)

        content = claim.outgoing.content
        assert (claim.outgoing.to, content.template.name, content.template.language) == (
            "+447700900001", "offer_v1", "en_GB")
        assert (content.template.body, content.values) == ((Gap("first_name"),), ("P0",))
        assert claim.outgoing.attempt_id.endswith(f".{claim.message_id}")

    def test_the_intent_is_written_before_the_claim_is_handed_out(self, app):
        campaign = make.make_campaign(2)

        claims = claimed(campaign)

        rows = make.messages(campaign)
        assert [(row.state, row.attempt_id, row.tries) for row in rows] == [(SENDING, c.attempt_id, 1) for c in claims]
        assert all(row.lease_until > clock.now() for row in rows)

    def test_what_is_claimed_is_not_claimed_again(self, app):
        campaign = make.make_campaign(3)

        first, second = claimed(campaign, 2), claimed(campaign, 2)

        assert len(first) == 2
        assert len(second) == 1
        assert not {c.message_id for c in first} & {c.message_id for c in second}

    @pytest.mark.parametrize("state", [CampaignState.PAUSED, CampaignState.CANCELLED, CampaignState.SCHEDULED])
    def test_only_running_campaigns_are_claimed_from(self, app, state):
        campaign = make.make_campaign(2, state=state)

        assert claimed(campaign) == []
        assert not sending.has_work(campaign.channel_id)

    def test_a_paused_channel_sends_nothing(self, app):
        campaign = make.make_campaign(2)
        channels.pause(campaign.channel_id, reason="blocked")

        trip = sending.exchange(campaign.channel_id, want=5)

        assert (trip.claims, trip.is_paused) == ([], True)
        assert not sending.has_work(campaign.channel_id)

    def test_a_reply_overtakes_a_campaign(self, app):
        campaign = make.make_campaign(3)
        person, = make.make_people(1, start=50)
        make.open_window(person, campaign.channel_id)
        reply = sending.queue_message(channel_id=campaign.channel_id, contact_id=person, phone="+447700900050",
                                      text="Yes, at noon")

        claim, = claimed(campaign, 1)

        assert (claim.message_id, claim.outgoing.content.body) == (reply, "Yes, at noon")

    def test_two_running_campaigns_share_what_is_claimed_over_time(self, app):
        first = make.make_campaign(40)
        second = make.make_campaign(40, channel=db.session.get(Channel, first.channel_id),
                                    version=db.session.merge(first.version), start=100)

        seen = {claim.campaign_id for _ in range(30) for claim in claimed(first, 1)}

        assert seen == {first.id, second.id}

    def test_departures_keep_the_pace_of_the_channel(self, app):
        campaign = make.make_campaign(5, channel=make.make_channel(rate=20))

        leaves = [claim.leaves_at for claim in claimed(campaign, 3) + claimed(campaign, 2)]

        gaps = [round(b - a, 3) for a, b in zip(leaves, leaves[1:], strict=False)]
        assert (gaps[0], gaps[1], gaps[3]) == (0.051, 0.051, 0.051)  # a share of the 20 stays free for replies
        assert gaps[2] >= 0.051  # between two claims, however late the second was asked for

    def test_a_reply_leaves_at_once_although_campaigns_hold_the_places_of_the_next_second(self, app):
        campaign = make.make_campaign(40, channel=make.make_channel(rate=20))
        last = claimed(campaign, 20)[-1]
        person, = make.make_people(1, start=50)
        reply = sending.queue_message(channel_id=campaign.channel_id, contact_id=person, phone="+447700900050",
                                      version_id=campaign.version_id, variables={"first_name": "Ana"})

        trip = sending.exchange(campaign.channel_id, replies=1)

        assert [claim.message_id for claim in trip.claims] == [reply]
        assert trip.claims[0].is_urgent
        assert trip.claims[0].leaves_at < last.leaves_at - 0.5

    def test_places_of_replies_are_for_replies(self, app):
        campaign = make.make_campaign(3)

        assert sending.exchange(campaign.channel_id, replies=2).claims == []

    def test_nothing_is_claimed_more_than_a_second_ahead(self, app):
        campaign = make.make_campaign(3, channel=make.make_channel(rate=0.01))

        first = claimed(campaign, 3)
        after = sending.exchange(campaign.channel_id, want=3)

        assert len(first) == 1
        assert after.claims == []
        assert after.again_at > clock.seconds() + 60


class TestVerdictBeforeSending:
    def test_somebody_who_said_stop_meanwhile_is_skipped(self, app):
        campaign = make.make_campaign(2)
        with transaction():
            db.session.execute(db.update(Contact).where(Contact.phone == "+447700900001")
                               .values(marketing=ConsentState.WITHDRAWN))

        claims = claimed(campaign)

        first, second = make.messages(campaign)
        assert (first.state, first.reason_code) == (MessageState.SKIPPED, "opted_out_marketing")
        assert [claim.message_id for claim in claims] == [second.id]

    def test_a_deleted_person_is_skipped(self, app):
        campaign = make.make_campaign(1)
        with transaction():
            db.session.execute(db.delete(Contact))

        assert claimed(campaign) == []
        assert make.messages(campaign)[0].reason_code == "contact_gone"

    def test_a_template_that_lost_its_approval_is_not_sent(self, app):
        campaign = make.make_campaign(1)
        with transaction():
            campaign.version.state = TemplateState.PAUSED
            db.session.merge(campaign.version)

        assert claimed(campaign) == []
        assert make.states(campaign) == [MessageState.QUEUED]


class TestResults:
    def test_a_receipt_makes_it_accepted(self, app):
        campaign = make.make_campaign(1)
        claim, = claimed(campaign)

        sending.exchange(campaign.channel_id, done=[accepted(claim, "wamid.1")])

        row, = make.messages(campaign)
        assert (row.state, row.wire_id, row.lease_until) == (ACCEPTED, "wamid.1", None)
        assert row.accepted_at is not None

    @pytest.mark.parametrize("failure, state, code", [
        (RecipientRefused("Not on WhatsApp", code="131026"), MessageState.FAILED, "131026"),
        (OutcomeUnknown("No answer", code="timeout"), UNKNOWN, "timeout"),
        (NeverLeft("No connection", code="unreachable"), QUEUED, "unreachable"),
        (TooFast("Slow down", code="130429", wait_seconds=3), QUEUED, "130429"),
        (PairTooFast("Too much for one person", code="131056"), QUEUED, "131056"),
        (TryLater("Trouble at WhatsApp", code="131016"), QUEUED, "131016"),
    ])
    def test_each_refusal_leaves_its_state_and_reason(self, app, failure, state, code):
        campaign = make.make_campaign(1)
        claim, = claimed(campaign)

        sending.exchange(campaign.channel_id, done=[refused(claim, failure)])

        row, = make.messages(campaign)
        assert (row.state, row.reason_code, row.reason) == (state, code, failure.words)

    def test_throttling_is_not_counted_as_a_try(self, app):
        campaign = make.make_campaign(1)
        claim, = claimed(campaign)

        sending.exchange(campaign.channel_id, done=[refused(claim, TooFast("Slow down", wait_seconds=3))])

        row, = make.messages(campaign)
        assert row.tries == 0
        assert row.due_at >= clock.now() + timedelta(seconds=2.9)

    def test_a_hold_keeps_the_whole_channel_silent(self, app):
        campaign = make.make_campaign(3)

        sending.exchange(campaign.channel_id, hold_back=5.0)
        trip = sending.exchange(campaign.channel_id, want=3)

        assert trip.claims == []

    def test_a_late_result_does_not_touch_the_try_after_it(self, app):
        campaign = make.make_campaign(1)
        claim, = claimed(campaign)
        sending.sweep(clock.now() + timedelta(hours=1))
        sending.send_again(claim.message_id, by=campaign_actor())
        again, = claimed(campaign)

        sending.exchange(campaign.channel_id, done=[refused(claim, RecipientRefused("No", code="131026"))])

        row, = make.messages(campaign)
        assert (row.state, row.attempt_id) == (SENDING, again.attempt_id)

    def test_a_late_receipt_stops_the_second_send(self, app):
        campaign = make.make_campaign(1)
        claim, = claimed(campaign)
        sending.sweep(clock.now() + timedelta(hours=1))
        sending.send_again(claim.message_id, by=campaign_actor())

        sending.exchange(campaign.channel_id, done=[accepted(claim, "wamid.late")])

        assert make.states(campaign) == [ACCEPTED]
        assert db.session.scalar(db.select(MessageAttempt.wire_id)) == "wamid.late"

    def test_a_definite_answer_after_the_sweep_settles_the_doubt(self, app):
        campaign = make.make_campaign(2)
        first, second = claimed(campaign)
        sending.sweep(clock.now() + timedelta(hours=1))

        sending.exchange(campaign.channel_id, done=[
            accepted(first), refused(second, RecipientRefused("No", code="131026"))])

        assert make.states(campaign) == [ACCEPTED, MessageState.FAILED]

    def test_a_status_heard_before_the_receipt_stays(self, app):
        campaign = make.make_campaign(1)
        claim, = claimed(campaign)
        sending.apply_news([StatusNews("100000000000001", "wamid.1", "delivered", clock.now(),
                                       attempt_id=claim.attempt_id)])

        sending.exchange(campaign.channel_id, done=[accepted(claim, "wamid.1")])

        row, = make.messages(campaign)
        assert (row.state, row.wire_id) == (MessageState.DELIVERED, "wamid.1")

    def test_a_status_without_echo_waits_for_the_receipt(self, app):
        campaign = make.make_campaign(1)
        claim, = claimed(campaign)
        report = sending.apply_news([StatusNews("100000000000001", "wamid.1", "delivered", clock.now())])

        sending.exchange(campaign.channel_id, done=[accepted(claim, "wamid.1")])

        assert report.waiting == 1
        assert make.states(campaign) == [MessageState.DELIVERED]

    def test_somebody_who_opted_out_at_the_carrier_gets_nothing_more(self, app):
        campaign = make.make_campaign(1)
        claim, = claimed(campaign)

        sending.exchange(campaign.channel_id, done=[refused(claim, OptedOut("Switched marketing off", code="131050"))])

        assert make.states(campaign) == [MessageState.FAILED]
        assert db.session.scalar(db.select(Contact.marketing)) == ConsentState.WITHDRAWN

    def test_a_retried_message_keeps_the_try_before(self, app):
        campaign = make.make_campaign(1)
        claim, = claimed(campaign)
        result = refused(claim, TryLater("Trouble", code="131016"))
        sending.exchange(campaign.channel_id, done=[result])
        with transaction():
            db.session.execute(db.update(Message).values(due_at=clock.now()))

        again, = claimed(campaign)

        assert again.attempt_id != claim.attempt_id
        assert again.tries == 2
        assert [row.attempt_id for row in sending.attempts_of(claim.message_id)] == [claim.attempt_id]


class TestSweep:
    def test_a_claim_whose_lease_is_over_becomes_unknown(self, app):
        campaign = make.make_campaign(2)
        claimed(campaign, 1)

        swept = sending.sweep(clock.now() + timedelta(hours=1))

        assert swept == 1
        assert make.states(campaign) == [UNKNOWN, QUEUED]

    def test_a_living_claim_is_left_alone(self, app):
        campaign = make.make_campaign(1)
        claimed(campaign)

        assert sending.sweep(clock.now()) == 0


def test_cancelling_takes_back_only_what_has_not_left(app):
    campaign = make.make_campaign(3)
    claimed(campaign, 1)

    taken_back = sending.cancel_queued(campaign.id)

    assert taken_back == 2
    assert make.states(campaign) == [SENDING, MessageState.CANCELLED, MessageState.CANCELLED]


def test_a_campaign_is_done_when_nothing_can_leave_any_more(app):
    campaign = make.make_campaign(1)
    before = sending.is_done(campaign.id)
    claim, = claimed(campaign)
    sending.exchange(campaign.channel_id, done=[accepted(claim)])

    assert (before, sending.is_done(campaign.id)) == (False, True)


def test_a_message_sent_again_leaves_although_its_campaign_has_finished(app):
    campaign = make.make_campaign(1)
    claim, = claimed(campaign)
    sending.exchange(campaign.channel_id, done=[refused(claim, OutcomeUnknown("No answer"))])
    with transaction():
        db.session.execute(db.update(Campaign).values(state=CampaignState.FINISHED))

    sending.send_again(claim.message_id, by=campaign_actor())

    assert [again.message_id for again in claimed(campaign)] == [claim.message_id]


def campaign_actor():
    return Actor("user", "Folake Adeyemi")
