"""The program as a person starts it: what it answers, what it keeps to itself, and what it says when it cannot start."""

import json
import os
import stat
import subprocess
import sys
import urllib.error
import urllib.request

import pytest

from tests.live import Live, wait_until
from tests.source import ROOT

pytestmark = pytest.mark.only_on("sqlite")


@pytest.fixture(scope="module")
def program(tmp_path_factory):
    """One running program for the claims of this file."""
    live = Live(tmp_path_factory.mktemp("start"), log_level="INFO", admin_email="ana@example.com",
                admin_password="a long pass phrase 77")
    live.start()
    yield live
    live.stop()


def parts(program) -> dict:
    try:
        with urllib.request.urlopen(f"{program.address}/readyz", timeout=5) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        return json.load(error)


def test_every_part_is_ready_soon_after_the_start(program):
    wait_until(lambda: parts(program)["status"] == "ready", "some part never came up")


def test_whatever_it_writes_is_readable_by_its_owner_only(program):
    written = [path for path in (program.folder / "instance").rglob("*") if path.is_file()]

    open_to_others = [path.name for path in written if stat.S_IMODE(path.stat().st_mode) & 0o077]
    assert {"pigeonpost.sqlite", "simulator.sqlite", "secret_key", "app.log"} <= {path.name for path in written}
    assert open_to_others == []


def test_the_admin_of_the_settings_exists_and_needs_no_browser(program):
    listed = json.loads(program.flask("users", "list", "--json").stdout)

    assert [(user["email"], user["role"]) for user in listed] == [("ana@example.com", "admin")]


@pytest.mark.parametrize(("setting", "value", "said"), [
    ("DATABASE_URL", "mysql://nobody@localhost/x", "DATABASE_URL"), ("WHATSAPP_MODE", "cloud", "WHATSAPP_TOKEN"),
    ("ENVIRONMENT", "production", "SECRET_KEY"), ("TIMEZONE", "Mars/Olympus", "TIMEZONE"),
    ("ADMIN_PASSWORD", "password", "password")])
def test_what_it_cannot_start_with_is_one_sentence(tmp_path, setting, value, said):
    environment = Live(tmp_path, admin_email="ana@example.com" if setting == "ADMIN_PASSWORD" else "").environment
    done = subprocess.run([sys.executable, "-m", "gunicorn", "-c", "gunicorn.conf.py", "bootstrap:application()"], cwd=ROOT,
                          env=environment | {setting: value, "PATH": os.environ["PATH"]}, capture_output=True, text=True,
                          timeout=60, check=False)

    printed = done.stdout + done.stderr
    assert done.returncode != 0
    assert "Pigeonpost did not start" in printed and said in printed
    assert "Traceback" not in printed
