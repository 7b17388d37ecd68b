"""Rows 13 and 14: bringing in people, beside the barest program that does the same physical work.

The floor of 13 is csv.reader and one raw upsert statement run many times; ours also reads phones, checks every cell,
finds repeats, compares with who is known, gives three tags, counts, and writes down what was refused. The floor of 14
is the raw upsert alone over rows that are ready; ours is handed people whose cells are checked. Both write the same
columns into the same tables with the same indexes, in transactions of the same size. BENCH_FULL=1: a million rows.
"""

import csv
import gc
import os
import resource
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from statistics import median
from typing import Any

from flask import Flask

import config
from core import clock
from core.actor import COMMAND
from core.collector import held_back
from models import Import, db, transaction
from sample.make_sample import make_sample
from services import contacts, imports
from services.contacts import Incoming
from services.imports import journal, run
from tables import session
from tables.session import Base

SIZE = 1_000_000 if os.environ.get("BENCH_FULL") else 100_000
COLUMNS = ("phone", "name", "name_key", "first_name", "email", "company", "birthday", "language", "country", "notes",
           "fields", "search", "marketing")
UPSERT = (f"INSERT INTO contacts ({', '.join(COLUMNS)}, source, created_at, changed_at, zone, utility) "
          f"VALUES ({', '.join('?' * len(COLUMNS))}, 'import', '2026-11-24 09:00:00.000000', "
          "'2026-11-24 09:00:00.000000', '', 'unknown') ON CONFLICT (phone) DO UPDATE SET "
          + ", ".join(f"{name} = excluded.{name}" for name in (*COLUMNS[1:], "changed_at")))
Line = tuple[str, float, float, float, str]


def whole_import(rounds: int) -> list[Line]:
    """Row 13. Ours divided by the floor: less is better."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "people.csv"
        make_sample(file, SIZE)
        pairs = [(_timed_floor(file, folder), _timed_ours(file, folder)) for _ in range(rounds)]
    ratios = sorted(ours / floor for floor, (ours, _) in pairs)
    memory = max(peak for _, (_, peak) in pairs)
    rates = f"{SIZE / median(ours for _, (ours, _) in pairs):,.0f} rows/s, peak {memory:,.0f} MiB"
    return [(f"whole import of {SIZE:,} rows / csv.reader + raw upsert", ratios[0], median(ratios), ratios[-1], rates)]


def database_stage(rounds: int) -> list[Line]:
    """Row 14. The floor's time divided by ours: more is better."""
    people = [_person(number) for number in range(SIZE)]
    changed = [_person(number, "of the clinic") for number in range(SIZE)]
    found: dict[str, list[float]] = {"new people": [], "known people, all changed": []}
    gc.collect()
    gc.freeze()  # what was made ready for both sides must not cost either of them
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(rounds):
            with _empty(folder):
                raw = _raw(str(db.engine.url.database))
                with _empty(folder):
                    found["new people"].append(_set_by_set(raw, people))
                    found["known people, all changed"].append(_set_by_set(raw, changed))
                raw.close()
    return [(f"database stage, {SIZE:,} {label}", min(ratios), median(ratios), max(ratios), "")
            for label, ratios in found.items()]


def _set_by_set(raw: sqlite3.Connection, people: list[Incoming]) -> float:
    """The floor's time divided by ours over the same people; the two take turns set by set, so that both suffer alike."""
    floor = ours = 0.0
    number = _some_import()
    for start in range(0, len(people), run.SET):
        batch = people[start:start + run.SET]
        floor += _timed(lambda: _upsert(raw, map(_row, batch)))
        ours += _timed(lambda: _write_set(number, batch))
    return floor / ours


def _write_set(number: int, batch: list[Incoming]) -> None:
    """One set as the import writes it, with what it needs to be undone, and rubbish collected after it as there."""
    with held_back(), transaction():
        journal.keep(number, contacts.add_or_update_many(batch, by=COMMAND))


def _some_import() -> int:
    """An import for the journal to belong to."""
    with transaction():
        db.session.add(row := Import(file_name="people.csv", stored_name="x.csv", size=1, digest="x"))
        db.session.flush()
        return row.id


def _person(number: int, company: str = "") -> Incoming:
    """Somebody whose cells were checked."""
    values = {"name": f"Ada Person {number}", "email": f"ada{number}@mail.example"}
    return Incoming(f"+1202{number:07}", "US", values | ({"company": company} if company else {}))


