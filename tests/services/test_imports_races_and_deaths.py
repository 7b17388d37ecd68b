"""What an import promises: rows always add up, the check tells the truth, races and deaths lose and double nothing."""

import io
import os
import random
import signal
import subprocess
import sys
import threading
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from core import clock
from core.errors import DashboardError
from core.states import ImportState
from models import Contact, ContactTag, Import, ImportRow, db
from services import contacts, imports
from services.imports import run

ROOT = Path(__file__).resolve().parents[2]
COUNTS = ("created", "updated", "unchanged", "skipped", "failed")


def start(text, by, **options):
    """A confirmed import that waits."""
    data = text if isinstance(text, bytes) else text.encode()
    row = imports.start_import(stream=io.BytesIO(data), file_name="people.csv", by=by)
    imports.confirm_import(import_id=row.id, options=row.options | options, by=by)
    return row.id


def numbered(count, first=0):
    """A file of so many people."""
    return "Name,Phone\n" + "".join(f"P{n},+1202555{n:04}\n" for n in range(first, first + count))


def random_file(seed):
    """Some good rows, repeats, and everything that can be wrong."""
    chance = random.Random(seed)
    lines = [chance.choice(["Name,Phone,E-mail,Birthday,Tags,Opt-in", "Who;Mobile", "Phone", "Tel|Name|Notes"])]
    sign = next((sign for sign in ",;|" if sign in lines[0]), ",")
    width = lines[0].count(sign) + 1
    odd = ["", " ", "hello", "9.19E+11", "=1+1", "'x", '"quo""ted"', "a@b.example", "31/02/1979", "1990-01-01", "vip", "yes",
           "no", "x" * 300, "\u202eabc", "07700 900", '"line\nbreak"', "{{7*7}}", "é山"]
    for _ in range(chance.randrange(1, 25)):
        cells = [chance.choice([f"077009000{chance.randrange(20):02}", f"+1202555{chance.randrange(100, 120):04}", *odd])
                 for _ in range(chance.choice([width, width, width, width - 1, width + 2]))]
        lines.append(sign.join(cells))
    return "\n".join(lines) + "\n" * chance.randrange(4)


class TestRowsAddUp:
    def test_over_200_random_files_and_the_check_foretold_each(self, app, by):
        differing = []
        for seed in range(200):
            try:
                row = imports.start_import(stream=io.BytesIO(random_file(seed).encode()), file_name="f.csv", by=by)
                mapping = row.mapping if "phone" in row.mapping.values() else {"0": "phone"}
                options = {"on_duplicate": "skip" if seed % 5 == 0 else "update", "tags": ["a"] if seed % 3 else [],
                           "consent": "granted" if seed % 2 else "none", "proof": "They signed"}
                imports.save_choices(import_id=row.id, mapping=mapping, options=options)
            except DashboardError:
                continue
            foreseen = imports.check(import_id=row.id)
            imports.confirm_import(import_id=row.id, by=by)
            imports.run_next(clock.now())
            done = imports.get_import(row.id)
            if [getattr(done, name) for name in COUNTS] != [getattr(foreseen, name) for name in COUNTS]:
                differing.append(seed)
            assert done.state is ImportState.FINISHED, (seed, done.error)
            assert sum(getattr(done, name) for name in COUNTS) == done.rows_done == done.total_rows, seed
            assert len(list(imports.rejected_csv(row.id))) == 1 + done.failed + done.skipped, seed

        assert not differing

    @given(st.binary(max_size=300) | st.text(max_size=200).map(lambda text: ("Phone,Name\n" + text).encode("utf-8", "replace")))
    @settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
    def test_whatever_the_file_holds(self, app, by, data):
        try:
            row = imports.start_import(stream=io.BytesIO(data), file_name="x.csv", by=by)
            imports.confirm_import(import_id=row.id, mapping={"0": "phone"}, by=by)
        except DashboardError as refusal:
            assert refusal.message
            return
        imports.run_next(clock.now())

        done = imports.get_import(row.id)
        assert (done.state, sum(getattr(done, name) for name in COUNTS)) == (ImportState.FINISHED, done.total_rows)

    def test_every_failed_row_is_in_the_download_with_number_and_reason(self, app, by):
        number = start("Phone,Name\nhello,Ana\n,Bo\n07700900001,Cy\n", by)
        imports.run_next(clock.now())

        lines = [line.split(",")[:3] for line in imports.rejected_csv(number)][1:]

        assert [line[:2] for line in lines] == [["2", "failed"], ["3", "failed"]]
        assert all(reason for _, _, reason in lines)


