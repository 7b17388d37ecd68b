"""Pure: a row of the file, under a mapping, becomes a person or the reasons why not. Rows stand alone here."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from types import SimpleNamespace
from typing import Any, NamedTuple

from core import phone_fast
from core.csv_text import unescape_cell
from core.errors import Invalid
from core.phone import is_country
from core.states import ConsentState
from core.words import many_lines, one_line, shortened
from services import contacts
from services.contacts import Incoming
from services.imports import fields
from services.imports.values import field_reader, read_consent, read_country, read_date, read_language, read_zone

_LONGEST = {"name": 200, "first_name": 100, "last_name": 100, "email": 254, "company": 200, "notes": 10_000}
_MOST_TAGS = 50
_MOST_NAMES = 1_000  # different tags in the cells of one file; more means that the column is something else
_PLAIN_EMAIL = re.compile(r"[A-Za-z0-9._+-]{1,64}@[A-Za-z0-9-]{1,63}\.(?:[A-Za-z0-9-]{1,50}\.)?[A-Za-z0-9-]{2,63}").fullmatch
_MARKS = {"export_key": re.compile(r"[0-9a-z]{16,40}"), "user_id": re.compile(r"[\w.:\-]{3,140}")}
_MARK_WORDS = {contacts.KEY: "person key of ours", contacts.USER: "WhatsApp user id", contacts.EMAIL: "e-mail address"}
_PLAIN_LOCAL = ("+", "00", "(+", "'+")


@dataclass(frozen=True, slots=True)
class Options:
    """How to read a file and what to do with its people."""

    country: str  # numbers without a plus are read under it; it also says which way round 03/04/1990 is
    tags: tuple[str, ...] = ()  # for everybody in the file
    consent: str = "none"  # none | granted: what the person who imports declares for everybody
    proof: str = ""  # how these people agreed
    on_duplicate: str = "update"  # update | skip, for people who are in the contacts already
    lift: str = ""  # why this file may lift withdrawals; empty: it may not
    without_phone: str = ""  # email: who has no number is known by their e-mail address; empty: they stay out

    def as_dict(self) -> dict[str, Any]:
        """For the database."""
        return {"country": self.country, "tags": list(self.tags), "consent": self.consent, "proof": self.proof,
                "on_duplicate": self.on_duplicate, "lift": self.lift, "without_phone": self.without_phone}


class Reason(NamedTuple):
    """What is wrong, and in which column (-1: in the whole row)."""

    column: int
    text: str


@dataclass(slots=True)
class GoodRow:
    """A row that makes a person."""

    number: int
    person: Incoming
    cells: list[str]
    is_local: bool  # the number had no country code and was read under the country of the options


@dataclass(slots=True)
class BadRow:
    """A row that cannot be read, with every reason."""

    number: int
    reasons: tuple[Reason, ...]
    cells: list[str]


def read_options(raw: Mapping[str, Any], *, default_country: str) -> Options:
    """Options from what a person chose. Raises Invalid, naming the field."""
    country = str(raw.get("country") or default_country).upper()
    if not is_country(country):
        raise Invalid(f"“{country[:20]}” is not a country code such as GB", field="country")
    tags = raw.get("tags") or ()
    names = contacts.split_tags(tags if isinstance(tags, str) else ",".join(tags))
    if len(names) > _MOST_TAGS:
        raise Invalid(f"{_MOST_TAGS} tags are the most one import can give", field="tags")
    proof = one_line(str(raw.get("proof") or ""))
    if len(proof) > 500:
        raise Invalid("Say it in 500 characters or fewer", field="proof")
    consent, on_duplicate = str(raw.get("consent") or "none"), str(raw.get("on_duplicate") or "update")
    if consent not in ("none", "granted"):
        raise Invalid("Say whether these people agreed to marketing", field="consent")
    if consent == "granted" and not proof:
        raise Invalid("Say how these people agreed, such as: signed the form at the front desk", field="proof")
    if on_duplicate not in ("update", "skip"):
        raise Invalid("Choose what to do with people who are in your contacts already", field="on_duplicate")
    without_phone = str(raw.get("without_phone") or "")
    if without_phone not in ("", "email"):
        raise Invalid("Choose what to do with people without a number", field="without_phone")
    return Options(country, tuple(names), consent, proof if consent == "granted" else "", on_duplicate, _reason(raw),
                   without_phone)


def _reason(raw: Mapping[str, Any]) -> str:
    """Why this file may lift withdrawals. Raises Invalid when it is no reason."""
    reason = one_line(str(raw.get("lift") or ""))
    if reason and not 10 <= len(reason) <= 300:
        raise Invalid("Give the reason in a sentence of 10 to 300 characters, or leave it empty", field="lift")
    return reason


class RowReader:
    """Reads row after row under one mapping; made once for a file."""

    def __init__(self, mapping: Mapping[str, str], options: Options, *, custom: Sequence[Any] = (),
                 file_name: str = "", today: date) -> None:
        """`custom` are the custom fields that exist; `new:` columns are read as text."""
        self._options, self._file_name, self._today = options, shortened(file_name, 80), today
        self._custom = {field.key: field for field in custom}
        by_target = sorted((target, int(number)) for number, target in mapping.items())
        self._phone_column = next((number for target, number in by_target if target == "phone"), -1)
        self._mark_target, self._mark_kind = fields.mark_kind(mapping, options.without_phone)
        self._columns = [(number, self._taker(target)) for target, number in by_target if target != "phone"]
        self._width = max(map(int, mapping), default=-1) + 1
        self._country, self._tags = options.country, options.tags
        self._tag_names: set[str] = set()
        self._tags_of: dict[str, tuple[str, ...]] = {}  # cells of tags that were read, with the tags for everybody
        self._declared = ConsentState.GRANTED if options.consent == "granted" else None
        self._proof = f"{options.proof}. Lifts earlier stops: {options.lift}".strip(". ") if options.lift else options.proof

    def read(self, number: int, cells: list[str]) -> GoodRow | BadRow:
        """One row. Never raises, whatever stands in it."""
        if not cells:
            return BadRow(number, (Reason(-1, "The row is empty"),), cells)
        reasons: list[Reason] = []
        full = cells if len(cells) >= self._width else cells + [""] * (self._width - len(cells))
        text = full[self._phone_column] if self._phone_column >= 0 else ""
        if text[:1] == "'":
            text = unescape_cell(text)
        person = Incoming("", "", {}, {}, self._tags, self._declared, self._proof)
        is_marked = self._mark_kind and (not text or text.isspace())
        try:
            if not is_marked:
                person.phone, person.country = phone_fast.sure(text, self._country) or phone_fast.parse(text, self._country)
        except Invalid as error:
            reasons.append(Reason(self._phone_column, error.message))
        for column, take in self._columns:
            if cell := full[column]:
                try:
                    take(person, unescape_cell(cell) if cell[0] == "'" else cell, number)
                except (Invalid, ValueError) as error:
                    reasons.append(Reason(column, str(error)))
        if is_marked and not person.mark:
            self._mark_by_email(person, reasons)
        if reasons:
            return BadRow(number, tuple(sorted(reasons)), cells)
        if "last_name" in person.values:
            _join_name(person.values)
        return GoodRow(number, person, cells, not is_marked and text[0] != "+" and not text.lstrip().startswith(_PLAIN_LOCAL))

    def _mark_by_email(self, person: Incoming, reasons: list[Reason]) -> None:
        """Somebody without a phone is known by the address, where that was chosen; or there is one more reason."""
        if self._mark_kind == contacts.EMAIL and (email := person.values.get("email")):
            person.mark = contacts.mark_of(contacts.EMAIL, email)
        elif not reasons:
            reasons.append(Reason(self._phone_column, f"No phone number, and no {_MARK_WORDS[self._mark_kind]} either"))

    def _take_mark(self, target: str) -> Callable[[Incoming, str, int], None]:
        """What takes the key of our export, or Meta's user id."""
        def take(person: Incoming, text: str, number: int) -> None:
            if not (mark := text.strip()):
                return
            if not _MARKS[target].fullmatch(mark):
                raise ValueError(f"“{shortened(mark)}” is not a {_MARK_WORDS[fields.MARKS[target]]}")
            if target == "export_key" and person.phone:
                raise ValueError("This person had no number when they were exported; add it on their page, or they "
                                 "would be here twice")
            if target == "user_id":
                person.user_id = mark
            if target == self._mark_target and not person.phone:
                person.mark = contacts.mark_of(self._mark_kind, mark)

        return take

    def _taker(self, target: str) -> Callable[[Incoming, str, int], None]:
        """What puts a cell of this column into the person. It raises Invalid or ValueError in words."""
        if target.startswith((fields.CUSTOM, fields.NEW)):
            return self._custom_taker(target)
        special = {"birthday": self._take_birthday, "language": _taker_of("language", read_language),
                   "country": _taker_of("country", read_country), "zone": _taker_of("zone", read_zone),
                   "tags": self._take_tags, "consent": self._take_consent, "utility": self._take_utility,
                   "email": _take_email, "notes": _take_notes}
        if target in fields.MARKS:
            return self._take_mark(target)
        return special.get(target) or _text_taker(target)

    def _custom_taker(self, target: str) -> Callable[[Incoming, str, int], None]:
        kind, key = fields.new_field(target) if target.startswith(fields.NEW) else ("text", target.partition(":")[2])
        field: Any = self._custom.get(key) if target.startswith(fields.CUSTOM) else None
        field = field or SimpleNamespace(key=key, label=key, kind=kind, choices=[])  # one that is still to be made
        read = field_reader(field.kind, self._options.country)

        def take(person: Incoming, text: str, number: int) -> None:
            try:
                plain = text if text.isspace() else read(text)
            except ValueError as error:
                raise ValueError(f"{field.label} “{shortened(text)}”: {error}") from None
            if (value := contacts.check_value(field, plain)) is not None:
                person.fields[key] = value

        return take

    def _take_birthday(self, person: Incoming, text: str, number: int) -> None:
        if not text.isspace():
            try:
                person.values["birthday"] = read_date(text, country=self._country, today=self._today)
            except ValueError as error:
                raise ValueError(f"Birthday “{shortened(text)}”: {error}") from None

    def _take_tags(self, person: Incoming, text: str, number: int) -> None:
        is_first = person.tags is self._tags
        if is_first and (known := self._tags_of.get(text)):
            person.tags = known
            return
        names = _names_of(text)
        if len(names) + len(person.tags) > _MOST_TAGS:
            raise ValueError(f"One person can have {_MOST_TAGS} tags at most")
        if not self._tag_names.issuperset(names):
            if len(self._tag_names) >= _MOST_NAMES:
                raise ValueError(f"The file has more than {_MOST_NAMES:,} different tags; does this column hold tags?")
            self._tag_names.update(names)
        person.tags = tuple(dict.fromkeys((*person.tags, *names)))
        if is_first and len(self._tags_of) < _MOST_NAMES:
            self._tags_of[text] = person.tags

    def _take_consent(self, person: Incoming, text: str, number: int) -> None:
        if text.isspace():
            return
        try:
            person.consent = _consent_of(text)
        except ValueError as error:
            raise ValueError(f"Agreed to marketing “{shortened(text)}”: {error}") from None
        person.proof = f"{self._file_name}, row {number:,}: “{_short(text)}”. {self._proof}".rstrip(". ")

    def _take_utility(self, person: Incoming, text: str, number: int) -> None:
        if text.isspace():
            return
        try:
            person.utility = _consent_of(text)
        except ValueError as error:
            raise ValueError(f"Agreed to service messages “{shortened(text)}”: {error}") from None
        person.utility_proof = f"{self._file_name}, row {number:,}: “{_short(text)}”"


