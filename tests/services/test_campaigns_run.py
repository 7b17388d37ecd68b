"""While it runs and afterwards: pause, resume, cancel, finish once, and figures that add up."""

from contextlib import suppress
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings, strategies
from sqlalchemy import select

from core import clock
from core.errors import Conflict, DashboardError
from core.states import CAMPAIGN_MOVES, CampaignState, MessageState
from models import Campaign, Contact, Message, db, transaction
from services import activity, campaigns, sending
from tests.factories.campaigns import a_campaign, a_tag, give_states, people
from tests.services.test_campaigns_launch import at_once


def started(by, *, size=3, **changes):
    """A campaign that sends."""
    campaign = a_campaign(size=size, **changes)
    campaigns.start_now(campaign.id, by=by)
    campaigns.launch_due(clock.now())
    return campaigns.get_campaign(campaign.id)


class TestPauseAndResume:
    def test_a_pause_keeps_its_reason_and_a_resume_goes_on(self, app, by):
        campaign = started(by)

        paused = campaigns.pause(campaign.id, reason="Wrong day", by=by)
        assert (paused.state, paused.paused_reason) == (CampaignState.PAUSED, "Wrong day")

        assert campaigns.resume(campaign.id, by=by).state is CampaignState.SENDING
        assert [entry.verb for entry in activity.recent(verb="campaign").items[:2]] == [
            "campaign.resumed", "campaign.paused"]

    def test_a_pause_without_a_reason_is_told_once(self, app, by):
        campaign = started(by)
        paused = campaigns.pause(campaign.id, by=by)

        assert paused.paused_reason == f"Paused by {by.name}"
        assert activity.sentence(activity.recent().items[0]) == ("paused ", "")

    @pytest.mark.parametrize("act", [campaigns.pause, campaigns.resume])
    def test_a_draft_can_be_neither_paused_nor_resumed(self, app, by, act):
        with pytest.raises(Conflict, match="still a draft"):
            act(a_campaign().id, by=by)

    def test_nothing_is_claimed_while_it_is_paused(self, app, by):
        campaign = started(by)
        campaigns.pause(campaign.id, by=by)

        assert not sending.has_work(campaign.channel_id)

    def test_pressing_pause_twice_at_once_pauses_once(self, app, by):
        campaign_id = started(by).id

        def press():
            try:
                return campaigns.pause(campaign_id, by=by).state
            except Conflict:
                return "refused"

        assert sorted(map(str, at_once(app, 3, press))) == ["paused", "refused", "refused"]


class TestCancel:
    def test_who_waits_is_taken_back_and_who_is_on_the_way_stays(self, app, by):
        campaign = started(by, size=4)
        give_states(campaign, [MessageState.SENDING, MessageState.READ])

        assert campaigns.cancel(campaign.id, by=by) == 2

        found = campaigns.report(campaign.id)
        assert (found.of(MessageState.CANCELLED), found.of(MessageState.SENDING), found.done) == (2, 1, 1)
        assert activity.recent(verb="campaign.cancelled").items[0].details == {"stopped": 2}

    def test_after_a_confirmed_cancel_nothing_is_claimed(self, app, by):
        campaign = started(by)

        assert sending.has_work(campaign.channel_id)
        campaigns.cancel(campaign.id, by=by)

        assert not sending.has_work(campaign.channel_id)

    def test_a_message_that_comes_back_to_the_queue_of_a_cancelled_campaign_is_taken_back_too(self, app, by):
        campaign = started(by, size=2)
        give_states(campaign, [MessageState.SENDING])
        campaigns.cancel(campaign.id, by=by)
        give_states(campaign, [MessageState.QUEUED])

        campaigns.finish_done(clock.now())

        assert campaigns.report(campaign.id).of(MessageState.CANCELLED) == 2

    @pytest.mark.parametrize("end", [CampaignState.FINISHED, CampaignState.CANCELLED])
    def test_what_is_over_cannot_be_cancelled(self, app, by, end):
        campaign = a_campaign()
        with transaction():
            db.session.query(Campaign).update({"state": end})

        with pytest.raises(Conflict):
            campaigns.cancel(campaign.id, by=by)


