"""A file or pasted text becomes the rows of a campaign's own list: bad rows with their reason, repeats by their number."""

import io
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import BinaryIO, NamedTuple

from core import phone_fast
from core.csv_text import MOST_COLUMNS, Row, clean_heading, unescape_cell
from core.errors import Invalid
from core.phone import is_country
from core.spellings import one_spelling
from core.words import shortened
from services import imports, settings
from services.campaigns import own_list_paste

MOST_ROWS = 500_000
MOST_PASTED = 500_000  # characters
LONGEST_CELL = 4_000  # characters; more is cut, and too long for any message all the same
MOST_KEPT = 300_000_000  # characters of all cells together
_MOST_GUESSES = 5_000  # wrong ones, each slow, before pasted text is only read where it is plainly right
BAD, REPEATED = "bad_number", "repeated"
_FOR_PATHS = str.maketrans({'"': "'", "\\": "/"})  # headings are keys in JSON


class Line(NamedTuple):
    """One row as it is kept. `cells` is JSON: heading to cell, empty cells left out."""

    number: int
    phone: str
    code: str
    problem: str
    cells: str


@dataclass(slots=True)
class Listed:
    """A list while it is read. The numbers are complete when `lines` is used up."""

    columns: list[str]
    phone_column: int
    country: str
    lines: Iterator[Line] = field(default_factory=lambda: iter(()))
    rows: int = 0
    bad: int = 0
    repeated: int = 0
    sheets: tuple[str, ...] = ()


def country_of(typed: str) -> str:
    """The country numbers without a plus are read under; ours when none is said. Raises Invalid."""
    code = (typed.strip() or settings.default_country()).upper()
    if not is_country(code):
        raise Invalid(f"“{shortened(typed)}” is not a country code such as GB", field="country")
    return code


@contextmanager
def read(file: BinaryIO | None, text: str, *, sheet: str, country: str, phone_column: int | str | None
         ) -> Iterator[Listed]:
    """The rows of a file, else of pasted text. Raises Invalid in words with the field file, pasted, sheet, country or
    phone_column."""
    if file is None and not own_list_paste.is_table(text):
        yield _pasted(text, country)
        return
    field = "file" if file else "pasted"
    _check_pasted(text if file is None else "-")
    with _beside(field), imports.opened(file or io.BytesIO(text.encode("utf-8", "replace")), sheet=sheet) as found:
        columns = headings(found.columns)
        place = _place(columns, found.phone_column, phone_column)
        listed = Listed(columns, place, country, sheets=found.sheets)
        listed.lines = _judged(listed, _with_cells(listed, found.body))
        yield listed


def again(listed: Listed, rows: Iterable[tuple[int, Mapping[str, str]]]) -> None:
    """Read kept rows once more, under another column or country."""
    listed.lines = _judged(listed, ((number, cells, "" if cells else "The row is empty") for number, cells in rows))


def headings(found: Sequence[str]) -> list[str]:
    """Names for columns that tell them apart: “Column 3” where there is none, “Name (2)” for the second of a name."""
    columns: list[str] = []
    for number, heading in enumerate(found, start=1):
        name = plain = clean_heading(heading.translate(_FOR_PATHS)) or f"Column {number}"
        times = 1
        while name in columns:
            times += 1
            name = f"{plain[:110]} ({times})"
        columns.append(name)
    return columns


def _pasted(text: str, country: str) -> Listed:
    """Numbers, with names where some stand beside them."""
    _check_pasted(text)
    pairs = list(own_list_paste.rows(text, _reader(country)))
    if len(pairs) > MOST_ROWS:
        raise Invalid(f"{MOST_ROWS:,} numbers are the most a list can have", field="pasted")
    has_names = any(name for _, name in pairs)
    columns = [own_list_paste.NUMBER, own_list_paste.NAME] if has_names else [own_list_paste.NUMBER]
    listed = Listed(columns, 0, country)
    listed.lines = _judged(listed, _with_cells(listed, ((place, list(pair)) for place, pair in enumerate(pairs, 1))))
    return listed


def _check_pasted(text: str) -> None:
    """Raise Invalid for nothing, and for more than a form should carry."""
    if not text.strip():
        raise Invalid("Paste numbers, or choose a file", field="pasted")
    if len(text) > MOST_PASTED:
        raise Invalid(f"Paste {MOST_PASTED:,} characters at most; bring more as a file", field="pasted")


