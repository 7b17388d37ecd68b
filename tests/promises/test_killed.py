"""The whole program killed with kill -9 in the middle of an import and of a campaign. CHAOS=1 runs the full size."""

import json
import os
import random
import sqlite3
import time

import pytest

from sample.make_sample import make_sample
from simulator.ledger import Ledger
from tests.live import Live

IS_FULL = bool(os.environ.get("CHAOS"))
PEOPLE, KILLS = (10_000, 50) if IS_FULL else (600, 4)
PATIENCE = 1_800.0 if IS_FULL else 600.0
pytestmark = pytest.mark.only_on("sqlite")  # it looks into the file beside the running program


@pytest.fixture
def program(tmp_path):
    """The program on SQLite, quick enough to be killed often."""
    live = Live(tmp_path, whatsapp_mode="simulation", send_rate=PEOPLE / 8, simulator_speed=50, lease_seconds=4,
                graph_timeout=2, default_country="GB", timezone="UTC")
    live.start()
    yield live
    live.stop()


def ask(program: Live, *words: str):
    return json.loads(program.flask(*words, "--json").stdout)


def rows(program: Live, question: str, *values: object) -> list[tuple]:
    """Look into the database of the program, whether it runs or not."""
    link = sqlite3.connect(program.folder / "instance" / "pigeonpost.sqlite", timeout=20)
    try:
        return link.execute(question, values).fetchall()
    finally:
        link.close()


