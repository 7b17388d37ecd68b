"""Starting: exactly once, in time or said to be missed, whoever looks and however many."""

import threading
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from core import background, clock
from core.background import Job
from core.errors import Conflict, Invalid
from core.states import CampaignState, ConsentState, MessageState, TemplateState
from models import Campaign, Contact, ContactTag, Message, TemplateVersion, db, transaction
from services import activity, campaigns
from services.campaigns import audience_freeze, launch, timing
from tests.factories.campaigns import a_campaign, a_tag, a_version, people

SOON = timedelta(hours=1)


def wall(moment):
    return f"{moment:%Y-%m-%dT%H:%M}"


def scheduled(by, *, minutes=120, **changes):
    """A campaign scheduled for an hour from now, in UTC."""
    campaign = a_campaign(**changes)
    return campaigns.schedule(campaign.id, wall_text=wall(clock.now() + SOON), zone="UTC", latest_minutes=minutes,
                              by=by)


def messages_of(campaign):
    return db.session.scalar(select(func.count()).select_from(Message).where(Message.campaign_id == campaign.id))


class TestSchedule:
    def test_the_wall_time_and_zone_are_kept_beside_the_moment(self, app, by):
        day = clock.now().date() + timedelta(days=30)

        campaign = campaigns.schedule(a_campaign().id, wall_text=f"{day}T09:00", zone="Africa/Lagos", by=by)

        assert (campaign.wall_time, campaign.zone) == (f"{day}T09:00", "Africa/Lagos")
        assert f"{campaign.start_at:%H:%M}" == "08:00"
        assert campaign.latest_at - campaign.start_at == timedelta(minutes=campaigns.USEFUL_MINUTES)

    @pytest.mark.parametrize("given, field", [
        ({"zone": "Africa/Nowhere"}, "zone"), ({"zone": "../../etc/passwd"}, "zone"), ({"zone": "\0"}, "zone"),
        ({"wall_text": "2020-01-01T09:00"}, "wall_time"), ({"wall_text": "2199-01-01T09:00"}, "wall_time"),
        ({"wall_text": "soon"}, "wall_time"), ({"wall_text": "2026-02-30T09:00"}, "wall_time"),
        ({"wall_text": "9990-12-31T23:59"}, "wall_time"),
        ({"latest_minutes": 0}, "latest_minutes"), ({"latest_minutes": 10**30}, "latest_minutes"),
    ])
    def test_a_time_that_cannot_be_is_refused_beside_its_field(self, app, by, given, field):
        wanted = {"wall_text": wall(clock.now() + SOON), "zone": "UTC"} | given

        with pytest.raises(Invalid) as refusal:
            campaigns.schedule(a_campaign().id, **wanted, by=by)

        assert refusal.value.field == field

    def test_a_time_in_the_gap_of_a_clock_change_says_so(self, app):
        year = clock.now().year + 1
        sunday = max(day for day in range(25, 32) if clock.now().replace(year=year, month=3, day=day).weekday() == 6)

        time = campaigns.time_of(wall_text=f"{year}-03-{sunday}T01:30", zone="Europe/London")

        assert "we use 02:00" in time.note
        assert f"{time.start_at:%H:%M}" == "01:00"

    @pytest.mark.parametrize("changes, why", [
        ({"version_id": None}, "Choose a template"), ({"tag_ids": []}, "Choose whom"), ({"size": 0}, "Nobody carries"),
    ])
    def test_what_is_not_complete_is_refused_with_what_is_missing(self, app, by, changes, why):
        with pytest.raises(Conflict, match=why):
            campaigns.start_now(a_campaign(**changes).id, by=by)

    def test_a_template_that_waits_for_approval_is_refused(self, app, by):
        campaign = a_campaign(version_id=a_version(state=TemplateState.PENDING).id)

        with pytest.raises(Conflict, match="not approved"):
            campaigns.start_now(campaign.id, by=by)

    def test_a_variable_nobody_can_have_a_value_for_is_refused_by_name(self, app, by):
        code = {"name": "code", "sample": "1", "fallback": ""}
        version = a_version("Your code is {{code}}, keep it.", variables=[code])

        with pytest.raises(Conflict, match="“code”"):
            campaigns.start_now(a_campaign(version_id=version.id).id, by=by)

    def test_a_campaign_in_which_everybody_is_skipped_is_refused(self, app, by):
        tag = a_tag()
        people(2, tag, marketing=ConsentState.UNKNOWN)

        with pytest.raises(Conflict, match="everyone in it is skipped"):
            campaigns.start_now(a_campaign(size=0, tag_ids=[tag.id]).id, by=by)

    def test_one_that_ended_while_it_was_checked_does_not_come_back_to_life(self, app, by, monkeypatch):
        campaign = a_campaign()
        monkeypatch.setattr(timing, "check_ready", lambda one: campaigns.cancel(one.id, by=by) or 3)

        with pytest.raises(Conflict, match="same moment"):
            campaigns.start_now(campaign.id, by=by)

        assert campaigns.get_campaign(campaign.id).state is CampaignState.CANCELLED

    def test_starting_now_wakes_whoever_launches(self, app, by):
        woken = []
        background.install(woken.append)

        campaigns.start_now(a_campaign().id, by=by)

        assert woken == [Job.LAUNCH_DUE_CAMPAIGNS]

    def test_a_scheduled_one_can_be_taken_back_to_draft_and_keeps_its_time(self, app, by):
        campaign = scheduled(by)

        draft = campaigns.unschedule(campaign.id, by=by)

        assert (draft.state, draft.wall_time) == (CampaignState.DRAFT, campaign.wall_time)
        assert campaigns.launch_due(clock.now() + SOON + SOON) == 0


