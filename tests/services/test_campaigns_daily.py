"""Days are those of a zone, also where the clock changes; every day's figures are of the same people."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from core import clock
from core.errors import Invalid
from core.states import MessageState
from models import Message, db, transaction
from services import campaigns
from tests.factories.answers import HOUR, ids_of, says_stop, sent_to, writes
from tests.factories.campaigns import give_states, people

LONDON, UTC_ZONE = ZoneInfo("Europe/London"), ZoneInfo("UTC")


def at(campaign, *moments):
    """Have the messages of a campaign leave at these moments."""
    with transaction():
        for message_id, moment in zip(ids_of(campaign), moments, strict=True):
            message = db.session.get(Message, message_id)
            message.attempted_at = moment
            message.created_at = min(moments) - timedelta(hours=1)


def test_a_message_counts_on_the_local_day_it_left(app, by):
    campaign = sent_to(people(4), by=by)
    # the clock goes back on 25 October: midnight is 23:00 UTC before, and 00:00 UTC after it
    at(campaign, *(datetime(2026, 10, day, hour, 30, tzinfo=UTC) for day, hour in ((24, 22), (24, 23), (25, 23), (26, 0))))

    days = campaigns.daily(date(2026, 10, 24), date(2026, 10, 26), zone=LONDON)

    assert [(one.day.day, one.sent) for one in days] == [(24, 1), (25, 2), (26, 1)]


@pytest.mark.parametrize("zone", ["Europe/London", "America/St_Johns", "Australia/Lord_Howe", "Pacific/Apia"])
def test_no_message_of_a_year_is_lost_at_a_clock_change(app, by, zone):
    campaign = sent_to(people(60), by=by)
    first = datetime(2026, 1, 1, 12, tzinfo=UTC)
    moments = [first + timedelta(days=6 * number, hours=number) for number in range(60)]
    at(campaign, *moments)
    wanted = [moment.astimezone(ZoneInfo(zone)).date() for moment in moments]

    days = campaigns.daily(date(2026, 1, 1), date(2026, 12, 31), zone=ZoneInfo(zone), campaign_id=campaign.id)

    assert [one.day for one in days for _ in range(one.sent)] == wanted


def test_every_figure_of_a_day_and_its_sum(app, by):
    ids = people(5)
    campaign = sent_to(ids, by=by)
    give_states(campaign, [MessageState.READ, MessageState.DELIVERED, MessageState.FAILED, MessageState.UNKNOWN],
                reason_code="131026", reason="Not on WhatsApp")
    writes(ids[0], at=clock.now() - HOUR)
    says_stop(ids[1], at=clock.now() - HOUR)
    today = clock.now().date()
    first = today - timedelta(days=2)

    for campaign_id in (None, campaign.id):
        total = campaigns.total_of(campaigns.daily(first, today, zone=UTC_ZONE, campaign_id=campaign_id))
        assert [total.of(name) for name in ("sent", "delivered", "read", "failed", "unknown", "replied", "opted_out")] == [
            3, 2, 1, 1, 1, 1, 1]
        reasons = campaigns.failed_by_reason(first, today, zone=UTC_ZONE, campaign_id=campaign_id)
        assert [(one.code, one.count) for one in reasons] == [("131026", 1)]


@pytest.mark.parametrize("first, last", [(date(2026, 2, 2), date(2026, 2, 1)), (date(2020, 1, 1), date(2026, 1, 1))])
def test_days_that_make_no_period_are_refused(app, first, last):
    with pytest.raises(Invalid):
        campaigns.daily(first, last, zone=UTC_ZONE)
