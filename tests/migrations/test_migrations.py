"""The tables that migrations make are the tables the program means, on the database this run uses."""

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from flask_migrate import downgrade, upgrade

import bootstrap
from app import create_app
from core import clock
from models import db
from tables.message_search import is_ours
from tables.session import Base
from tests import database
from tests.conftest import settings_for


@pytest.fixture
def new_app(tmp_path):
    """An app whose database has no table yet, its context open."""
    address = database.own_database("fresh")
    app = create_app(settings_for(tmp_path, database_url=address))
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()
    database.drop(address)


def test_migrations_and_models_agree(new_app):
    upgrade()

    with db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={
            "compare_type": True, "include_object": lambda thing, name, *_: not is_ours(name)})
        differences = compare_metadata(context, Base.metadata)
    assert not differences


def test_constraints_are_the_same_as_the_models(new_app):
    upgrade()
    made = {name: _rules(name) for name in Base.metadata.tables}
    with db.engine.begin() as connection:
        Base.metadata.drop_all(connection)
    Base.metadata.create_all(db.engine)

    assert made == {name: _rules(name) for name in Base.metadata.tables}


def test_the_full_text_index_is_the_same_either_way(new_app):
    upgrade()
    made = _of_search()
    with db.engine.begin() as connection:
        Base.metadata.drop_all(connection)
    Base.metadata.create_all(db.engine)

    assert made and made == _of_search()


def _of_search():
    """The statements behind the index of words, as the database tells them."""
    asked = ("SELECT name, sql FROM sqlite_master WHERE name LIKE 'message_words%' ORDER BY name"
             if db.engine.dialect.name == "sqlite" else
             "SELECT indexname, indexdef FROM pg_indexes WHERE indexname = 'ix_messages_words'")
    with db.engine.connect() as connection:
        return [tuple(row) for row in connection.execute(sa.text(asked))]


def _rules(table):
    """What the database enforces on a table, as it tells it itself."""
    seen = sa.inspect(db.engine)
    keys = {(tuple(k["constrained_columns"]), k["referred_table"], k["options"].get("ondelete", ""))
            for k in seen.get_foreign_keys(table)}
    unique = {tuple(sorted(u["column_names"])) for u in seen.get_unique_constraints(table)}
    indexes = {(i["name"], tuple(map(str, i["column_names"])), bool(i["unique"])) for i in seen.get_indexes(table)}
    checks = {c["name"] for c in seen.get_check_constraints(table)}
    required = {c["name"] for c in seen.get_columns(table) if not c["nullable"]}
    return keys, unique, indexes, checks, required


def test_people_who_are_there_already_are_found_without_their_accents(new_app):
    upgrade(revision="0021")
    people = _of_names(["Zoë Żak", "Ben", "Élise"])

    upgrade()
    assert _searched(people) == [("zoe zak", "zoe zak"), ("ben", "ben"), ("elise", "elise")]
    downgrade(revision="0021")
    assert _searched(people) == [("zoë żak", "zoë żak"), ("ben", "ben"), ("élise", "élise")]


def _of_names(names):
    """People as the tables have them at this revision; the table."""
    people = sa.Table("contacts", sa.MetaData(), autoload_with=db.engine)
    blank = {one.name: "" for one in people.columns if isinstance(one.type, sa.String) and not one.nullable}
    rest = {"marketing": "unknown", "utility": "unknown", "fields": {}, "created_at": clock.now(), "changed_at": clock.now()}
    with db.engine.begin() as connection:
        connection.execute(sa.insert(people), [
            blank | rest | {"id": number, "name": name, "name_key": name.lower(), "search": name.lower()}
            for number, name in enumerate(names, 1)])
    return people


def _searched(people):
    """How everybody is sorted and looked for."""
    with db.engine.connect() as connection:
        asked = sa.select(people.c.name_key, people.c.search).order_by(people.c.id)
        return [tuple(row) for row in connection.execute(asked)]


def test_preparing_twice_changes_nothing(new_app):
    bootstrap.prepare(new_app)
    bootstrap.prepare(new_app)

    assert bootstrap.present_version() == bootstrap.newest_version()


def test_everything_can_be_taken_back(new_app):
    upgrade()
    downgrade(revision="base")

    assert set(sa.inspect(db.engine).get_table_names()) <= {"alembic_version"}


def test_a_command_on_a_database_that_was_never_made_says_so_in_words(new_app):
    answer = new_app.test_cli_runner().invoke(args=["channels", "list"])

    assert answer.exit_code == 1 and "The database is at version none" in answer.stderr and "make run" in answer.stderr


def test_the_simulator_may_be_what_is_started_first(new_app, monkeypatch):
    monkeypatch.setattr("simulator.door.serve", lambda world, **_how: None)

    answer = new_app.test_cli_runner().invoke(args=["simulator", "--port", "0"])

    assert answer.exit_code == 0 and bootstrap.present_version() == bootstrap.newest_version()
