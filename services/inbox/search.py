"""Looking for words in all that was ever said, newest first. Never writes."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, func, literal_column, select, text

from core.letters import letters_apart, without_accents
from core.words import one_line
from models import WORDS_INDEX, WORDS_OF_TEXT, Conversation, Message, db, is_sqlite
from services import contacts
from services.inbox.queries import Talk, conversations_by_id

_m, _v = Message.__table__.c, Conversation.__table__.c
MOST_WORDS, MOST_FOUND, AROUND = 8, 400, 60
_WORD = re.compile(r"\w+")
_LITE = text(f"SELECT rowid FROM {WORDS_INDEX} WHERE {WORDS_INDEX} MATCH :words ORDER BY rowid DESC LIMIT :most")  # noqa: S608
_WORDS: ColumnElement[Any] = literal_column(WORDS_OF_TEXT)


@dataclass(frozen=True, slots=True)
class Found:
    """A conversation in which the words were said: the newest such message, and the words around them."""

    talk: Talk
    message_id: int
    at: datetime
    before: str
    match: str
    after: str
    more: int  # other messages of the same conversation


def search(words: str, *, size: int = 50) -> list[Found]:
    """Conversations in which every word was said within one message, newest first. Four queries at most.

    A word is found by its beginning, whatever its case and accents. Nothing is found for a text without letters or digits.
    """
    terms = terms_of(words)
    ids = _message_ids(terms) if terms else []
    rows = db.session.execute(
        select(_m.id, _m.text, _m.created_at, _v.id.label("talk_id"))
        .select_from(Message.__table__.join(Conversation.__table__, and_(
            _v.contact_id == _m.contact_id, _v.channel_id == _m.channel_id)))
        .where(_m.id.in_(ids)).order_by(_m.id.desc())).all() if ids else []
    newest: dict[int, list[int]] = {}
    told = {row.id: row for row in rows}
    for row in rows:
        newest.setdefault(row.talk_id, []).append(row.id)
    shown = list(newest)[:size]
    talks = conversations_by_id(shown)
    return [_found(talks[one], told[newest[one][0]], terms, len(newest[one]) - 1) for one in shown if one in talks]


def terms_of(words: str) -> list[str]:
    """Pure: what is looked for, word by word; letters of scripts without spaces stay together as a run."""
    return _WORD.findall(one_line(words)[:200])[:MOST_WORDS]


def _message_ids(terms: Sequence[str]) -> list[int]:
    """The newest messages that hold every term."""
    if is_sqlite():
        asked = " AND ".join(_lite_term(term) for term in terms)
        return list(db.session.scalars(_LITE, {"words": asked, "most": MOST_FOUND}))
    asked = " & ".join(f"({one})" for term in terms if (one := _postgres_term(term)))
    if not asked:
        return []
    found = select(_m.id).where(_m.text != literal_column("''"), _WORDS.op("@@")(
        func.to_tsquery(literal_column("'simple'"), asked)))
    return list(db.session.scalars(found.order_by(_m.id.desc()).limit(MOST_FOUND)))


def _lite_term(term: str) -> str:
    """One word, or a phrase of letters that stand apart; its last part by its beginning. Quoted: nothing in it is an order."""
    apart = letters_apart(term).strip()
    return f'"{apart}"*' if len(apart) > 1 else f'"{apart}"'


def _postgres_term(term: str) -> str:
    """The same for PostgreSQL: only letters and digits reach the query. Beyond ASCII it knows no case under some locales,
    so that such a word is looked for in each of its cases."""
    cases = [term] if term.isascii() else dict.fromkeys((term.lower(), term.capitalize(), term.upper(), term))
    return " | ".join(filter(None, (_phrase(one) for one in cases)))


def _phrase(term: str) -> str:
    parts = without_accents(letters_apart(term)).replace("_", " ").split()
    return f"({' <-> '.join(parts)}{':*' if len(term) > 1 else ''})" if parts else ""


def _found(talk: Talk, row: object, terms: Sequence[str], more: int) -> Found:
    """The words around the first term, as one line."""
    line = one_line(row.text)  # type: ignore[attr-defined]
    at, length = _where(line, terms[0])
    before, after = line[max(0, at - AROUND):at], line[at + length:at + length + AROUND * 2]
    return Found(talk, row.id, row.created_at, ("…" if at > AROUND else "") + before,  # type: ignore[attr-defined]
                 line[at:at + length], after, more)


def _where(line: str, term: str) -> tuple[int, int]:
    """Where a word begins with the term, whatever its case and accents, and for how many letters; else where it stands at all."""
    signs = [(sign, at) for at, letter in enumerate(line) for sign in _folded(letter)]
    plain, wanted = "".join(sign for sign, _ in signs), re.escape("".join(map(_folded, term)))
    found = re.search(rf"\b{wanted}", plain) or re.search(wanted, plain)
    if found is None or not found.group():
        return 0, 0
    at, end = signs[found.start()][1], signs[found.end() - 1][1] + 1
    while end < len(line) and not _folded(line[end]):  # an accent that stands apart
        end += 1
    return at, end - at


def _folded(letter: str) -> str:
    return without_accents(letter).casefold()


def of_people(words: str, *, size: int = 10) -> list[Talk]:
    """Conversations with people whose name, number, e-mail or company holds the words, newest first. Nine queries at most."""
    people = [person.id for person in contacts.search_contacts(words, size=50).items] if one_line(words) else []
    ids = db.session.scalars(select(_v.id).where(_v.contact_id.in_(people)).order_by(_v.last_at.desc(), _v.id)
                             .limit(size)).all() if people else []
    talks = conversations_by_id(ids)
    return [talks[one] for one in ids if one in talks]