@contextmanager
def _beside(field: str) -> Iterator[None]:
    """What is wrong with the file is said beside the field it came by."""
    try:
        yield
    except Invalid as error:
        error.field = field if error.field in ("", "file") else error.field
        raise


def _place(columns: Sequence[str], guessed: int, wanted: int | str | None) -> int:
    """The place of the column that holds the numbers. Raises Invalid."""
    if wanted is None or wanted == "":
        if guessed < 0:
            raise Invalid("Nothing in this file looks like phone numbers; it needs a column that holds them",
                          field="file")
        return guessed
    return place_of(columns, wanted)


def place_of(columns: Sequence[str], wanted: int | str) -> int:
    """The place of a column that is said by place or heading. Raises Invalid."""
    place = wanted if isinstance(wanted, int) else next(
        (place for place, name in enumerate(columns) if name.casefold() == wanted.strip().casefold()), -1)
    if not 0 <= place < max(len(columns), 1):
        raise Invalid(f"There is no column “{shortened(str(wanted))}” in this list", field="phone_column")
    return place


def _with_cells(listed: Listed, body: Iterable[Row]) -> Iterator[tuple[int, dict[str, str], str]]:
    """Each row with its cells by heading, and what is wrong with the row as a whole."""
    kept = 0
    for number, cells in body:
        if len(cells) > len(listed.columns):
            _widen(listed.columns, cells)
        found = {heading: _cell(text) for heading, text in zip(listed.columns, cells, strict=False) if text}
        kept += sum(map(len, found)) + sum(map(len, found.values()))
        if kept > MOST_KEPT:
            raise Invalid(f"Up to row {number:,} this list holds more text than we keep; leave out the columns you do not "
                          "need", field="file")
        yield number, found, "" if cells else "The row is empty"


def _widen(columns: list[str], cells: Sequence[str]) -> None:
    """Name the columns behind the last heading that hold something."""
    last = max((place for place, text in enumerate(cells[:MOST_COLUMNS]) if text.strip()), default=-1)
    for number in range(len(columns) + 1, last + 2):
        columns.append(headings([*columns, f"Column {number}"])[-1])


def _cell(text: str) -> str:
    """A cell as it came, without what our own export put in front, cut where it is absurdly long."""
    if text[0] == "'":
        text = unescape_cell(text)
    text = text.replace("\0", "")
    return text if len(text) <= LONGEST_CELL else f"{text[:LONGEST_CELL - 1]}…"


def _judged(listed: Listed, rows: Iterable[tuple[int, Mapping[str, str], str]]) -> Iterator[Line]:
    """Each row with its number or the reason it has none. Raises Invalid when there are no rows, or too many."""
    first: dict[int, int] = {}
    for number, cells, wrong in rows:
        listed.rows += 1
        if listed.rows > MOST_ROWS:
            raise Invalid(f"This list has more than {MOST_ROWS:,} rows; make two campaigns of it", field="file")
        heading = listed.columns[listed.phone_column] if listed.phone_column < len(listed.columns) else ""
        phone, problem = ("", wrong) if wrong else _number_of(cells.get(heading, ""), listed.country)
        code = BAD if problem else ""
        if phone and (before := first.setdefault(int(one_spelling(phone)[1:]), number)) != number:
            code, problem = REPEATED, f"The same number as row {before:,}"
        listed.bad += code == BAD
        listed.repeated += code == REPEATED
        yield Line(number, phone, code, problem, json.dumps(cells, ensure_ascii=False))
    if not listed.rows:
        raise Invalid("This file has headings but no people below them", field="file")


def _reader(country: str) -> Callable[[str], bool]:
    """Tells numbers from other digits. After many thousand guesses that were none, only plain spellings count."""
    left = [_MOST_GUESSES]

    def reads(typed: str) -> bool:
        if phone_fast.sure(typed, country):
            return True
        if left[0] and _number_of(typed, country)[0]:
            return True
        left[0] = max(0, left[0] - 1)
        return False

    return reads


def _number_of(text: str, country: str) -> tuple[str, str]:
    """The number in E.164, or nothing and the reason in words."""
    try:
        return (phone_fast.sure(text, country) or phone_fast.parse(text, country))[0], ""
    except Invalid as error:
        return "", error.message
