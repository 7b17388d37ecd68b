"""Trying again by reason: the exact number, judged again, linked to the try before, and never a doubt."""

import pytest
from sqlalchemy import select

from core import clock
from core.errors import Conflict, Invalid
from core.states import CampaignState, ConsentState, MessageState, TemplateState
from models import Campaign, Contact, Message, MessageAttempt, db, transaction
from services import campaigns, sending
from tests.factories.answers import ids_of
from tests.factories.campaigns import a_campaign, give_states


def failed(by, states, codes=(), **changes):
    """A campaign that went out: one person a state, with these reason codes for those who failed."""
    campaign = a_campaign(size=len(states), **changes)
    campaigns.start_now(campaign.id, by=by)
    campaigns.launch_due(clock.now())
    give_states(campaign, states, attempted_at=clock.now())
    with transaction():
        for place, message_id in enumerate(ids_of(campaign)):
            message = db.session.get(Message, message_id)
            message.attempt_id = f"token.{message_id}"
            if message.state is MessageState.FAILED:
                code = codes[place] if place < len(codes) else "131000"
                message.reason_code, message.reason, message.failed_at = code, f"Reason {code}", clock.now()
    campaigns.finish_done(clock.now())
    return campaigns.get_campaign(campaign.id)


def states(campaign):
    db.session.expire_all()
    return [str(db.session.get(Message, one).state) for one in ids_of(campaign)]


FAILED, READ, UNKNOWN = MessageState.FAILED, MessageState.READ, MessageState.UNKNOWN


class TestReasons:
    def test_each_reason_says_whether_trying_again_can_help(self, app, by):
        campaign = failed(by, [FAILED] * 4, ["131000", "131026", "131026", "131049"])

        found = {one.code: (one.count, one.advice.chance, one.is_sensible) for one in campaigns.retry_reasons(campaign)}

        assert found == {"131000": (1, "now", True), "131026": (2, "never", False), "131049": (1, "later", False)}

    def test_who_may_not_get_it_any_more_is_taken_off_the_number(self, app, by):
        campaign = failed(by, [FAILED] * 3)
        with transaction():
            db.session.get(Contact, db.session.get(Message, ids_of(campaign)[0]).contact_id).marketing = (
                ConsentState.WITHDRAWN)

        [reason] = campaigns.retry_reasons(campaign)

        assert (reason.count, reason.ready, reason.refused) == (3, 2, ("Said STOP to marketing messages",))

    def test_nobody_is_ready_while_the_template_may_not_be_sent(self, app, by):
        campaign = failed(by, [FAILED])
        with transaction():
            campaign.version.state = TemplateState.PAUSED

        assert [one.ready for one in campaigns.retry_reasons(campaigns.get_campaign(campaign.id))] == [0]


class TestRetry:
    def test_a_finished_campaign_goes_on_and_finishes_again(self, app, by):
        campaign = failed(by, [FAILED, FAILED, READ], ["131000", "131026"])
        assert campaign.state is CampaignState.FINISHED

        assert campaigns.retry(campaign.id, codes=["131000"], expected=1, by=by) == 1

        assert states(campaign) == ["queued", "failed", "read"]
        assert campaigns.get_campaign(campaign.id).state is CampaignState.SENDING
        assert campaigns.finish_done(clock.now()) == 0
        give_states(campaign, [READ])
        assert campaigns.finish_done(clock.now()) == 1
        assert campaigns.report(campaign.id).total == 3

    def test_the_try_before_is_kept_and_nothing_of_it_stays_on_the_message(self, app, by):
        campaign = failed(by, [FAILED])
        campaigns.retry(campaign.id, codes=["131000"], by=by)

        message = db.session.get(Message, ids_of(campaign)[0])
        attempt = db.session.scalars(select(MessageAttempt)).one()

        assert (attempt.message_id, attempt.attempt_id, attempt.outcome, attempt.reason_code) == (
            message.id, f"token.{message.id}", "failed", "131000")
        assert (message.attempt_id, message.reason_code, message.failed_at, message.wire_id, message.tries) == (
            None, "", None, None, 0)

    def test_it_goes_to_the_number_they_have_now(self, app, by):
        campaign = failed(by, [FAILED, UNKNOWN])
        first, second = ids_of(campaign)
        with transaction():
            for number, message_id in enumerate((first, second)):
                db.session.get(Contact, db.session.get(Message, message_id).contact_id).phone = f"+44770077000{number}"
        campaigns.retry(campaign.id, codes=["131000"], by=by)
        sending.send_again(second, by=by)

        db.session.expire_all()

        assert [db.session.get(Message, one).phone for one in (first, second)] == ["+447700770000", "+447700770001"]

    def test_a_doubt_is_never_tried_again(self, app, by):
        campaign = failed(by, [UNKNOWN, FAILED])
        with transaction():
            db.session.get(Message, ids_of(campaign)[0]).reason_code = "131000"

        assert campaigns.retry(campaign.id, codes=["131000"], by=by) == 1
        assert states(campaign) == ["unknown", "queued"]

    def test_a_cancelled_campaign_is_refused_in_words(self, app, by):
        campaign = failed(by, [FAILED, MessageState.QUEUED])
        campaigns.cancel(campaign.id, by=by)

        with pytest.raises(Conflict, match="was cancelled"):
            campaigns.retry(campaign.id, codes=["131000"], by=by)
        assert states(campaign) == ["failed", "cancelled"]

    @pytest.mark.parametrize("wrong", [{"codes": ["131026"]}, {"codes": ["131000"], "expected": 7}, {"codes": []}])
    def test_what_is_not_what_was_shown_changes_nothing(self, app, by, wrong):
        campaign = failed(by, [FAILED, READ])

        with pytest.raises((Conflict, Invalid)):
            campaigns.retry(campaign.id, by=by, **wrong)

        assert campaigns.get_campaign(campaign.id).state is CampaignState.FINISHED
        assert states(campaign) == ["failed", "read"]

    def test_pressing_twice_tries_once(self, app, by):
        campaign = failed(by, [FAILED, FAILED])
        campaigns.retry(campaign.id, codes=["131000"], expected=2, by=by)

        with pytest.raises(Conflict):
            campaigns.retry(campaign.id, codes=["131000"], expected=2, by=by)
        assert db.session.query(MessageAttempt).count() == 2

    def test_many_are_tried_in_chunks(self, app, by, monkeypatch):
        monkeypatch.setattr("services.sending.again.AT_ONCE", 2)
        campaign = failed(by, [FAILED] * 5)

        assert campaigns.retry(campaign.id, codes=["131000"], expected=5, by=by) == 5

    def test_the_brake_on_failures_does_not_stop_what_a_person_decided(self, app, by):
        campaign = failed(by, [FAILED] * 25)
        with transaction():
            db.session.get(Campaign, campaign.id).state = CampaignState.FINISHED
        campaigns.retry(campaign.id, codes=["131000"], by=by)
        give_states(campaign, [FAILED] * 22)

        campaigns.finish_done(clock.now())

        assert campaigns.get_campaign(campaign.id).state is CampaignState.SENDING
