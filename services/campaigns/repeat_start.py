"""A campaign that repeats, while it is written: its rule and its time of the day, kept in the draft until it is started."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

from sqlalchemy import delete, select, update

from core import clock, recurrence, repeat_words, wall_time
from core.actor import Actor
from core.errors import Conflict, Invalid
from core.recurrence import Run
from core.states import CampaignState
from models import Campaign, Schedule, db, transaction
from services import activity, settings
from services.campaigns.edit import claim_draft
from services.campaigns.queries import get_campaign

FIRST_CLOCK, LAST_CLOCK = "Pacific/Kiritimati", "Etc/GMT+12"  # where on earth a day begins first, and last
LONGEST_TOLERANCE = 1440  # minutes; never longer than the shortest distance of two runs
UNDER_WAY = (CampaignState.SENDING, CampaignState.PAUSED)


@dataclass(frozen=True, slots=True)
class Coming:
    """One run to come: the wall time, when its campaign is made, until when it is useful, what clock changes do."""

    wall: datetime
    at: datetime
    useful_until: datetime
    note: str = ""

    @property
    def planned_for(self) -> str:
        """The wall time as it is kept."""
        return wall_time.written(self.wall)


def kept(campaign_id: int) -> Schedule | None:
    """How a campaign repeats, be it a draft or running; None for one that does not. One query."""
    return db.session.scalar(select(Schedule).where(Schedule.campaign_id == campaign_id)
                             .execution_options(populate_existing=True))


def set_repeat(campaign_id: int, *, rule: Mapping[str, Any], at: str, zone: str, starts_on: str, ends_on: str = "",
               latest_minutes: int, local_time: bool = False, by: Actor) -> Schedule:
    """Keep in a draft how it repeats: `rule` as core.recurrence.read takes it, `at` a time of the day such as 09:00.

    Raises Invalid with the field (every, interval, weekdays, day, …, time, zone, starts_on, ends_on, count,
    latest_minutes), and Conflict unless it is a draft.
    """
    if not 1 <= latest_minutes <= LONGEST_TOLERANCE:
        raise Invalid("Choose how late is still useful, between 1 minute and a day", field="latest_minutes")
    zone = zone or settings.time_zone()
    clock.zone(zone)
    row = Schedule(campaign_id=campaign_id, rule=dict(rule), wall_time=_time_of_day(at), zone=zone, starts_on=starts_on.strip(),
                   ends_on=ends_on.strip(), latest_minutes=latest_minutes, created_by=by.name)
    rule_of(row)  # refused before anything is written
    first = next(coming(row, local_time=local_time, after=clock.now()), None)
    if first is None:
        raise Invalid("No run is left: its last day is past", field="ends_on" if ends_on else "starts_on")
    with transaction():
        claim_draft(campaign_id, columns(first, row, local_time=local_time))
        forget(campaign_id)
        db.session.add(row)
    return row


def forget(campaign_id: int) -> None:
    """It is not to repeat after all. Call it in the transaction that says what it does instead."""
    db.session.execute(delete(Schedule).where(Schedule.campaign_id == campaign_id))


def start(campaign: Campaign, *, people: int, by: Actor) -> Campaign:
    """From draft to repeating: from now on each of its times makes a campaign of its own. Raises Conflict."""
    row = kept(campaign.id)
    first = next(coming(row, local_time=campaign.local_time, after=clock.now()), None) if row else None
    if row is None or first is None:
        raise Conflict("No run is left: its last day is past. Choose other days")
    with transaction():
        db.session.execute(update(Schedule).where(Schedule.id == row.id)
                           .values(next_for=first.planned_for, next_at=first.at, paused_at=None))
        claim_draft(campaign.id, columns(first, row, local_time=campaign.local_time)
                    | {"state": CampaignState.REPEATING, "paused_reason": ""})
        activity.record("campaign.repeats", by=by, subject_kind="campaign", subject_id=campaign.id,
                        subject_name=campaign.name, people=people, rule=words_of(row))
    return get_campaign(campaign.id)


def overlap(campaign: Campaign) -> str:
    """Why this run must not start on top of another of the same campaign; empty when it may. At most two queries.

    Two runs that are due at once queue up for the pattern's row, so that only one of them finds nobody under way.
    """
    if campaign.pattern_id is None:
        return ""
    db.session.execute(select(Campaign.id).where(Campaign.id == campaign.pattern_id).with_for_update())
    other = db.session.scalar(select(Campaign.name).where(
        Campaign.pattern_id == campaign.pattern_id, Campaign.id != campaign.id, Campaign.state.in_(UNDER_WAY)).limit(1))
    return f"The run before it, “{other}”, is still being sent" if other else ""


def rule_of(row: Schedule) -> recurrence.Rule:
    """Its calendar rule. Raises Invalid naming the field."""
    return recurrence.read(row.rule, starts_on=row.starts_on, ends_on=row.ends_on)


def words_of(row: Schedule) -> str:
    """How it repeats, as people say it: “Every month on the first Monday at 09:00”."""
    return repeat_words.words(rule_of(row), time.fromisoformat(row.wall_time))


def coming(row: Schedule, *, local_time: bool, after: datetime) -> Iterator[Coming]:
    """Its runs whose campaigns are made after a moment, in order.

    With `local_time` the wall time is meant on each person's own clock, so the campaign is made when the first clock on
    earth shows it, and is useful until the last one has.
    """
    zone = FIRST_CLOCK if local_time else row.zone
    for run in recurrence.runs(rule_of(row), zone, time.fromisoformat(row.wall_time), after):
        yield _coming(row, run, local_time)


def _coming(row: Schedule, run: Run, local_time: bool) -> Coming:
    last = wall_time.moment(run.wall, LAST_CLOCK).utc if local_time else run.utc
    return Coming(run.wall, run.utc, last + timedelta(minutes=row.latest_minutes), "" if local_time else run.note)


def columns(run: Coming, row: Schedule, *, local_time: bool) -> dict[str, Any]:
    """What a campaign that starts at this run has in its columns."""
    return {"wall_time": run.planned_for, "zone": row.zone, "local_time": local_time, "start_at": run.at,
            "latest_at": run.useful_until, "latest_minutes": row.latest_minutes}


def _time_of_day(text: str) -> str:
    """09:00 as it is kept. Raises Invalid."""
    return wall_time.written(wall_time.parse(f"2026-01-01T{text.strip()}", field="time")).partition("T")[2]
