"""Pure: what may stand in a person's details, and what follows from it."""

import re
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any, TypedDict

from core import clock
from core.errors import Invalid
from core.languages import language_code
from core.letters import searched
from core.phone import Phone, country_of, international, is_country
from core.words import many_lines, one_line

_EMAIL = re.compile(r"[^@\s<>\"(),;:\\]{1,64}@(?:[^@\s<>\"(),;:\\.]{1,63}\.)+[^@\s<>\"(),;:\\.]{2,63}")
_LENGTHS = {"name": 200, "first_name": 100, "email": 254, "company": 200}
_LABELS = {"name": "Name", "first_name": "First name", "email": "E-mail", "company": "Company"}
_OLDEST = date(1890, 1, 1)
_NOTES_LENGTH = 10_000


class Details(TypedDict, total=False):
    """What a person of the team may write about a contact. What is left out stays as it is."""

    phone: Phone | None
    name: str
    first_name: str
    email: str
    company: str
    birthday: date | None
    language: str
    country: str  # ISO code; empty: that of the phone
    zone: str  # IANA name; empty: not known
    notes: str
    fields: Mapping[str, Any]  # custom fields: values as `check_value` gives them
    tags: list[str] | tuple[str, ...]  # names


def check_details(details: Mapping[str, Any]) -> dict[str, Any]:
    """The details as they are stored, without tags and fields; `phone` becomes E.164 text.

    Raises Invalid, naming the field, for what cannot be kept.
    """
    checked: dict[str, Any] = {}
    for name in _LENGTHS:
        if name in details:
            checked[name] = check_text(details[name] or "", name)
    if "phone" in details:
        checked["phone"] = details["phone"].e164 if details["phone"] else None
    if "birthday" in details:
        checked["birthday"] = check_birthday(details["birthday"])
    if "language" in details:
        checked["language"] = _check_language(details["language"] or "")
    if "country" in details:
        checked["country"] = _check_country(details["country"] or "")
    if "zone" in details:
        checked["zone"] = _check_zone(details["zone"] or "")
    if "notes" in details:
        checked["notes"] = _check_notes(details["notes"] or "")
    return checked


def check_text(text: str, name: str) -> str:
    """One line of text for the field `name`, an e-mail address looking like one. Raises Invalid."""
    line = one_line(text)
    if len(line) > _LENGTHS[name]:
        raise Invalid(f"{_LABELS[name]} must be {_LENGTHS[name]} characters or fewer; this has {len(line)}", field=name)
    if name == "email" and line and not _EMAIL.fullmatch(line):
        raise Invalid(f"“{line[:60]}” is not an e-mail address; write it like ada@example.com", field="email")
    return line


def check_birthday(day: date | None) -> date | None:
    """A day on which somebody living can have been born. Raises Invalid."""
    if day is not None and not _OLDEST <= day <= (clock.now() + timedelta(days=1)).date():
        raise Invalid(f"{day.isoformat()} cannot be a birthday; check the year", field="birthday")
    return day


def _check_language(text: str) -> str:
    """A language code as WhatsApp writes it, from a code or a common name. Raises Invalid."""
    typed = one_line(text)
    code = language_code(typed)
    if typed and not code:
        raise Invalid(f"“{typed[:20]}” is not a language code; write it like en or pt_BR", field="language")
    return code


def _check_country(text: str) -> str:
    """An ISO code. Raises Invalid."""
    code = one_line(text).upper()
    if code and not is_country(code):
        raise Invalid(f"“{code[:20]}” is not a country code; write it like GB", field="country")
    return code


def _check_zone(text: str) -> str:
    """An IANA name. Raises Invalid."""
    name = one_line(text)
    return clock.zone(name).key if name else ""


def _check_notes(text: str) -> str:
    notes = many_lines(text)
    if len(notes) > _NOTES_LENGTH:
        raise Invalid(f"Notes must be {_NOTES_LENGTH:,} characters or fewer; this has {len(notes):,}", field="notes")
    return notes


def derive(*, phone: str | None, name: str = "", first_name: str = "", email: str = "", company: str = "",
           country: str | None = None) -> dict[str, str]:
    """What follows from the details: `name_key`, `search`, `first_name` and `country`. `phone` is E.164 text.

    One place for forms, messages and imports, so that everybody is found and sorted alike. `country`, where the
    caller knows it already, saves working it out of the phone.
    """
    where = country if country is not None else country_of(phone) if phone else ""
    return dict(zip(("first_name", "name_key", "search", "country"),
                    (*derived(phone or "", name, first_name, email, company), where), strict=True))


def derived(phone: str, name: str, first_name: str, email: str, company: str) -> tuple[str, str, str]:
    """`first_name`, `name_key` and `search` of `derive`, as a plain tuple for those who write thousands."""
    search = "\n".join(filter(None, (name, phone, email, company)))
    if search.isascii():
        search = search.lower()
        key = search[:len(name)] if name else (company or phone or email).lower()
    else:
        search = searched(search)
        key = search.partition("\n")[0] if name else searched(company or phone or email)
    return first_name or name.partition(" ")[0][:100], key[:200], search


def name_of(person: Any) -> str:
    """What to call this person on a page: the name, else the number, else the company or e-mail."""
    if person.name:
        return str(person.name)
    if person.phone:
        return international(person.phone)
    return str(person.company or person.email or f"Person {person.id}")