def until(is_so, what: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < deadline, f"still waiting for {what}"
        time.sleep(0.05)


def approved_template(program: Live) -> None:
    program.flask("templates", "add", "--name", "hello", "--category", "utility", "--language", "en", "--body",
                  "Hello {{first_name}}, your order is ready today.", "--sample", "first_name=Ana", "--fallback",
                  "first_name=there")
    until(lambda: rows(program, "SELECT 1 FROM template_versions WHERE state = 'approved'"), "approval")


def test_a_campaign_killed_again_and_again_loses_nobody_and_doubles_nobody(program, tmp_path):
    make_sample(tmp_path / "people.csv", PEOPLE)
    created = ask(program, "contacts", "import", str(tmp_path / "people.csv"), "--tag", "demo")["created"]
    approved_template(program)
    campaign = ask(program, "campaigns", "create", "--name", "Killed", "--tag", "demo", "--template", "hello",
                   "--var", "first_name=field:first_name|there", "--now")["id"]
    chance = random.Random(11)

    for _ in range(KILLS):
        time.sleep(chance.uniform(0.2, 1.5))  # a kill at any moment: the waiting is the test
        program.kill()
        program.start()
    until(lambda: not rows(program, "SELECT 1 FROM messages WHERE state IN ('queued', 'sending') LIMIT 1"), "the queue")
    until(lambda: not Ledger(tmp_path / "instance").pending(), "the last news")
    until(lambda: not rows(program, "SELECT 1 FROM webhook_events WHERE state = 'new' LIMIT 1"), "the last notice")

    states = dict(rows(program, "SELECT state, count(*) FROM messages WHERE campaign_id = ? GROUP BY state", campaign))
    accepted = [entry.recipient for entry in Ledger(tmp_path / "instance").accepted()]
    ours = {phone for (phone,) in rows(program, "SELECT phone FROM messages WHERE wire_id IS NOT NULL")}
    doubt = {phone for (phone,) in rows(program, "SELECT phone FROM messages WHERE state = 'unknown'")}
    if IS_FULL:
        print(f"\n  {KILLS} kills, {created} people: {states}, accepted {len(accepted)}, doubled "
              f"{len(accepted) - len(set(accepted))}, lost {len(set(accepted) - ours - doubt)}")
    assert len(accepted) == len(set(accepted))
    assert set(accepted) <= ours | doubt
    assert sum(states.values()) == created
    assert ours <= set(accepted)


def test_an_import_killed_again_and_again_brings_everybody_in_once(program, tmp_path):
    size = PEOPLE * 20
    expected = make_sample(tmp_path / "people.csv", size)
    chance = random.Random(5)
    started = start_import(program, tmp_path / "people.csv")

    for _ in range(KILLS):
        time.sleep(chance.uniform(0.1, 0.6))
        program.kill()
        program.start()
    until(lambda: rows(program, "SELECT 1 FROM imports WHERE id = ? AND state = 'finished'", started), "the import")

    counts = rows(program, "SELECT rows_done, created, updated, unchanged, skipped, failed FROM imports")[0]
    assert counts == (size, expected["created"], 0, 0, expected["skipped"], expected["failed"])
    assert rows(program, "SELECT count(*) FROM contacts")[0][0] == expected["created"]


def test_an_undo_killed_twice_leaves_nothing_that_the_import_alone_made(program, tmp_path):
    expected = make_sample(tmp_path / "people.csv", 6_000)
    started = start_import(program, tmp_path / "people.csv")
    until(lambda: rows(program, "SELECT 1 FROM imports WHERE id = ? AND state = 'finished'", started), "the import")
    assert rows(program, "SELECT count(*) FROM contacts") == [(expected["created"],)]

    program.run("import sys\nfrom app import create_app\nfrom core.actor import COMMAND\nfrom services import imports\n"
                "with create_app().app_context():\n    imports.undo_import(import_id=int(sys.argv[1]), by=COMMAND)\n", str(started))
    for _ in range(2):
        until(lambda: rows(program, "SELECT 1 FROM imports WHERE lease_token <> '' OR state = 'undone'"), "the undo to begin")
        program.kill()
        let_go(program)
        program.start()
    until(lambda: rows(program, "SELECT 1 FROM imports WHERE id = ? AND state = 'undone'", started), "the undo")

    left = {table: rows(program, f"SELECT count(*) FROM {table}")[0][0] for table in (
        "contacts", "contact_tags", "tags", "contact_fields", "consent_entries", "import_changes", "import_created",
        "import_kept")}
    assert set(left.values()) == {0}, left
    assert rows(program, "SELECT undo_total, restored, kept FROM imports") == [(expected["created"],) * 2 + (0,)]


def let_go(program: Live) -> None:
    """As if the time had passed after which a dead process no longer holds an import."""
    link = sqlite3.connect(program.folder / "instance" / "pigeonpost.sqlite", timeout=20)
    with link:
        link.execute("UPDATE imports SET lease_token = '', lease_until = NULL")
    link.close()


def start_import(program: Live, path) -> int:
    """Queue a file as the pages do; the program's own scheduler works through it."""
    script = ("import sys\nfrom app import create_app\nfrom core.actor import COMMAND\nfrom services import imports\n"
              "with create_app().app_context():\n"
              "    row = imports.start_import(stream=open(sys.argv[1], 'rb'), file_name='people.csv', by=COMMAND)\n"
              "    imports.confirm_import(import_id=row.id, mapping=dict(row.mapping), options={'country': 'GB', 'tags': [],"
              " 'consent': 'none', 'proof': '', 'on_duplicate': 'update'}, by=COMMAND)\n    print(row.id)\n")
    return int(program.run(script, str(path)).stdout)


def test_o13_everything_killed_under_mixed_load_starts_again_with_nothing_broken(program, tmp_path):
    kills = 100 if IS_FULL else 3
    make_sample(tmp_path / "people.csv", PEOPLE)
    ask(program, "contacts", "import", str(tmp_path / "people.csv"), "--tag", "demo")
    approved_template(program)
    ask(program, "campaigns", "create", "--name", "Killed", "--tag", "demo", "--template", "hello",
        "--var", "first_name=field:first_name|there", "--now")
    make_sample(tmp_path / "more.csv", PEOPLE * 4)
    start_import(program, tmp_path / "more.csv")
    chance = random.Random(13)

    broken = 0
    for _ in range(kills):
        time.sleep(chance.uniform(0.1, 0.8))  # a kill at any moment: the waiting is the test
        program.kill()
        broken += rows(program, "PRAGMA integrity_check") != [("ok",)]
        program.start()  # fails the check when it does not answer
    until(lambda: not rows(program, "SELECT 1 FROM messages WHERE state IN ('queued', 'sending') LIMIT 1"), "the queue")
    until(lambda: not rows(program, "SELECT 1 FROM imports WHERE state <> 'finished'"), "the import")
    until(lambda: not rows(program, "SELECT 1 FROM webhook_events WHERE state = 'new' LIMIT 1"), "the last notice")

    orphans = rows(program, "SELECT count(*) FROM imports WHERE lease_token <> ''")[0][0] + rows(
        program, "SELECT count(*) FROM messages WHERE lease_until IS NOT NULL")[0][0]
    accepted = [entry.recipient for entry in Ledger(tmp_path / "instance").accepted()]
    if IS_FULL:
        print(f"\n  O13  {kills} kills of everything: starts that failed 0, broken databases {broken}, orphan locks {orphans}, "
              f"doubled {len(accepted) - len(set(accepted))} (goals 0)")
    assert (broken, orphans) == (0, 0)
    assert len(accepted) == len(set(accepted))
