"""A file with columns of its own, opened for another subject: read as imports read theirs, and not kept."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain, islice
from typing import BinaryIO

from core import csv_text
from core.errors import Invalid
from services.imports import fields, files, sheets

MOST_UNPACKED = 12_000_000  # bytes of all parts of a spreadsheet that is read while somebody waits
_LOOKED_AT = 50  # first rows the column of the numbers is told by


@dataclass(frozen=True, slots=True)
class Opened:
    """What a file holds. `columns` is empty when its first row is a person already."""

    columns: list[str]
    phone_column: int  # where the numbers seem to be; -1 when nothing looks like them
    body: Iterator[csv_text.Row]
    sheets: tuple[str, ...] = ()  # of a spreadsheet file


@contextmanager
def opened(stream: BinaryIO, *, sheet: str = "") -> Iterator[Opened]:
    """Read a CSV, TSV or spreadsheet file: letters, delimiter, headings and the column of the numbers are found out.

    `sheet` is the name of one, the first is taken when it is empty. The file is gone when the block ends.
    Raises Invalid in words for what cannot be read, with the field file or sheet.
    """
    stored_name, _, _ = files.keep(stream)
    try:
        _check_size(stored_name)
        encoding, delimiter, names = files.way_of(stored_name, sheet)
        heading_row = files.likely_heading(stored_name, encoding, delimiter)
        with files.raw_rows(stored_name, encoding, delimiter) as every:
            yield _opened((row for row in every if row[0] >= heading_row), tuple(names))
    finally:
        files.forget(stored_name)


def _check_size(stored_name: str) -> None:
    """Raise Invalid for a spreadsheet file that takes longer to read than a person waits."""
    path = files.path_of(stored_name)
    with open(path, "rb") as file:
        is_packed = sheets.is_zip(file.read(4))
    if is_packed and sheets.unpacked_size(path) > MOST_UNPACKED:
        raise Invalid("This spreadsheet is too large to be read at once; save it as CSV UTF-8 and bring that file",
                      field="file")


def _opened(rows: Iterator[csv_text.Row], names: tuple[str, ...]) -> Opened:
    """The headings, where there are any, and the rows below them."""
    number, cells = next((row for row in rows if row[1]), (0, []))
    heading = csv_text.heading_of(iter([(number, cells)]) if number else iter(()))
    if any(map(fields.looks_like_phone, heading.columns)):
        rows, heading = chain([(number, cells)], rows), csv_text.Heading(0, [])
    first = list(islice(rows, _LOOKED_AT))
    return Opened(heading.columns, phone_column(heading.columns, [row for _, row in first]), chain(first, rows), names)


def phone_column(columns: Sequence[str], samples: Sequence[Sequence[str]]) -> int:
    """Where the numbers are, told by the headings, then by the first rows; -1 when nothing looks like them."""
    width = max([len(columns), *map(len, samples)], default=0)
    headings = [*columns, *[""] * (width - len(columns))]
    guessed = fields.guess_mapping(headings, samples)
    if found := [int(number) for number, target in guessed.items() if target == "phone"]:
        return found[0]
    likely = [sum(len(row) > place and sum(map(str.isdigit, row[place][:80])) >= 7 for row in samples)
              for place in range(width)]
    return likely.index(max(likely)) if any(likely) else -1
