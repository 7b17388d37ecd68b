"""PostgreSQL's indexes of letters: its extension's, and a narrow one that holds the details themselves.

The extension's knows who has three letters in a row. Fewer, or those of a known group, are read in the narrow one, which is
a third of the table. A long text does not fit into a row of it; those few people have an index of their own.
"""

from collections.abc import Iterable, Sequence

from sqlalchemy import ColumnElement, Integer, Select, any_, bindparam, func, literal_column, select, text, union_all
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.exc import DBAPIError

from models import Contact, db, transaction

LETTERS, NARROW, LONG = "ix_contacts_search_letters", "ix_contacts_search_narrow", "ix_contacts_search_long"
_MOST: ColumnElement[int] = literal_column("600")  # letters: at four bytes each they fit
_SAMPLE = 1_000
_IS_HERE = text("SELECT to_regclass(:letters) IS NOT NULL, to_regclass(:narrow) IS NOT NULL AND to_regclass(:long) IS NOT NULL")
_NAMES = {"letters": LETTERS, "narrow": NARROW, "long": LONG}
_READ_INDEXES = text("SELECT set_config('enable_seqscan', :on, true), set_config('enable_bitmapscan', :on, true)")


def prepare() -> bool:
    """Make what is missing; True when the extension's index is there, for which its owner must permit the extension."""
    has_letters, has_narrow = _are_here()
    if not has_narrow:
        with transaction():
            db.session.execute(text(f"CREATE INDEX IF NOT EXISTS {NARROW} ON contacts (id) INCLUDE (search) "
                                    f"WHERE length(search) <= {_MOST}"))
            db.session.execute(text(f"CREATE INDEX IF NOT EXISTS {LONG} ON contacts (id) WHERE length(search) > {_MOST}"))
    return bool(has_letters) or _index_by_extension()


def _index_by_extension() -> bool:
    with transaction():
        try:
            with db.session.begin_nested():
                db.session.execute(text("CREATE EXTENSION IF NOT EXISTS pg_trgm"))
                db.session.execute(text(f"CREATE INDEX {LETTERS} ON contacts USING gin (search gin_trgm_ops)"))
        except DBAPIError:
            return False
    return True


def ids_holding(holds: Iterable[ColumnElement[bool]], *, among: Select[int] | None, most: int,
                everything: ColumnElement[bool]) -> Sequence[int] | None:
    """The ids of the people, of this group or of all, of whom these conditions on what is searched are true, `most` of them
    at most; None where the narrow index is not there. Whose text is long is asked `everything` instead. Four queries."""
    if not _are_here()[1]:
        return None
    length = func.length(Contact.search)
    in_group = () if among is None else (Contact.id == any_(func.array(among.scalar_subquery())),)
    found = union_all(select(Contact.id).where(length <= _MOST, *holds, *in_group),
                      select(Contact.id).where(length > _MOST, everything))
    db.session.execute(_READ_INDEXES, {"on": "off"})
    ids = db.session.scalars(found.limit(most)).all()
    db.session.execute(_READ_INDEXES, {"on": "on"})
    return ids


def share_holding(holds: Iterable[ColumnElement[bool]]) -> float:
    """About which share of all people these conditions are true of, 0 to 1: of a thousand, met at even steps. Two queries."""
    first, last = db.session.execute(select(func.min(Contact.id), func.max(Contact.id))).one()
    if last is None:
        return 0.0
    some = list(range(first, last + 1, (last - first) // _SAMPLE + 1))
    met, held = db.session.execute(select(func.count(), func.count().filter(*holds)).where(
        Contact.id == any_(bindparam(None, some, type_=ARRAY(Integer))))).one()
    return held / met if met else 0.0


def _are_here() -> Sequence[bool]:
    """Whether the extension's index is there, and whether the narrow one is."""
    return tuple(db.session.execute(_IS_HERE, _NAMES).one())
