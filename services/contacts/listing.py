"""The list of people at any size: pages begin after a known row, counts stop at ten thousand.

Unfiltered, a page is a walk of fifty rows along the index of its heading. With filters, up to 10,000 ids are gathered and
sorted; where there are more, the walk looks at a bounded stretch of the index first and reads the whole table only when
that held too few.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, func, literal, null, select, true, tuple_

from core.errors import Invalid
from core.pages import Page
from core.words import one_line
from models import Contact, db, is_sqlite
from services.contacts import tallies
from services.contacts.rows import LARGEST_ID, ContactRow, people_in

SORTS: dict[str, Any] = {"name": Contact.name_key, "phone": Contact.phone, "created": Contact.created_at,
                         "last_heard": Contact.last_heard_at}
MOST_COUNTED = 10_000
STRETCHES = (1_000, 20_000)  # rows of an index looked at, one after the other, before the whole table is
_NULLABLE = ("phone", "last_heard")
_TIMES = ("created", "last_heard")
_END = "~"


@dataclass(frozen=True, slots=True)
class PeoplePage(Page[ContactRow]):
    """A page whose total may be “more than”; `after` and `before` lead on and back, empty at the ends."""

    is_more: bool = False
    after: str = ""
    before: str = ""

    @property
    def last(self) -> int:
        """The number of the last page; with more than was counted, at least one more than this."""
        if self.is_more:
            return self.number + bool(self.after)
        return max(1, -(-self.total // self.size))


@dataclass(frozen=True, slots=True)
class Order:
    """A heading to sort by, and which way."""

    sort: str = "name"
    descending: bool = False

    @property
    def column(self) -> Any:
        """Its column. Raises Invalid for a heading that does not exist."""
        if self.sort not in SORTS:
            raise Invalid(f"The list cannot be sorted by “{one_line(self.sort)[:40]}”", field="sort")
        return SORTS[self.sort]


BY_NAME = Order()


@dataclass(frozen=True, slots=True)
class Place:
    """A row to begin after, by what it is sorted by and its id; `is_back` walks the other way."""

    key: Any
    id: int
    is_back: bool = False


def list_people(where: ColumnElement[bool] | None = None, *, ids: Select[int] | None = None,
                order: Order = BY_NAME, after: str = "", before: str = "", page: int = 1, size: int = 50,
                everybody: int | None = None) -> PeoplePage:
    """One page of the people `where` means; `ids` may ask the same in a quicker way. Five queries at most.

    `everybody` is how many there are, where the caller has counted them already.
    `after` and `before` are what a page gave; without them `page` counts from the start. A page past the end gives
    the last, a place that cannot be the first. Raises Invalid for a heading that does not exist.
    """
    order.column  # noqa: B018 - refuses a heading that does not exist before anything is read
    place = place_of(after or before, order, is_back=not after)
    if where is None:
        return _unfiltered(order, place, page, size, tallies.everybody() if everybody is None else everybody)
    found = _gathered(ids if ids is not None else select(Contact.id).where(where), order)
    if len(found) <= MOST_COUNTED:
        number = max(1, min(page, -(-len(found) // size) or 1))
        shown = found[(number - 1) * size:number * size]
        return PeoplePage(people_in(shown), number, size, len(found))
    shown = _filtered_walk(where, order, place, size + 1)
    if place and not shown:
        place, shown = None, _filtered_walk(where, order, None, size + 1)
    return _walked(shown, order, place, page, size, MOST_COUNTED, is_more=True)


def place_of(text: str, order: Order, *, is_back: bool = False) -> Place | None:
    """The place an address names; None for none, and for one that cannot be."""
    key, _, number = text.rpartition(_END)
    if not number.isascii() or not number.isdecimal() or not 0 < int(number[:11]) < LARGEST_ID or "\0" in key:
        return None
    try:
        value = datetime.fromisoformat(key).astimezone(UTC) if key and order.sort in _TIMES else key
    except (ValueError, OverflowError):
        return None
    return Place(None if order.sort in _NULLABLE and not key else value, int(number), is_back)


def _text_of(row: ContactRow, order: Order) -> str:
    """The place of a row, as an address carries it."""
    key = {"name": row.name_key, "phone": row.phone, "created": row.created_at, "last_heard": row.last_heard_at}[
        order.sort]
    return f"{key.isoformat() if isinstance(key, datetime) else key or ''}{_END}{row.id}"


def _walked(ids: list[int], order: Order, place: Place | None, number: int, size: int, total: int,
            is_more: bool = False) -> PeoplePage:
    """The page of a walk, which looked for one row more than a page has, to know whether it goes on."""
    is_back = bool(place and place.is_back)
    goes_on = len(ids) > size
    people = people_in(ids[-size:] if is_back else ids[:size])
    has_next, has_before = (True, goes_on) if is_back else (goes_on, place is not None)
    number = max(2, number) if has_before else 1
    return PeoplePage(
        people, number, size, total, is_more, _text_of(people[-1], order) if people and has_next else "",
        _text_of(people[0], order) if people and has_before else "")


def _unfiltered(order: Order, place: Place | None, page: int, size: int, total: int) -> PeoplePage:
    """A page of everybody: after a place, or so many rows from the nearer end."""
    number = max(1, min(page, -(-total // size) or 1))
    if place and (shown := _walk([], order, place, size + 1)):
        return _walked(shown, order, place, number, size, total)
    people = people_in(_numbered(order, (number - 1) * size, size, total))
    return PeoplePage(
        people, number, size, total, False, _text_of(people[-1], order) if people and number * size < total else "",
        _text_of(people[0], order) if people and number > 1 else "")


def _numbered(order: Order, skipped: int, size: int, total: int) -> list[int]:
    """Ids so many rows from the start, read along the index of the heading alone: who has a value, then who has none."""
    column, down = order.column, order.descending
    if order.sort not in _NULLABLE:
        return _slice(select(Contact.id), column, down, skipped, size, total)
    known = tallies.known(column)
    found = _slice(select(Contact.id).where(column.is_not(None)), column, down, skipped, size, known)
    if len(found) < size:
        found += _slice(select(Contact.id).where(column.is_(None)), column, down, max(0, skipped - known),
                        size - len(found), total - known)
    return found


def _slice(wanted: Select[Any], column: Any, down: bool, skipped: int, size: int, total: int) -> list[int]:
    """`size` of these ids after so many of them, of which there are `total`: counted from the nearer end."""
    size = min(size, total - skipped)
    if size < 1:
        return []
    is_back = skipped > total // 2
    along = wanted.order_by(*_along(column, down != is_back)).limit(size)
    found = list(db.session.scalars(along.offset(total - skipped - size if is_back else skipped)))
    return found[::-1] if is_back else found


def _along(column: Any, down: bool) -> tuple[Any, Any]:
    """The order of a heading's index."""
    return (column.desc(), Contact.id.desc()) if down else (column.asc(), Contact.id.asc())


