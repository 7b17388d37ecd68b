"""Who gets it, who is skipped and why, before anything is sent. The check page and the freezing read the same facts.

Counting asks the database for groups of people who are alike and judges each group once (audience_facts.py); lists and
previews read the same facts of the few people they show.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, func, or_, select, true

from core import clock
from models import Campaign, CampaignListRow, Contact, db
from services import contacts, message_templates, sending
from services.campaigns import audience_facts as facts
from services.campaigns import audience_people as people
from services.campaigns import own_list_rows, own_time
from services.campaigns.audience_facts import Kind
from services.campaigns.audience_people import Excluded

CHUNK = 5_000  # people read at a time for a file
_ORDER = {code: place for place, code in enumerate(sending.REASONS)}
_c, _r = Contact.__table__.c, CampaignListRow.__table__.c


@dataclass(frozen=True, slots=True)
class Skipped:
    """How many people are skipped for one reason. `words` are for people, `code` for machines."""

    code: str
    words: str
    count: int


@dataclass(frozen=True, slots=True)
class Due:
    """How many get it at one moment on the clocks of one zone; `is_put_off`: quiet hours moved it there."""

    zone: str
    at: datetime
    count: int
    is_put_off: bool = False

    @property
    def local(self) -> datetime:
        """What the clocks there show then."""
        return self.at.astimezone(clock.zone(self.zone))


@dataclass(frozen=True, slots=True)
class Check:
    """What would happen now: `ready` people get it, the others are skipped; both add up to `total`."""

    total: int
    ready: int
    skipped: tuple[Skipped, ...] = ()
    due: tuple[Due, ...] = field(default=(), compare=False)  # empty: everybody at once
    kinds: tuple[Kind, ...] = field(default=(), compare=False, repr=False)

    @property
    def skipped_total(self) -> int:
        """How many are skipped, for all reasons together."""
        return self.total - self.ready

    @property
    def put_off(self) -> int:
        """How many get it later than planned because of quiet hours."""
        return sum(one.count for one in self.due if one.is_put_off)


@dataclass(frozen=True, slots=True)
class SkippedPerson:
    """One person who would not get it, and why. `row` is the row of the campaign's list they stand in, 0 for none."""

    contact_id: int | None
    name: str
    phone: str
    words: str
    row: int = 0
    code: str = ""
    ordinal: int = 0


@dataclass(frozen=True, slots=True)
class SkippedPage:
    """Some of those who are skipped, in the order of the audience; `after` leads to the next, 0 when there are none."""

    items: Sequence[SkippedPerson]
    total: int
    after: int = 0


@dataclass(frozen=True, slots=True)
class Preview:
    """What one person of the audience would read and when, or why they are skipped. `number` counts from 1 of `total`;
    0 for somebody who was searched for."""

    number: int
    total: int
    contact_id: int | None
    name: str
    phone: str
    text: str
    is_ready: bool
    words: str
    values: Mapping[str, str] = field(default_factory=dict)
    due_at: datetime | None = None
    zone: str = ""
    row: int = 0

    @property
    def local(self) -> datetime | None:
        """When they get it, on their own clock."""
        return self.due_at.astimezone(clock.zone(self.zone)) if self.due_at else None


def check(campaign: Campaign, *, now: datetime | None = None) -> Check:
    """Count who would get this campaign now and who not, by reason, in the order of judging, and when. One query over
    the audience, whatever its size."""
    plan = own_time.plan_of(campaign, now or clock.now())
    return _check_of(facts.kinds(campaign, plan), moves=facts.needs_places(plan))