class TestLaunchDue:
    def test_nothing_starts_before_its_time(self, app, by):
        campaign = scheduled(by)

        assert campaigns.launch_due(campaign.start_at - timedelta(seconds=1)) == 0
        assert campaigns.get_campaign(campaign.id).state is CampaignState.SCHEDULED

    def test_at_its_time_everybody_is_queued_or_skipped_with_a_reason(self, app, by):
        tag = a_tag()
        people(3, tag)
        people(2, tag, first=10, marketing=ConsentState.WITHDRAWN)
        campaign = scheduled(by, size=0, tag_ids=[tag.id])

        assert campaigns.launch_due(campaign.start_at) == 1

        report = campaigns.report(campaign.id)
        assert (report.campaign.state, report.total, report.recipients) == (CampaignState.SENDING, 5, 3)
        assert [(reason.code, reason.count) for reason in report.skipped_by] == [("opted_out_marketing", 2)]
        assert activity.recent(verb="campaign.started").items[0].details == {"queued": 3, "skipped": 2}

    def test_looking_again_starts_nothing_again(self, app, by):
        campaign = scheduled(by)

        assert [campaigns.launch_due(campaign.start_at) for _ in range(3)] == [1, 0, 0]
        assert messages_of(campaign) == 3

    def test_after_the_latest_useful_time_it_is_missed_and_asks(self, app, by):
        campaign = scheduled(by, minutes=30)

        assert campaigns.launch_due(campaign.start_at + timedelta(minutes=31)) == 0

        missed = campaigns.get_campaign(campaign.id)
        assert (missed.state, messages_of(campaign)) == (CampaignState.MISSED, 0)
        assert "latest useful time" in missed.paused_reason
        assert activity.recent(verb="campaign.missed").total == 1

    def test_late_but_still_useful_is_sent(self, app, by):
        campaign = scheduled(by, minutes=30)

        assert campaigns.launch_due(campaign.start_at + timedelta(minutes=29)) == 1

    def test_a_missed_one_can_be_sent_after_all_or_for_another_time(self, app, by):
        campaign = scheduled(by, minutes=30)
        campaigns.launch_due(campaign.start_at + timedelta(hours=1))

        campaigns.start_now(campaign.id, by=by)

        assert campaigns.launch_due(clock.now()) == 1

    def test_a_template_that_lost_its_approval_stops_the_start_in_words(self, app, by):
        campaign = scheduled(by)
        with transaction():
            db.session.query(TemplateVersion).update({"state": TemplateState.PAUSED})

        assert campaigns.launch_due(campaign.start_at) == 0
        assert "WhatsApp paused the template" in campaigns.get_campaign(campaign.id).paused_reason
        assert messages_of(campaign) == 0

    def test_an_audience_that_emptied_stops_the_start_in_words(self, app, by):
        campaign = scheduled(by)
        with transaction():
            db.session.query(ContactTag).delete()

        campaigns.launch_due(campaign.start_at)

        assert campaigns.get_campaign(campaign.id).state is CampaignState.MISSED
        assert "Nobody carries" in campaigns.get_campaign(campaign.id).paused_reason

    def test_who_withdrew_after_the_check_is_not_written_to(self, app, by):
        campaign = scheduled(by)
        with transaction():
            db.session.query(Contact).filter_by(name="Person 1").update({"marketing": ConsentState.WITHDRAWN})

        campaigns.launch_due(campaign.start_at)

        assert campaigns.report(campaign.id).recipients == 2

    def test_a_death_in_the_middle_of_freezing_leaves_it_scheduled_and_empty(self, app, by, monkeypatch):
        campaign = scheduled(by, size=5)
        freeze = audience_freeze.freeze

        def dies_after_writing(*given):
            freeze(*given)
            raise KeyboardInterrupt

        monkeypatch.setattr(audience_freeze, "freeze", dies_after_writing)
        with pytest.raises(KeyboardInterrupt):
            campaigns.launch_due(campaign.start_at)
        monkeypatch.setattr(audience_freeze, "freeze", freeze)

        assert (campaigns.get_campaign(campaign.id).state, messages_of(campaign)) == (CampaignState.SCHEDULED, 0)
        assert campaigns.launch_due(campaign.start_at) == 1

    def test_one_that_cannot_start_does_not_keep_the_next_from_starting(self, app, by, monkeypatch):
        first, second = scheduled(by, name="First"), scheduled(by, name="Second")
        freeze = launch._freeze
        monkeypatch.setattr(launch, "_freeze", lambda one, now: 1 / 0 if one.id == first.id else freeze(one, now))

        assert campaigns.launch_due(second.start_at + timedelta(seconds=60)) == 1
        assert campaigns.get_campaign(first.id).state is CampaignState.SCHEDULED


