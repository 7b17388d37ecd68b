"""What a condition means: one table of tests, each a name, its words, what it takes, and how the database is asked."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, extract, false, func, or_, select

from core import clock
from core.errors import Invalid
from core.states import MessageState
from core.words import folded, shortened
from models import Contact, ContactField, ContactTag, Message, Tag, db
from services import contacts
from services.segments import of_import, own_fields, values
from services.segments.shape import Condition

_UNSENT = (MessageState.QUEUED, MessageState.SKIPPED, MessageState.CANCELLED, MessageState.FAILED)
_SOURCES = {"form": "added by hand", "import": "an import", "message": "a message to us",
            "app": "the WhatsApp Business app", "api": "another system",
            "command": "the command line", "sample": "sample data"}


@dataclass(frozen=True, slots=True)
class Test:
    """One row of the table. `words` has an … where the value stands; `takes` is its kind, empty for none."""

    about: str
    words: str
    takes: str
    ask: Callable[[str], ColumnElement[bool]]


@dataclass(frozen=True, slots=True)
class Said:
    """A condition in words: Tag | is patient."""

    about: str
    words: str


def _equals(column: Any, wanted: str) -> Callable[[str], ColumnElement[bool]]:
    """A test that takes no value: the column holds this word."""
    return lambda _: column == wanted


def _since(days: str) -> Any:
    return clock.now() - timedelta(days=int(days))


def _midnight(day: str) -> Any:
    return clock.now().fromisoformat(f"{day}T00:00:00+00:00")


def _has_tag(key: str) -> ColumnElement[bool]:
    """Whether a person carries the tag; asked through the index of their tags."""
    tag_id = db.session.scalar(select(Tag.id).where(Tag.key == folded(key)))
    return false() if tag_id is None else exists().where(
        ContactTag.contact_id == Contact.id, ContactTag.tag_id == tag_id).correlate(Contact)


def _messaged(*more: ColumnElement[bool]) -> ColumnElement[bool]:
    return exists().where(Message.contact_id == Contact.id, Message.direction == "out",
                          Message.state.not_in(_UNSENT), *more).correlate(Contact)


def _birthday_within(days: str) -> ColumnElement[bool]:
    """Birthdays of today and the days after it; 29 February counts as the 28th in other years."""
    today = clock.now().date()
    wanted = set()
    for ahead in range(min(int(days), 366) + 1):
        day = today + timedelta(days=ahead)
        wanted.add(day.month * 100 + day.day)
        if (day.month, day.day) == (2, 28) and (day + timedelta(days=1)).month == 3:
            wanted.add(229)
    place = extract("month", Contact.birthday) * 100 + extract("day", Contact.birthday)
    return and_(Contact.birthday.is_not(None), place.in_(sorted(wanted)))


def _text_holds(text: str) -> ColumnElement[bool]:
    return and_(*contacts.holds(text))


def _same_language(code: str) -> ColumnElement[bool]:
    """en means en_GB, too; en_GB means itself."""
    exact = func.lower(Contact.language) == code.lower()
    return exact if "_" in code else or_(exact, Contact.language.istartswith(f"{code}_", autoescape=True))


def _consent(category: str, column: Any) -> dict[str, Test]:
    about = {"marketing": "Marketing", "utility": "Service messages"}[category]
    return {f"{category}.{state}": Test(about, said, "", _equals(column, state))
            for state, said in contacts.SAID.items()}


def _when(name: str, about: str, column: Any) -> dict[str, Test]:
    """Tests of a time that may be unknown."""
    return {
        f"{name}.within": Test(about, "in the last … days", "days", lambda days: column >= _since(days)),
        f"{name}.not_within": Test(about, "not in the last … days", "days",
                                   lambda days: or_(column.is_(None), column < _since(days))),
        f"{name}.ever": Test(about, "at any time", "", lambda _: column.is_not(None)),
        f"{name}.never": Test(about, "never", "", lambda _: column.is_(None)),
    }


TESTS: Mapping[str, Test] = {
    "tag.is": Test("Tag", "is …", "tag", _has_tag),
    "tag.is_not": Test("Tag", "is not …", "tag", lambda key: ~_has_tag(key)),
    **_consent("marketing", Contact.marketing),
    **_consent("utility", Contact.utility),
    **_when("heard", "Heard from", Contact.last_heard_at),
    "messaged.within": Test("Messaged by us", "in the last … days", "days",
                            lambda days: _messaged(Message.created_at >= _since(days))),
    "messaged.not_within": Test("Messaged by us", "not in the last … days", "days",
                                lambda days: ~_messaged(Message.created_at >= _since(days))),
    "messaged.never": Test("Messaged by us", "never", "", lambda _: ~_messaged()),
    "created.within": Test("Added", "in the last … days", "days", lambda days: Contact.created_at >= _since(days)),
    "created.since": Test("Added", "on or after …", "date", lambda day: Contact.created_at >= _midnight(day)),
    "created.before": Test("Added", "before …", "date", lambda day: Contact.created_at < _midnight(day)),
    **{f"source.{name}": Test("Came from", words, "", _equals(Contact.source, name))
       for name, words in _SOURCES.items()},
    **{what: Test(*row) for what, row in of_import.TESTS.items()},
    "birthday.month": Test("Birthday", "is in …", "month", lambda month: and_(
        Contact.birthday.is_not(None), extract("month", Contact.birthday) == int(month))),
    "birthday.within": Test("Birthday", "is within … days", "days", _birthday_within),
    "birthday.known": Test("Birthday", "is known", "", lambda _: Contact.birthday.is_not(None)),
    "country.is": Test("Country", "is …", "country", lambda code: Contact.country == code),
    "country.is_not": Test("Country", "is not …", "country", lambda code: Contact.country != code),
    "language.is": Test("Language", "is …", "language", _same_language),
    "language.is_not": Test("Language", "is not …", "language", lambda code: ~_same_language(code)),
    "company.holds": Test("Company", "contains …", "text", contacts.company_holds),
    "company.is": Test("Company", "is …", "text", contacts.company_is),
    "company.known": Test("Company", "is known", "", lambda _: Contact.company != ""),
    "email.known": Test("E-mail", "is known", "", lambda _: Contact.email != ""),
    "email.unknown": Test("E-mail", "is not known", "", lambda _: Contact.email == ""),
    "phone.known": Test("Number", "is known", "", lambda _: Contact.phone.is_not(None)),
    "phone.unknown": Test("Number", "is not known", "", lambda _: Contact.phone.is_(None)),
    "text.holds": Test("Name, number, e-mail or company", "contains …", "text", _text_holds),
}


def every_test(fields: Iterable[ContactField]) -> dict[str, Test]:
    """The whole table: what every person has, then what this business asks of them."""
    return {**TESTS, **{what: Test(*row) for what, row in own_fields.tests_of(fields)}}


def tests_for(conditions: Iterable[Condition]) -> Mapping[str, Test]:
    """The table as far as these conditions need it: one query, none without custom fields."""
    needs_fields = any(one.what.startswith(own_fields.PREFIX) for one in conditions)
    return every_test(contacts.all_fields()) if needs_fields else TESTS


def test_of(condition: Condition, tests: Mapping[str, Test]) -> Test:
    """The row a condition means. Raises Invalid with `what` as its field when there is none."""
    if condition.what not in tests:
        raise Invalid(f"There is no condition “{shortened(condition.what)}”", field="what")
    return tests[condition.what]


def check(condition: Condition, tests: Mapping[str, Test]) -> Condition:
    """The condition with its value in one spelling. Raises Invalid, field `what` or `value`."""
    return Condition(condition.what, values.read(test_of(condition, tests).takes, condition.value))


def asked(condition: Condition, tests: Mapping[str, Test]) -> ColumnElement[bool]:
    """What the database is asked. Raises Invalid for a condition that cannot be."""
    checked = check(condition, tests)
    return tests[checked.what].ask(checked.value)


def said(condition: Condition, tests: Mapping[str, Test]) -> Said:
    """The condition in words."""
    test = test_of(condition, tests)
    shown = of_import.shown if test.takes == "import" else partial(values.shown, test.takes)
    return Said(test.about, test.words.replace("…", shown(condition.value)))
