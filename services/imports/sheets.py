"""Spreadsheet files (.xlsx): checked before they are opened, then one sheet written down as rows of text.

The rows are kept as CSV with the number the spreadsheet shows in front, so that everything after this reads one kind
of file. Hidden sheets are not offered, hidden rows and columns are left out, merged cells are filled downwards; a formula
counts as the value it had when saved, and as nothing when that was an error, as it does in CSV.
"""

import csv
import re
import warnings
import zipfile
from collections.abc import Callable, Iterator
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

from core.csv_text import FAILED, MOST_COLUMNS
from core.errors import Invalid
from services.imports.sheet_marks import Filling, marks_of

ENCODING = "xlsx"  # what an import says of a file that was written down from a sheet
SLOW = 5_000_000  # bytes of all parts; more is read in the background
MOST_UNPACKED = 150_000_000  # bytes of all parts together
_MOST_STRINGS = 40_000_000  # bytes of the part that is held in memory
_MOST_RATIO = 150  # a part that packs better than this is no list of people
_MOST_SHEETS = 50
_GAP = 1_000  # more empty rows in a row are no rows
_ROOT = re.compile(rb"<[A-Za-z_]")
_ZEROS = re.compile(r"0{2,20}")
_BROKEN = ("This is a compressed file, or a damaged spreadsheet file (.xlsx); save your list again as .xlsx or as CSV and "
           "bring that")
_COMPRESSED = "This is a compressed file; take the list out of it first"
_OPEN_DOCUMENT = "This is an OpenDocument file (.ods, .odt); save your list as .xlsx or as CSV and bring that file"


class Lost(Exception):
    """Whoever asked for the rows does not want them any more."""


def is_zip(head: bytes) -> bool:
    """Whether a file begins as packed files do."""
    return head.startswith(b"PK\x03\x04")


def check(path: Path) -> None:
    """Refuse, from the directory of the packed file and the first lines of its parts, what is no honest spreadsheet.

    Raises Invalid in words: bombs, XML that defines words of its own, other packed files. Nothing is unpacked whole.
    """
    try:
        with zipfile.ZipFile(path) as packed:
            parts = packed.infolist()
            names = {part.filename for part in parts}
            if "[Content_Types].xml" not in names or not any(name.startswith("xl/") for name in names):
                raise Invalid(_OPEN_DOCUMENT if {"mimetype", "content.xml"} <= names else _COMPRESSED, field="file")
            _check_sizes(parts)
            for part in parts:
                if part.filename.endswith((".xml", ".rels")):
                    with packed.open(part) as stream:
                        _check_beginning(stream)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, EOFError, ValueError):
        raise Invalid(_BROKEN, field="file") from None


def _check_sizes(parts: list[zipfile.ZipInfo]) -> None:
    """Raise Invalid when the parts would unpack to more than we read."""
    if sum(part.file_size for part in parts) > MOST_UNPACKED or any(
            part.file_size > 1_000_000 and part.file_size > _MOST_RATIO * max(part.compress_size, 1) for part in parts):
        raise Invalid("This spreadsheet unpacks to far more than a list of people; save it as CSV UTF-8 and bring that "
                      "file", field="file")
    if any(part.filename.endswith("sharedStrings.xml") and part.file_size > _MOST_STRINGS for part in parts):
        raise Invalid("This spreadsheet holds too much text to be read at once; save it as CSV UTF-8 and bring that file",
                      field="file")


def _check_beginning(stream: Any) -> None:
    """Raise Invalid for XML that defines words of its own, which can grow without end or ask for other files."""
    seen = b""
    while len(seen) < 1_000_000 and (chunk := stream.read(4096)):
        seen += chunk
        if b"<!" in seen.replace(b"<!--", b"") or b"\0" in seen:
            raise Invalid("This spreadsheet file holds instructions instead of a list; save it as CSV UTF-8 and bring that "
                          "file", field="file")
        if _ROOT.search(seen):
            return


def is_slow(path: Path) -> bool:
    """Whether reading this spreadsheet takes longer than a person waits for a page. Raises Invalid as `check` does."""
    return unpacked_size(path) > SLOW


def unpacked_size(path: Path) -> int:
    """How many bytes all parts of a spreadsheet file have together. Raises Invalid as `check` does."""
    check(path)
    with zipfile.ZipFile(path) as packed:
        return sum(part.file_size for part in packed.infolist())


def names_of(path: Path) -> list[str]:
    """The sheets a person sees, in order. Raises Invalid when there is none."""
    with _Book(path) as book:
        names = [sheet.title for sheet in book.worksheets if sheet.sheet_state == "visible"]
    if not names:
        raise Invalid("This spreadsheet file has no sheet with rows", field="file")
    return names[:_MOST_SHEETS]


def write_down(path: Path, sheet: str, target: Path, tell: Callable[[int], None] = lambda rows: None) -> None:
    """Write the rows of one sheet as CSV, each with its number in front; `tell` hears how far it is. Raises Invalid."""
    with _Book(path) as book, open(target, "w", encoding="utf-8", newline="") as out:
        if sheet not in book.sheetnames:
            raise Invalid("There is no such sheet in this file", field="sheet")
        page = book[sheet]
        marks = marks_of(path, page)
        filling = Filling(marks.merged)
        writer, empty = csv.writer(out), []
        for number, cells in enumerate(page.iter_rows(max_col=MOST_COLUMNS + 1), start=page.min_row or 1):
            if number % 2_000 == 0:
                tell(number)
            texts = _without_end([_text(cell) for cell in cells])
            filling.fill(number, texts)
            if number in marks.rows:
                continue
            texts = _without_end(marks.shown(texts))
            if not texts:
                empty.append([number])
                continue
            if len(empty) <= _GAP:
                writer.writerows(empty)
            empty = []
            writer.writerow([number, *texts])


def _without_end(texts: list[str]) -> list[str]:
    """The cells without empty ones at their end."""
    while texts and not texts[-1]:
        texts.pop()
    return texts


def read_back(lines: Iterator[list[str]]) -> Iterator[tuple[int, list[str]]]:
    """Rows as `write_down` wrote them."""
    return ((int(row[0]), row[1:]) for row in lines)


class _Book:
    """The book while it is read; whatever is wrong with it becomes a sentence."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> Any:
        import openpyxl  # type: ignore[import-untyped]  # large, and only who brings a sheet needs it

        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                self._book = openpyxl.load_workbook(self._path, read_only=True, data_only=True, keep_links=False)
        except Exception:  # the library raises whatever its parts raise
            raise Invalid(_BROKEN, field="file") from None
        return self._book

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        self._book.close()
        if isinstance(error, Exception) and not isinstance(error, Invalid | Lost):
            raise Invalid(_BROKEN, field="file") from None


def _text(cell: Any) -> str:
    """A cell as the sheet shows it, but with all its digits."""
    value = cell.value
    if value is None or cell.data_type == "e":
        return ""
    if isinstance(value, str):
        return "" if value in FAILED else value
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(" ", "minutes")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, float) and not value.is_integer():
        return format(value, ".15g")
    digits = str(int(value)) if isinstance(value, int | float) else str(value)
    shown = cell.number_format or ""
    return digits.zfill(len(shown)) if _ZEROS.fullmatch(shown) and digits.isdigit() else digits
