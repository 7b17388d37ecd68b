"""SQLite's index of letters: three letters at a time, filled behind the book, so that nobody waits for it.

`contact_letters` knows everybody up to the id in `contact_letters_upto`; who changed or came under an old id since is
written into `contact_letters_changed` by the database itself. Those, and everybody behind, are looked at one by one.
"""

import logging
from collections.abc import Iterable, Sequence

from sqlalchemy import Select, column, select, table, text, union_all
from sqlalchemy.exc import DBAPIError

from models import Contact, db, transaction

log = logging.getLogger("database")

MOST_FEW = 30_000  # more people than this are found sooner by reading the table
MOST_CHANGED = 20_000  # more than this, and the index begins anew
STEP = 4_000  # people a transaction: about a tenth of a second
_PIECE = 3
_MOST_TERMS = 64  # continuations of two letters; where there are more, many people hold them
_NEVER = '"\x1f\x1f\x1f"'  # in nobody: control characters are taken out of what is typed, and JSON spells them
_UPTO = "(SELECT id FROM contact_letters_upto)"
_NOTE = "BEGIN INSERT OR IGNORE INTO contact_letters_changed VALUES (new.id); END"
_PARTS = {
    "contact_letters": "CREATE VIRTUAL TABLE contact_letters USING fts5(text, content='', columnsize=0, detail=none, "
                       "tokenize='trigram')",
    "contact_letters_terms": "CREATE VIRTUAL TABLE contact_letters_terms USING fts5vocab(contact_letters, row)",
    "contact_letters_upto": "CREATE TABLE contact_letters_upto (id INTEGER NOT NULL)",
    "contact_letters_changed": "CREATE TABLE contact_letters_changed (id INTEGER PRIMARY KEY)",
    "contact_letters_on_change": "CREATE TRIGGER contact_letters_on_change AFTER UPDATE OF search, fields ON contacts "
                                 "WHEN (new.search IS NOT old.search OR new.fields IS NOT old.fields) "
                                 f"AND new.id <= {_UPTO} {_NOTE}",
    "contact_letters_on_return": "CREATE TRIGGER contact_letters_on_return AFTER INSERT ON contacts "
                                 f"WHEN new.id <= {_UPTO} {_NOTE}",
}
_here = table("contact_letters", column("rowid"), column("contact_letters"))
_upto = table("contact_letters_upto", column("id"))
_changed = table("contact_letters_changed", column("id"))
_FEW = text("SELECT count(*) FROM (SELECT 1 FROM contact_letters WHERE contact_letters MATCH :wanted LIMIT :most)")
_TERMS = text("SELECT term FROM contact_letters_terms WHERE term >= :first AND term <= :last LIMIT :most")
_BEHIND = text("SELECT coalesce(max(id), 0) - (SELECT id FROM contact_letters_upto) FROM contacts")
_NEXT = text("SELECT max(id) FROM (SELECT id FROM contacts WHERE id > (SELECT id FROM contact_letters_upto) ORDER BY id "
             "LIMIT :step)")
_TAKE_IN = text("INSERT INTO contact_letters (rowid, text) "
                "SELECT id, search || char(10) || CASE fields WHEN '{}' THEN '' ELSE fields END FROM contacts "
                "WHERE id > (SELECT id FROM contact_letters_upto) AND id <= :last ORDER BY id")
_IS_HERE = text("SELECT count(*) FROM sqlite_master WHERE name IN ('contact_letters_on_change', 'contact_letters_on_return')")


def prepare() -> bool:
    """Make what is missing of it. One that lost a trigger, as when the table of people was made anew, begins again."""
    if _found() >= set(_PARTS):
        return True
    with transaction():  # looked at once more: another process may have begun with it meanwhile
        found = _found()
        return found >= set(_PARTS) or _made(found) or _made_anew()


def _found() -> set[str]:
    """The parts that are there."""
    return set(db.session.scalars(text("SELECT name FROM sqlite_master WHERE name LIKE 'contact_letters%'")))


