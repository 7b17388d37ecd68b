"""From whom a question starts where the database cannot tell how many are meant: the smallest group an index names.

SQLite keeps no figures at all. PostgreSQL has them, but guesses badly how many hold some letters, and is helped there only.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import Select, func, select

from core import clock
from core.words import folded
from models import Contact, ContactTag, Message, Tag, db, is_sqlite
from services import contacts
from services.segments import conditions, letters
from services.segments.shape import Condition

MOST = 60_000  # a larger group is not better than reading the table as it lies
LETTERS = 3  # so many in a row and more, and PostgreSQL's index of letters knows who holds them
_INDEXED = ("heard.within", "heard.ever", "marketing.", "source.", "created.")


def few_of(wanted: Iterable[Condition]) -> Select[Any] | None:
    """The ids of a small group that everybody meant is in; None where no index names one. A question for each condition."""
    wanted = list(wanted)
    if not is_sqlite():
        return _few_beside_letters(wanted)
    if not wanted:
        return None
    if (few := contacts.few_holding([part for one in wanted for part in letters.parts_of(one)])) is not None:
        return few
    return _smallest(_groups(wanted))


def _few_beside_letters(wanted: Sequence[Condition]) -> Select[Any] | None:
    """On PostgreSQL: a small group where letters are asked for beside something else; else it may read the table in its order."""
    typed = [one for one in wanted if one.what == "text.holds"]
    if not typed or len(wanted) < 2:
        return None
    held = [select(Contact.id).where(conditions.asked(one, conditions.TESTS)) for one in typed
            if any(len(part) >= LETTERS for part in letters.parts_of(one))]
    few = _smallest([*held, *_groups(wanted)])
    return None if few is None else select(few.offset(0).subquery().c[0])  # a fence: it is found first, as it stands


def _smallest(groups: Iterable[Select[Any]]) -> Select[Any] | None:
    """The smallest of these, where it is small."""
    sizes = [(_size(ids), place, ids) for place, ids in enumerate(groups)]
    size, _, ids = min(sizes, default=(MOST, 0, None))
    return ids if size < MOST else None


def _groups(wanted: Iterable[Condition]) -> Iterator[Select[Any]]:
    """The groups that can be read from an index alone."""
    for one in wanted:
        if one.what == "tag.is" and one.value:
            yield (select(ContactTag.contact_id).join(Tag, Tag.id == ContactTag.tag_id)
                   .where(Tag.key == folded(one.value)))
        elif one.what.startswith(_INDEXED):
            yield select(Contact.id).where(conditions.asked(one, conditions.TESTS))
        elif one.what == "messaged.within":
            yield select(Message.contact_id).where(
                Message.contact_id.is_not(None), Message.created_at >= clock.now() - timedelta(days=int(one.value)))


def _size(ids: Select[Any]) -> int:
    """How many there are, MOST for as many and more."""
    return db.session.scalar(select(func.count()).select_from(ids.limit(MOST).subquery())) or 0
