"""Who came earlier in the same file: a small file beside it, so that memory does not grow with the rows."""

import json
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from core.spellings import one_spelling
from services.imports.rows import BadRow, GoodRow

FAILED, SKIPPED = "failed", "skipped"


@dataclass(frozen=True, slots=True)
class Problem:
    """A row that needs attention, with its reason in words."""

    number: int
    outcome: str  # failed | skipped
    reason: str
    cells: list[str]
    columns: tuple[int, ...] = ()  # which cells are at fault
    each: tuple[tuple[int, str], ...] = ()  # column (-1: the whole row) and reason, one by one
    known_by: str = ""  # of somebody who comes twice


class Seen:
    """The phones of a file, in one spelling each, and the row each came first in. Adding a row again changes nothing."""

    def __init__(self, path: Path | None) -> None:
        """Kept in memory without a path."""
        self._db = sqlite3.connect(path or ":memory:", isolation_level=None)
        for line in ("PRAGMA journal_mode=OFF" if path is None else "PRAGMA journal_mode=WAL",
                     "PRAGMA synchronous=OFF", "PRAGMA cache_size=-8000",
                     "CREATE TABLE IF NOT EXISTS seen (phone INTEGER PRIMARY KEY, row INTEGER NOT NULL)",
                     "CREATE TABLE IF NOT EXISTS marked (mark TEXT PRIMARY KEY, row INTEGER NOT NULL) WITHOUT ROWID",
                     "CREATE TABLE IF NOT EXISTS done (rows INTEGER NOT NULL)"):
            self._db.execute(line)

    def rows_done(self) -> int:
        """How many rows of the file are in here."""
        return int(self._db.execute("SELECT coalesce(max(rows), 0) FROM done").fetchone()[0])

    def longest_sequence(self) -> int:
        """How many numbers follow each other at most, each one more than the last."""
        longest = run = last = 0
        for phone, in self._db.execute("SELECT phone FROM seen ORDER BY phone"):
            run = run + 1 if phone == last + 1 else 1
            longest, last = max(longest, run), phone
        return longest

    def first_rows(self, rows: Sequence[GoodRow], *, rows_done: int) -> dict[int, int]:
        """Note these rows; for those whose phone came before, row number to the number of the first."""
        pairs = [(int(one_spelling(row.person.phone)[1:]), row.number) for row in rows if row.person.phone]
        marks = [(row.person.mark, row.number) for row in rows if not row.person.phone]
        self._db.execute("BEGIN")
        self._db.executemany("INSERT OR IGNORE INTO marked VALUES (?, ?)", marks)
        added = self._db.executemany("INSERT OR IGNORE INTO seen VALUES (?, ?)", sorted(pairs)).rowcount
        self._db.execute("DELETE FROM done")
        self._db.execute("INSERT INTO done VALUES (?)", (rows_done,))
        self._db.execute("COMMIT")
        repeats = self._first_marked(marks)
        if added == len(pairs):
            return repeats
        found = self._db.execute("SELECT s.phone, s.row FROM json_each(?) AS wanted CROSS JOIN seen AS s "
                                 "ON s.phone = wanted.value", (json.dumps([phone for phone, _ in pairs]),))
        firsts = dict(found.fetchall())
        return repeats | {number: firsts[phone] for phone, number in pairs if firsts[phone] != number}

    def _first_marked(self, marks: list[tuple[str, int]]) -> dict[int, int]:
        """The same for people without a phone."""
        if not marks:
            return {}
        firsts = dict(self._db.execute("SELECT m.mark, m.row FROM json_each(?) AS wanted CROSS JOIN marked AS m "
                                       "ON m.mark = wanted.value", (json.dumps([mark for mark, _ in marks]),)).fetchall())
        return {number: firsts[mark] for mark, number in marks if firsts[mark] != number}

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()


def open_beside(path: Path, *, rows_done: int) -> Seen:
    """What was noted of a file. When that is lost, or `rows_done` is 0, it begins empty: ask `rows_done()`."""
    place = path.with_suffix(".seen")
    if rows_done:
        try:
            seen = Seen(place)
            if seen.rows_done() >= rows_done:
                return seen
            seen.close()
        except sqlite3.Error:
            pass  # damaged by a power cut: begin again
    for one in place.parent.glob(f"{place.name}*"):
        one.unlink(missing_ok=True)
    return Seen(place)


def sift(rows: Iterable[GoodRow | BadRow], seen: Seen, *, rows_done: int) -> tuple[list[GoodRow], list[Problem]]:
    """People to bring in, each once; and the rows that cannot be read or repeat somebody of this file."""
    rows = list(rows)
    good = [row for row in rows if isinstance(row, GoodRow)]
    problems = [_failed(row) for row in rows if isinstance(row, BadRow)]
    if repeats := seen.first_rows(good, rows_done=rows_done):
        problems += [Problem(row.number, SKIPPED, f"The same {'number' if row.person.phone else 'person'} as row "
                             f"{repeats[row.number]:,}", row.cells, known_by=row.person.known_by)
                     for row in good if row.number in repeats]
        good = [row for row in good if row.number not in repeats]
    return good, sorted(problems, key=lambda problem: problem.number)


def _failed(row: BadRow) -> Problem:
    """A row that cannot be read."""
    return Problem(row.number, FAILED, "; ".join(reason.text for reason in row.reasons), row.cells,
                   tuple(reason.column for reason in row.reasons if reason.column >= 0),
                   tuple((reason.column, reason.text) for reason in row.reasons))

