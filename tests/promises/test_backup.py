"""O4: a backup taken while notices come in, put back elsewhere, is whole and starts. CHAOS=1 does it with a million messages."""

import json
import os
import shutil
import sqlite3
import subprocess
import threading
import time
from pathlib import Path

import pytest
from sqlalchemy import create_engine, make_url, text

from tests import database, machine
from tests.live import Live, wait_until
from tests.promises.figures import IS_FULL, show
from tests.promises.graph import BUSINESS_ID, NUMBER_ID, TOKEN
from tests.promises.knockers import SECRET, knock, told

SECONDS, A_SECOND, MESSAGES = (30, 60, 1_000_000) if IS_FULL else (2, 60, 500)
FILL = """
import sys
from app import create_app
from models import Channel, db, transaction
with create_app().app_context(), transaction():
    channel, count = db.session.scalar(db.select(Channel.id)), int(sys.argv[1])
    for start in range(0, count, 10000):
        db.session.execute(db.text(
            "INSERT INTO messages (direction, kind, channel_id, phone, text, variables, state, reason_code, reason, priority, due_at,"
            " tries, created_at, content, reply_to, author_kind, author_name) VALUES ('in', 'text', :channel, :phone, :words, '{}',"
            " 'received', '', '', 10, '2026-11-01 09:00:00.000000', 0, '2026-11-01 09:00:00.000000', '{}', '', '', '')"),
            [{"channel": channel, "phone": f"+44770{n:07}", "words": f"Hello, this is number {n}, can I come on Monday?"}
             for n in range(start, min(start + 10000, count))])
"""
SETTINGS = {"whatsapp_mode": "cloud", "whatsapp_token": TOKEN, "phone_number_id": NUMBER_ID, "business_id": BUSINESS_ID,
            "app_secret": SECRET, "webhook_verify_token": "a-word", "graph_api_url": "http://127.0.0.1:9",
            "secret_key": "a-key-for-tests-only-9f8e7d6c5b4a3f2e1d0c"}
COUNTS = ("messages", "webhook_events", "channels", "contacts")


@pytest.fixture
def places(tmp_path):
    """Two installations of their own: one that runs, one that is restored into."""
    made = []

    def make(name):
        folder, address = tmp_path / name, database.own_database(f"backup_{os.urandom(4).hex()}")
        folder.mkdir()
        live = Live(folder, database_url=address, embedded_worker=0, **SETTINGS)
        made.append((live, address))
        return live, address

    yield make
    for live, address in made:
        live.kill()
        database.drop(address)


def counts(live, address):
    """How many rows the tables have that grow."""
    engine = create_engine(address or f"sqlite:///{file_of(live)}")
    with engine.connect() as link:
        found = {name: link.execute(text(f"SELECT count(*) FROM {name}")).scalar_one() for name in COUNTS}  # noqa: S608
    engine.dispose()
    return found


def file_of(live) -> Path:
    return Path(live.environment["INSTANCE_DIR"]) / "pigeonpost.sqlite"


def test_o4_a_backup_under_load_is_whole_and_starts_elsewhere(places, tmp_path):
    (live, address), (other, elsewhere) = places("runs"), places("restored")
    live.start()
    live.run(FILL, str(MESSAGES), seconds=1800.0)
    answers = []
    load = threading.Thread(target=lambda: answers.append(knock(
        live.port, (told(n, phone_number_id=NUMBER_ID) for n in range(A_SECOND * SECONDS)), a_second=A_SECOND)))
    load.start()
    wait_until(lambda: counts(live, address)["webhook_events"] >= 10, "nothing came in")

    before, began = counts(live, address), time.monotonic()
    kept = back_up(live, address, tmp_path)
    saved, after = time.monotonic(), counts(live, address)
    put_back(kept, other, elsewhere)
    minutes = (time.monotonic() - began) / 60
    load.join()
    found = counts(other, elsewhere)

    show("O4", f"{MESSAGES:,} messages: minutes to save ({saved - began:.0f} s) and put back, by load", round(minutes, 2), "<= 5")
    show("O4", "rows of the copy beside those before and after", (found, before, after), "between")
    assert answers[0].answers == {200: A_SECOND * SECONDS}
    assert all(before[name] <= found[name] <= after[name] for name in COUNTS), (before, found, after)
    other.start()
    assert json.loads(other.flask("users", "list", "--json").stdout) == []
    assert counts(other, elsewhere)["messages"] == found["messages"] >= MESSAGES


def back_up(live, address, folder):
    """As docs/running.md says; where the copy is."""
    if address:
        kept = folder / "copy.dump"
        subprocess.run([tool("pg_dump"), "--no-owner", "-Fc", "-f", str(kept), plain(address)], check=True, timeout=600)
        return kept
    kept = folder / "copy.sqlite"
    with sqlite3.connect(file_of(live)) as source, sqlite3.connect(kept) as copy:
        source.backup(copy)
    assert sqlite3.connect(kept).execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert sqlite3.connect(kept).execute("PRAGMA foreign_key_check").fetchall() == []
    return kept


def put_back(kept, other, elsewhere):
    """Into a place where nothing was."""
    if elsewhere:
        subprocess.run([tool("pg_restore"), "--no-owner", "-d", plain(elsewhere), str(kept)], check=True, timeout=600)
        return
    file_of(other).parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(kept, file_of(other))


def tool(name):
    """A program of PostgreSQL's."""
    found = [str(folder / name) for folder in machine.server_folders() if (folder / name).exists()] or [shutil.which(name)]
    if not found[0]:
        pytest.skip(f"this machine has no {name}")
    return found[0]


def plain(address):
    """The address without the name of our driver."""
    return make_url(address).set(drivername="postgresql").render_as_string(hide_password=False)
