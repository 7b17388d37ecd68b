"""How many people there are, by consent and by tag: counted exactly, and not again until something changed.

While a file comes in, a large book changes several times a second; then what was counted a few seconds ago is good enough.
"""

from collections.abc import Callable, Hashable
from threading import Lock
from typing import Any

from sqlalchemy import func, select

from core import clock
from core.states import ConsentState
from models import ActivityEntry, ConsentEntry, Contact, ContactTag, db

SMALL_BOOK = 20_000  # ids up to here: counting costs next to nothing, so nothing is kept
_LONGEST_SECONDS = 30  # kept figures are counted anew after this, whatever happened
_A_SECOND = 250_000  # ids: so many make the count good for a second though people came in meanwhile
_NEWEST = select(*(select(func.max(table.__table__.c.id)).scalar_subquery()
                   for table in (Contact, ConsentEntry, ActivityEntry)))
_kept: dict[Hashable, tuple[Any, float, Any]] = {}
_guard = Lock()


def by_consent() -> dict[ConsentState, int]:
    """How many people agreed to marketing, said stop, or were not asked. One query, or two for a large book."""
    return _remembered("consent", _count_consent)


def by_tag() -> dict[int, int]:
    """Tag id to the number of people who carry it. One query, or two for a large book."""
    return _remembered("tags", _count_tags)


def everybody() -> int:
    """How many people there are."""
    return sum(by_consent().values())


def known(column: Any) -> int:
    """How many people have a value in this column. One query, or two for a large book."""
    return _remembered(f"known {column.key}", lambda: db.session.scalar(
        select(func.count()).select_from(Contact).where(column.is_not(None))) or 0)


def _count_consent() -> dict[ConsentState, int]:
    rows = db.session.execute(select(Contact.marketing, func.count()).group_by(Contact.marketing))
    return dict.fromkeys(ConsentState, 0) | {state: count for state, count in rows}


def _count_tags() -> dict[int, int]:
    rows = db.session.execute(select(ContactTag.tag_id, func.count()).group_by(ContactTag.tag_id))
    return {tag_id: count for tag_id, count in rows}


def _remembered(name: str, count: Callable[[], Any]) -> Any:
    """What was counted, as long as nobody came, went, agreed or was acted upon since."""
    newest = _newest()
    if newest[0] <= SMALL_BOOK:
        return count()
    key, now = (str(db.engine.url), name), clock.now().timestamp()
    with _guard:
        kept = _kept.get(key)
    if kept and 0 <= now - kept[1] < _good_for(kept[0], newest):
        return kept[2]
    counted = count()
    with _guard:
        _kept[key] = (newest, now, counted)
    return counted


def _good_for(counted: tuple[int, int, int], newest: tuple[int, int, int]) -> int:
    """For how many seconds a count is good: long while nothing changed, a few where people came in, not after an act."""
    if counted == newest:
        return _LONGEST_SECONDS
    return newest[0] // _A_SECOND if counted[0] < newest[0] and counted[2] == newest[2] else 0


def _newest() -> tuple[int, int, int]:
    """The newest person, line of the consent ledger, and act: three looks at the ends of three indexes."""
    row = db.session.execute(_NEWEST).one()
    return row[0] or 0, row[1] or 0, row[2] or 0