class TestFinish:
    def test_a_campaign_whose_every_row_is_final_is_finished_once(self, app, by):
        campaign = started(by, size=3)
        give_states(campaign, [MessageState.READ, MessageState.FAILED, MessageState.ACCEPTED])

        assert sum(at_once(app, 4, lambda: campaigns.finish_done(clock.now()))) == 1
        assert campaigns.get_campaign(campaign.id).state is CampaignState.FINISHED
        assert activity.recent(verb="campaign.finished").total == 1

    @pytest.mark.parametrize("open_state", [MessageState.QUEUED, MessageState.SENDING, MessageState.UNKNOWN])
    def test_a_row_that_is_not_final_keeps_it_open(self, app, by, open_state):
        campaign = started(by, size=2)
        give_states(campaign, [MessageState.READ, open_state])

        assert campaigns.finish_done(clock.now()) == 0

    def test_with_only_doubts_left_it_waits_for_a_person_and_then_finishes(self, app, by):
        campaign = started(by, size=2)
        give_states(campaign, [MessageState.READ, MessageState.UNKNOWN], attempted_at=clock.now())
        assert campaigns.report(campaign.id).waits_for_person

        doubt = db.session.scalars(select(Message.id).where(Message.state == MessageState.UNKNOWN)).one()
        sending.treat_as_sent(doubt, by=by)

        assert campaigns.finish_done(clock.now()) == 1

    def test_a_paused_campaign_is_not_finished_behind_a_persons_back(self, app, by):
        campaign = started(by, size=1)
        campaigns.pause(campaign.id, by=by)
        give_states(campaign, [MessageState.READ])

        assert campaigns.finish_done(clock.now()) == 0


class TestTooManyFailures:
    def test_when_most_of_what_was_tried_failed_it_stops_and_says_so(self, app, by):
        campaign = started(by, size=30)
        give_states(campaign, [MessageState.FAILED] * 20 + [MessageState.SENT] * 5)

        campaigns.finish_done(clock.now())

        found = campaigns.get_campaign(campaign.id)
        assert (found.state, found.paused_reason) == (
            CampaignState.PAUSED, "20 of the 25 messages tried so far failed")

    def test_a_person_who_resumes_it_is_not_stopped_again(self, app, by):
        campaign = started(by, size=30)
        give_states(campaign, [MessageState.FAILED] * 20)
        campaigns.finish_done(clock.now())
        campaigns.resume(campaign.id, by=by)

        campaigns.finish_done(clock.now())

        assert campaigns.get_campaign(campaign.id).state is CampaignState.SENDING

    def test_a_pause_by_hand_before_it_leaves_the_brake_on(self, app, by):
        campaign = started(by, size=30)
        campaigns.pause(campaign.id, by=by)
        campaigns.resume(campaign.id, by=by)
        give_states(campaign, [MessageState.FAILED] * 20)

        campaigns.finish_done(clock.now())

        assert campaigns.get_campaign(campaign.id).state is CampaignState.PAUSED

    def test_a_few_failures_among_many_are_no_reason_to_stop(self, app, by):
        campaign = started(by, size=60)
        give_states(campaign, [MessageState.FAILED] * 20 + [MessageState.SENT] * 30)

        campaigns.finish_done(clock.now())

        assert campaigns.get_campaign(campaign.id).state is CampaignState.SENDING


