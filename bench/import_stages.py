"""Rows 11 and 12: reading phone numbers, and checking a file without writing anything.

The floor of 11 is what most programs do: parse, ask whether it is valid, write as E.164, number by number, with the
library our own short cut is built from; both sides must give the same answer for every number or the row ends in words.
The other side of 12 does the physical work of the model importer of the field, which public services send with: every row
a dictionary under its headings, every cell an object of its own, eight kinds of unseen spaces taken out of each, headings
looked up without case and signs, and the library's parse, possible, valid, kind and format for every number, once each
(the model parses again to ask for rights, and renders a message for each row: both are left out). The
barest loop is the least a program can do: csv.DictReader, the library's parse, valid and format, a length for each cell.
"""

import csv
import random
import re
import tempfile
import time
from collections.abc import Callable
from datetime import date
from functools import lru_cache
from pathlib import Path
from statistics import median

import phonenumbers

from core import csv_text, phone_fast
from core.errors import Invalid
from core.phone import Phone
from sample.make_sample import make_sample
from services.imports.fields import guess_mapping
from services.imports.rows import Options, RowReader

NUMBERS = 120_000
ROWS_READ = 60_000
_COUNTRIES = ("GB", "NG", "US", "DE", "FR", "ES", "IN", "BR", "KE", "ZA", "IT", "MX", "AU", "NL", "PL", "SE")
_KINDS = (phonenumbers.PhoneNumberFormat.E164, phonenumbers.PhoneNumberFormat.INTERNATIONAL,
          phonenumbers.PhoneNumberFormat.NATIONAL)
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_OBSCURE = "\u180e\u200b\u200c\u200d\u2060\ufeff\u00a0\u202f"
_RECIPIENT = {"mobile"}
Line = tuple[str, float, float, float, str]


def phone_stage(rounds: int) -> list[Line]:
    """Row 11. The floor's time divided by ours: more is better."""
    numbers = _numbers()
    for text, country in numbers:
        if _ours(text, country) != _right(text, country):
            raise SystemExit(f"{text!r} under {country}: {_ours(text, country)} instead of {_right(text, country)}")
    floor, ours = _interleaved(rounds, lambda: [_bare(*one) for one in numbers], lambda: [_ours(*one) for one in numbers])
    return [_line(f"phone stage, {NUMBERS:,} numbers with equal results", floor, ours, NUMBERS)]


