"""Writers take turns, and the log beside a SQLite database does not grow for ever."""

import sqlite3
import threading
from pathlib import Path

import pytest
from sqlalchemy import select

from app import create_app
from core import clock
from models import WorkerBeat, db, transaction
from services import retention
from tables import session, waiting_log
from tables.session import Base
from tests.conftest import settings_for

pytestmark = pytest.mark.only_on("sqlite")


@pytest.fixture
def own_app(tmp_path, monkeypatch):
    """An installation with a file of its own, whose database has no patience at all."""
    monkeypatch.setattr(session, "_on_connect", _impatient)
    app = create_app(settings_for(tmp_path))
    with app.app_context():
        Base.metadata.create_all(db.engine)
        yield app
        db.session.remove()
        db.engine.dispose()


_on_connect = session._on_connect


def _impatient(connection, record):
    _on_connect(connection, record)
    connection.execute("PRAGMA busy_timeout=0")


def log_of(app):
    with app.app_context():
        return Path(f"{db.engine.url.database}-wal")


def write(app, start, count):
    with app.app_context():
        for number in range(start, start + count):
            with transaction():
                db.session.add(WorkerBeat(part=f"part {number}", process="own", beat_at=clock.now()))


def test_writers_of_one_process_take_turns_instead_of_asking_again_and_again(own_app):
    wrong = []

    def write_some(start):
        try:
            write(own_app, start, 25)
        except Exception as error:
            wrong.append(error)

    threads = [threading.Thread(target=write_some, args=(start * 100,)) for start in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert wrong == []
    assert len(db.session.scalars(select(WorkerBeat)).all()) == 200


def test_a_turn_is_given_back_when_something_goes_wrong(own_app):
    with pytest.raises(ZeroDivisionError), transaction():
        raise ZeroDivisionError

    write(own_app, 1, 1)

    assert db.session.scalars(select(WorkerBeat.part)).all() == ["part 1"]


def test_the_log_is_emptied_though_somebody_reads_all_the_time(own_app):
    reader = sqlite3.connect(db.engine.url.database, isolation_level=None, check_same_thread=False)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM worker_beats").fetchone()
    write(own_app, 0, 30)

    grown = log_of(own_app).stat().st_size
    assert waiting_log.shorten(limit=1000, patience=0.0) is False  # somebody reads what was
    assert log_of(own_app).stat().st_size == grown > 1000

    next_one = sqlite3.connect(db.engine.url.database, isolation_level=None)
    next_one.execute("BEGIN")
    next_one.execute("SELECT count(*) FROM worker_beats").fetchone()  # reads what is now, and goes on doing so
    threading.Timer(0.05, reader.execute, ("ROLLBACK",)).start()
    next_one.execute("ROLLBACK")
    assert waiting_log.shorten(limit=1000, patience=20.0) is True  # waits for who reads, and no longer
    assert log_of(own_app).stat().st_size == 0
    write(own_app, 100, 1)
    assert len(db.session.scalars(select(WorkerBeat)).all()) == 31
    reader.close()
    next_one.close()


def test_a_short_log_is_left_alone_and_so_is_one_with_somebody_who_reads_for_long(own_app, monkeypatch):
    write(own_app, 0, 5)
    short = log_of(own_app).stat().st_size
    assert retention.shorten_log() is True
    assert log_of(own_app).stat().st_size == short > 0

    monkeypatch.setattr(waiting_log, "FAR_BEHIND", 3)
    with sqlite3.connect(db.engine.url.database, isolation_level=None) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM worker_beats").fetchone()
        write(own_app, 50, 10)
        assert waiting_log.shorten(limit=1000, patience=600.0) is False  # nobody waits ten minutes for them
        reader.execute("ROLLBACK")
    reader.close()


def test_a_connection_that_kept_pages_for_a_while_lets_them_go_when_it_is_given_back(own_app, monkeypatch):
    said, now = [], clock.monotonic()
    with own_app.app_context(), db.engine.connect() as link:
        link.connection.driver_connection.set_trace_callback(said.append)

    def ask():
        said.clear()
        with own_app.app_context():
            db.session.execute(select(WorkerBeat))
            db.session.remove()
        return "PRAGMA shrink_memory" in said

    monkeypatch.setattr(clock, "monotonic", lambda: now + session.KEEPS_PAGES)
    assert ask() and not ask()
    monkeypatch.setattr(clock, "monotonic", lambda: now + 2 * session.KEEPS_PAGES)
    assert ask()