def _check_of(found: Sequence[Kind], *, moves: bool) -> Check:
    """The sums over kinds of people."""
    skipped: Counter[tuple[str, str]] = Counter()
    due: Counter[tuple[str, datetime, bool]] = Counter()
    for one in found:
        if one.verdict.ok:
            due[one.zone, one.slot.due_at, one.is_put_off] += one.count
        else:
            skipped[one.verdict.code, one.verdict.words] += one.count
    rows = [Skipped(code, words, count) for (code, words), count in skipped.items()]
    rows.sort(key=lambda row: (_ORDER.get(row.code, 99), row.words))
    moments = [Due(zone, at, count, late) for (zone, at, late), count in due.items()] if moves else []
    moments.sort(key=lambda one: (one.at, -one.count, one.zone))
    total = sum(one.count for one in found)
    return Check(total, total - sum(row.count for row in rows), tuple(rows), tuple(moments), tuple(found))


def count(campaign: Campaign) -> int:
    """How many rows the audience has: people, and rows of its list that stand for nobody. One query."""
    found = facts.relation(campaign, own_time.plan_of(campaign, clock.now()))
    return 0 if found is None else db.session.scalar(select(func.count()).select_from(found)) or 0


def skipped_people(campaign: Campaign, *, code: str = "", words: str = "", after: int = 0,
                   size: int = 50) -> SkippedPage:
    """Those who would be skipped, or those with this reason only, from `after` on. Three queries over the audience."""
    wanted = [one for one in check(campaign).kinds if not one.verdict.ok
              and code in ("", one.verdict.code) and words in ("", one.verdict.words)]
    items = _people_of(campaign, wanted, after=after, size=size + 1)
    return SkippedPage(items[:size], sum(one.count for one in wanted), items[size - 1].ordinal if len(items) > size else 0)


def every_skipped(campaign: Campaign, *, code: str = "", words: str = "") -> Iterator[SkippedPerson]:
    """The same from the first to the last, some thousands at a time."""
    wanted = [one for one in check(campaign).kinds if not one.verdict.ok
              and code in ("", one.verdict.code) and words in ("", one.verdict.words)]
    after = 0
    while items := _people_of(campaign, wanted, after=after, size=CHUNK):
        yield from items
        after = items[-1].ordinal


def _people_of(campaign: Campaign, kinds: Sequence[Kind], *, after: int, size: int) -> list[SkippedPerson]:
    """The next people of these kinds, contacts first, then rows of the list."""
    found: list[SkippedPerson] = []
    if not kinds:
        return found
    sides = [("contacts", _c.id > after)] if after < facts.FIRST_ROW else []
    if people.has_list(campaign):
        sides.append(("rows", _r.id > max(0, after - facts.FIRST_ROW)))
    for side, condition in sides:
        if len(found) < size:
            found += _some(campaign, kinds, side, condition, size - len(found))
    return found


def _some(campaign: Campaign, kinds: Sequence[Kind], side: str, condition: Any, size: int) -> list[SkippedPerson]:
    """People of one side."""
    table = facts.relation(campaign, own_time.plan_of(campaign, clock.now()), condition, side=side, more=("name", "number"))
    if table is None:
        return []
    verdicts = {(one.key, one.place): one.verdict for one in kinds}
    rows = db.session.execute(
        select(table).where(_of_kinds(table, kinds)).order_by(table.c.ordinal).limit(size))
    return [SkippedPerson(row.contact_id, row.name, row.phone, verdicts[row.key, row.place].words, row.number or 0,
                          verdicts[row.key, row.place].code, row.ordinal) for row in rows]


def _of_kinds(table: Any, kinds: Sequence[Kind]) -> Any:
    """Of a row of the relation: that it is one of these kinds."""
    keys: dict[str, list[int]] = {}
    for one in kinds:
        keys.setdefault(one.place, []).append(one.key)
    by_keys: dict[tuple[int, ...], list[str]] = {}
    for place, its in keys.items():
        by_keys.setdefault(tuple(sorted(its)), []).append(place)
    return or_(*(and_(table.c.key.in_(its), table.c.place.in_(places) if len(keys) > 1 else true())
                 for its, places in by_keys.items()))


