"""The databases tests run on: one file a worker on SQLite, one database a worker on PostgreSQL."""

import os
import re

import pytest
import sqlalchemy as sa
from sqlalchemy import literal, select, union_all

from models import db
from tables.session import Base


def is_postgres() -> bool:
    """Whether this run is on PostgreSQL."""
    return bool(os.environ.get("PIGEONPOST_TEST_DATABASE"))


def own_database(purpose: str = "suite") -> str:
    """The address of a PostgreSQL database of this process's own, made afresh; empty for SQLite."""
    given = os.environ.get("PIGEONPOST_TEST_DATABASE", "")
    if not given:
        return ""
    url = sa.make_url(re.sub(r"^postgres(ql)?:", "postgresql+psycopg:", given))
    name = f"pigeonpost_test_{purpose}_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}_{os.getpid()}"
    try:
        _say(url, f'CREATE DATABASE "{name}"')
    except sa.exc.SQLAlchemyError as error:
        pytest.exit(f"The tests need to make databases of their own in {url.render_as_string()}: {error}", 1)
    return url.set(database=name).render_as_string(hide_password=False)


def drop(address: str) -> None:
    """Take a database made by `own_database` away again."""
    if address:
        url = sa.make_url(address)
        _say(sa.make_url(re.sub(r"^postgres(ql)?:", "postgresql+psycopg:", os.environ["PIGEONPOST_TEST_DATABASE"])),
             f'DROP DATABASE IF EXISTS "{url.database}" WITH (FORCE)')


def _say(url: sa.URL, statement: str) -> None:
    engine = sa.create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(sa.text(statement))
    engine.dispose()


def empty() -> None:
    """Delete every row of every table that has one."""
    db.session.rollback()
    tables = Base.metadata.sorted_tables
    asked = union_all(*(select(literal(t.name)).where(select(literal(1)).select_from(t).exists()) for t in tables))
    with db.engine.connect() as connection:
        filled = set(connection.scalars(asked))
    if not filled:
        return
    with db.engine.connect().execution_options(pigeonpost_write=True) as connection, connection.begin():
        for table in reversed(tables):
            if table.name in filled:
                connection.execute(table.delete())
