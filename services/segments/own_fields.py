"""Tests of the fields a business made itself, by their kind.

Their texts are compared without case, but with their accents: Québec is not Quebec here, as it is in a search and in the
details everybody has. The indexes hold what a field holds as it is stored.
"""

import operator
from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, Numeric, and_, cast, func, literal, not_, or_

from core import clock
from core.words import folded
from models import ContactField, is_sqlite
from services import contacts
from services.segments.values import number_of

PREFIX = "field_"
Row = tuple[str, str, str, Callable[[str], ColumnElement[bool]]]  # about, words, what it takes, how it is asked
_NUMBERS = ("integer", "real", "number")
_value, _kind = contacts.stored_value, contacts.stored_kind


def tests_of(fields: Iterable[ContactField]) -> Iterator[tuple[str, Row]]:
    """The rows of the table for these fields: `field_visits.more` and so on."""
    for field in fields:
        rows = KINDS.get(field.kind, _text)(field.key)
        for name, (words, takes, ask) in (rows | _known(field.key)).items():
            yield f"{PREFIX}{field.key}.{name}", (field.label, words, takes, ask)


def _equals(column: Any, text: str) -> ColumnElement[bool]:
    """The same words, whatever their case."""
    return or_(column == text, func.lower(column) == folded(text))


def _holds(column: Any, text: str) -> ColumnElement[bool]:
    """These words somewhere in it, whatever their case (on SQLite, of unaccented letters)."""
    plain = column.contains(text, autoescape=True) if is_sqlite() else column.icontains(text, autoescape=True)
    return plain if text.isascii() else or_(plain, column.contains(folded(text), autoescape=True))


def _compared(key: str, how: Callable[[Any, Any], Any], text: str) -> ColumnElement[bool]:
    """A number beside another; false where there is another kind of value."""
    value, wanted = contacts.compared_by(key, "number"), number_of(text)
    return and_(how(value, wanted), _kind(key).in_(_NUMBERS)) if is_sqlite() else how(value, cast(wanted, Numeric))


def _same(key: str, text: str) -> ColumnElement[bool]:
    """The same words in a field, whatever their case; on PostgreSQL asked in such a way that its index may answer."""
    if is_sqlite():
        return and_(_value(key).is_not(None), _equals(_value(key), text))
    own, most = contacts.compared_by(key, "text"), contacts.LONGEST_COMPARED
    return and_(own.in_([func.left(func.lower(text), most), folded(text)[:most]]), _equals(_value(key), text))


def _text(key: str) -> dict[str, Any]:
    return {
        "is": ("is …", "text", lambda text: _same(key, text)),
        "is_not": ("is not …", "text", lambda text: or_(_value(key).is_(None), not_(_equals(_value(key), text)))),
        "holds": ("contains …", "text", lambda text: and_(_value(key).is_not(None), _holds(_value(key), text))),
    }


def _numbers(key: str) -> dict[str, Any]:
    return {
        "is": ("is …", "number", lambda text: _compared(key, operator.eq, text)),
        "more": ("is more than …", "number", lambda text: _compared(key, operator.gt, text)),
        "less": ("is less than …", "number", lambda text: _compared(key, operator.lt, text)),
    }


def _dates(key: str) -> dict[str, Any]:
    def near(days: str, sign: int) -> ColumnElement[bool]:
        today = clock.now().date()
        other = today + timedelta(days=sign * int(days))
        return _value(key).between(min(today, other).isoformat(), max(today, other).isoformat())

    return {
        "is": ("is …", "date", lambda day: _value(key) == day),
        "after": ("is after …", "date", lambda day: _value(key) > day),
        "before": ("is before …", "date", lambda day: _value(key) < day),
        "past": ("was in the last … days", "days", lambda days: near(days, -1)),
        "coming": ("is in the next … days", "days", lambda days: near(days, 1)),
    }


def _yes_no(key: str) -> dict[str, Any]:
    def is_it(wanted: bool) -> ColumnElement[bool]:
        word = "true" if wanted else "false"
        return (_kind(key) if is_sqlite() else _value(key)) == literal(word)

    return {"yes": ("is yes", "", lambda _: is_it(True)), "no": ("is no", "", lambda _: is_it(False))}


def _known(key: str) -> dict[str, Any]:
    return {
        "known": ("is known", "", lambda _: _value(key).is_not(None)),
        "unknown": ("is not known", "", lambda _: _value(key).is_(None)),
    }


KINDS = {"text": _text, "choice": _text, "number": _numbers, "date": _dates, "yes_no": _yes_no}
