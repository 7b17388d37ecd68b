"""Totals of each day: messages by the day they left, answers by the day they came. Days are those of a zone.

A message counts on the day it left, whatever day it was read, so that every rate of a day is of the same people.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Select, case, func, select

from core import clock
from core.errors import Invalid
from core.states import ConsentState, MessageState
from models import Campaign, ConsentEntry, Message, db
from services.campaigns import answers
from services.campaigns.answers import left_at, once, seconds
from services.campaigns.queries import OUT
from services.campaigns.report import Reason

LONGEST = 366  # days of one report
# messages are found by the moment they were queued, and leave within this time of it
_QUEUED_BEFORE = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Day:
    """What left on one day and what became of it; `replied` and `opted_out` happened on it."""

    day: date
    sent: int = 0
    delivered: int = 0
    read: int = 0
    failed: int = 0
    unknown: int = 0
    replied: int = 0
    opted_out: int = 0

    def of(self, name: str) -> int:
        """One count by its name."""
        return int(getattr(self, name))


COUNTS = ("sent", "delivered", "read", "failed", "unknown", "replied", "opted_out")
_STATES = {"sent": OUT, "delivered": (MessageState.DELIVERED, MessageState.READ), "read": (MessageState.READ,),
           "failed": (MessageState.FAILED,), "unknown": (MessageState.UNKNOWN,)}


def daily(first: date, last: date, *, zone: ZoneInfo, campaign_id: int | None = None) -> list[Day]:
    """One entry a day from `first` to `last`, days without anything too. Three queries, four for one campaign.

    With a campaign, replies and opt-outs are those that belong to it; without, everybody who wrote and everybody who
    said stop. Raises Invalid when the days are the wrong way round or more than LONGEST.
    """
    if not 0 <= (last - first).days < LONGEST:
        raise Invalid(f"Choose a first and a last day, at most {LONGEST} days", field="from")
    start, end = _midnight(first, zone), _midnight(last + timedelta(days=1), zone)
    found: dict[date, dict[str, int]] = {first + timedelta(days=number): dict.fromkeys(COUNTS, 0)
                                         for number in range((last - first).days + 1)}
    for day, state, count in db.session.execute(_left(start, end, zone, campaign_id)):
        for name, states in _STATES.items():
            if state in states:
                found[_day(day)][name] += count
    campaign = db.session.get(Campaign, campaign_id) if campaign_id else None
    for name, asked in (("replied", _replies(start, end, zone, campaign)), ("opted_out", _stops(start, end, zone, campaign))):
        for day, count in db.session.execute(asked):
            found[_day(day)][name] += count
    return [Day(day, **counts) for day, counts in found.items()]


def total_of(days: Sequence[Day]) -> Day:
    """All days together."""
    return Day(days[0].day, **{name: sum(day.of(name) for day in days) for name in COUNTS})


def failed_by_reason(first: date, last: date, *, zone: ZoneInfo, campaign_id: int | None = None,
                     most: int = 10) -> list[Reason]:
    """Why messages of these days failed, the most frequent first. One query."""
    start, end = _midnight(first, zone), _midnight(last + timedelta(days=1), zone)
    rows = db.session.execute(
        select(Message.reason_code, func.min(Message.reason), func.count())
        .where(*_of_days(start, end, campaign_id), Message.state == MessageState.FAILED)
        .group_by(Message.reason_code).order_by(func.count().desc(), Message.reason_code).limit(most))
    return [Reason(code, words or code or "No reason was given", count) for code, words, count in rows]


def _left(start: datetime, end: datetime, zone: ZoneInfo, campaign_id: int | None) -> Select[Any]:
    """Messages by the day they left and where they stand."""
    one = once(select(seconds(left_at()).label("second"), Message.state.label("state"))
               .where(*_of_days(start, end, campaign_id)))
    return (select(_place(one.c.second, start, end, zone), one.c.state, func.count())
            .select_from(one).group_by("place", one.c.state))


def _of_days(start: datetime, end: datetime, campaign_id: int | None) -> tuple[Any, ...]:
    """Messages of campaigns that left in this time."""
    of_it = Message.campaign_id == campaign_id if campaign_id else Message.campaign_id.is_not(None)
    queued = () if campaign_id else (Message.created_at >= start - _QUEUED_BEFORE, Message.created_at < end)
    return of_it, *queued, left_at() >= start, left_at() < end


def _replies(start: datetime, end: datetime, zone: ZoneInfo, campaign: Campaign | None) -> Select[Any]:
    """People who wrote, by day; each counts once a day."""
    if campaign:
        people = answers.replies([campaign]).subquery()
        return (select(_place(seconds(people.c.at), start, end, zone), func.count()).select_from(people)
                .where(people.c.at >= start, people.c.at < end).group_by("place"))
    return (select(_place(seconds(Message.created_at), start, end, zone), func.count(Message.contact_id.distinct()))
            .where(Message.direction == "in", Message.created_at >= start, Message.created_at < end).group_by("place"))


def _stops(start: datetime, end: datetime, zone: ZoneInfo, campaign: Campaign | None) -> Select[Any]:
    """People who said stop, by day."""
    if campaign:
        people = answers.opt_outs([campaign]).subquery()
        return (select(_place(seconds(people.c.at), start, end, zone), func.count()).select_from(people)
                .where(people.c.at >= start, people.c.at < end).group_by("place"))
    return (select(_place(seconds(ConsentEntry.at), start, end, zone), func.count(ConsentEntry.contact_id.distinct()))
            .where(ConsentEntry.state == ConsentState.WITHDRAWN, ConsentEntry.how.in_(("message", "preferences")),
                   ConsentEntry.at >= start, ConsentEntry.at < end).group_by("place"))


def _place(second: Any, start: datetime, end: datetime, zone: ZoneInfo) -> Any:
    """The local day of a Unix second, as days since 1970. A clock change inside the days is one more case."""
    changes = _changes(start, end, zone)
    cases = [(second < moment, (second + offset) // 86400) for offset, moment in changes[:-1]]
    last = (second + changes[-1][0]) // 86400
    return (case(*cases, else_=last) if cases else last).label("place")


def _changes(start: datetime, end: datetime, zone: ZoneInfo) -> list[tuple[int, int]]:
    """(distance from UTC in seconds, Unix second until which it holds), in order."""
    found: list[tuple[int, int]] = []
    at = start
    while at < end:
        offset = _offset(at, zone)
        following = min(at + timedelta(hours=1), end)
        if found and found[-1][0] == offset:
            found[-1] = (offset, int(following.timestamp()))
        else:
            if found:
                found[-1] = (found[-1][0], _change_between(at - timedelta(hours=1), at, zone))
            found.append((offset, int(following.timestamp())))
        at = following
    return found


def _change_between(before: datetime, after: datetime, zone: ZoneInfo) -> int:
    """The second at which the distance from UTC changes between two moments."""
    low, high, old = int(before.timestamp()), int(after.timestamp()), _offset(before, zone)
    while high - low > 1:
        middle = (low + high) // 2
        if _offset(clock.from_seconds(middle), zone) == old:
            low = middle
        else:
            high = middle
    return high


def _offset(at: datetime, zone: ZoneInfo) -> int:
    passed = at.astimezone(zone).utcoffset()
    return int(passed.total_seconds()) if passed else 0


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)


def _day(number: int) -> date:
    return date(1970, 1, 1) + timedelta(days=int(number))
