"""A campaign over time: how fast it went out, when people got it, read it and wrote back.

One walk over its messages brings their times as whole seconds; pictures, medians and moments are read from counts of
those. So a page with all of them looks at each message once, and both databases give the same numbers.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Text, cast, func, select

from core import clock
from models import Campaign, Message, db, is_sqlite
from services.campaigns import answers
from services.campaigns.answers import left_at, seconds
from services.campaigns.queries import OUT

BUCKETS = 48
STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400, 172800, 604800,
         1209600, 2592000)  # seconds a bucket may last
SHOWN = timedelta(hours=72)  # what comes later is counted in the last bucket


@dataclass(frozen=True, slots=True)
class Bucket:
    """What happened from `start` on; a bucket lasts the `step` of its timeline."""

    start: datetime
    left: int = 0  # handed over
    delivered: int = 0
    read: int = 0
    replied: int = 0


@dataclass(frozen=True, slots=True)
class Timeline:
    """Buckets without a gap, each `step` seconds long. `has_more`: the last one also holds all that came later."""

    step: int
    buckets: tuple[Bucket, ...]
    has_more: bool = False


@dataclass(frozen=True, slots=True)
class Spread:
    """How long something took: of `count` people half within `median` seconds, nine of ten within `most`."""

    count: int
    first_at: datetime
    last_at: datetime
    median: int
    most: int


@dataclass(frozen=True, slots=True)
class Story:
    """All of a campaign over time. `spreads` says how long it took from leaving us: `sent` (WhatsApp had it),
    `delivered`, `read`, `replied`; steps nobody reached are missing."""

    out: Timeline  # when messages were handed over, from the first to the last
    later: Timeline  # when people got it, read it and wrote back, from the first message on
    spreads: Mapping[str, Spread]
    replied: int = 0  # how many people wrote back


@dataclass(slots=True)
class _Step:
    """When a step was reached, and how long after leaving us: counts by Unix second and by seconds."""

    at: Counter[int] = field(default_factory=Counter)
    after: Counter[int] = field(default_factory=Counter)

    def add(self, left: Iterable[int], reached: Iterable[int | None]) -> None:
        """Some messages: when they left and when they reached this step, side by side."""
        pairs = [(begun, at) for begun, at in zip(left, reached, strict=True) if at is not None]
        self.at.update([at for _, at in pairs])
        self.after.update([at - begun for begun, at in pairs])


def story(campaign: Campaign) -> Story:
    """When everything happened and how long it took. Two queries."""
    left, steps = _walk(campaign)
    if not left:
        return Story(Timeline(STEPS[0], ()), Timeline(STEPS[0], ()), {})
    found = {name: spread for name, step in steps.items() if (spread := _spread(step))}
    return Story(_out(left), _later(min(left), max(left), steps), found, steps["replied"].at.total())


def spreads(campaign: Campaign) -> Mapping[str, Spread]:
    """How long it took, without the pictures. Two queries."""
    return story(campaign).spreads


def _walk(campaign: Campaign) -> tuple[Counter[int], dict[str, _Step]]:
    """When messages left, and each step after that."""
    left: Counter[int] = Counter()
    steps = {name: _Step() for name in ("sent", "delivered", "read", "replied")}
    for begun, sent, delivered, read in _columns(
            (left_at(), func.coalesce(Message.sent_at, Message.accepted_at), Message.delivered_at, Message.read_at),
            lambda *lists: select(*lists).where(Message.campaign_id == campaign.id, Message.state.in_(OUT),
                                                left_at().is_not(None)).group_by(Message.state)):
        left.update(begun)
        steps["sent"].add(begun, sent)
        steps["delivered"].add(begun, delivered)
        steps["read"].add(begun, read)
    if left:
        people = answers.replies([campaign]).subquery()
        for begun, replied in _columns((people.c.left, people.c.at), select):
            steps["replied"].add(begun, replied)
    return left, steps


def _columns(times: Sequence[Any], asked: Callable[..., Any]) -> Iterable[Any]:
    """Times as lists of Unix seconds, one list a column: a tenth of the work of as many rows."""
    pack = func.json_group_array if is_sqlite() else func.json_agg
    for packed in db.session.execute(asked(*(cast(pack(seconds(one)), Text) for one in times))):
        yield [json.loads(text) if text else [] for text in packed]


def _out(left: Mapping[int, int]) -> Timeline:
    """How fast it went out."""
    first, last = min(left), max(left)
    step = step_for(last - first + 1)
    start = first - first % step
    most = (last - start) // step
    return Timeline(step, _buckets(start, step, most + 1, left=_cut(left, start, step, most)))


def _later(first: int, last: int, steps: Mapping[str, _Step]) -> Timeline:
    """What came of it, from the first message on."""
    shown_steps = {name: steps[name].at for name in ("delivered", "read", "replied")}
    end = max([last, *(max(at) for at in shown_steps.values() if at)])
    shown = min(end, first + int(SHOWN.total_seconds()))
    step = step_for(shown - first + 1)
    start = first - first % step
    most = (shown - start) // step
    cut = {name: _cut(at, start, step, most) for name, at in shown_steps.items()}
    return Timeline(step, _buckets(start, step, most + 1, **cut), has_more=end > shown)


def step_for(span: int) -> int:
    """The shortest step that cuts so many seconds into at most BUCKETS parts, one being cut by its start."""
    return next((step for step in STEPS if -(-span // step) < BUCKETS), -(-span // (BUCKETS - 1)))


def percentile(durations: Iterable[tuple[int, int]], share: float) -> int:
    """The duration within which this share of people are, by the nearest rank; `durations` are (seconds, people)."""
    ordered = sorted(durations)
    rank = max(1, -(-sum(count for _, count in ordered) * share // 1))
    for duration, count in ordered:
        rank -= count
        if rank <= 0:
            return duration
    return 0


def _cut(at: Mapping[int, int], start: int, step: int, most: int) -> Counter[int]:
    """How many in each bucket; what lies outside counts in the first or last."""
    found: Counter[int] = Counter()
    for second, count in at.items():
        found[min(most, max(0, (second - start) // step))] += count
    return found


def _spread(step: _Step) -> Spread | None:
    """What the counts by duration come to; None when nobody reached this step."""
    if not step.at:
        return None
    rounded: Counter[int] = Counter()
    for passed, count in step.after.items():
        rounded[_rounded(passed)] += count
    return Spread(rounded.total(), clock.from_seconds(min(step.at)), clock.from_seconds(max(step.at)),
                  percentile(rounded.items(), 0.5), percentile(rounded.items(), 0.9))


def _rounded(passed: int) -> int:
    """Seconds up to an hour, then full minutes up to a day, then full hours; never below zero."""
    return max(0, passed if passed < 3600 else passed - passed % 60 if passed < 86400 else passed - passed % 3600)


def _buckets(start: int, step: int, count: int, **found: Mapping[int, int]) -> tuple[Bucket, ...]:
    """Buckets without a gap."""
    return tuple(
        Bucket(clock.from_seconds(start + place * step), **{name: by.get(place, 0) for name, by in found.items()})
        for place in range(count))
