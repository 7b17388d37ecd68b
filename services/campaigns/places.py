"""Where the people of a campaign live, and what their clocks show when it reaches them."""

from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import func, select

from core import clock, wall_time
from models import Campaign, Contact, db
from services import sending
from services.campaigns import audience_people, own_time


@dataclass(frozen=True, slots=True)
class Place:
    """A zone and a country as contacts carry them, "" where not known, and how many people of the audience do."""

    zone: str
    country: str
    people: int


@dataclass(frozen=True, slots=True)
class ClockRow:
    """Everybody who lives by one clock: when they are due, on which wall, and what is worth saying about it."""

    zone: str
    people: int
    due_at: datetime
    latest_at: datetime | None
    code: str
    note: str
    is_put_off: bool  # until the end of their quiet hours
    is_guessed: bool  # it is the campaign's clock, because theirs is not known

    @property
    def local(self) -> datetime:
        """What the clocks there show at that moment."""
        return self.due_at.astimezone(clock.zone(self.zone))


def of_audience(campaign: Campaign) -> list[Place]:
    """Every zone and country that somebody of the audience has; numbers of its own list that are nobody's have neither.
    Two queries at most."""
    members = audience_people.members(campaign)
    rows = db.session.execute(
        select(Contact.zone, Contact.country, func.count()).join(members, members.c.id == Contact.id)
        .group_by(Contact.zone, Contact.country))
    found = [Place(zone, country, people) for zone, country, people in rows]
    strangers = audience_people.count_strangers(campaign)
    return [*found, Place("", "", strangers)] if strangers else found


def waves(campaign: Campaign, now: datetime) -> list[ClockRow]:
    """When each clock's people are due if the campaign is scheduled now, the first ones first. Three queries at most."""
    plan = own_time.plan_of(campaign, now)
    people: dict[tuple[str, bool], int] = {}
    for place in of_audience(campaign):
        own = sending.zone_of(place.zone, place.country, "")
        key = own or plan.zone, not own
        people[key] = people.get(key, 0) + place.people
    rows = [_row(plan, zone, count, is_guessed) for (zone, is_guessed), count in people.items()]
    return sorted(rows, key=lambda row: (row.due_at, row.zone, row.is_guessed))


def _row(plan: own_time.Plan, zone: str, people: int, is_guessed: bool) -> ClockRow:
    """What one clock's people get."""
    slot = own_time.slot_of(plan, zone)
    free = own_time.slot_of(replace(plan, quiet=None), zone)
    note = wall_time.moment(plan.wall, zone).note if plan.wall else ""
    return ClockRow(zone, people, slot.due_at, slot.latest_at, slot.code, note, slot.due_at != free.due_at, is_guessed)
