"""What would happen if this file came in now. Looks at everything and changes nothing of the people."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from itertools import islice
from typing import Any

from sqlalchemy import select, update

from core import clock, phone_fast
from core.background import Job, enqueue
from core.collector import held_back
from core.errors import Conflict
from core.states import ImportState
from models import Import, after_commit, db, transaction
from services import contacts
from services.imports import fields, files, memory, queries, sheets, start
from services.imports.foreseen import MOST_SHOWN, ChangeShown, Foreseen, MendedShown, NewShown, from_dict
from services.imports.rows import GoodRow
from services.imports.seen import SKIPPED, Problem, Seen, sift

AT_ONCE = 20_000  # rows that are counted while a person waits; more are counted in the background
SET = 5_000  # rows handled at once
_LEASE = timedelta(seconds=20)


Lost = sheets.Lost  # something else was chosen meanwhile, or another process checks


def check(*, import_id: int, whole: bool = True) -> Foreseen:
    """What would become of each row under the mapping and options kept; about a second for every 40,000.

    Looks at the first 20,000 rows only unless `whole`. Raises NotFound, Invalid.
    """
    row = queries.get_import(import_id)
    return _look(row, None if whole else AT_ONCE, lambda rows: None)


def is_large(row: Import) -> bool:
    """Whether the rows of this file are counted in the background."""
    return row.total_rows > AT_ONCE


def last_check(row: Import) -> Foreseen | None:
    """What the background found, if nothing was chosen since."""
    return from_dict(row.foreseen) if row.foreseen else None


def start_check(*, import_id: int) -> None:
    """Let all rows be counted in the background. Raises NotFound, Invalid, Conflict when the import has begun."""
    row = queries.get_import(import_id)
    fields.check_mapping(row.columns, row.mapping, start.custom_labels(), row.options.get("without_phone", ""))
    with transaction():
        won = db.session.execute(update(Import).where(Import.id == import_id, Import.state.in_(memory.OPEN)).values(
            memory.UNCHECKED | {"state": ImportState.CHECKING})).rowcount
        if not won:
            raise Conflict("This import has begun already")
        after_commit(lambda: enqueue(Job.RUN_IMPORTS))


def work(row: Import, token: str) -> None:
    """Count all rows of an import that was asked for, in the background. Raises Lost, Invalid."""
    mine = (Import.id == row.id, Import.lease_token == token, Import.state == ImportState.CHECKING)

    def tell(rows: int) -> None:
        _note(mine, rows_checked=rows, lease_until=clock.now() + _LEASE)

    if start.is_unread(row):
        try:
            _note(mine, **start.read_file(row, tell), **memory.UNCHECKED)
        except Lost:
            if not db.session.scalar(select(Import.id).where(Import.id == row.id)):
                files.forget(row.stored_name)  # it was thrown away meanwhile
            raise
        return
    found = _look(row, None, tell)
    _note(mine, foreseen=found.as_dict(), rows_checked=found.rows, state=ImportState.MAPPING, lease_token="",
          lease_until=None)


def _note(mine: tuple[Any, ...], **values: Any) -> None:
    with transaction():
        if not db.session.execute(update(Import).where(*mine).values(**values)).rowcount:
            raise Lost


def _look(row: Import, limit: int | None, tell: Callable[[int], None]) -> Foreseen:
    """Every row once, a set at a time."""
    labels = start.custom_labels()
    fields.check_mapping(row.columns, row.mapping, labels, row.options.get("without_phone", ""))
    plain = {name: getattr(row, name) for name in ("mapping", "options", "corrections", "total_rows")}
    reader, found, seen = start.reader_of(row), Foreseen(), Seen(None)
    with files.rows_for(row) as (_, body):
        for batch in sets_of(islice(body, limit), SET):
            found.rows += len(batch)
            with held_back():
                good, problems = sift([reader.read(number, cells) for number, cells in batch], seen, rows_done=found.rows)
                found.repeats += sum(problem.outcome == SKIPPED for problem in problems)
                _judge_numbers(plain, good, problems, found)
                found.note(problems + _foresee(plain["options"], good, found, labels))
            tell(found.rows)
    found.longest_sequence = seen.longest_sequence()
    seen.close()
    found.is_whole = limit is None or found.rows >= plain["total_rows"]
    if plain["corrections"]:
        _show_mended(row, found)
    return found


def sets_of(rows: Iterable[Any], size: int) -> Iterator[list[Any]]:
    """The rows, so many at once."""
    rows = iter(rows)
    while True:
        with held_back():
            batch = list(islice(rows, size))
        if not batch:
            return
        yield batch


def known_already(good: list[GoodRow], outcomes: contacts.Outcomes) -> list[Problem]:
    """Rows of people who are known and were to be left as they are."""
    return [Problem(one.number, SKIPPED, "Already in your contacts, and you chose to leave those as they are", one.cells)
            for one, kind in zip(good, outcomes.kinds, strict=True) if kind == SKIPPED]


def foreseen_problems(options: dict[str, Any], good: list[GoodRow]) -> list[Problem]:
    """Rows of this set that would be left as they are, because their people are known."""
    return known_already(good, contacts.foresee_many([one.person for one in good], on_duplicate=options["on_duplicate"],
                                                     lift=options.get("lift", "")))


def _foresee(options: dict[str, Any], good: list[GoodRow], found: Foreseen, labels: dict[str, str]) -> list[Problem]:
    """Count what would become of people who can be read; those who would be left alone, as problems."""
    outcomes = contacts.foresee_many([one.person for one in good], on_duplicate=options["on_duplicate"],
                                     lift=options.get("lift", ""))
    counts = Counter(outcomes.kinds)
    found.created += counts["created"]
    found.updated += counts["updated"]
    found.unchanged += counts["unchanged"]
    found.kept_out += outcomes.kept_out
    if (room := MOST_SHOWN - len(found.new)) > 0:
        found.new += [NewShown(one.number, one.cells) for one in islice(
            (one for one, kind in zip(good, outcomes.kinds, strict=True) if kind == "created"), room)]
    for place, change in outcomes.changes.items():
        if len(found.changes) >= MOST_SHOWN:
            break
        found.changes += _changes(good[place], change, labels)[: MOST_SHOWN - len(found.changes)]
    return known_already(good, outcomes)


def _judge_numbers(row: dict[str, Any], good: list[GoodRow], problems: list[Problem], found: Foreseen) -> None:
    """Numbers that had no country code, those that lost their plus perhaps, and those that cannot be."""
    column = next((int(number) for number, target in row["mapping"].items() if target == "phone"), -1)
    found.bad_numbers += sum(column in problem.columns for problem in problems)
    for one in good:
        if one.is_local:
            found.local_numbers += 1
            digits = "".join(char for char in one.cells[column] if char.isdigit())
            if not digits.startswith("0") and (other := phone_fast.sure(f"+{digits}", "")) and (
                    other[0] != one.person.phone):
                found.ambiguous += 1
                if len(found.ambiguous_rows) < 5:
                    found.ambiguous_rows.append(one.number)


def _changes(one: GoodRow, change: contacts.Change, labels: dict[str, str]) -> list[ChangeShown]:
    """Old and new values of one person, in words."""
    before, after = change.before, change.after
    who = one.person.values.get("name") or one.person.phone or one.person.values.get("email", "")
    shown = [ChangeShown(one.number, who, fields.OWN[name], str(before[name] or ""), str(after[name]))
             for name in after if name in one.person.values]
    if "fields" in after:
        old, new = before["fields"], after["fields"]
        shown += [ChangeShown(one.number, who, labels.get(key, key), contacts.value_text(old.get(key)),
                              contacts.value_text(new[key])) for key in new if old.get(key) != new[key]]
    if change.new_tags:
        shown.append(ChangeShown(one.number, who, "Tags", "", ", ".join(change.new_tags)))
    shown += [ChangeShown(one.number, who, word, contacts.SAID[before[name]], contacts.SAID[after[name]])
              for name, word in (("marketing", "Marketing"), ("utility", "Service messages")) if name in after]
    return shown


def _show_mended(row: Import, found: Foreseen) -> None:
    """Rows that were corrected and can be read now, beside what the file says."""
    bad = {problem.number for problem in found.problems}
    wanted = {number: change for number, change in row.corrections.items() if int(number) not in bad}
    last = max(map(int, wanted), default=0)
    with files.rows(row.stored_name, row.encoding, row.delimiter, row.heading_row) as (_, body):
        for number, cells in body:
            if number > last or len(found.mended) >= MOST_SHOWN:
                break
            if change := wanted.get(str(number)):
                was = {column: cells[int(column)] if int(column) < len(cells) else "" for column in change}
                now = [*cells, *[""] * (max(map(int, change)) + 1 - len(cells))]
                for column, text in change.items():
                    now[int(column)] = text
                found.mended.append(MendedShown(number, now, was))
