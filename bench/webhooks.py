"""Rows 6 to 9: a webhook that is checked and on the disk before it is answered, beside bare answers and beside pywa.

Rows 6 and 7 give the server one core and the knocking another. Ours runs as shipped, without scheduler and sender in
the same process (`EMBEDDED_WORKER=0`): what is measured is the door.
"""

import contextlib
import json
import os
import sqlite3
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from bench.knocking import ROOT, Answers, gunicorn, knock, notice, served

Line = tuple[str, float, float, float, str]
SECRET, NUMBER = "an-app-secret-for-benchmarks-0f1e2d", "100000000000001"  # noqa: S105
OURS = {"WHATSAPP_MODE": "cloud", "WHATSAPP_TOKEN": "a-token", "PHONE_NUMBER_ID": NUMBER, "BUSINESS_ID": "200000000000002",
        "APP_SECRET": SECRET, "WEBHOOK_VERIFY_TOKEN": "a-word", "SECRET_KEY": "only-for-benchmarks-5d1f0c9b8a7e6d",
        "EMBEDDED_WORKER": "0", "LOG_LEVEL": "WARNING", "GRAPH_API_URL": "http://127.0.0.1:9"}
PEERS = ROOT / "bench" / "peers"
PYWA = ("pywa>=4,<5", "flask", "gunicorn>=27.0.1,<28")
HAS_TWO_CORES = (os.cpu_count() or 1) > 1
A_ROUND = int(os.environ.get("WEBHOOKS", "6000"))


def body(*numbers: int, word: str = "delivered") -> bytes:
    """A notice of Meta with one status for each of these messages, all of them written to by us."""
    return json.dumps({"object": "whatsapp_business_account", "entry": [{"id": "200000000000002", "changes": [
        {"field": "messages", "value": {
            "messaging_product": "whatsapp",
            "metadata": {"display_phone_number": "447700900000", "phone_number_id": NUMBER},
            "contacts": [{"profile": {"name": "Ana"}, "wa_id": "447700900123", "user_id": "GB.13491208655302741918"}],
            "statuses": [{"id": f"wamid.HBgMNDQ3NzAwOTAwMTIzFQIAERgSQzQ2RkYy{number:020}", "status": word,
                          "timestamp": "1794994204", "recipient_id": "447700900123",
                          "recipient_user_id": "GB.13491208655302741918",
                          "biz_opaque_callback_data": f"0123456789abcdefghij.{number}",
                          "pricing": {"billable": True, "pricing_model": "PMP", "category": "marketing",
                                      "type": "regular"}} for number in numbers]}}]}]}).encode()


@contextlib.contextmanager
def ours(core: str = "0", **settings: str) -> Iterator[tuple[int, Path]]:
    """The dashboard as shipped on a fresh database; gives its port and its folder."""
    with tempfile.TemporaryDirectory(prefix="pigeonpost-bench-") as folder:
        command = [sys.executable, "-m", "gunicorn", "-c", "gunicorn.conf.py", "bootstrap:application()"]
        with served(command, ROOT, core=core, INSTANCE_DIR=folder, DATABASE_URL="", **OURS | settings) as port:
            yield port, Path(folder)


@contextlib.contextmanager
def on_one_core() -> Iterator[None]:
    """This process keeps away from the first core, which the server has for itself."""
    before = os.sched_getaffinity(0)
    if HAS_TWO_CORES:
        os.sched_setaffinity(0, before - {0})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def bare(name: str) -> contextlib.AbstractContextManager[int]:
    """One of the barest doors."""
    return served(gunicorn(f"bench.peers.bare_door:{name}"), ROOT, core="0")


def rows_6(rounds: int) -> list[Line]:
    """Beside a bare WSGI function."""
    with on_one_core(), ours() as (mine, folder), bare("wsgi") as floor:
        pairs = _in_turn(rounds, folder, mine, floor)
    return [_line("durable webhook / bare WSGI 200, one core", pairs)]


def rows_7(rounds: int) -> list[Line]:
    """Beside a bare Flask view, and beside pywa."""
    with on_one_core(), ours() as (mine, folder), bare("flask") as floor:
        lines = [_line("durable webhook / bare Flask 200, one core (goal 0.9)", _in_turn(rounds, folder, mine, floor))]
    with tempfile.TemporaryDirectory(prefix="pigeonpost-pywa-") as place:
        python = pywa_in(place)
        if python is None:
            return lines
        command = gunicorn("pywa_door:app", python=python)
        with on_one_core(), ours() as (mine, folder), served(command, PEERS, core="0", SECRET=SECRET, NUMBER=NUMBER) as peer:
            pairs = _in_turn(rounds, folder, mine, peer)
    return [*lines, _line("durable webhook / pywa's webhook, which stores nothing", pairs)]


