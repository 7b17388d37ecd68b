"""When a campaign starts: now, at a wall time in a named zone or on each person's own clock; how late is still useful."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import update

from core import clock, wall_time
from core.actor import Actor
from core.background import Job, enqueue
from core.errors import Conflict, Invalid
from core.states import CampaignState, check_campaign_move
from models import Campaign, Schedule, after_commit, db, transaction
from services import activity, settings
from services.campaigns import own_time, places, repeat_start
from services.campaigns.edit import claim_draft
from services.campaigns.queries import get_campaign
from services.campaigns.readiness import check_ready

USEFUL_MINUTES = 120  # how late a start may be, unless a person says otherwise
TOLERANCES = (5, 30, 60, 120, 240, 720, 1440)  # minutes a person may choose from
FURTHEST = timedelta(days=730)


@dataclass(frozen=True, slots=True)
class Time:
    """A start: the moment, the latest useful moment, and the wall time it was asked for ("" is now).

    With `local_time` the wall time is meant on each person's own clock: `start_at` is the first of their moments,
    `latest_at` the last useful one of all.
    """

    wall_time: str
    zone: str
    start_at: datetime | None
    latest_at: datetime | None
    note: str = ""
    local_time: bool = False
    latest_minutes: int = USEFUL_MINUTES


def time_of(*, wall_text: str, zone: str = "", latest_minutes: int = USEFUL_MINUTES,
            local_time: bool = False, people_in: Iterable[own_time.Place] = ()) -> Time:
    """Read a time such as 2026-11-24T09:00 in a zone; an empty text is now. `note` tells of clock changes.

    With `local_time` it is meant on the clocks of the places where the `people_in` live; `zone` is the clock of those whose
    place tells none. Raises Invalid with the field (wall_time, zone or latest_minutes), also for times past or too far away.
    """
    if not 1 <= latest_minutes <= TOLERANCES[-1]:
        raise Invalid("Choose how late is still useful, between 1 minute and a day", field="latest_minutes")
    if not wall_text:
        return Time("", "", None, None, latest_minutes=latest_minutes)
    meant = wall_time.moment(wall_time.parse(wall_text), zone or settings.time_zone())
    useful = timedelta(minutes=latest_minutes)
    now = clock.now()
    if meant.utc - now > FURTHEST:
        raise Invalid("That is more than two years away; choose a nearer day", field="wall_time")
    if local_time:
        first, last = own_time.span(meant.wall, meant.zone, people_in, now - useful)
        return Time(wall_time.written(meant.wall), meant.zone, max(first, now), last + useful, meant.note, True,
                    latest_minutes)
    if meant.utc <= now:
        raise Invalid(f"{wall_time.words(meant.utc, meant.zone)} is past; choose a later time, or now",
                      field="wall_time")
    return Time(wall_time.written(meant.wall), meant.zone, meant.utc, meant.utc + useful, meant.note,
                latest_minutes=latest_minutes)


def time_of_draft(campaign: Campaign) -> Time:
    """The time a draft is kept with, read anew for the people who are in it now. Raises Invalid as `time_of` does."""
    if row := repeat_start.kept(campaign.id):
        return _first_run(campaign, row)
    return time_of(wall_text=campaign.wall_time, zone=campaign.zone, latest_minutes=tolerance_of(campaign),
                   local_time=campaign.local_time, people_in=_people_in(campaign, campaign.local_time))


def set_time(campaign_id: int, *, wall_text: str, zone: str = "", latest_minutes: int = USEFUL_MINUTES,
             local_time: bool = False, by: Actor) -> Time:
    """Keep in a draft when it should start, without scheduling it. Raises as `time_of` does, and Conflict."""
    campaign = get_campaign(campaign_id)
    local_time = local_time and bool(wall_text)
    time = time_of(wall_text=wall_text, zone=zone, latest_minutes=latest_minutes, local_time=local_time,
                   people_in=_people_in(campaign, local_time))
    with transaction():
        claim_draft(campaign_id, _columns(time))
        repeat_start.forget(campaign_id)
    return time


def note_of(campaign: Campaign) -> str:
    """What a clock change does to the time this campaign was asked for; empty when nothing."""
    if not campaign.wall_time or campaign.local_time:
        return ""
    return wall_time.moment(wall_time.parse(campaign.wall_time), campaign.zone).note


def words_of(campaign: Campaign) -> str:
    """When it starts, as people say it: “Tue 24 Nov 2026, 09:00 (Lagos)”, or “now”."""
    if campaign.start_at is None or not campaign.wall_time:
        return "now"
    if campaign.local_time:
        wall = wall_time.parse(campaign.wall_time)
        return f"{wall_time.day(wall.date())}, {wall:%H:%M} on each person’s own clock"
    return wall_time.words(campaign.start_at, campaign.zone)


def tolerance_of(campaign: Campaign) -> int:
    """How many minutes after its start, and after each message's own moment, it is still useful."""
    return campaign.latest_minutes