def _row(person: Incoming) -> tuple[Any, ...]:
    """The same as the floor writes it: the text it stores, no questions asked."""
    name, email, company = person.values["name"], person.values["email"], person.values.get("company", "")
    search = f"{name}\n{person.phone}\n{email}\n{company}".lower()
    return (person.phone, name, name.lower(), name.partition(" ")[0], email, company, None, "", "US", "", "{}", search,
            "unknown")


def _timed_floor(file: Path, folder: str) -> float:
    with _empty(folder):
        raw = _raw(str(db.engine.url.database))
        seconds = _timed(lambda: _upsert(raw, _bare_rows(file)))
        raw.close()
        return seconds


def _bare_rows(file: Path) -> Iterator[tuple[Any, ...]]:
    """What csv.reader gives, in the columns of the table."""
    with open(file, encoding="utf-8", newline="") as lines:
        reader = csv.reader(lines)
        next(reader)
        for name, phone, email, birthday, company, _, language, _ in reader:
            yield (phone, name, name.lower(), name.partition(" ")[0], email, company, birthday or None, language, "", "",
                   "{}", f"{name}\n{phone}\n{email}\n{company}".lower(), "unknown")


def _raw(path: str) -> sqlite3.Connection:
    """A bare connection with the same settings as ours."""
    connection = sqlite3.connect(path, isolation_level=None)
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON", "cache_size=-16000", "temp_store=MEMORY"):
        connection.execute(f"PRAGMA {pragma}")
    return connection


def _upsert(connection: sqlite3.Connection, rows: Iterator[tuple[Any, ...]]) -> None:
    """The raw statement over all rows, in transactions of the size ours has."""
    while batch := list(islice(rows, run.SET)):
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany(UPSERT, batch)
        connection.execute("COMMIT")


def _timed_ours(file: Path, folder: str) -> tuple[float, float]:
    """Seconds and peak MiB of the whole import, in a process of its own so that its memory is its own."""
    with _empty(folder) as app:
        program = [sys.executable, "-m", "bench.imports", str(app.extensions["settings"].instance), str(file)]
        said = subprocess.run(program, check=True, capture_output=True, text=True, cwd=Path(__file__).parent.parent)
    seconds, peak = map(float, said.stdout.split())
    return seconds, peak


def _import_here(instance: Path, file: Path) -> None:
    """From the file as it was brought to the last row, as the page and the command do it."""
    with _app(instance).app_context():
        begun = time.perf_counter()
        with open(file, "rb") as stream:
            row = imports.start_import(stream=stream, file_name=file.name, by=COMMAND)
        options = row.options | {"tags": ["one", "two", "three"], "country": "GB"}
        imports.confirm_import(import_id=row.id, options=options, by=COMMAND)
        imports.run_next(clock.now())
        seconds = time.perf_counter() - begun
        done = imports.get_import(row.id)
        if done.rows_done != done.total_rows:
            raise SystemExit(f"{done.state}: {done.error}")
    print(seconds, _peak_mib())


def _peak_mib() -> float:
    """The most memory this process held since it began; its parent's does not count."""
    lines = Path("/proc/self/status").read_text().splitlines() if Path("/proc/self/status").exists() else []
    peak = next((line.split()[1] for line in lines if line.startswith("VmHWM")), None)
    return int(peak) / 1024 if peak else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


@contextmanager
def _empty(folder: str) -> Iterator[Flask]:
    """A bare app on a database without rows."""
    with tempfile.TemporaryDirectory(dir=folder) as instance:
        app = _app(Path(instance))
        with app.app_context():
            Base.metadata.create_all(db.engine)
            contacts.index_letters()
            yield app
            db.session.remove()
            db.engine.dispose()


def _app(instance: Path) -> Flask:
    """The rules and their database without pages."""
    settings = config.read({"INSTANCE_DIR": str(instance), "SECRET_KEY": "a-key-for-measuring-only-1f2e3d4c5b"})
    app = Flask("bench")
    app.config["SQLALCHEMY_DATABASE_URI"] = f"sqlite:///{instance}/pigeonpost.sqlite"
    app.extensions["settings"] = settings
    session.db.init_app(app)
    with app.app_context():
        session.tune(db.engine)
    return app


def _timed(call: Callable[[], object]) -> float:
    begun = time.perf_counter()
    call()
    return time.perf_counter() - begun


ROWS = {13: whole_import, 14: database_stage}

if __name__ == "__main__":
    _import_here(Path(sys.argv[1]), Path(sys.argv[2]))
