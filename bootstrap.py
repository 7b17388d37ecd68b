"""From nothing to running: bring the database up to date, make what must exist, start and stop the background parts.

gunicorn calls `prepare()` once in its master, `start_background()` in each worker; `flask worker` calls both.
"""

import atexit
import fcntl
import gc
import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import inspect, text
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, OperationalError

import wiring
from config import BadSetting
from core.errors import DashboardError
from jobs import embedded, sender
from models import db
from services import auth, channels, contacts

log = logging.getLogger("app")
MIGRATIONS = Path(__file__).resolve().parent / "migrations" / "versions"

_running: dict[str, Any] = {}
_guard = threading.Lock()


def application() -> Flask:
    """What gunicorn serves: the app on a database that is up to date. Bad settings end the program in words."""
    from app import create_app

    try:
        app = create_app()
        prepare(app)
    except (DashboardError, NoSuchModuleError, ModuleNotFoundError, ArgumentError) as error:
        raise SystemExit(f"Pigeonpost did not start: {_in_words(error)}") from None
    except OperationalError as error:
        why = str(error.orig).strip().splitlines()[0]
        raise SystemExit(f"Pigeonpost did not start: the database does not answer as it should ({why})") from None
    except OSError as error:
        raise SystemExit(f"Pigeonpost did not start: {error.filename} cannot be written ({error.strerror})") from None
    return app


def _in_words(error: Exception) -> str:
    """A refusal as it is; a database address that cannot be understood, by its setting."""
    return str(error) if isinstance(error, DashboardError) else f"DATABASE_URL cannot be used ({error})"


def prepare(app: Flask) -> None:
    """Bring the database to the newest version, then see that the first channel and, if asked for, an admin exist.

    What is in memory by then stays until the end: looking through all of it for what could be let go of would stop every
    thread for a tenth of a second, again and again, so it is not looked through any more.
    """
    with app.app_context(), _alone(app):
        migrate()
        contacts.index_letters()
        contacts.index_fields()
        channels.ensure_first()
        auth.ensure_first_admin()
        db.session.remove()
    with app.app_context():
        db.engine.dispose()
    gc.collect()
    gc.freeze()


def prepare_new(app: Flask) -> None:
    """`prepare` for a database without a single table; another one is left as it is."""
    with app.app_context():
        is_new = not inspect(db.engine).get_table_names()
    if is_new:
        prepare(app)


def migrate() -> None:
    """Upgrade the database unless it is at the newest version. BadSetting when it is newer than this program."""
    now, newest = present_version(), newest_version()
    if now == newest:
        return
    if now and now > newest:
        raise BadSetting(f"The database is at version {now}, but this program only knows {newest}: update the program")
    db.session.remove()
    upgrade()
    logging.getLogger("database").info("upgraded from version %s to %s", now or "none", newest)


def present_version() -> str:
    """The version the database says it has; empty for a new one."""
    with db.engine.connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return ""
        return connection.execute(text("SELECT version_num FROM alembic_version")).scalar() or ""


def newest_version() -> str:
    """The version this program expects: migrations are numbered, so the last file is it."""
    return max(path.name.split("_")[0] for path in MIGRATIONS.glob("[0-9]*.py"))


def start_background(app: Flask) -> None:
    """Start scheduler, sender and, for a simulated channel without an address, the simulator. Twice is once."""
    with _guard:
        if _running:
            return
        _running["simulator"] = wiring.start_simulator(app)
        _running["sender"] = sender.Sender(app)
        _running["sender"].start()
        embedded.start(app, nudge_sender=_running["sender"].nudge)
        log.info("scheduler and sender have started%s", " beside a simulator" if _running["simulator"] else "")
        atexit.register(stop_background)


def stop_background() -> None:
    """Let work in hand end: what was not sent goes back to the queue, what was sent is written down."""
    with _guard:
        if not _running:
            return
        embedded.stop()
        _running["sender"].stop()
        if _running["simulator"]:
            _running["simulator"].stop()
        _running.clear()
        log.info("scheduler and sender have stopped")


@contextmanager
def _alone(app: Flask) -> Iterator[None]:
    """One process at a time prepares: a file lock on one machine, an advisory lock on PostgreSQL."""
    folder = app.extensions["settings"].instance
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / "prepare.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if db.engine.dialect.name != "postgresql":
            yield
            return
        with db.engine.connect() as connection:
            connection.execute(text("SELECT pg_advisory_lock(726655)"))
            try:
                yield
            finally:
                connection.execute(text("SELECT pg_advisory_unlock(726655)"))