def check_stage(rounds: int) -> list[Line]:
    """Row 12. The other side's time divided by ours: more is better."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "people.csv"
        make_sample(file, ROWS_READ)
        floor, ours = _interleaved(rounds, lambda: _read_as_model(file), lambda: _read_ours(file))
        bare, again = _interleaved(rounds, lambda: _read_bare(file), lambda: _read_ours(file))
    label, least, middle, most, note = _line("the same / the barest loop", bare, again, ROWS_READ)
    return [_line(f"check-only pass over {ROWS_READ:,} rows / a model importer", floor, ours, ROWS_READ),
            (label, least, middle, most, f"no goal; {note}")]


def _numbers() -> list[tuple[str, str]]:
    """Numbers as people write them, some of them wrong, each with the country of its list."""
    chance, found = random.Random(11), []
    examples = {code: phonenumbers.example_number_for_type(code, phonenumbers.PhoneNumberType.MOBILE)
                for code in _COUNTRIES}
    while len(found) < NUMBERS:
        code = chance.choice(_COUNTRIES)
        example = examples[code]
        digits = str(example.national_number)
        keep = len(digits) - chance.choice((4, 4, 4, 5, 6))
        number = phonenumbers.PhoneNumber(country_code=example.country_code, national_number=int(
            digits[:keep] + "".join(chance.choice("0123456789") for _ in range(len(digits) - keep))))
        text = phonenumbers.format_number(number, chance.choice(_KINDS))
        found.append((text[:-3] if chance.random() < 0.02 else text, code))
    return found


def _bare(text: str, country: str) -> str:
    try:
        number = phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException:
        return ""
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164) if (
        phonenumbers.is_valid_number(number)) else ""


def _ours(text: str, country: str) -> str:
    try:
        return phone_fast.parse(text, country)[0]
    except Invalid:
        return ""


def _right(text: str, country: str) -> str:
    try:
        return Phone.parse(text, country).e164
    except Invalid:
        return ""


def _read_bare(file: Path) -> int:
    """How many rows of the file a plain loop takes for people."""
    good = 0
    with open(file, encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            cells = {name.lower(): (value or "").strip() for name, value in row.items() if name}
            fine = bool(_bare(cells["mobile"], "GB"))
            fine &= not cells["e-mail"] or bool(_EMAIL.fullmatch(cells["e-mail"]))
            fine &= len(cells["full name"]) <= 200 and len(cells["company"]) <= 200
            tags = [tag.strip() for tag in re.split("[,;]", cells["tags"]) if tag.strip()]
            good += fine and len(tags) <= 50
    return good


def _read_as_model(file: Path) -> int:
    """How many rows the other side takes for people: every row an object first, then each asked for its errors."""
    with open(file, encoding="utf-8", newline="") as lines:
        reader = csv.reader(lines, skipinitialspace=True)
        heading = next(reader)
        wanted = {_plain(name) for name in heading}
        rows = [_ModelRow(_named(heading, cells), wanted) for cells in reader]
    return sum(not row.has_error for row in rows)


def _named(heading: list[str], cells: list[str]) -> dict[str, str | None]:
    """The cells of a row under their headings; a heading that comes twice keeps what it has."""
    found: dict[str, str | None] = {}
    for name, text in zip(heading, cells, strict=False):
        plain = _bared(text)
        if _plain(name) in _RECIPIENT or name not in found:
            found[name] = plain or None
    return found


class _ModelRow:
    """A row by headings without case, spaces and signs; each cell an object that knows what is wrong with it."""

    def __init__(self, cells: dict[str, str | None], wanted: set[str]) -> None:
        found = {name: _ModelCell(name, text, wanted) for name, text in cells.items()}
        self.cells = {_plain(name): cell for name, cell in found.items()}

    @property
    def has_error(self) -> bool:
        """Whether any cell is wrong."""
        return any(cell.error for cell in self.cells.values())


class _ModelCell:
    """One cell, checked by what its heading says."""

    def __init__(self, name: str, text: str | None, wanted: set[str]) -> None:
        self.text, self.error = text, _model_error(name, text or "")
        self.is_ignored = _plain(name) not in wanted


def _model_error(name: str, text: str) -> str:
    """What is wrong with a cell."""
    if _plain(name) in _RECIPIENT:
        return "" if _model_phone(text) else "not a number"
    if _plain(name) == "email" and text:
        return "" if _EMAIL.fullmatch(text) else "not an address"
    if _plain(name) == "dateofbirth" and text:
        return "" if _is_day(text) else "not a day"
    return "too long" if len(text) > 200 else ""


@lru_cache(maxsize=128)
def _plain(heading: str) -> str:
    return "".join(char.lower() for char in heading if char not in " _-")


def _bared(text: str) -> str:
    """A cell without the spaces that cannot be seen."""
    if not text:
        return ""
    for char in _OBSCURE:
        text = text.replace(char, "")
    return text.strip()


def _model_phone(text: str) -> str:
    """Parse, possible, valid, kind, format: once each."""
    try:
        number = phonenumbers.parse(text, "GB")
    except phonenumbers.NumberParseException:
        return ""
    if not phonenumbers.is_possible_number(number) or not phonenumbers.is_valid_number(number):
        return ""
    if phonenumbers.number_type(number) in (phonenumbers.PhoneNumberType.PREMIUM_RATE,
                                            phonenumbers.PhoneNumberType.VOICEMAIL):
        return ""
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _read_ours(file: Path) -> int:
    """Every check of an import, without the database."""
    with open(file, encoding="utf-8", newline="") as lines:
        rows = csv_text.rows_of(lines, ",")
        columns = csv_text.heading_of(rows).columns
        reader = RowReader(guess_mapping(columns, []), Options("GB"), today=date(2026, 11, 24))
        return sum(hasattr(reader.read(number, cells), "person") for number, cells in rows)


def _interleaved(rounds: int, floor: Callable[[], object], ours: Callable[[], object]) -> tuple[list[float], list[float]]:
    pairs = [(_timed(floor), _timed(ours)) for _ in range(rounds)]
    return [one for one, _ in pairs], [other for _, other in pairs]


def _timed(call: Callable[[], object]) -> float:
    begun = time.perf_counter()
    call()
    return time.perf_counter() - begun


def _line(label: str, floor: list[float], ours: list[float], count: int) -> Line:
    ratios = sorted(one / other for one, other in zip(floor, ours, strict=True))
    rates = f"{count / median(ours):,.0f}/s beside {count / median(floor):,.0f}/s"
    return label, ratios[0], median(ratios), ratios[-1], rates


ROWS = {11: phone_stage, 12: check_stage}