def excluded_people(campaign: Campaign, *, after: int = 0, size: int = 50) -> SkippedPage:
    """Those the exclusions take out, by id. Three queries."""
    taken = people.excluded_if(campaign, _c.id)
    if taken is None:
        return SkippedPage((), 0)
    meant = people.members(campaign, taken, with_excluded=True)
    total = db.session.scalar(select(func.count()).select_from(meant)) or 0
    ids = db.session.scalars(select(meant.c.id).where(meant.c.id > after).order_by(meant.c.id).limit(size + 1)).all()
    items = [SkippedPerson(row.id, row.name, row.phone or "", "Excluded by you", ordinal=row.id)
             for row in contacts.people_in(ids[:size])]
    return SkippedPage(items, total, ids[size - 1] if len(ids) > size else 0)


def exclusions(campaign: Campaign) -> list[Excluded]:
    """Every exclusion with how many it takes out."""
    return people.exclusions(campaign)


def preview(campaign: Campaign, number: int = 1, *, total: int | None = None, search: str = "") -> Preview | None:
    """The message of the `number`-th person (from 1), skipped ones too; the nearest one when there are fewer. With
    `search`, of the first one whose name or number holds it, or a cell of whose row on its own list does.

    None when nobody is found or no template is chosen. Three queries; two when `total` is known.
    """
    if campaign.version is None:
        return None
    total = count(campaign) if total is None else total
    if not total:
        return None
    number = max(1, min(number, total))
    row = _found(campaign, search) if search.strip() else _nth(campaign, number)
    if row is None:
        return None
    kind = facts.judged(campaign, own_time.plan_of(campaign, clock.now()), [(row.key, row.place, 1)])[0]
    return Preview(0 if search.strip() else number, total, row.contact_id, row.name, row.phone,
                   message_templates.rendered(campaign.version, row.variables), kind.verdict.ok, kind.verdict.words,
                   row.variables, kind.slot.due_at, kind.zone, row.number or 0)


def values_of(campaign: Campaign, contact_id: int) -> dict[str, str] | None:
    """What fills the gaps for one contact of the audience, with the columns of its own list; None for anybody else."""
    row = _one(campaign, "contacts", _c.id == contact_id)
    return dict(row.variables) if row else None


def _nth(campaign: Campaign, number: int) -> Any:
    """The row of the n-th person, contacts before rows of the list."""
    meant = people.members(campaign)
    contact_id = db.session.scalar(select(meant.c.id).order_by(meant.c.id).offset(number - 1).limit(1))
    if contact_id is not None:
        return _one(campaign, "contacts", _c.id == contact_id)
    if not people.has_list(campaign):
        return None
    before = db.session.scalar(select(func.count()).select_from(meant)) or 0
    return _one(campaign, "rows", offset=max(0, number - 1 - before))


def _found(campaign: Campaign, search: str) -> Any:
    """The row of the first person whose name or number, or cell of its own list, holds these words."""
    if row := _one(campaign, "contacts", *contacts.holds(search)):
        return row
    return _one(campaign, "rows", own_list_rows.holds(search)) if people.has_list(campaign) else None


def _one(campaign: Campaign, side: str, *conditions: Any, offset: int = 0) -> Any:
    """The first of those who meet the conditions, with their values."""
    table = facts.relation(campaign, own_time.plan_of(campaign, clock.now()), *conditions, side=side,
                           more=("name", "number", "variables"))
    if table is None:
        return None
    return db.session.execute(select(table).order_by(table.c.ordinal).limit(1).offset(offset)).first()


def how_long(campaign: Campaign, ready: int) -> timedelta:
    """How long sending takes at the pace of its channel, and over as many days as the limit of its account asks for."""
    pace = timedelta(seconds=ready / max(campaign.channel.send_rate, 0.001))
    allowed = sending.allowance(campaign.channel)
    if not allowed.limit or allowed.left is None or ready <= allowed.left:
        return pace
    return max(pace, timedelta(days=-(-(ready - allowed.left) // allowed.limit)))
