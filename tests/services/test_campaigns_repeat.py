"""What repeats: each planned time makes one campaign, in time, or says that it was missed."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from core import clock
from core.errors import Conflict, Invalid
from core.states import CampaignState, ConsentState, MessageState
from models import Campaign, CampaignList, CampaignListRow, Message, Schedule, db, transaction
from services import activity, campaigns
from services.campaigns import repeat
from tests.factories.campaigns import a_campaign, a_tag, people

MONDAY = datetime(2027, 3, 1, 12, 0, tzinfo=UTC)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


@pytest.fixture
def at(monkeypatch):
    """Sets the clock: at(MONDAY)."""
    def set_to(moment):
        monkeypatch.setattr(clock, "now", lambda: moment)
        return moment

    set_to(MONDAY)
    return set_to


def repeating(by, *, size=3, rule=None, **changes):
    """A campaign that repeats daily at 09:00 from 2 March 2027 on, in UTC."""
    campaign = a_campaign(size=size, name=changes.pop("name", "Open doors"))
    wanted = {"rule": rule or {"every": "day"}, "at": "09:00", "zone": "UTC", "starts_on": "2027-03-02", "latest_minutes": 60,
              "by": by}
    campaigns.set_repeat(campaign.id, **(wanted | changes))
    draft = campaigns.get_campaign(campaign.id)
    return campaigns.schedule(campaign.id, wall_text=draft.wall_time, zone=draft.zone,
                              latest_minutes=draft.latest_minutes, by=by)


def runs_of(pattern):
    """Its runs by planned time."""
    found = db.session.scalars(select(Campaign).where(Campaign.pattern_id == pattern.id).order_by(Campaign.planned_for)
                               .execution_options(populate_existing=True))
    return {one.planned_for: one for one in found}


def schedule_of(pattern):
    return campaigns.repeat_of(pattern.id)


def tick(moment):
    """What the scheduler does each second."""
    campaigns.make_due(moment)
    campaigns.launch_due(moment)


class TestWriting:
    def test_a_draft_keeps_its_rule_and_shows_its_first_time(self, app, by, at):
        campaign = a_campaign()

        campaigns.set_repeat(campaign.id, rule={"every": "month", "day": 31}, at="09:00", zone="Africa/Lagos",
                             starts_on="2027-03-02", latest_minutes=60, by=by)

        draft = campaigns.get_campaign(campaign.id)
        assert (draft.state, draft.wall_time, draft.zone) == (CampaignState.DRAFT, "2027-03-31T09:00", "Africa/Lagos")
        assert campaigns.repeat_words(campaigns.repeat_of(campaign.id)) == (
            "Every month on the 31st at 09:00; in shorter months on the last day")

    @pytest.mark.parametrize("changes, field", [
        ({"rule": {"every": "week"}}, "weekdays"), ({"at": "25:00"}, "time"), ({"at": ""}, "time"),
        ({"zone": "Mars/Olympus"}, "zone"), ({"starts_on": "12027-03-01"}, "starts_on"), ({"starts_on": "x"}, "starts_on"),
        ({"ends_on": "2027-03-01"}, "ends_on"), ({"latest_minutes": 0}, "latest_minutes"),
        ({"starts_on": "2027-01-01", "ends_on": "2027-01-31"}, "ends_on"), ({"rule": {"every": "day", "count": "x"}}, "count")])
    def test_what_cannot_be_is_refused_beside_its_field_and_nothing_is_kept(self, app, by, at, changes, field):
        campaign = a_campaign()
        wanted = {"rule": {"every": "day"}, "at": "09:00", "zone": "UTC", "starts_on": "2027-03-02", "latest_minutes": 60}

        with pytest.raises(Invalid) as refused:
            campaigns.set_repeat(campaign.id, **(wanted | changes), by=by)

        assert refused.value.field == field
        assert campaigns.repeat_of(campaign.id) is None

    def test_another_time_for_the_draft_forgets_the_rule(self, app, by, at):
        campaign = a_campaign()
        campaigns.set_repeat(campaign.id, rule={"every": "day"}, at="09:00", zone="UTC", starts_on="2027-03-02",
                             latest_minutes=60, by=by)

        campaigns.set_time(campaign.id, wall_text="2027-03-05T10:00", zone="UTC", by=by)

        assert campaigns.repeat_of(campaign.id) is None


class TestRunning:
    def test_each_time_makes_one_campaign_that_starts_like_any_other(self, app, by, at):
        pattern = repeating(by)
        assert pattern.state is CampaignState.REPEATING

        for day in range(3):
            tick(at(MONDAY + day * DAY + 21 * HOUR + timedelta(seconds=2)))
            tick(clock.now())
            with transaction():
                db.session.execute(db.update(Campaign).where(Campaign.state == CampaignState.SENDING)
                                   .values(state=CampaignState.FINISHED))

        runs = runs_of(pattern)
        assert list(runs) == ["2027-03-02T09:00", "2027-03-03T09:00", "2027-03-04T09:00"]
        assert {run.name for run in runs.values()} == {f"Open doors · {d}" for d in (
            "Tue 2 Mar 2027", "Wed 3 Mar 2027", "Thu 4 Mar 2027")}
        assert [campaigns.report(run.id).total for run in runs.values()] == [3, 3, 3]
        assert schedule_of(pattern).next_for == "2027-03-05T09:00"

    def test_the_audience_is_asked_anew_each_time(self, app, by, at):
        pattern = repeating(by, size=2)
        tick(at(MONDAY + 21 * HOUR))
        with transaction():
            db.session.execute(db.update(Campaign).where(Campaign.state == CampaignState.SENDING)
                               .values(state=CampaignState.FINISHED))
        people(3, a_tag("tag of Open doors"), first=900)
        tick(at(MONDAY + DAY + 21 * HOUR))

        assert [campaigns.report(run.id).total for run in runs_of(pattern).values()] == [2, 5]

    def test_a_run_that_is_due_while_the_last_one_is_sent_is_missed_with_the_reason(self, app, by, at):
        pattern = repeating(by)
        tick(at(MONDAY + 21 * HOUR))
        tick(at(MONDAY + DAY + 21 * HOUR))

        first, second = runs_of(pattern).values()
        assert (first.state, second.state) == (CampaignState.SENDING, CampaignState.MISSED)
        assert "is still being sent" in second.paused_reason
        with pytest.raises(Conflict, match="still being sent"):
            campaigns.start_now(second.id, by=by)

    def test_a_run_late_within_its_tolerance_starts_and_an_older_one_asks(self, app, by, at):
        pattern = repeating(by)
        tick(at(MONDAY + 2 * DAY + 21 * HOUR + timedelta(minutes=40)))

        assert [run.state for run in runs_of(pattern).values()] == [
            CampaignState.MISSED, CampaignState.MISSED, CampaignState.SENDING]
        assert "latest useful time had passed" in runs_of(pattern)["2027-03-02T09:00"].paused_reason
        assert schedule_of(pattern).next_for == "2027-03-05T09:00"

    def test_after_a_long_time_off_the_newest_ask_one_by_one_and_the_rest_is_counted(self, app, by, at):
        pattern = repeating(by)
        tick(at(MONDAY + 300 * DAY))

        runs = runs_of(pattern)
        assert len(runs) == repeat.MOST_MISSED
        assert {run.state for run in runs.values()} == {CampaignState.MISSED}
        [entry] = activity.recent(verb="campaign.runs_missed").items
        assert entry.details["count"] == 300 - repeat.MOST_MISSED
        assert activity.recent(verb="campaign.missed").total == repeat.MOST_MISSED

    def test_a_missed_run_can_be_sent_after_all(self, app, by, at):
        pattern = repeating(by)
        tick(at(MONDAY + 23 * HOUR))
        [missed] = runs_of(pattern).values()

        campaigns.start_now(missed.id, by=by)
        tick(clock.now())

        assert campaigns.get_campaign(missed.id).state is CampaignState.SENDING

    def test_it_ends_after_its_last_day(self, app, by, at):
        pattern = repeating(by, rule={"every": "day", "count": "2"})
        for day in range(3):
            tick(at(MONDAY + day * DAY + 21 * HOUR))

        assert len(runs_of(pattern)) == 2
        assert campaigns.get_campaign(pattern.id).state is CampaignState.FINISHED
        assert schedule_of(pattern).next_at is None

    def test_a_list_of_its_own_goes_with_every_run(self, app, by, at):
        pattern = repeating(by)
        with transaction():
            campaign = campaigns.get_campaign(pattern.id)
            campaign.audience = campaign.audience | {"list": True}
            db.session.add(CampaignList(campaign_id=pattern.id, columns=["Phone", "Seat"], rows=1))
            db.session.add(CampaignListRow(campaign_id=pattern.id, number=2, phone="+447700900555", cells={"Seat": "4A"}))
        campaigns.make_due(at(MONDAY + 21 * HOUR))

        [run] = runs_of(pattern).values()
        rows = db.session.scalars(select(CampaignListRow).where(CampaignListRow.campaign_id == run.id)).all()
        assert [(row.number, row.phone, row.cells) for row in rows] == [(2, "+447700900555", {"Seat": "4A"})]
        assert db.session.get(CampaignList, run.id).columns == ["Phone", "Seat"]

    def test_each_person_gets_it_at_nine_on_their_own_clock(self, app, by, at):
        campaign = a_campaign(size=0)
        tag = a_tag("tag of Open doors")
        people(1, tag, first=1, zone="Asia/Tokyo")
        people(1, tag, first=2, zone="America/New_York")
        campaigns.set_repeat(campaign.id, rule={"every": "week", "weekdays": [2]}, at="09:00", zone="UTC",
                             starts_on="2027-03-02", latest_minutes=60, local_time=True, by=by)
        draft = campaigns.get_campaign(campaign.id)
        pattern = campaigns.schedule(campaign.id, wall_text=draft.wall_time, zone="UTC", latest_minutes=60, by=by)

        tick(at(datetime(2027, 3, 2, 19, 0, tzinfo=UTC)))  # the day begins on earth
        [run] = runs_of(pattern).values()
        assert (run.state, run.planned_for) == (CampaignState.SCHEDULED, "2027-03-03T09:00")
        assert run.start_at == datetime(2027, 3, 3, 0, 0, tzinfo=UTC)  # nine in Tokyo
        tick(at(datetime(2027, 3, 3, 0, 0, tzinfo=UTC)))

        assert campaigns.get_campaign(run.id).state is CampaignState.SENDING


class TestActs:
    def test_pause_makes_no_more_and_resume_goes_on_with_the_next_one(self, app, by, at):
        pattern = repeating(by)
        campaigns.pause_repeat(pattern.id, by=by)
        tick(at(MONDAY + DAY + 21 * HOUR))
        assert runs_of(pattern) == {}

        campaigns.resume_repeat(pattern.id, by=by)
        tick(clock.now())

        assert runs_of(pattern) == {}
        assert schedule_of(pattern).next_for == "2027-03-04T09:00"

    def test_stop_and_cancel_take_back_a_run_that_has_not_started(self, app, by, at):
        for act in (campaigns.stop_repeat, campaigns.cancel):
            pattern = repeating(by, name=act.__name__)
            campaigns.make_due(at(MONDAY + 21 * HOUR))
            act(pattern.id, by=by)
            tick(at(MONDAY + 9 * DAY))

            assert {run.state for run in runs_of(pattern).values()} == {CampaignState.CANCELLED}
            assert campaigns.get_campaign(pattern.id).state in (CampaignState.FINISHED, CampaignState.CANCELLED)
            at(MONDAY)

    def test_changing_goes_through_a_draft(self, app, by, at):
        pattern = repeating(by)
        campaigns.change_repeat(pattern.id, by=by)
        tick(at(MONDAY + DAY))
        assert runs_of(pattern) == {}
        assert campaigns.get_campaign(pattern.id).state is CampaignState.DRAFT

        campaigns.set_repeat(pattern.id, rule={"every": "day", "interval": 2}, at="10:00", zone="UTC", starts_on="2027-03-04",
                             latest_minutes=60, by=by)
        draft = campaigns.get_campaign(pattern.id)
        campaigns.schedule(pattern.id, wall_text=draft.wall_time, zone="UTC", latest_minutes=60, by=by)

        assert schedule_of(pattern).next_for == "2027-03-04T10:00"

    @pytest.mark.parametrize("act", ["pause_repeat", "resume_repeat", "stop_repeat", "change_repeat"])
    def test_what_does_not_repeat_refuses_in_words(self, app, by, act):
        with pytest.raises(Conflict, match="still a draft"):
            getattr(campaigns, act)(a_campaign().id, by=by)

    def test_a_draft_without_a_run_left_is_refused(self, app, by, at):
        campaign = a_campaign()
        campaigns.set_repeat(campaign.id, rule={"every": "day"}, at="09:00", zone="UTC", starts_on="2027-03-02",
                             ends_on="2027-03-03", latest_minutes=60, by=by)
        at(MONDAY + 30 * DAY)

        with pytest.raises(Conflict, match="No run is left"):
            campaigns.schedule(campaign.id, wall_text="2027-03-02T09:00", zone="UTC", by=by)


class TestLateness:
    def waiting(self, by, at, count=4, latest=None):
        """A campaign that sends, `count` of whose people wait past their latest useful time."""
        campaign = a_campaign(size=6, name="Late")
        campaigns.start_now(campaign.id, by=by)
        campaigns.launch_due(clock.now())
        ids = db.session.scalars(select(Message.id).where(Message.campaign_id == campaign.id).order_by(Message.id)).all()
        with transaction():
            db.session.execute(db.update(Message).where(Message.id.in_(ids[:count]))
                               .values(latest_at=latest or clock.now() - HOUR))
        return campaign

    def test_what_is_late_stops_the_campaign_and_asks(self, app, by, at):
        campaign = self.waiting(by, at)

        assert campaigns.hold_late(clock.now()) == 1
        assert campaigns.hold_late(clock.now()) == 0
        held = campaigns.get_campaign(campaign.id)
        assert held.state is CampaignState.PAUSED
        assert "4 people wait past the latest useful time" in held.paused_reason
        with pytest.raises(Conflict, match="send to them anyway"):
            campaigns.resume(campaign.id, by=by)

    def test_sent_anyway_they_stay_in_the_queue(self, app, by, at):
        campaign = self.waiting(by, at)
        campaigns.hold_late(clock.now())

        assert campaigns.send_late(campaign.id, by=by) == 4
        assert campaigns.hold_late(clock.now()) == 0
        assert campaigns.report(campaign.id).waiting == 6

    def test_left_out_they_are_skipped_with_the_reason(self, app, by, at):
        campaign = self.waiting(by, at)
        campaigns.hold_late(clock.now())

        assert campaigns.leave_out_late(campaign.id, by=by) == 4
        rows = db.session.execute(select(Message.state, Message.reason_code).where(Message.campaign_id == campaign.id)).all()
        assert rows.count((MessageState.SKIPPED, "too_late")) == 4
        assert rows.count((MessageState.QUEUED, "")) == 2

    def test_put_off_until_after_the_latest_moment_counts_as_late(self, app, by, at):
        campaign = self.waiting(by, at, count=1, latest=clock.now() + HOUR)
        assert campaigns.hold_late(clock.now()) == 0
        with transaction():
            db.session.execute(db.update(Message).where(Message.latest_at.is_not(None)).values(due_at=clock.now() + 9 * HOUR))

        assert campaigns.hold_late(clock.now()) == 1
        assert campaigns.late(campaigns.get_campaign(campaign.id)) == 1

    def test_a_pause_that_outlasts_the_whole_campaign_asks_before_it_goes_on(self, app, by, at):
        campaign = self.waiting(by, at, count=0)
        campaigns.pause(campaign.id, by=by)
        at(MONDAY + 5 * HOUR)

        with pytest.raises(Conflict, match="6 people wait"):
            campaigns.resume(campaign.id, by=by)
        assert campaigns.send_late(campaign.id, by=by) == 6
        assert campaigns.get_campaign(campaign.id).state is CampaignState.SENDING

    def test_only_a_paused_campaign_is_decided_about(self, app, by, at):
        with pytest.raises(Conflict):
            campaigns.send_late(a_campaign().id, by=by)


def test_a_message_is_skipped_or_sent_by_consent_at_each_run(app, by, at):
    pattern = repeating(by, size=1)
    people(1, a_tag("tag of Open doors"), first=700, marketing=ConsentState.WITHDRAWN)
    tick(at(MONDAY + 21 * HOUR))

    [run] = runs_of(pattern).values()
    assert sorted(str(state) for state in db.session.scalars(
        select(Message.state).where(Message.campaign_id == run.id))) == ["queued", "skipped"]


def test_no_schedule_row_is_left_by_a_campaign_that_went_away(app, by, at):
    campaign = a_campaign()
    campaigns.set_repeat(campaign.id, rule={"every": "day"}, at="09:00", zone="UTC", starts_on="2027-03-02",
                         latest_minutes=60, by=by)
    campaigns.delete_draft(campaign.id, by=by)

    assert db.session.scalar(select(Schedule.id)) is None
