"""What a sheet says of its cells beside what stands in them: which rows and columns it hides, which cells it merges."""

import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from core.csv_text import MOST_COLUMNS
from core.errors import Invalid

MOST_MERGED = 100_000
_CHUNK, _OVERLAP = 1 << 18, 512  # a tag that is cut in two is found with the chunk after it
_IS_HIDDEN = rb"\bhidden=\"(?:1|true)\""
_ROW = re.compile(rb"<(?:\w+:)?row\b[^>]*?\br=\"(\d+)\"[^>]*?" + _IS_HIDDEN + rb"[^>]*>|"
                  rb"<(?:\w+:)?row\b[^>]*?" + _IS_HIDDEN + rb"[^>]*?\br=\"(\d+)\"[^>]*>")
_COLUMN = re.compile(rb"<(?:\w+:)?col\b[^>]*>")
_EDGE = re.compile(rb"\b(min|max)=\"(\d{1,5})\"")
_MERGED = re.compile(rb"<(?:\w+:)?mergeCell\b[^>]*?\bref=\"([A-Z]{1,3})(\d{1,7}):[A-Z]{1,3}(\d{1,7})\"")


@dataclass(slots=True)
class Marks:
    """What was found. Columns are counted from 0, rows as the sheet shows them."""

    rows: set[int] = field(default_factory=set)
    columns: set[int] = field(default_factory=set)
    merged: dict[tuple[int, int], int] = field(default_factory=dict)  # first row and column → last row

    def shown(self, texts: list[str]) -> list[str]:
        """A row without the cells of hidden columns."""
        return [text for place, text in enumerate(texts) if place not in self.columns] if self.columns else texts


class Filling:
    """Gives the rows of cells that are merged downwards what stands in the first of them; sideways they stay empty."""

    def __init__(self, merged: dict[tuple[int, int], int]) -> None:
        self._starts: dict[int, list[tuple[int, int]]] = {}
        for (row, column), last in merged.items():
            self._starts.setdefault(row, []).append((column, last))
        self._open: dict[int, tuple[int, str]] = {}  # column → last row, and what stands there

    def fill(self, number: int, texts: list[str]) -> None:
        """Fill the gaps of this row, in place. A row in which nothing stands stays empty."""
        for column, (last, text) in list(self._open.items()):
            if number > last:
                del self._open[column]
            elif texts and text:
                texts.extend([""] * (column + 1 - len(texts)))
                texts[column] = texts[column] or text
        for column, last in self._starts.pop(number, ()):
            self._open[column] = (last, texts[column] if column < len(texts) else "")


def marks_of(path: Path, page: Any) -> Marks:
    """Read them from the sheet's own part of the file. Raises Invalid for more merged cells than a list has."""
    found = Marks()
    for chunk in _chunks(path, str(getattr(page, "_worksheet_path", "")).lstrip("/")):
        found.rows.update(int(one or other) for one, other in _ROW.findall(chunk))
        for tag in _COLUMN.findall(chunk):
            if re.search(_IS_HIDDEN, tag):
                edges = {name: int(number) for name, number in _EDGE.findall(tag)}
                found.columns.update(range(edges.get(b"min", 1) - 1, min(edges.get(b"max", 0), MOST_COLUMNS + 1)))
        if b"mergeCell" in chunk:
            found.merged.update(((int(row), place), int(last)) for letters, row, last in _MERGED.findall(chunk)
                                if last != row and (place := _place(letters)) <= MOST_COLUMNS)
        if len(found.merged) > MOST_MERGED:
            raise Invalid(f"This sheet has more than {MOST_MERGED:,} merged cells; save it as CSV UTF-8 and bring that file",
                          field="file")
    return found


def _chunks(path: Path, name: str) -> Iterator[bytes]:
    """A part of the file, piece by piece; each begins with the end of the one before. None where there is no such part."""
    rest = b""
    with zipfile.ZipFile(path) as packed:
        if name in packed.namelist():
            with packed.open(name) as stream:
                while read := stream.read(_CHUNK):
                    chunk = rest + read
                    yield chunk
                    rest = chunk[-_OVERLAP:]


def _place(letters: bytes) -> int:
    """The place of a column by its letters: A is 0, AA is 26."""
    place = 0
    for letter in letters:
        place = place * 26 + letter - 64
    return place - 1