class TestRaces:
    def test_four_who_look_at_once_start_it_once_every_time(self, app, by):
        started = []
        for number in range(20):
            campaign = scheduled(by, size=2, name=f"Race {number}")
            started.append(sum(at_once(app, 4, lambda now=campaign.start_at: campaigns.launch_due(now))))
            assert messages_of(campaign) == 2

        assert started == [1] * 20
        assert activity.recent(verb="campaign.started").total == 20

    def test_a_cancel_at_the_due_moment_either_stops_everything_or_comes_after_the_start(self, app, by):
        for number in range(10):
            campaign = scheduled(by, size=2, name=f"Cancel {number}")
            which, due = campaign.id, campaign.start_at

            at_once(app, 2, lambda i, which=which, due=due: (
                campaigns.cancel(which, by=by) if i else campaigns.launch_due(due)))

            found = campaigns.report(which)
            assert found.campaign.state is CampaignState.CANCELLED
            assert found.of(MessageState.QUEUED) == 0


def at_once(app, count, call):
    """Run `call` in so many threads at the same moment, each with a session of its own; what they gave back."""
    gate, answers = threading.Barrier(count), []
    takes_number = call.__code__.co_argcount > len(call.__defaults__ or ())

    def work(number):
        with app.app_context():
            gate.wait()
            answers.append(call(number) if takes_number else call())
            db.session.remove()

    threads = [threading.Thread(target=work, args=(number,)) for number in range(count)]
    db.session.rollback()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    db.session.rollback()
    return answers


def test_campaign_rows_are_only_ever_claimed_by_their_old_state(app, by):
    campaign = scheduled(by)
    with transaction():
        db.session.query(Campaign).update({"state": CampaignState.PAUSED})

    assert campaigns.launch_due(campaign.start_at) == 0
