"""How migrations reach the database: through the app's own engine, one transaction each."""

import logging
from contextlib import contextmanager

from alembic import context
from flask import current_app

import models  # noqa: F401  # every table must be known before they are compared
from tables.message_search import is_ours

config = context.config
PLAIN = {"UtcDateTime": "sa.DateTime(timezone=True)", "StateColumn": "sa.String(length=20)",
         "JSON": "sa.JSON().with_variant(postgresql.JSONB(), 'postgresql')"}
database = current_app.extensions["migrate"].db


def is_meant(thing: object, name: str | None, kind: str, reflected: bool, other: object) -> bool:
    """Whether a table or index is compared with the models: the full-text index is kept by the database itself."""
    return not is_ours(name)


def render(kind: str, thing: object, _: object) -> str | bool:
    """Our own column kinds as what the database stores, so that a migration never depends on today's code."""
    return PLAIN.get(type(thing).__name__, False) if kind == "type" else False


def run() -> None:
    """Run the wanted migrations on the app's database."""
    with database.engine.connect() as connection, _free_of_keys(connection):
        context.configure(connection=connection, target_metadata=database.metadata, render_as_batch=True,
                          compare_type=True, render_item=render, include_object=is_meant, transaction_per_migration=True)
        with context.begin_transaction():
            context.run_migrations()


@contextmanager
def _free_of_keys(connection):
    """SQLite rebuilds tables that others lead to, so that foreign keys rest meanwhile. It obeys this outside of a transaction
    only, and the engine begins one before each statement: the driver itself is told."""
    if connection.dialect.name != "sqlite":
        yield
        return
    driver = connection.connection.driver_connection
    driver.execute("PRAGMA foreign_keys=OFF")
    try:
        yield
        connection.commit()
        if lost := driver.execute("PRAGMA foreign_key_check").fetchall():
            logging.getLogger("database").error("%d rows lead nowhere after the upgrade: %s", len(lost), lost[:5])
    finally:
        connection.rollback()
        driver.execute("PRAGMA foreign_keys=ON")


run()
