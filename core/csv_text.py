"""CSV as people have it: delimiters, headings, rows with the numbers a spreadsheet shows, cells that stay text."""

import csv
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, islice

from core.errors import Invalid
from core.text_encoding import decode, encoding_of

__all__ = ["DELIMITERS", "FAILED", "Heading", "Row", "clean_heading", "columns_of", "decode", "delimiter_of", "encoding_of",
           "escape_cell", "heading_of", "rows_of", "unescape_cell"]

DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "vertical bar"}
MOST_COLUMNS = 1_000
MOST_ROWS = 2_000_000
_MOST_TITLES = 5  # lines of words above the headings
LONGEST_CELL = 2_000_000  # characters; longer means a quotation mark that is never closed
_END = "\ufdd0"  # no letter of any script
_SEP = re.compile(r'^"?sep=(.)"?\r?\n?$', re.IGNORECASE)
_INVISIBLE = re.compile("[\u0000-\u001f\u007f-\u009f\u00ad\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
_SPACES = re.compile(r"\s+")
FAILED = frozenset("#N/A #REF! #VALUE! #NAME? #DIV/0! #NULL! #NUM!".split())  # what a formula shows that has no value
_FORMULA = re.compile("'*[=+\\-@\t\r\n\0＝＋－＠]")
_PLAIN_NUMBER = re.compile(r"\+[0-9]+")

csv.field_size_limit(LONGEST_CELL)


@dataclass(frozen=True, slots=True)
class Heading:
    """The line that names the columns, and where it stands."""

    number: int  # row number as the spreadsheet shows it
    columns: list[str]


Row = tuple[int, list[str]]  # number as the spreadsheet shows it; cells as they are. No cell at all: an empty row


def delimiter_of(text: str) -> str:
    """The delimiter by which the first lines have the most even columns; a comma when there is one column only.

    A first line `sep=;`, as Excel writes it, decides.
    """
    lines = text.splitlines(keepends=True)
    if lines and (said := _SEP.match(lines[0])):
        return said[1]
    if lines and len(lines) > 1 and not lines[-1].endswith(("\n", "\r")):
        lines.pop()  # the sample may end in the middle of a line
    scores = {delimiter: _evenness(lines, delimiter) for delimiter in DELIMITERS}
    best = max(scores, key=lambda delimiter: scores[delimiter])
    return best if scores[best][1] > 1 else ","


def _evenness(lines: list[str], delimiter: str) -> tuple[float, int]:
    """The share of rows that are as wide as the heading, and its width; nothing when the heading is one column.

    Titles above the heading count as rows that are not as wide.
    """
    try:
        rows = [row for row in islice(csv.reader(lines, delimiter=delimiter), 200) if any(map(str.strip, row))]
    except csv.Error:
        return 0.0, 0
    heading = next((place for place, row in enumerate(rows[:_MOST_TITLES + 1]) if len(row) > 1), None)
    if heading is None:
        return 0.0, 0
    width, body = len(rows[heading]), rows[:heading] + rows[heading + 1:] or rows
    if all(len(row) < 2 for row in body):  # the sign stands in the heading only
        return 0.0, 0
    return round(sum(len(row) == width for row in body) / len(body), 1), width


def heading_of(rows: Iterator[Row]) -> Heading:
    """The first row with something in it, cleaned; empty columns at its end are dropped.

    Raises Invalid when there is none or it has too many columns.
    """
    for number, cells in rows:
        columns = columns_of(cells)
        if len(columns) > MOST_COLUMNS:
            raise Invalid(f"This file has {len(columns):,} columns; {MOST_COLUMNS:,} are the most we read", field="file")
        if columns:
            return Heading(number, columns)
    raise Invalid("This file is empty", field="file")


def columns_of(cells: list[str]) -> list[str]:
    """The names in a row of headings, cleaned; empty ones at its end are dropped."""
    columns = [clean_heading(cell) for cell in cells]
    while columns and not columns[-1]:
        columns.pop()
    return columns


def clean_heading(text: str) -> str:
    """A heading without invisible characters and needless spaces, 120 characters at most."""
    return _SPACES.sub(" ", _INVISIBLE.sub(" ", text[:1000].lstrip("\ufeff"))).strip()[:120]


def rows_of(lines: Iterable[str], delimiter: str) -> Iterator[Row]:
    """Every row with its number as the spreadsheet shows it; a quoted line break does not count.

    A row without any content between others comes as one without cells; at the end of the file it is no row.
    A `sep=` line is not counted, and a cell that holds nothing but the error of a formula is empty. Raises Invalid, naming
    the row, for a cell that never ends: it would swallow people.
    """
    lines = iter(lines)
    first = next(lines, None)
    if first is None:
        return
    if not _SEP.match(first.lstrip("\ufeff")):
        lines = chain((first.lstrip("\ufeff"),), lines)
    number = held = 0
    over: list[bool] = []
    reader = csv.reader(chain(lines, _end(over)), delimiter=delimiter)
    while True:
        try:
            for cells in reader:
                if over:
                    _check_closed(cells, number + 1)
                    return
                number += 1
                if not FAILED.isdisjoint(cells):
                    cells = ["" if cell in FAILED else cell for cell in cells]
                if not (cells and cells[0].strip()) and not "".join(cells).strip():
                    held += 1
                    continue
                if held:
                    yield from ((empty, []) for empty in range(number - held, number))
                    held = 0
                yield number, cells
            return
        except csv.Error:
            raise Invalid(f"Row {number + 1:,}: a cell is longer than {LONGEST_CELL:,} characters; a quotation mark is "
                          "probably never closed", field="file") from None


def _end(over: list[bool]) -> Iterator[str]:
    """One line after the last, which tells whether the cell before it was closed; `over` is filled when it is read."""
    over.append(True)
    yield _END


def _check_closed(cells: list[str], number: int) -> None:
    """Raise Invalid when the line after the last became part of a row."""
    if cells != [_END]:
        raise Invalid(f"Row {number:,}: a quotation mark is never closed, so that all rows after it would be one cell; close "
                      "it or take it out", field="file")


def escape_cell(text: str) -> str:
    """A cell no spreadsheet takes for a formula: an apostrophe in front of what could be one, or the error of one.

    Phone numbers (a plus and digits alone) stay as they are. `unescape_cell` gives back exactly the same text.
    """
    if (_FORMULA.match(text) and not _PLAIN_NUMBER.fullmatch(text)) or text.lstrip("'") in FAILED:
        return f"'{text}"
    return text


def unescape_cell(text: str) -> str:
    """The cell without the apostrophe that `escape_cell` put there, and without any other change."""
    if text.startswith("'") and escape_cell(text[1:]) == text:
        return text[1:]
    return text
