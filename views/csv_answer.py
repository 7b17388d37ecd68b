"""Rows as a CSV file that is sent while it is made."""

import csv
import io
from collections.abc import Iterable, Iterator

from flask import Response, stream_with_context


def csv_answer(rows: Iterable[list[str]], name: str) -> Response:
    """A download called `name`. Cells must be harmless already (core.csv_text.escape_cell)."""
    answer = Response(stream_with_context(_lines(iter(rows))), mimetype="text/csv")
    answer.headers["Content-Disposition"] = f"attachment; filename={name}"
    return answer


def _lines(rows: Iterator[list[str]]) -> Iterator[str]:
    """Rows as pieces of CSV; the mark at the start lets spreadsheets read the letters right."""
    out = io.StringIO("\ufeff")
    out.seek(0, io.SEEK_END)
    writer = csv.writer(out)
    for number, row in enumerate(rows, start=1):
        writer.writerow(row)
        if number % 1000 == 0:
            yield out.getvalue()
            out.seek(0)
            out.truncate()
    yield out.getvalue()