def _text_taker(target: str) -> Callable[[Incoming, str, int], None]:
    longest, label = _LONGEST[target], fields.OWN[target]

    def take(person: Incoming, text: str, number: int) -> None:
        if line := text.strip() if text.isprintable() else one_line(text):
            if len(line) > longest:
                raise ValueError(f"{label} must be {longest} characters or fewer; this has {len(line):,}")
            person.values[target] = line

    return take


def _take_email(person: Incoming, text: str, number: int) -> None:
    if _PLAIN_EMAIL(text):
        person.values["email"] = text
    else:
        person.values |= {name: value for name, value in contacts.check_details({"email": text}).items() if value}


def _take_notes(person: Incoming, text: str, number: int) -> None:
    if notes := many_lines(text):
        if len(notes) > _LONGEST["notes"]:
            raise ValueError(f"Notes must be {_LONGEST['notes']:,} characters or fewer; this has {len(notes):,}")
        person.values["notes"] = notes


def _taker_of(target: str, read: Callable[[str], str]) -> Callable[[Incoming, str, int], None]:
    """What puts a cell that has one right spelling into the person."""
    label = fields.OWN[target]

    def take(person: Incoming, text: str, number: int) -> None:
        if not text.isspace():
            try:
                person.values[target] = read(text)
            except ValueError as error:
                raise ValueError(f"{label} “{shortened(text)}”: {error}") from None

    return take


_consent_of = lru_cache(maxsize=512)(read_consent)  # the same few words come again and again
_short = lru_cache(maxsize=512)(shortened)


@lru_cache(maxsize=2048)
def _names_of(text: str) -> tuple[str, ...]:
    """The tags in a cell; the same cells come again and again."""
    return tuple(contacts.split_tags(text.replace("|", ",").replace("\n", ",")))


def _join_name(values: dict[str, str]) -> None:
    """First and last name make the full name, unless the file has one."""
    last = values.pop("last_name")
    if "name" not in values:
        values["name"] = f"{values.get('first_name', '')} {last}".strip()[:200]
