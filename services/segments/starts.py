"""From whom a question starts where the database cannot tell how many are meant: the smallest group an index names.

SQLite keeps no figures at all. PostgreSQL has them, but guesses badly how many hold some letters, and is helped there only.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from math import prod
from typing import Any

from sqlalchemy import ColumnElement, Integer, Select, and_, any_, bindparam, false, func, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import aliased

from core import clock
from core.words import folded
from models import Contact, ContactTag, Message, Tag, db, is_sqlite
from services import contacts
from services.segments import conditions, letters
from services.segments.shape import Condition

MOST = 60_000  # a larger group is not better than reading the table as it lies
MOST_HELD = 20_000  # of those who hold some letters, whom PostgreSQL has to look at one by one
RARE = 4_000  # of those who hold some letters, where a group names others who may be looked at instead
COMMON = 3  # letters that one of so many people holds, in the order in which they were added
SURELY = 3  # times as many by a sample are surely too many
EASY = 10_000  # a group that is small enough to look for no smaller one
LETTERS = 3  # so many in a row and more, and PostgreSQL's index of letters knows who holds them
_INDEXED = ("heard.within", "heard.ever", "marketing.", "source.", "created.")


@dataclass(frozen=True, slots=True)
class Few:
    """What is true of a small group that everybody meant is in; `is_all`: of nobody else, so that nothing more need be asked."""

    condition: ColumnElement[bool]
    is_all: bool = False


def few_of(wanted: Iterable[Condition]) -> Few | None:
    """A small group in which is everybody of whom all of this is true; None where no index names one. A question for each
    condition."""
    wanted = list(wanted)
    if not is_sqlite():
        return _few_beside_letters(wanted)
    if not wanted:
        return None
    few = contacts.few_holding([part for one in wanted for part in letters.parts_of(one)])
    few = few if few is not None else _smallest(_groups(wanted))[0]
    return None if few is None else Few(Contact.id.in_(few))


def _few_beside_letters(wanted: Sequence[Condition]) -> Few | None:
    """On PostgreSQL: a small group where letters are asked for; else it may read the table in its order, or the group once
    for each person."""
    typed = [one for one in wanted if one.what == "text.holds"]
    is_short = not any(len(part) >= LETTERS for one in typed for part in letters.parts_of(one))
    if not typed or (len(wanted) == len(typed) and not is_short):
        return None
    few, size = _smallest(_groups(wanted))
    if few is not None and (is_short or size <= EASY):
        return _among(few)
    tagged = None if few is not None else _with_every_tag(wanted)
    group = few if few is not None else tagged
    asked = [conditions.asked(one, conditions.TESTS) for one in typed]
    if not is_short:
        most = MOST_HELD if group is None else RARE
        held, is_common = _holding(asked, most)
        if held is not None:
            return Few(_one_of(held))
        if is_common:
            return None
    if is_short or group is not None:
        most = size + 1 if few is not None else EASY if group is None else MOST_HELD
        tests = conditions.tests_for(wanted)
        everything = and_(*(conditions.asked(one, tests) for one in wanted))
        ids = contacts.ids_holding(asked, among=group, most=most, everything=everything)
        if ids is not None and len(ids) < most:
            return Few(_one_of(ids), is_all=tagged is not None and all(one.what in ("text.holds", "tag.is") for one in wanted))
    return None if few is None else _among(few)


def _holding(asked: Sequence[ColumnElement[bool]], most: int) -> tuple[Sequence[int] | None, bool]:
    """The ids of those who hold some letters, None for `most` and more; whether so many do that they leave hardly anybody out."""
    share = contacts.share_holding(asked)
    if share * contacts.count_contacts() > most * SURELY:
        return None, share * COMMON > 1
    held = db.session.scalars(select(Contact.id).where(*asked).limit(most)).all()
    return (held, False) if len(held) < most else (None, bool(held) and max(held) - min(held) < len(held) * COMMON)


def _one_of(ids: Sequence[int]) -> ColumnElement[bool]:
    """Somebody of these."""
    return Contact.id == any_(bindparam(None, list(ids), type_=ARRAY(Integer))) if ids else false()


def _among(few: Select[Any]) -> Few:
    """Somebody of a group that is found first."""
    return Few(Contact.id == any_(func.array(few.scalar_subquery())))


def _with_every_tag(wanted: Sequence[Condition]) -> Select[Any] | None:
    """Who has all of several tags, where few should: as many as there are if one tag does not mean another."""
    tags = {folded(tag.name): tag for tag in contacts.all_tags()}
    keys = {folded(one.value) for one in wanted if one.what == "tag.is"}
    if len(keys) < 2 or not keys <= tags.keys():
        return None
    everybody = max(1, contacts.count_contacts())
    if everybody * prod(tags[key].people / everybody for key in keys) >= MOST:
        return None
    links = [aliased(ContactTag) for _ in keys]
    rest = [other.contact_id == links[0].contact_id for other in links[1:]]
    return select(links[0].contact_id).where(*rest, *(
        link.tag_id == tags[key].id for link, key in zip(links, sorted(keys), strict=True)))


def _smallest(groups: Iterable[Select[Any]]) -> tuple[Select[Any] | None, int]:
    """The smallest of these, where it is small, and how many it holds."""
    sizes = [(_size(ids, MOST), place, ids) for place, ids in enumerate(groups)]
    size, _, ids = min(sizes, default=(MOST, 0, None))
    return (ids, size) if size < MOST else (None, MOST)


def _groups(wanted: Iterable[Condition]) -> Iterator[Select[Any]]:
    """The groups that can be read from an index alone, without tags that are known to be on too many."""
    wanted = list(wanted)
    large = _large_tags() if any(one.what == "tag.is" for one in wanted) else set()
    for one in wanted:
        if one.what == "tag.is" and one.value and folded(one.value) not in large:
            yield (select(ContactTag.contact_id).join(Tag, Tag.id == ContactTag.tag_id)
                   .where(Tag.key == folded(one.value)))
        elif one.what.startswith(_INDEXED):
            yield select(Contact.id).where(conditions.asked(one, conditions.TESTS))
        elif one.what == "messaged.within":
            yield select(Message.contact_id).where(
                Message.contact_id.is_not(None), Message.created_at >= clock.now() - timedelta(days=int(one.value)))


def _large_tags() -> set[str]:
    """The tags of more people than a question should start from, as far as counted."""
    return {folded(tag.name) for tag in contacts.all_tags() if tag.people > MOST}


def _size(ids: Select[Any], most: int) -> int:
    """How many there are, `most` for as many and more."""
    return db.session.scalar(select(func.count()).select_from(ids.limit(most).subquery())) or 0
