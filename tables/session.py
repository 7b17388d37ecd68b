"""The database session and the one way to write. The only file that commits."""

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, overload
from weakref import WeakKeyDictionary

from flask import g
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Connection, Engine, MetaData, event
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import DeclarativeBase

from core import clock
from core.errors import Conflict
from core.letters import letters_apart
from core.words import single_spaced

NAMES = {
    "ix": "ix_%(column_0_N_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
PATIENCE = 30.0  # seconds a writer waits for its turn
READING_KIB, WRITING_KIB = 4_000, 16_000  # pages SQLite keeps for a connection; of writers there is one at a time
KEEPS_PAGES = 2.0  # seconds a connection keeps them while it is used again and again


class Base(DeclarativeBase):
    """Every table; constraints have names, so that migrations can change them."""

    metadata = MetaData(naming_convention=NAMES)


if TYPE_CHECKING:
    from sqlalchemy import CursorResult, Executable, Result
    from sqlalchemy.orm import Session, scoped_session
    from sqlalchemy.sql.selectable import TypedReturnsRows
    from typing_extensions import TypeVarTuple

    Row = TypeVarTuple("Row")

    class ScopedSession(scoped_session[Session]):
        """As the library's, but a statement that gives no typed rows tells how many rows it changed."""

        @overload
        def execute(self, statement: TypedReturnsRows[*Row], params: Any = None, **more: Any
                    ) -> Result[*Row]: ...

        @overload
        def execute(self, statement: Executable, params: Any = None, **more: Any) -> CursorResult[Any]: ...

        def execute(self, statement: Any, params: Any = None, **more: Any) -> Any: ...


class Database(SQLAlchemy):
    """Flask-SQLAlchemy, with a session the type checker knows more of."""

    if TYPE_CHECKING:
        session: ScopedSession  # type: ignore[assignment]


db = Database(model_class=Base, session_options={"expire_on_commit": False})


@contextmanager
def transaction(*, durable: bool = False) -> Iterator[None]:
    """Write inside this block; it commits once, at the outermost end. Nested blocks join.

    `durable=True` waits until the disk has it (SQLite: full sync), for intents and for what we acknowledge.
    The outermost block begins afresh: rows loaded before are read again when touched. Writers of one process take turns
    (SQLite), so that none of them is passed by again and again. A constraint that says no becomes Conflict. Calls given to
    `after_commit()` run only when the commit has happened.
    """
    if _depth():
        yield  # a block inside a block joins the outer one
        return
    db.session.rollback()  # drops a read snapshot: a write lock cannot grow out of an old one
    db.session.expire_all()
    with _turn(db.engine):
        db.session.connection(execution_options={"pigeonpost_write": True, "pigeonpost_durable": durable})
        g.pigeonpost_depth, g.pigeonpost_after = 1, []
        try:
            yield
            db.session.commit()
        except IntegrityError as error:
            db.session.rollback()
            raise Conflict("Somebody changed this at the same moment, or it exists already; look again") from error
        except BaseException:
            db.session.rollback()
            raise
        finally:
            calls, g.pigeonpost_after, g.pigeonpost_depth = g.pop("pigeonpost_after", []), [], 0
    for call in calls:
        call()


@contextmanager
def _turn(engine: Engine) -> Iterator[None]:
    """One writer of this process at a time, where the database takes one at a time. Whoever does not get a turn asks the
    database itself."""
    turn = _turns.get(engine)
    has_it = turn is not None and turn.acquire(timeout=PATIENCE)
    try:
        yield
    finally:
        if turn is not None and has_it:
            turn.release()


_turns: "WeakKeyDictionary[Engine, threading.Lock]" = WeakKeyDictionary()


def after_commit(call: Callable[[], Any]) -> None:
    """Run `call` once the present write is safe; at once when nothing is being written."""
    if _depth():
        g.pigeonpost_after.append(call)
    else:
        call()


def _depth() -> int:
    """How many transaction() blocks are open here."""
    return int(getattr(g, "pigeonpost_depth", 0))


def is_sqlite() -> bool:
    """Whether this installation runs on SQLite, where some statements are written differently."""
    return db.engine.dialect.name == "sqlite"


def tune(engine: Engine) -> None:
    """SQLite in WAL with foreign keys and patience; writers take their lock at the start of a block."""
    if engine.dialect.name != "sqlite":
        return
    _turns[engine] = threading.Lock()
    event.listen(engine, "connect", _on_connect)
    event.listen(engine, "begin", _on_begin)
    event.listen(engine, "checkin", _on_checkin)


def _on_connect(connection: sqlite3.Connection, record: Any) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves
    for pragma in ("journal_mode=WAL", f"busy_timeout={PATIENCE * 1000:.0f}", "synchronous=NORMAL", "foreign_keys=ON",
                   f"cache_size=-{READING_KIB}", "temp_store=MEMORY",
                   "secure_delete=ON"):  # what is deleted is overwritten, not only forgotten
        connection.execute(f"PRAGMA {pragma}")
    connection.create_function("single_spaced", 1, single_spaced, deterministic=True)  # PostgreSQL does without
    connection.create_function("letters_apart", 1, letters_apart, deterministic=True)  # for triggers of message_search
    record.info.update(durable=False, cache=READING_KIB, emptied_at=clock.monotonic())


def _on_checkin(connection: sqlite3.Connection | None, record: Any) -> None:
    """Whoever has kept pages for a while lets them go: the machine has them too, and this connection may rest for hours."""
    now = clock.monotonic()
    if connection is not None and now - record.info["emptied_at"] >= KEEPS_PAGES:
        connection.execute("PRAGMA shrink_memory")
        record.info["emptied_at"] = now


def _on_begin(connection: Connection) -> None:
    options = connection.get_execution_options()
    driver = connection.connection.driver_connection  # what only sets up the connection is nobody's statement
    assert driver is not None
    wanted = WRITING_KIB if options.get("pigeonpost_write") else READING_KIB
    if connection.info.get("cache") != wanted:
        driver.execute(f"PRAGMA cache_size=-{wanted}")
        connection.info["cache"] = wanted
    if not options.get("pigeonpost_write"):
        connection.exec_driver_sql("BEGIN")
        return
    durable = bool(options.get("pigeonpost_durable"))
    if connection.info.get("durable") != durable:
        driver.execute(f"PRAGMA synchronous={'FULL' if durable else 'NORMAL'}")
        connection.info["durable"] = durable
    connection.exec_driver_sql("BEGIN IMMEDIATE")
