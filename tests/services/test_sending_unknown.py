"""Sends whose outcome nobody knows."""

from datetime import timedelta

import pytest

from core import clock
from core.errors import Conflict, NotFound
from core.states import CampaignState, MessageState
from models import ActivityEntry, Campaign, Channel, Message, WebhookEvent, db, transaction
from services import sending
from services.sending import Result, outcome_of
from tests.factories import sending as make
from transports.port import OutcomeUnknown, Receipt

UNKNOWN, QUEUED = MessageState.UNKNOWN, MessageState.QUEUED


def lost_campaign(policy="hold", *, minutes_ago=60, heard_minutes_ago=None):
    """A campaign to one person whose answer was lost so long ago; a later message was heard of, or none."""
    campaign = make.make_campaign(1, policy=policy)
    claim, = sending.claim(campaign.channel_id, want=1)
    failure = OutcomeUnknown("No answer came", code="timeout")
    sending.exchange(campaign.channel_id, done=[Result(claim, None, outcome_of(failure, 1), clock.seconds())])
    with transaction():
        db.session.execute(db.update(Message).values(attempted_at=clock.now() - timedelta(minutes=minutes_ago)))
        if heard_minutes_ago is not None:
            db.session.execute(db.update(Channel).values(
                news_of_attempt_at=clock.now() - timedelta(minutes=heard_minutes_ago)))
    return campaign


def settle(*, listening_minutes=20):
    """The periodic job of a process that has listened for so long."""
    return sending.settle_unknown(clock.now(), listening_since=clock.now() - timedelta(minutes=listening_minutes))


class TestPolicy:
    def test_a_held_message_waits_for_a_person_however_long(self, app):
        campaign = lost_campaign("hold", minutes_ago=10_000, heard_minutes_ago=1)

        assert settle() == 0
        assert make.states(campaign) == [UNKNOWN]

    def test_what_is_proven_silent_is_sent_again(self, app):
        campaign = lost_campaign("resend", minutes_ago=60, heard_minutes_ago=1)

        assert settle() == 1
        assert make.states(campaign) == [QUEUED]

    @pytest.mark.parametrize("minutes_ago, heard", [(10, 1), (60, None), (60, 90)])
    def test_silence_without_proof_is_no_proof(self, app, minutes_ago, heard):
        campaign = lost_campaign("resend", minutes_ago=minutes_ago, heard_minutes_ago=heard)

        assert settle() == 0
        assert make.states(campaign) == [UNKNOWN]

    def test_nothing_is_sent_again_at_start_up(self, app):
        campaign = lost_campaign("resend", minutes_ago=60, heard_minutes_ago=1)

        assert settle(listening_minutes=1) == 0
        assert make.states(campaign) == [UNKNOWN]

    def test_nothing_is_sent_again_while_notices_wait_to_be_read(self, app):
        campaign = lost_campaign("resend", minutes_ago=60, heard_minutes_ago=1)
        with transaction():
            db.session.add(WebhookEvent(digest="d", body=b"{}", received_at=clock.now() - timedelta(minutes=2)))

        assert settle() == 0
        assert make.states(campaign) == [UNKNOWN]

    def test_nothing_is_sent_again_while_others_of_that_minute_were_not_heard_of(self, app):
        campaign = make.make_campaign(2, policy="resend")
        lost, taken = sending.claim(campaign.channel_id, want=2)
        failure = OutcomeUnknown("No answer came", code="timeout")
        sending.exchange(campaign.channel_id, done=[
            Result(lost, None, outcome_of(failure, 1), clock.seconds()),
            Result(taken, Receipt("wamid.1"), None, clock.seconds())])
        with transaction():
            db.session.execute(db.update(Message).values(attempted_at=clock.now() - timedelta(hours=1)))
            db.session.execute(db.update(Channel).values(news_of_attempt_at=clock.now(), last_news_at=clock.now()))

        before = settle()
        with transaction():
            db.session.execute(db.update(Message).where(Message.wire_id == "wamid.1").values(state=MessageState.SENT))

        assert (before, settle()) == (0, 1)

    @pytest.mark.parametrize("state", [CampaignState.PAUSED, CampaignState.CANCELLED])
    def test_a_campaign_that_does_not_run_sends_nothing_again(self, app, state):
        lost_campaign("resend", heard_minutes_ago=1)
        with transaction():
            db.session.execute(db.update(Campaign).values(state=state))

        assert settle() == 0

    def test_a_doubt_keeps_open_only_a_campaign_that_may_send_again(self, app):
        held = lost_campaign("hold")

        assert sending.is_done(held.id)
        with transaction():
            db.session.execute(db.update(Campaign).values(unknown_policy="resend"))
        assert not sending.is_done(held.id)


class TestByHand:
    def test_treated_as_sent(self, app, by):
        campaign = lost_campaign()
        message, = make.messages(campaign)

        sending.treat_as_sent(message.id, by=by)

        row, = make.messages(campaign)
        assert (row.state, row.reason_code) == (MessageState.ACCEPTED, "treated_as_sent")
        assert by.name in row.reason

    def test_sent_again_under_a_new_attempt_linked_to_the_old(self, app, by):
        campaign = lost_campaign()
        message, = make.messages(campaign)
        before = message.attempt_id

        sending.send_again(message.id, by=by)
        again, = sending.claim(campaign.channel_id, want=1)

        assert again.attempt_id != before
        assert [(row.attempt_id, row.outcome) for row in sending.attempts_of(message.id)] == [(before, "unknown")]

    @pytest.mark.parametrize("act, verb", [(sending.treat_as_sent, "message.settled"),
                                           (sending.send_again, "message.resent")])
    def test_each_decision_is_noted_with_who_took_it(self, app, by, act, verb):
        message, = make.messages(lost_campaign())

        act(message.id, by=by)

        entry = db.session.scalar(db.select(ActivityEntry).order_by(ActivityEntry.id.desc()))
        assert (entry.verb, entry.actor_name, entry.subject_id) == (verb, by.name, message.id)

    @pytest.mark.parametrize("act", [sending.treat_as_sent, sending.send_again])
    def test_a_second_click_changes_nothing(self, app, by, act):
        message, = make.messages(lost_campaign())
        act(message.id, by=by)

        with pytest.raises(Conflict, match="nothing has to be decided"):
            act(message.id, by=by)

    @pytest.mark.parametrize("act", [sending.treat_as_sent, sending.send_again])
    @pytest.mark.parametrize("message_id", [0, 10**30])
    def test_an_unknown_message_is_not_found(self, app, by, act, message_id):
        with pytest.raises(NotFound):
            act(message_id, by=by)
