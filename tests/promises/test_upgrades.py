"""O6: a full database of an earlier version is brought up to date, killed in the middle of it again and again, and ends as one
that was left alone. CHAOS=1 goes through every version with 20 kills."""

import os
import random
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask_migrate import upgrade

import bootstrap
from app import create_app
from models import db
from tests import database
from tests.conftest import settings_for
from tests.promises.figures import IS_FULL, show

SCRIPT = Path(__file__).with_name("migrate_process.py")
EVERY = [path.name[:4] for path in sorted(bootstrap.MIGRATIONS.glob("[0-9]*.py"))][:-1]
VERSIONS, ROWS, KILLS = (EVERY, 3_000, 20) if IS_FULL else (EVERY[4:5], 40, 1)
FILLED = {"channels", "contacts", "tags", "contact_tags", "consent_entries", "message_templates", "template_versions", "campaigns",
          "messages", "message_attempts", "delivery_news", "webhook_events"}
WORDS = {"kind": "simulation", "state": "read", "direction": "out", "marketing": "granted", "utility": "granted", "category": "utility",
         "language": "en_GB", "country": "GB", "zone": "UTC", "unknown_policy": "hold", "priority": 10}
MOMENT = datetime(2026, 11, 1, 9, 30, tzinfo=UTC)


class Book:
    """A database at an earlier version with so many rows in each table."""

    def __init__(self, folder: Path, version: str) -> None:
        folder.mkdir()
        self.folder, self.address = folder, database.own_database(f"upgrade_{os.urandom(4).hex()}")
        app = create_app(settings_for(folder, database_url=self.address))
        with app.app_context():
            upgrade(revision=version)
            self.url = db.engine.url
            fill(db.engine, ROWS)
            db.session.remove()
            db.engine.dispose()

    def start(self) -> "subprocess.Popen[str]":
        """A process that is about to bring it up to date."""
        kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        process = subprocess.Popen(
            [sys.executable, str(SCRIPT)], stdout=subprocess.PIPE, text=True,
            env=kept | {"INSTANCE_DIR": str(self.folder), "DATABASE_URL": self.address, "LOG_LEVEL": "ERROR",
                        "SECRET_KEY": "a-key-for-tests-only-9f8e7d6c5b4a3f2e1d0c"})
        assert process.stdout is not None and process.stdout.readline().strip() == "ready"
        return process

    def finish(self) -> float:
        """Bring it up to date without a kill; the seconds it took."""
        began = time.monotonic()
        process = self.start()
        said, _ = process.communicate(timeout=300)
        assert (process.returncode, said.strip()) == (0, "done")
        return time.monotonic() - began

    def rows(self) -> dict[str, list[str]]:
        """Everything in it, without what is made anew at each start."""
        engine = sa.create_engine(self.url)
        seen = sa.MetaData()
        seen.reflect(engine)
        with engine.connect() as link:
            found = {name: sorted(map(as_kept, link.execute(sa.select(table)).mappings()))
                     for name, table in seen.tables.items() if not name.startswith(("message_words", "contact_letters"))}
            if engine.dialect.name == "sqlite":
                assert link.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
                assert link.exec_driver_sql("PRAGMA foreign_key_check").all() == []
        engine.dispose()
        return found

    def close(self) -> None:
        """Let go of it."""
        database.drop(self.address)


def as_kept(row) -> str:
    """A row without what is made anew each time: secrets, and when it was upgraded."""
    ours = {name: "now" if isinstance(value, datetime) and value.replace(tzinfo=UTC) != MOMENT else value
            for name, value in row.items() if not name.startswith("sealed_")}
    return str(sorted(ours.items()))


def fill(engine: sa.Engine, count: int) -> None:
    """So many rows for each table people would miss, each leading to a row of the tables it hangs on."""
    seen = sa.MetaData()
    seen.reflect(engine)
    with engine.begin() as link:
        for table in seen.sorted_tables:
            if table.name in FILLED:
                link.execute(table.insert(), [row_of(table, number) for number in range(1, count + 1)])


def row_of(table: sa.Table, number: int) -> dict[str, object]:
    """One row: what must be there, and what leads to other tables that are filled. Ids are given by the database."""
    row = {}
    for column in table.columns:
        leads_to = {key.column.table.name for key in column.foreign_keys}
        if column.name != "id" and (leads_to & FILLED if column.foreign_keys else not column.nullable):
            row[column.name] = number if leads_to else value_of(column, number)
    words = {name: value for name, value in WORDS.items() if name in row}
    return row | words | ({"phone": f"+44770{number:07}"} if "phone" in table.columns else {})


def value_of(column: sa.Column, number: int) -> object:
    """Something of its kind, another for each number."""
    match column.type:
        case sa.Boolean():
            return False
        case sa.Integer():
            return number
        case sa.Float() | sa.Numeric():
            return float(number)
        case sa.DateTime():
            return MOMENT
        case sa.JSON():
            return {}
        case sa.LargeBinary():
            return b"{}"
    return f"x{number}"


@pytest.fixture
def book(tmp_path):
    """Makes databases at an earlier version."""
    made = []

    def make(version):
        made.append(Book(tmp_path / str(len(made)), version))
        return made[-1]

    yield make
    for one in made:
        one.close()


def test_o6_an_upgrade_that_is_killed_again_and_again_ends_as_one_that_was_left_alone(book):
    chance, kills, differing = random.Random(6), 0, []
    for version in VERSIONS:
        alone, killed = book(version), book(version)
        takes = alone.finish()
        for _ in range(-(-KILLS // len(VERSIONS))):
            process = killed.start()
            time.sleep(chance.uniform(0, takes / 2))  # a kill at any moment: the waiting is the test
            process.kill()
            process.wait()
            kills += 1
        killed.finish()
        wanted, found = alone.rows(), killed.rows()
        differing += [(version, name) for name in wanted.keys() | found.keys() if wanted.get(name) != found.get(name)]
        counts = {name: len(found[name]) for name in FILLED & found.keys()}
        assert min(counts.values()) >= ROWS, counts

    show("O6", f"{len(VERSIONS)} versions, {kills} kills: databases not brought up to date", 0, 0)
    show("O6", f"tables with other rows than without a kill, {ROWS:,} rows each", len(differing), 0)
    assert differing == []