def _gathered(ids: Select[int], order: Order) -> list[int]:
    """The ids of everybody meant, in order, when there are no more than can be counted; else one more than that."""
    rows = ids.where(_by_rows()).add_columns(_unindexed(order.column).label("sorted_by"))
    inner = rows.limit(MOST_COUNTED + 1).subquery()
    key = inner.c.sorted_by
    by = (key.desc().nulls_last(), inner.c.id.desc()) if order.descending else (key.asc().nulls_last(), inner.c.id)
    return list(db.session.scalars(select(inner.c.id).order_by(*by)))


def _unindexed(column: Any) -> Any:
    """The value of a column in a form that does not tempt the database to walk its index."""
    return func.coalesce(column, null())


def _by_rows() -> ColumnElement[bool]:
    """True of everybody. SQLite would else walk an index that holds all it needs, and so meet people in a random order."""
    return Contact.language >= "" if is_sqlite() else true()


def _filtered_walk(where: ColumnElement[bool], order: Order, place: Place | None, size: int) -> list[int]:
    """The next ids that fit: within a stretch of the index when enough are there, else out of the whole table."""
    for stretch in (*STRETCHES, 0):
        shown = _walk([where], order, place, size, stretch=stretch)
        if len(shown) == size:
            break
    return shown


def _walk(where: list[ColumnElement[bool]], order: Order, place: Place | None, size: int,
          stretch: int = 0) -> list[int]:
    """`size` ids from a place on. Those without a value stand at the end, whichever way the list is sorted."""
    is_back = bool(place and place.is_back)
    down = order.descending != is_back
    parts = [True, False] if order.sort in _NULLABLE else [True]
    if is_back:
        parts.reverse()
    if place and len(parts) == 2 and (place.key is not None) != parts[0]:
        parts = parts[1:]
    found: list[int] = []
    for has_value in parts:
        if len(found) < size:
            wanted = _part(order, place, has_value, down)
            found += db.session.scalars(_narrowed(wanted, where, order, has_value, down, stretch)
                                        .limit(size - len(found)))
    return found[::-1] if is_back else found


def _part(order: Order, place: Place | None, has_value: bool, down: bool) -> Select[Any]:
    """The rows that have a value, or those that have none, from the place on where it lies among them."""
    column, wanted = order.column, select(Contact.id)
    if order.sort in _NULLABLE:
        wanted = wanted.where(column.is_not(None) if has_value else column.is_(None))
    if place is None or (place.key is not None) != has_value:
        return wanted
    if not has_value:
        return wanted.where(Contact.id < place.id if down else Contact.id > place.id)
    here = tuple_(column, Contact.id)
    there = tuple_(literal(place.key, column.type), literal(place.id))
    return wanted.where(here < there if down else here > there)


def _narrowed(wanted: Select[Any], where: list[ColumnElement[bool]], order: Order, has_value: bool, down: bool,
              stretch: int) -> Select[Any]:
    """A part in its order; filtered within a stretch of its index, or over the whole table when `stretch` is 0."""
    column = order.column if has_value else Contact.id
    if not where:
        return wanted.order_by(*_along(column, down))
    if not stretch:
        return wanted.where(*where, _by_rows()).order_by(*_along(_unindexed(column), down))
    near = wanted.add_columns(column.label("sorted_by")).order_by(*_along(column, down)).limit(stretch).subquery()
    return (select(near.c.id).join(Contact, Contact.id == near.c.id).where(*where).order_by(
        *((near.c.sorted_by.desc(), near.c.id.desc()) if down else (near.c.sorted_by, near.c.id))))
