"""The file itself: kept under a name of our own below instance/uploads, read line by line."""

import csv
import hashlib
import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

from core import csv_text
from core.errors import Invalid
from services import settings
from services.imports import fields, memory, sheets

_CHUNK = 1024 * 1024
_MOST_BYTES = 1024**3
_SAMPLE_CHARACTERS = 64 * 1024
_SAMPLE_ROWS = 50
_LOOKED_AT = 20  # rows among which the headings are looked for


@dataclass(frozen=True, slots=True)
class Shape:
    """How a file is to be read, and what it holds."""

    encoding: str
    delimiter: str
    heading: csv_text.Heading
    total_rows: int
    samples: list[list[str]]  # the first rows
    heading_row: int = 0  # where the headings stand, when not in the first row
    sheets: tuple[str, ...] = ()  # of a spreadsheet file; the first one was read


def path_of(stored_name: str) -> Path:
    """Where a kept file lies."""
    return Path(settings.start_up().instance) / "uploads" / stored_name


def keep(stream: BinaryIO) -> tuple[str, int, str]:
    """Store the bytes. Returns (generated name, size, SHA-256). Raises Invalid for more than a gigabyte."""
    name = f"{secrets.token_hex(16)}.csv"
    path = path_of(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    digest, size = hashlib.sha256(), 0
    with open(path, "xb") as file:
        while chunk := stream.read(_CHUNK):
            digest.update(chunk)
            size += file.write(chunk)
            if size > _MOST_BYTES:
                forget(name)
                raise Invalid("This file is larger than a gigabyte; bring it in parts", field="file")
    return name, size, digest.hexdigest()


def forget(stored_name: str) -> None:
    """Remove a kept file and what was noted beside it."""
    path = path_of(stored_name)
    for one in path.parent.glob(f"{path.stem}.*"):
        one.unlink(missing_ok=True)


def is_slow(stored_name: str) -> bool:
    """Whether this is a spreadsheet file that takes long to read. Raises Invalid in words."""
    path = path_of(stored_name)
    with open(path, "rb") as file:
        if not sheets.is_zip(file.read(4)):
            return False
    return sheets.is_slow(path)


def is_slow_book(stored_name: str) -> bool:
    """The same of the spreadsheet that was put aside."""
    book = path_of(stored_name).with_suffix(".xlsx")
    return book.exists() and sheets.is_slow(book)


def shape_of(stored_name: str, sheet: str = "", tell: Callable[[int], None] = lambda rows: None) -> Shape:
    """Read the whole file once: encoding, delimiter, headings, how many rows. Raises Invalid in words.

    Of a spreadsheet file, `sheet` or the first one is written down beside it and read from then on.
    """
    encoding, delimiter, names = way_of(stored_name, sheet, tell)
    return measure(stored_name, encoding, delimiter, likely_heading(stored_name, encoding, delimiter), tuple(names))


def way_of(stored_name: str, sheet: str = "", tell: Callable[[int], None] = lambda rows: None
           ) -> tuple[str, str, list[str]]:
    """Encoding, delimiter and the sheets of a spreadsheet file, which is written down. Raises Invalid in words."""
    if names := _sheets_of(stored_name):
        book = path_of(stored_name).with_suffix(".xlsx")
        sheets.write_down(book, sheet or names[0], path_of(stored_name), tell)
        return sheets.ENCODING, ",", names
    encoding = csv_text.encoding_of(_chunks(path_of(stored_name)))
    with open(path_of(stored_name), encoding=encoding, newline="") as file:
        return encoding, csv_text.delimiter_of(file.read(_SAMPLE_CHARACTERS)), []


def measure(stored_name: str, encoding: str, delimiter: str, heading_row: int, names: tuple[str, ...] = ()) -> Shape:
    """Headings, first rows and their number, read in this way. Raises Invalid when there is nobody in it."""
    with rows(stored_name, encoding, delimiter, heading_row) as (heading, body):
        samples: list[list[str]] = []
        total = 0
        for _, cells in body:
            total += 1
            if total <= _SAMPLE_ROWS:
                samples.append(cells)
            if total > csv_text.MOST_ROWS:
                raise Invalid(f"This file has more than {csv_text.MOST_ROWS:,} rows; bring it in parts", field="file")
    if not total:
        raise Invalid("This file has headings but no people below them", field="file")
    return Shape(encoding, delimiter, heading, total, samples, heading_row, names)


def _sheets_of(stored_name: str) -> list[str]:
    """The sheets of a spreadsheet file, which is put aside as .xlsx; none for text. Raises Invalid."""
    path = path_of(stored_name)
    book = path.with_suffix(".xlsx")
    if not book.exists():
        with open(path, "rb") as file:
            if not sheets.is_zip(file.read(4)):
                return []
        sheets.check(path)
        path.rename(book)
    return sheets.names_of(book)


def likely_heading(stored_name: str, encoding: str, delimiter: str) -> int:
    """The row that named the columns of such a file before, else the one whose cells are most like headings."""
    with raw_rows(stored_name, encoding, delimiter) as every:
        first = list(islice(every, _LOOKED_AT))
    return memory.known_heading(first) or fields.likely_heading(first)


@contextmanager
def rows(stored_name: str, encoding: str, delimiter: str, heading_row: int = 0,
         corrections: Mapping[str, Mapping[str, str]] | None = None
         ) -> Iterator[tuple[csv_text.Heading, Iterator[csv_text.Row]]]:
    """The heading of a kept file, and the rows below it, mended. Raises Invalid when it is gone or not readable."""
    with raw_rows(stored_name, encoding, delimiter) as every:
        below = (row for row in every if row[0] >= heading_row) if heading_row else every
        heading = csv_text.heading_of(below)
        if heading_row and heading.number != heading_row:
            raise Invalid(f"Row {heading_row:,} is empty; choose the row that names the columns", field="heading_row")
        yield heading, _mended(below, corrections) if corrections else below


@contextmanager
def rows_for(row: Any) -> Iterator[tuple[csv_text.Heading, Iterator[csv_text.Row]]]:
    """The same for an import, read as was chosen."""
    with rows(row.stored_name, row.encoding, row.delimiter, row.heading_row, row.corrections) as found:
        yield found


@contextmanager
def raw_rows(stored_name: str, encoding: str, delimiter: str) -> Iterator[Iterator[csv_text.Row]]:
    """Every row of a kept file with its number, headings and all."""
    is_sheet = encoding == sheets.ENCODING
    try:
        with open(path_of(stored_name), encoding="utf-8" if is_sheet else encoding, newline="") as file:
            yield sheets.read_back(csv.reader(file)) if is_sheet else csv_text.rows_of(file, delimiter)
    except FileNotFoundError:
        raise Invalid("The file is no longer there; bring it again", field="file") from None
    except UnicodeError:
        raise Invalid("The file changed while it was read; bring it again", field="file") from None


def _mended(rows: Iterator[csv_text.Row], corrections: Mapping[str, Mapping[str, str]]) -> Iterator[csv_text.Row]:
    """The rows with cells that a person corrected."""
    for number, cells in rows:
        if change := corrections.get(str(number)):
            last = max(map(int, change))
            cells = [*cells, *[""] * (last + 1 - len(cells))]
            for column, text in change.items():
                cells[int(column)] = text
        yield number, cells


def samples(row: Any, count: int = 5) -> list[list[str]]:
    """The first rows of an import, for the page where columns are chosen."""
    with rows_for(row) as (_, body):
        return [cells for (_, cells), _ in zip(body, range(count), strict=False)]


def first_values(row: Any, count: int = 3, rows: int = 500) -> list[list[str]]:
    """The first cells with something in them, column by column, of the first rows of an import."""
    found: list[list[str]] = [[] for _ in row.columns]
    with rows_for(row) as (_, body):
        for _, cells in islice(body, rows):
            for kept, cell in zip(found, cells, strict=False):
                if len(kept) < count and cell.strip():
                    kept.append(cell)
            if all(len(kept) == count for kept in found):
                break
    return found


def _chunks(path: Path) -> Iterator[bytes]:
    with open(path, "rb") as file:
        while chunk := file.read(_CHUNK):
            yield chunk