class TestHostileFiles:
    def test_a_megabyte_in_a_cell_fails_its_row_only(self, app, by):
        number = start(f"Phone,Name\n07700900001,{'x' * 1_000_000}\n07700900002,Bo\n", by)
        imports.run_next(clock.now())

        row = imports.get_import(number)
        assert (row.created, row.failed) == (1, 1)

    def test_16384_columns_of_nothing_cost_nothing(self, app, by):
        number = start("Phone" + "," * 16_383 + "\n" + ("07700900001" + "," * 16_383 + "\n") * 3, by)
        imports.run_next(clock.now())

        row = imports.get_import(number)
        assert (row.columns, row.created, row.skipped) == (["Phone"], 1, 2)

    def test_16384_filled_headings_are_refused_in_words(self, app, by):
        with pytest.raises(DashboardError, match="16,384 columns"):
            start(",".join(f"c{n}" for n in range(16_384)) + "\n1\n", by)


class TestTwoAtOnce:
    def test_the_same_file_four_times_at_once_makes_everybody_once(self, app, by):
        text = "Phone,Tags\n" + "".join(f"+1202555{n:04},a;b\n" for n in range(900))
        waiting = [start(text, by, consent="granted", proof="They signed") for _ in range(4)]
        wrong = []

        def work(number):
            with app.app_context():
                try:
                    imports.run_here(number)
                except Exception as error:
                    wrong.append(error)

        threads = [threading.Thread(target=work, args=(number,)) for number in waiting]
        [thread.start() for thread in threads]
        [thread.join() for thread in threads]
        db.session.rollback()

        done = [imports.get_import(number) for number in waiting]
        assert not wrong
        assert db.session.scalar(select(func.count()).select_from(Contact)) == 900
        assert db.session.scalar(select(func.count()).select_from(ContactTag)) == 1800
        assert sum(row.created for row in done) == 900
        assert all(row.state is ImportState.FINISHED and row.created + row.updated + row.unchanged == 900 for row in done)

    def test_one_import_is_worked_by_one_process_only(self, app, by):
        number = start(numbered(5), by)
        imports.run_next(clock.now())

        assert not imports.run_here(number)
        assert not imports.run_next(clock.now() + timedelta(hours=1))

    def test_a_holder_whose_lease_was_taken_writes_nothing_more(self, app, by, monkeypatch):
        number = start(numbered(30), by)
        monkeypatch.setattr(run, "SET", 10)
        claim = run._claim(clock.now())
        run._claim(clock.now() + timedelta(hours=1))  # somebody else thinks the first one is dead

        run._work(*claim)

        row = imports.get_import(number)
        assert (row.rows_done, contacts.count_contacts()) == (0, 0)
        assert row.state is ImportState.RUNNING