def schedule(campaign_id: int, *, wall_text: str = "", zone: str = "", latest_minutes: int = USEFUL_MINUTES,
             by: Actor) -> Campaign:
    """Have it start at a wall time in a zone, or now when the text is empty. From draft, missed or scheduled.

    A draft that is kept as one that repeats, or as one for each person's own clock, is scheduled as that. Raises Invalid
    naming the field, and Conflict with the reason when it cannot be sent as it is.
    """
    campaign = get_campaign(campaign_id)
    seen = _state_to_schedule_from(campaign)
    if not wall_text:
        time_of(wall_text="", latest_minutes=latest_minutes)
        return start_now(campaign_id, latest_minutes=latest_minutes, by=by)
    if seen is CampaignState.DRAFT and repeat_start.kept(campaign_id):
        return repeat_start.start(campaign, people=check_ready(campaign), by=by)
    is_local = campaign.local_time and wall_text == campaign.wall_time
    time = time_of(wall_text=wall_text, zone=zone, latest_minutes=latest_minutes, local_time=is_local,
                   people_in=_people_in(campaign, is_local))
    people = check_ready(campaign)
    with transaction():
        _claim(campaign_id, seen, _columns(time))
        _note(get_campaign(campaign_id), by, people=people, when=words_of(get_campaign(campaign_id)))
    return get_campaign(campaign_id)


def start_now(campaign_id: int, *, latest_minutes: int = USEFUL_MINUTES, by: Actor) -> Campaign:
    """Have it start at once: it is scheduled for this moment, and whoever launches is woken. From draft, scheduled
    or missed. Raises Conflict with the reason when it cannot be sent as it is.
    """
    campaign = get_campaign(campaign_id)
    seen = _state_to_schedule_from(campaign)
    time_of(wall_text="", latest_minutes=latest_minutes)
    if reason := repeat_start.overlap(campaign):
        raise Conflict(reason)
    people = check_ready(campaign)
    now = clock.now()
    time = Time("", "", now, now + timedelta(minutes=latest_minutes), latest_minutes=latest_minutes)
    with transaction():
        _claim(campaign_id, seen, _columns(time))
        repeat_start.forget(campaign_id)
        _note(campaign, by, people=people, when="at once")
        after_commit(partial(enqueue, Job.LAUNCH_DUE_CAMPAIGNS))
    return get_campaign(campaign_id)


def unschedule(campaign_id: int, *, by: Actor) -> Campaign:
    """Take a scheduled or missed campaign back to draft; its time is kept. Raises Conflict once it has started."""
    with transaction():
        changed = db.session.execute(
            update(Campaign).where(Campaign.id == campaign_id,
                                   Campaign.state.in_([CampaignState.SCHEDULED, CampaignState.MISSED]))
            .values(state=CampaignState.DRAFT, paused_reason="")).rowcount
        campaign = get_campaign(campaign_id)
        if not changed:
            check_campaign_move(campaign.state, CampaignState.DRAFT)
        activity.record("campaign.unscheduled", by=by, subject_kind="campaign", subject_id=campaign_id,
                        subject_name=campaign.name)
    return campaign


def _state_to_schedule_from(campaign: Campaign) -> CampaignState:
    """The state it is in. Raises Conflict unless it waits for a start, or may."""
    if campaign.state != CampaignState.SCHEDULED:
        check_campaign_move(campaign.state, CampaignState.SCHEDULED)
    return campaign.state


def _claim(campaign_id: int, seen: CampaignState, columns: dict[str, Any]) -> None:
    """Move it from the state that was seen to scheduled. Raises Conflict when somebody was quicker."""
    changed = db.session.execute(
        update(Campaign).where(Campaign.id == campaign_id, Campaign.state == seen)
        .values(state=CampaignState.SCHEDULED, paused_reason="", **columns)).rowcount
    if not changed:
        raise Conflict("Somebody changed this campaign at the same moment; look again")


def _columns(time: Time) -> dict[str, Any]:
    return {"wall_time": time.wall_time, "zone": time.zone, "start_at": time.start_at, "latest_at": time.latest_at,
            "local_time": time.local_time, "latest_minutes": time.latest_minutes}


def _first_run(campaign: Campaign, row: Schedule) -> Time:
    """When a draft that repeats would start first. Raises Invalid when no run is left."""
    first = next(repeat_start.coming(row, local_time=campaign.local_time, after=clock.now()), None)
    if first is None:
        raise Invalid("No run is left: its last day is past. Choose other days", field="ends_on")
    return Time(first.planned_for, row.zone, first.at, first.useful_until, first.note, campaign.local_time,
                row.latest_minutes)


def _people_in(campaign: Campaign, is_asked: bool) -> list[own_time.Place]:
    """Where the people of the audience live, when that matters. One query then."""
    return [(one.zone, one.country) for one in places.of_audience(campaign)] if is_asked else []


def _note(campaign: Campaign, by: Actor, *, people: int, when: str) -> None:
    activity.record("campaign.scheduled", by=by, subject_kind="campaign", subject_id=campaign.id,
                    subject_name=campaign.name, people=people, when=when)
