"""What a check found: counts of rows, and the rows themselves as far as a person looks."""

from dataclasses import asdict, dataclass, field, fields
from typing import Any

from services.imports.seen import FAILED, Problem

MOST_SHOWN = 500  # rows of each kind that are kept with a check
_LONGEST = 2_000  # characters of a cell beside a reason
_SEQUENCE = 250  # so many numbers, each one more than the last, were made up by a machine


@dataclass(frozen=True, slots=True)
class ChangeShown:
    """One old value and the new one, for a look before it happens."""

    number: int  # row
    name: str
    what: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class NewShown:
    """A row that adds somebody."""

    number: int
    cells: list[str]


@dataclass(frozen=True, slots=True)
class MendedShown:
    """A row that a person corrected and that can be read now: what each corrected cell was."""

    number: int
    cells: list[str]
    was: dict[str, str]  # column number to the text of the file


@dataclass(slots=True)
class Foreseen:
    """Counts of rows, and a first few hundred of each kind. `rows` is how many were looked at."""

    rows: int = 0
    is_whole: bool = True  # all rows of the file were looked at
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    skipped: int = 0
    failed: int = 0
    kept_out: int = 0  # the file says they agreed, but they withdrew earlier
    local_numbers: int = 0  # numbers without a country code, read under the chosen country
    ambiguous: int = 0  # of them: with a plus they would be numbers of another country
    ambiguous_rows: list[int] = field(default_factory=list)  # the first ones
    repeats: int = 0  # of the skipped: the same number again in this file
    empty: int = 0  # of the failed: rows without anything
    bad_numbers: int = 0  # of the failed: the phone number is at fault
    longest_sequence: int = 0  # numbers of which each is one more than the last
    problems: list[Problem] = field(default_factory=list)  # cannot be read
    left_out: list[Problem] = field(default_factory=list)  # skipped
    mended: list[MendedShown] = field(default_factory=list)
    changes: list[ChangeShown] = field(default_factory=list)
    new: list[NewShown] = field(default_factory=list)

    @property
    def to_write(self) -> int:
        """How many people would be added or changed."""
        return self.created + self.updated

    @property
    def looks_made_up(self) -> bool:
        """Whether many numbers follow each other, as in a bought or generated list."""
        return self.longest_sequence >= _SEQUENCE

    @property
    def has_many_bad(self) -> bool:
        """Whether three of ten numbers cannot be in use: the wrong column or country, or a poor list."""
        return self.bad_numbers >= 10 and self.bad_numbers >= 0.3 * (self.rows - self.empty)

    def note(self, problems: list[Problem]) -> None:
        """Count rows that will not come in, and keep the first ones."""
        for problem in problems:
            is_failed = problem.outcome == FAILED
            kept = self.problems if is_failed else self.left_out
            if is_failed:
                self.failed += 1
                self.empty += not problem.cells
            else:
                self.skipped += 1
            if len(kept) < MOST_SHOWN:
                kept.append(problem)

    def as_dict(self) -> dict[str, Any]:
        """For the database: no NUL, no cell longer than a page shows."""
        return {name: _storable(value) for name, value in asdict(self).items()}


def from_dict(raw: dict[str, Any]) -> Foreseen:
    """What was kept."""
    kept: dict[str, Any] = {part.name: raw[part.name] for part in fields(Foreseen) if part.name in raw}
    kept |= {"problems": [_problem(one) for one in raw["problems"]], "left_out": [_problem(one) for one in raw["left_out"]],
             "mended": [MendedShown(**one) for one in raw["mended"]],
             "changes": [ChangeShown(**one) for one in raw["changes"]],
             "new": [NewShown(**one) for one in raw.get("new", ())]}
    return Foreseen(**kept)


def _problem(raw: dict[str, Any]) -> Problem:
    return Problem(**raw | {"columns": tuple(raw["columns"]), "each": tuple(map(tuple, raw["each"]))})


def _storable(value: Any) -> Any:
    if isinstance(value, str):
        return value[:_LONGEST].replace("\0", "").encode("utf-8", "replace").decode()
    if isinstance(value, dict):
        return {key: _storable(inner) for key, inner in value.items()}
    return [_storable(inner) for inner in value] if isinstance(value, list | tuple) else value
