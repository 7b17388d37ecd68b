"""Every row of a file that would not come in, as a file, before anything is imported."""

from collections.abc import Iterator

from core.collector import held_back
from models import Import
from services.imports import fields, files, queries, start
from services.imports.check import SET, foreseen_problems, sets_of
from services.imports.seen import Seen, sift


def left_out_csv(import_id: int) -> Iterator[str]:
    """The rows that cannot be read or would be left out now, line by line, however many: row number, what would become
    of it, why, then the cells. One look through the file. Raises NotFound, Invalid.
    """
    row = queries.get_import(import_id)
    fields.check_mapping(row.columns, row.mapping, start.custom_labels(), row.options.get("without_phone", ""))
    return _lines(row)


def _lines(row: Import) -> Iterator[str]:
    """Headings, then set after set, so that memory does not grow with the file."""
    yield "\ufeff" + queries.csv_line(["Row", "Outcome", "Reason", *row.columns])
    options, reader, seen, done = dict(row.options), start.reader_of(row), Seen(None), 0
    try:
        with files.rows_for(row) as (_, body):
            for batch in sets_of(body, SET):
                done += len(batch)
                with held_back():
                    good, problems = sift([reader.read(number, cells) for number, cells in batch], seen, rows_done=done)
                    found = sorted([*problems, *foreseen_problems(options, good)], key=lambda one: one.number)
                yield "".join(queries.csv_line([str(one.number), one.outcome, one.reason, *one.cells]) for one in found)
    finally:
        seen.close()