class TestReport:
    def test_every_row_is_counted_once_and_the_funnel_only_narrows(self, app, by):
        campaign = started(by, size=9)
        give_states(campaign, [
            MessageState.READ, MessageState.READ, MessageState.DELIVERED, MessageState.SENT, MessageState.ACCEPTED,
            MessageState.FAILED, MessageState.UNKNOWN, MessageState.SENDING, MessageState.QUEUED])

        found = campaigns.report(campaign.id)

        assert found.figures()["funnel"] == {"queued": 9, "sent": 5, "delivered": 3, "read": 2, "replied": 0}
        assert (found.waiting, found.done, found.waiting + found.done) == (2, 7, found.recipients)
        assert sum(found.figures()["states"].values()) == found.total == 9

    def test_failures_are_grouped_by_reason_the_most_frequent_first(self, app, by):
        campaign = started(by, size=4)
        give_states(campaign, [MessageState.FAILED] * 3, reason_code="131026", reason="Not on WhatsApp")
        ids = db.session.scalars(select(Message.id).order_by(Message.id)).all()
        with transaction():
            db.session.get(Message, ids[0]).reason = "Something else"

        assert [(reason.words, reason.count) for reason in campaigns.report(campaign.id).failed_by] == [
            ("Not on WhatsApp", 2), ("Something else", 1)]

    def test_pace_and_time_left_come_from_the_last_minute(self, app, by):
        campaign = started(by, size=30)
        give_states(campaign, [MessageState.SENT] * 10, attempted_at=clock.now() - timedelta(seconds=5))
        assert (campaigns.report(campaign.id).per_minute, campaigns.report(campaign.id).seconds_left) == (10, 120)

        give_states(campaign, [MessageState.SENT] * 10, attempted_at=clock.now() - timedelta(minutes=5))
        assert campaigns.report(campaign.id).seconds_left is None

    @settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(strategies.lists(strategies.sampled_from(
        [state for state in MessageState if state is not MessageState.RECEIVED]), min_size=8, max_size=8))
    def test_whatever_the_states_the_figures_add_up_and_each_number_opens_its_people(self, app, by, states):
        campaign = db.session.scalars(select(Campaign)).first() or started(by, size=8)
        give_states(campaign, states)

        found = campaigns.report(campaign.id)

        assert found.total == sum(found.states.values()) == 8
        assert found.recipients >= found.sent >= found.delivered >= found.of(MessageState.READ)
        assert found.recipients == found.done + found.waiting + found.of(MessageState.CANCELLED)
        for show in ("waiting", "sent", "delivered", "read", "failed", "unknown", "skipped", "cancelled"):
            count = getattr(found, show) if hasattr(found, show) else found.of(MessageState(show))
            assert campaigns.recipients(campaign.id, show=show).total == count


class TestRecipients:
    def test_a_reason_opens_exactly_those_who_share_it(self, app, by):
        campaign = started(by, size=3)
        give_states(campaign, [MessageState.FAILED], reason_code="131026", reason="Not on WhatsApp")

        page = campaigns.recipients(campaign.id, show="failed", code="131026", words="Not on WhatsApp")

        assert [row.reason for row in page.items] == ["Not on WhatsApp"]
        assert campaigns.recipients(campaign.id, code="131\0").total == 0

    def test_a_spreadsheet_gets_one_row_a_person_and_no_formulas(self, app, by, monkeypatch):
        monkeypatch.setattr("services.campaigns.report_csv.CHUNK", 2)
        tag = a_tag()
        people(1, tag, name="=HYPERLINK(1)")
        people(4, tag, first=10)

        rows = list(campaigns.csv_of(started(by, size=0, tag_ids=[tag.id]).id))

        assert len(rows) == 6
        assert ["+447700900001", "'=HYPERLINK(1)", "patients", "queued"] in [row[:4] for row in rows[1:]]

    def test_somebody_who_was_deleted_stays_as_a_row(self, app, by):
        campaign = started(by, size=1)
        with transaction():
            db.session.delete(db.session.scalars(select(Contact)).one())

        row = campaigns.recipients(campaign.id).items[0]

        assert (row.contact_id, row.name, row.phone) == (None, "", "+447700900001")


class TestMoves:
    @settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(strategies.lists(strategies.sampled_from(
        ["start", "launch", "late", "pause", "resume", "cancel", "unschedule", "finish", "change"]), max_size=8))
    def test_no_order_of_acts_leaves_the_table_of_moves_or_writes_anybody_twice(self, app, by, acts):
        campaign_id = a_campaign(size=2, name=f"Moves {clock.now().timestamp()}").id
        state = CampaignState.DRAFT
        for act in acts:
            now = clock.now()
            call = {
                "start": lambda: campaigns.start_now(campaign_id, by=by),
                "launch": lambda now=now: campaigns.launch_due(now),
                "late": lambda now=now: campaigns.launch_due(now + timedelta(days=3)),
                "pause": lambda: campaigns.pause(campaign_id, by=by),
                "resume": lambda: campaigns.resume(campaign_id, by=by),
                "cancel": lambda: campaigns.cancel(campaign_id, by=by),
                "unschedule": lambda: campaigns.unschedule(campaign_id, by=by),
                "finish": lambda now=now: campaigns.finish_done(now),
                "change": lambda: campaigns.change_campaign(campaign_id, name="Moved", by=by),
            }[act]
            with suppress(DashboardError):
                call()
            reached = campaigns.get_campaign(campaign_id).state
            assert reached == state or reached in CAMPAIGN_MOVES[state]
            state = reached
        messages = db.session.query(Message).filter_by(campaign_id=campaign_id).count()
        assert messages in (0, 2)
        assert (messages == 2) == (campaigns.get_campaign(campaign_id).started_at is not None)
