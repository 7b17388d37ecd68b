"""Today's figures, what waits for a person, what is running."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from core.states import CampaignState, ImportState, MessageState, TemplateState
from models import Campaign, Contact, Import, Message, MessageTemplate, TemplateVersion, db, transaction
from services import campaigns, channels, home, webhooks

NOW = datetime(2026, 11, 23, 9, 42, tzinfo=UTC)  # Monday 10:42 in Lagos
LAGOS = ZoneInfo("Africa/Lagos")


@pytest.fixture
def line(app):
    """The simulated number."""
    return channels.ensure_first().id


@pytest.fixture
def message(line):
    """Keep one message with these columns."""

    def keep(state=MessageState.ACCEPTED, created_at=NOW, **columns):
        with transaction():
            db.session.add(Message(channel_id=line, state=state, created_at=created_at,
                                   **{"attempted_at": created_at} | columns))

    return keep


@pytest.fixture
def campaign(line):
    """Keep one campaign in this state."""

    def keep(name, state, **columns):
        with transaction():
            db.session.add(made := Campaign(name=name, state=state, channel_id=line, **columns))
            db.session.flush()
            return made.id

    return keep


class TestFigures:
    def test_count_what_happened_since_midnight_of_the_viewers_zone(self, message):
        in_lagos = datetime(2026, 11, 22, 23, 5, tzinfo=UTC)  # five past midnight there, the day before in UTC
        message(accepted_at=in_lagos, created_at=in_lagos)
        message(accepted_at=in_lagos - timedelta(minutes=10), created_at=in_lagos - timedelta(minutes=10))

        today, _ = home.today_against_last_week(LAGOS, NOW)

        assert today == home.Figures(sent=1, delivered=0, read=0, failed=0, replies=0)

    def test_count_each_fact_by_its_own_time(self, message):
        yesterday, early = NOW - timedelta(days=1), NOW - timedelta(hours=1)
        message(created_at=yesterday, accepted_at=yesterday, delivered_at=yesterday, read_at=early)
        message(created_at=early, failed_at=early, state=MessageState.FAILED)
        message(created_at=early, state=MessageState.UNKNOWN)
        message(created_at=early, sent_at=early)
        message(created_at=early, direction="in", state=MessageState.RECEIVED, attempted_at=None)

        today, _ = home.today_against_last_week(LAGOS, NOW)

        assert today == home.Figures(sent=1, delivered=0, read=1, failed=1, replies=1)

    def test_whoever_failed_after_being_taken_counts_once_and_as_failed(self, message):
        early = NOW - timedelta(hours=1)
        message(created_at=early, accepted_at=early, failed_at=early, state=MessageState.FAILED)

        today, _ = home.today_against_last_week(LAGOS, NOW)

        assert (today.sent, today.failed) == (0, 1)

    def test_compare_with_the_same_weekday_up_to_the_same_minute(self, message):
        week = timedelta(days=7)
        message(created_at=NOW - week - timedelta(hours=1), accepted_at=NOW - week - timedelta(minutes=1))
        message(created_at=NOW - week - timedelta(hours=1), accepted_at=NOW - week + timedelta(minutes=1))

        today, before = home.today_against_last_week(LAGOS, NOW)

        assert (today.sent, before.sent) == (0, 1)
        assert today.is_empty

    @pytest.mark.parametrize("moment", [datetime(2026, 3, 29, 12, tzinfo=UTC), datetime(2026, 10, 25, 0, 30, tzinfo=UTC)])
    def test_days_with_a_clock_change_are_days_too(self, app, moment):
        today, before = home.today_against_last_week(ZoneInfo("Europe/Berlin"), moment)

        assert today.is_empty and before.is_empty


class TestWhatWaits:
    def test_nothing_at_first(self, line):
        assert home.needs() == []

    def test_doubts_come_first_counted_by_campaign(self, message, campaign):
        flu = campaign("Flu vaccine days", CampaignState.SENDING)
        missed = campaign("Saturday", CampaignState.MISSED)
        for _ in range(3):
            message(MessageState.UNKNOWN, campaign_id=flu)

        found = home.needs()

        assert [(n.kind, n.subject_id, n.name, n.count) for n in found] == [
            ("unknown", flu, "Flu vaccine days", 3), ("missed", missed, "Saturday", 0)]

    def test_a_paused_number_and_a_paused_campaign_say_why(self, line, campaign):
        channels.pause(line, reason="the token is no longer valid")
        campaign("Flu", CampaignState.PAUSED, paused_reason="by Folake")

        assert [(n.kind, n.detail) for n in home.needs()] == [
            ("channel", "the token is no longer valid"), ("paused", "by Folake")]

    @pytest.mark.parametrize(("state", "failed", "kind"), [
        (ImportState.FAILED, 0, "import_failed"), (ImportState.MAPPING, 0, "import_mapping"),
        (ImportState.STOPPED, 0, "import_stopped"), (ImportState.FINISHED, 18, "import_rows"),
        (ImportState.FINISHED, 0, None), (ImportState.RUNNING, 3, None)])
    def test_files_that_need_a_look(self, app, state, failed, kind):
        with transaction():
            db.session.add(Import(file_name="p.csv", stored_name="x", size=1, digest="d", state=state, failed=failed))

        assert [n.kind for n in home.needs()] == ([kind] if kind else [])

    def test_only_the_newest_version_of_a_template_counts(self, app):
        with transaction():
            db.session.add(template := MessageTemplate(name="hello", language="en", category="utility"))
            db.session.flush()
            for number, state in enumerate((TemplateState.REJECTED, TemplateState.APPROVED), 1):
                db.session.add(TemplateVersion(template_id=template.id, number=number, body="x", wire_name=f"h{number}",
                                               state=state, reason="no"))

        assert home.needs() == []

    @pytest.mark.parametrize("state", [TemplateState.REJECTED, TemplateState.PAUSED, TemplateState.DISABLED])
    def test_a_refused_template_says_why(self, app, state):
        with transaction():
            db.session.add(template := MessageTemplate(name="hello", language="en", category="utility"))
            db.session.flush()
            db.session.add(TemplateVersion(template_id=template.id, number=1, body="x", wire_name="h", state=state,
                                           reason="the text promises money"))

        assert [(n.kind, n.detail) for n in home.needs()] == [(f"template_{state}", "the text promises money")]


class TestWhatRuns:
    def test_a_campaign_counts_done_without_those_skipped(self, message, campaign):
        flu = campaign("Flu", CampaignState.SENDING)
        states = [MessageState.QUEUED] * 4 + [MessageState.SENDING, MessageState.UNKNOWN, MessageState.FAILED,
                                             MessageState.READ, MessageState.SKIPPED]
        for state in states:
            message(state, campaign_id=flu)

        work, = home.running_work()

        assert (work.name, work.done, work.total, work.percent) == ("Flu", 3, 8, 37)
        assert (work.failed, work.unknown, work.skipped) == (1, 1, 1)

    def test_what_was_cancelled_is_not_done(self, message, campaign):
        flu = campaign("Flu", CampaignState.CANCELLED)
        for state in [MessageState.READ] * 2 + [MessageState.FAILED] + [MessageState.CANCELLED] * 4:
            message(state, campaign_id=flu)

        work, = home.recent_campaigns()
        report = campaigns.report(flu)

        assert (work.done, work.total, work.cancelled) == (3, 7, 4)
        assert (report.done, report.recipients) == (work.done, work.total)

    def test_imports_stand_beside(self, app):
        with transaction():
            db.session.add(Import(file_name="p.csv", stored_name="x", size=1, digest="d", state=ImportState.RUNNING,
                                  rows_done=1300, total_rows=5000))

        assert [(w.kind, w.percent) for w in home.running_work()] == [("import", 26)]

    def test_rows_that_failed_are_no_part_of_an_undo(self, app):
        with transaction():
            db.session.add(Import(file_name="p.csv", stored_name="x", size=1, digest="d", state=ImportState.UNDOING,
                                  failed=200, restored=50, undo_total=400))

        work, = home.running_work()

        assert (work.done, work.total, work.failed) == (50, 400, 0)

    def test_running_ones_come_first(self, campaign):
        for state in (CampaignState.DRAFT, CampaignState.SENDING, CampaignState.FINISHED, CampaignState.SCHEDULED):
            campaign(state, state)

        assert [w.state for w in home.recent_campaigns()] == ["sending", "scheduled", "draft", "finished"]


def test_the_first_steps_know_what_is_done(app):
    before = home.next_steps()
    with transaction():
        db.session.add(Contact(name="Ada"))

    assert before == {"people": False, "templates": False, "campaigns": False}
    assert home.next_steps() == {"people": True, "templates": False, "campaigns": False}


def test_things_that_are_gone_are_not_still_there(app):
    with transaction():
        db.session.add(ada := Contact(name="Ada"))

    asked = [("contact", ada.id), ("contact", ada.id + 1), ("nonsense", 1), ("campaign", None)]
    assert home.still_there(asked) == {("contact", ada.id)}


def test_notices_that_could_not_be_read_wait_for_a_person(line):
    webhooks.keep(b"[]", b"{}")
    webhooks.read_events()

    assert [(need.kind, need.count) for need in home.needs()] == [("dead", 2)]