def _made(found: set[str]) -> bool:
    """Make the parts that are not there. False where this SQLite cannot: without full text search, or older than 3.34."""
    try:
        with db.session.begin_nested():
            for name, statement in _PARTS.items():
                if name not in found:
                    db.session.execute(text(statement))
            forget()
    except DBAPIError as error:
        log.warning("the index of letters could not be completed: %s", error.orig)
        return False
    return True


def _made_anew() -> bool:
    """What is left of a broken index goes, and all of it is made."""
    try:
        with db.session.begin_nested():
            for name, statement in reversed(_PARTS.items()):
                kind = "TRIGGER" if statement.startswith("CREATE TRIGGER") else "TABLE"
                db.session.execute(text(f"DROP {kind} IF EXISTS {name}"))
    except DBAPIError:
        return False
    return _made(set())


def forget() -> None:
    """Empty it, where it is; it is filled again behind the book."""
    if _is_here():
        db.session.execute(text("INSERT INTO contact_letters (contact_letters) VALUES ('delete-all')"))
        db.session.execute(text("DELETE FROM contact_letters_changed"))
        db.session.execute(text("DELETE FROM contact_letters_upto"))
        db.session.execute(text("INSERT INTO contact_letters_upto VALUES (0)"))


def learn() -> bool:
    """Take in the next people, in one transaction; begin anew when too many changed. False: nothing to do."""
    if not _is_here():
        return False
    is_worn = len(_changed_ids(MOST_CHANGED + 1)) > MOST_CHANGED
    if not is_worn and (db.session.scalar(_BEHIND) or 0) <= 0:
        return False
    with transaction():
        if is_worn:
            forget()
        last = db.session.scalar(_NEXT, {"step": STEP})
        if last is not None:
            db.session.execute(_TAKE_IN, {"last": last})
            db.session.execute(text("UPDATE contact_letters_upto SET id = :last"), {"last": last})
    return True


def few_holding(parts: Sequence[str]) -> Select[int] | None:
    """The ids of all who may hold these parts, when they are few. None: many, or the index cannot tell."""
    if not any(len(part) > 1 for part in parts) or not _is_here() or (db.session.scalar(_BEHIND) or 0) > MOST_FEW:
        return None
    wanted = [_quoted(piece) for part in parts for piece in _pieces(part)]
    if not _are_few(wanted):
        wanted += filter(None, map(_two_letters, parts))
        if not _are_few(wanted):
            return None
    behind = select(Contact.id).where(Contact.id > select(_upto.c.id).scalar_subquery())
    return select(union_all(select(_here.c.rowid).where(_here.c.contact_letters.op("MATCH")(" AND ".join(wanted))),
                            select(_changed.c.id), behind).subquery().c[0])


def _are_few(wanted: Sequence[str]) -> bool:
    """Whether few people may hold all of these; nothing at all is held by everybody."""
    known = {"wanted": " AND ".join(wanted), "most": MOST_FEW + 1}
    return bool(wanted) and (db.session.scalar(_FEW, known) or 0) <= MOST_FEW


def _pieces(part: str) -> Iterable[str]:
    """Three letters at a time, each letter in one of them at least; none of a part that is too short."""
    last = len(part) - _PIECE
    starts = [*range(0, last, _PIECE), last] if last >= 0 else []
    return (part[start:start + _PIECE] for start in starts)


def _two_letters(part: str) -> str:
    """What to ask for two letters: whatever follows them somewhere, a new line at the end of the details. Empty: too much."""
    if len(part) != _PIECE - 1 or part != part.lower():  # of scripts that are compared by their capitals, it cannot tell
        return ""
    known = {"first": part, "last": part + chr(0x10FFFF), "most": _MOST_TERMS + 1}
    terms = db.session.scalars(_TERMS, known).all()
    if len(terms) > _MOST_TERMS:
        return ""
    return f"({' OR '.join(map(_quoted, terms))})" if terms else _NEVER


def _quoted(piece: str) -> str:
    return '"' + piece.replace('"', '""') + '"'


def _changed_ids(most: int) -> Sequence[int]:
    return db.session.scalars(select(_changed.c.id).limit(most)).all()


def _is_here() -> bool:
    return db.session.scalar(_IS_HERE) == 2