def pywa_in(folder: str) -> str | None:
    """A Python that has pywa, from PyPI; None, said loudly, when there is no way to it. PYWA_PYTHON names one that exists."""
    if given := os.environ.get("PYWA_PYTHON"):
        return given
    try:
        subprocess.run([sys.executable, "-m", "venv", folder], check=True, capture_output=True)
        subprocess.run([f"{folder}/bin/pip", "install", "-q", *PYWA], check=True, capture_output=True, timeout=300)
    except (OSError, subprocess.SubprocessError) as error:
        print(f"NOT MEASURED beside pywa: it could not be installed ({error})", file=sys.stderr, flush=True)
        return None
    return f"{folder}/bin/python"


def _in_turn(rounds: int, folder: Path, mine: int, other: int) -> list[tuple[Answers, Answers]]:
    """Knock at both in turn; every notice is another one, and ours must have kept each."""
    fresh = iter(range(10**9))

    def requests(count: int) -> list[bytes]:
        return [notice(body(next(fresh)), SECRET) for _ in range(count)]

    sent = A_ROUND // 4
    _all_well(knock(mine, requests(sent)))
    knock(other, requests(sent))
    pairs = []
    for _ in range(rounds):
        pairs.append((_all_well(knock(mine, requests(A_ROUND))), _all_well(knock(other, requests(A_ROUND)))))
        sent += A_ROUND
    _must_have(folder, sent)
    return pairs


def _all_well(answers: Answers) -> Answers:
    if set(answers.statuses) != {200}:
        raise RuntimeError(f"not everything was answered with 200: {dict(answers.statuses)}")
    return answers


def _must_have(folder: Path, count: int) -> None:
    """Complain unless exactly so many notices are on the disk."""
    with contextlib.closing(sqlite3.connect(folder / "pigeonpost.sqlite")) as look:
        kept = look.execute("SELECT count(*) FROM webhook_events").fetchone()[0]
    if kept != count:
        raise RuntimeError(f"{count} notices were answered with 200, but {kept} are kept")


def _line(label: str, pairs: list[tuple[Answers, Answers]]) -> Line:
    """Ours divided by the other, in answers a second."""
    ratios = [mine.rate / other.rate for mine, other in pairs]
    mine, other = (statistics.median(side.rate for side in sides) for sides in zip(*pairs, strict=True))
    return label, min(ratios), statistics.median(ratios), max(ratios), f"{mine:,.0f}/s beside {other:,.0f}/s"


def rows_8(rounds: int) -> list[Line]:
    """One event a notice, two cores, the knocking on them too; thousands a second and the wait of 99 in 100."""
    fresh, found = iter(range(10**9)), []
    with ours(core="") as (port, folder):
        _all_well(knock(port, [notice(body(next(fresh)), SECRET) for _ in range(500)]))
        for _ in range(rounds):
            found.append(_all_well(knock(port, [notice(body(next(fresh)), SECRET) for _ in range(2 * A_ROUND)])))
        _must_have(folder, 500 + rounds * 2 * A_ROUND)
    rates, waits = [one.rate / 1000 for one in found], [one.wait(0.99) * 1000 for one in found]
    return [("durable single events, thousands a second", min(rates), statistics.median(rates), max(rates), ""),
            ("the same: the wait of 99 in 100, ms", min(waits), statistics.median(waits), max(waits),
             "no goal here: <= 100 ms, better 50")]


def rows_9(rounds: int) -> list[Line]:
    """Fifty events a notice: events a second that are on the disk when answered; then every one applied, and once."""
    notices, each = A_ROUND // 4, 50
    found = []
    with ours(core="") as (port, folder):
        for round_ in range(rounds):
            start = round_ * notices
            found.append(_all_well(knock(port, [
                notice(body(*range(number * each, (number + 1) * each)), SECRET) for number in range(start, start + notices)])))
        _must_have(folder, rounds * notices)
        lost, twice = _apply_all(folder, rounds * notices * each)
    rates = [one.rate * each / 1000 for one in found]
    return [("durable events in notices of 50, thousands a second", min(rates), statistics.median(rates), max(rates),
             f"lost {lost}, twice {twice}")]


def _apply_all(folder: Path, events: int) -> tuple[int, int]:
    """Have everything read by the program; how many events are missing afterwards, and how many are there too often."""
    script = "import app, services.webhooks as w; a = app.create_app(); a.app_context().push()\nwhile w.read_events(): pass"
    subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=True,
                   env=os.environ | OURS | {"INSTANCE_DIR": str(folder), "DATABASE_URL": ""})
    with contextlib.closing(sqlite3.connect(folder / "pigeonpost.sqlite")) as look:
        rows, kinds = look.execute("SELECT count(*), count(DISTINCT wire_id) FROM delivery_news").fetchone()
    return events - kinds, rows - kinds


ROWS = {6: rows_6, 7: rows_7, 8: rows_8, 9: rows_9}
