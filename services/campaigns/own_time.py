"""When each place gets its message: at the start, at a wall time on its own clock, and never in its quiet hours.

A place is what a message knows of where its person lives: their zone and their country. Everybody of one place is due
at one moment, so an audience of any size costs as many answers as there are places in it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from core import wall_time
from core.errors import Invalid
from core.states import CampaignState
from models import Campaign
from services import sending, settings

Place = tuple[str, str]  # a contact's zone and country, "" where they are not known
_WAITS = (CampaignState.SCHEDULED, CampaignState.SENDING)  # the start it was promised stands in start_at


@dataclass(frozen=True, slots=True)
class Slot:
    """When everybody of one place is due; after `latest_at` their message is of no use (None: the campaign decides).

    `code` is "" for those who can get it, else why not: quiet_hours or too_late.
    """

    due_at: datetime
    latest_at: datetime | None = None
    code: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a campaign asks of the clocks, with nothing left to look up."""

    wall: datetime | None  # on each person's own clock; None: everybody at `start`
    begins: datetime  # when it is meant to start
    start: datetime  # when it can start: not before now
    since: datetime  # what was useless before this moment was known to be so when it was scheduled
    tolerance: timedelta  # how late is still useful
    zone: str  # the clock of those whose place tells none
    quiet: sending.QuietHours | None  # for marketing


def slots(campaign: Campaign, places: Iterable[Place], now: datetime) -> dict[Place, Slot]:
    """When each of these places is due if the campaign starts as it is planned, now at the earliest. One query."""
    plan = plan_of(campaign, now)
    by_zone: dict[str, Slot] = {}
    found = {}
    for place in places:
        zone = sending.zone_of(*place, plan.zone)
        if zone not in by_zone:
            by_zone[zone] = slot_of(plan, zone)
        found[place] = by_zone[zone]
    return found


def span(wall: datetime, zone: str, places: Iterable[Place], useful_since: datetime) -> tuple[datetime, datetime]:
    """The first and the last moment at which these places show a wall time; `zone` for those that tell none.

    Places whose moment lies before `useful_since` are left out. Raises Invalid when that leaves none. Pure.
    """
    zones = {sending.zone_of(*place, zone) for place in places} or {zone}
    moments = [at for name in zones if (at := wall_time.moment(wall, name).utc) >= useful_since]
    if not moments:
        raise Invalid("That time is past on everybody’s clock; choose a later one, or now", field="wall_time")
    return min(moments), max(moments)


def plan_of(campaign: Campaign, now: datetime) -> Plan:
    """What slots are made from. One query, for the quiet hours of marketing."""
    version = campaign.version
    is_marketing = version is not None and version.template.category == sending.MARKETING
    is_promised = campaign.state in _WAITS and campaign.start_at is not None
    begins = _begins(campaign, now, is_promised)
    wall = wall_time.parse(campaign.wall_time) if campaign.local_time and campaign.wall_time else None
    return Plan(wall=wall, begins=begins, start=now if wall and not is_promised else max(now, begins),
                since=min(now, begins), tolerance=timedelta(minutes=campaign.latest_minutes),
                zone=campaign.zone or settings.time_zone(), quiet=sending.quiet_hours() if is_marketing else None)


def _begins(campaign: Campaign, now: datetime, is_promised: bool) -> datetime:
    """When it is meant to start: as it was scheduled; as a draft asks for, if that is still to come; else now."""
    if campaign.start_at is None or not (is_promised or campaign.wall_time):
        return now
    return campaign.start_at if is_promised else max(campaign.start_at, now)


def slot_of(plan: Plan, zone: str) -> Slot:
    """When everybody who lives by this clock is due. Pure.

    A moment that was past and useless already when the campaign was scheduled is too late, and the check page has said
    so. One that passed since then, while we were down, stays in the queue with its latest moment behind it: a person is
    asked. Quiet hours put off to their end, or take out whoever could only be written to after the latest useful moment.
    """
    asked = plan.begins if plan.wall is None else wall_time.moment(plan.wall, zone).utc
    latest = asked + plan.tolerance
    if latest < plan.since:
        return Slot(asked, latest, "too_late")
    due = sending.release(max(asked, plan.start), zone, plan.quiet)
    if due > latest and due != max(asked, plan.start):
        return Slot(due, latest, "quiet_hours")
    return Slot(due, latest if plan.wall is not None or plan.quiet else None)