class TestStopAndGoOn:
    def test_it_goes_on_with_the_row_after_the_last_one(self, app, by, monkeypatch):
        number = start(numbered(50) + "again,+12025550003\n", by)
        monkeypatch.setattr(run, "SET", 20)
        write = run._write

        def stop_after_the_first(row, *rest):
            write(row, *rest)
            imports.stop_import(import_id=number, by=by)

        monkeypatch.setattr(run, "_write", stop_after_the_first)
        imports.run_next(clock.now())
        stopped = imports.get_import(number).rows_done
        monkeypatch.setattr(run, "_write", write)
        imports.resume_import(import_id=number, by=by)
        imports.run_next(clock.now())

        row = imports.get_import(number)
        problem, = imports.problem_rows(number).items
        assert (stopped, row.created, row.skipped, row.state) == (20, 50, 1, ImportState.FINISHED)
        assert problem.reason == "The same number as row 5"

    def test_repeats_are_still_found_when_the_notes_beside_the_file_are_lost(self, app, by, monkeypatch):
        number = start(numbered(50) + "again,+12025550003\n", by)
        monkeypatch.setattr(run, "SET", 20)
        write = run._write

        def die_in_the_second(row, token, good, problems, done):
            if done > 20:
                raise KeyboardInterrupt
            write(row, token, good, problems, done)

        monkeypatch.setattr(run, "_write", die_in_the_second)
        with pytest.raises(KeyboardInterrupt):
            imports.run_next(clock.now())
        for notes in run.files.path_of("x").parent.glob("*.seen*"):
            notes.unlink()
        monkeypatch.setattr(run, "_write", write)
        imports.run_next(clock.now() + timedelta(minutes=5))

        row = imports.get_import(number)
        assert [getattr(row, name) for name in COUNTS] == [50, 0, 0, 1, 0]

    def test_a_file_that_is_gone_is_said_in_words(self, app, by):
        number = start(numbered(3), by)
        run.files.forget(imports.get_import(number).stored_name)

        imports.run_next(clock.now())

        row = imports.get_import(number)
        assert (row.state, row.error) == (ImportState.FAILED, "The file is no longer there; bring it again")


CHILD = """
import sys
from datetime import timedelta
from tests.services.test_imports_races_and_deaths import app_at
from core import clock
from services import imports
from services.imports import run
run.SET = 200
with app_at(sys.argv[1], sys.argv[2]).app_context():
    imports.run_next(clock.now() + timedelta(seconds=int(sys.argv[3])))
"""


def app_at(database, instance):
    """A bare app in another process, on the same database and folder."""
    from flask import Flask

    from tables import session
    from tests.conftest import settings_for

    app = Flask("child")
    app.config["SQLALCHEMY_DATABASE_URI"] = database
    app.extensions["settings"] = settings_for(Path(instance))
    session.db.init_app(app)
    with app.app_context():
        session.tune(session.db.engine)
    return app


def rows_done(number):
    """How far it is now, whoever works on it."""
    db.session.rollback()
    return imports.get_import(number).rows_done


def test_killed_at_any_moment_it_goes_on_and_everything_adds_up(app, by):
    """SIGKILL again and again at other moments; each new process takes the import up where it stands."""
    rows = 4_000
    number = start(numbered(rows) + numbered(100).partition("\n")[2] + "Bo,hello\n", by, tags=["all"])
    seen = []
    arguments = [db.engine.url.render_as_string(hide_password=False), str(app.extensions["settings"].instance)]
    for life, sets in enumerate((1, 4, 2, 7, None)):
        child = subprocess.Popen([sys.executable, "-c", CHILD, *arguments, str(life * 60)], cwd=ROOT,
                                 env=dict(os.environ) | {"PYTHONPATH": str(ROOT)})
        before, deadline = rows_done(number), clock.monotonic() + 20
        while child.poll() is None and clock.monotonic() < deadline:
            if sets and rows_done(number) >= before + sets * 200:
                child.send_signal(signal.SIGKILL)
                break
        child.wait(timeout=20)
        seen.append(rows_done(number))

    row = imports.get_import(number)
    assert [getattr(row, name) for name in COUNTS] == [rows, 0, 0, 100, 1], seen
    assert contacts.count_contacts() == rows
    assert db.session.scalar(select(func.count()).select_from(ContactTag)) == rows
    assert db.session.scalar(select(func.count()).select_from(ImportRow)) == 101
    assert db.session.scalar(select(func.count()).select_from(Import)) == 1
    assert seen[0] < row.total_rows, "no child was killed in time"
