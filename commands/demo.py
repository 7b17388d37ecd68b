"""`flask demo` (make demo): the whole line without a browser, in a throw-away installation of its own.

A CSV goes in, a campaign goes out through the simulated WhatsApp, its signed news come back through /webhook, and the
report is printed. The truth it is compared with is the simulator's own list of what it accepted.
"""

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import click
import requests

from core import clock
from sample.make_sample import make_sample
from simulator.ledger import Accepted, Ledger

ROOT = Path(__file__).resolve().parent.parent
PATIENCE = 120.0  # seconds without any progress before the demo gives up
CALM = 2.0  # seconds without change before the report is the last one
OUTCOMES = ("created", "updated", "unchanged", "skipped", "failed")


@click.command("demo")
@click.option("--people", default=200, show_default=True, type=click.IntRange(10, 1_000_000), help="Rows of the sample.")
@click.option("--rate", default=400.0, show_default=True, help="Messages a second.")
@click.option("--keep", is_flag=True, help="Keep the throw-away installation and say where it is.")
def command(people: int, rate: float, keep: bool) -> None:
    """Import, schedule, send, hear back, report. Exit 0 only if every figure adds up."""
    folder = Path(tempfile.mkdtemp(prefix="pigeonpost-demo-"))
    try:
        with _server(folder, rate=rate) as environ:
            wrong = _story(environ, folder, people)
    finally:
        if keep:
            click.echo(f"Kept in {folder}")
        else:
            shutil.rmtree(folder, ignore_errors=True)
    for sentence in wrong:
        click.echo(f"WRONG: {sentence}", err=True)
    click.echo("Every figure adds up." if not wrong else "The figures do not add up.")
    raise SystemExit(1 if wrong else 0)


@contextmanager
def _server(folder: Path, *, rate: float) -> Iterator[dict[str, str]]:
    """The real program on a free port with an empty database: web, scheduler, sender and simulator."""
    environ = _environment(folder, rate=rate)
    program = [sys.executable, "-m", "gunicorn", "-c", str(ROOT / "gunicorn.conf.py"), "bootstrap:application()"]
    with open(folder / "server.log", "w") as log:
        server = subprocess.Popen(program, cwd=ROOT, env=environ, stdout=log, stderr=subprocess.STDOUT)
        try:
            _wait(lambda: _answers(environ, server), "the dashboard to answer")
            click.echo(f"A throw-away dashboard answers at http://127.0.0.1:{environ['PORT']}")
            yield environ
        finally:
            server.terminate()
            server.wait(timeout=30)


def _environment(folder: Path, *, rate: float) -> dict[str, str]:
    """Nothing of the real installation is touched: another folder, another port, simulation."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    ours = {"INSTANCE_DIR": str(folder), "PORT": str(port), "HOST": "127.0.0.1", "DATABASE_URL": "", "GRAPH_API_URL": "",
            "WHATSAPP_MODE": "simulation", "ENVIRONMENT": "local", "EMBEDDED_WORKER": "1", "SEND_RATE": str(rate),
            "SIMULATOR_SPEED": "50", "FLASK_APP": str(ROOT / "app.py"), "WEB_CONCURRENCY": "1",
            "APP_SECRET": "", "WHATSAPP_TOKEN": "", "PHONE_NUMBER_ID": "", "BUSINESS_ID": "", "TIMEZONE": "UTC",
            "DEFAULT_COUNTRY": "GB", "LOG_LEVEL": "WARNING"}
    return dict(os.environ) | ours


def _story(environ: dict[str, str], folder: Path, people: int) -> list[str]:
    """Play it; what did not add up, as sentences."""
    expected = make_sample(folder / "people.csv", people)
    imported = _flask(environ, "contacts", "import", str(folder / "people.csv"), "--tag", "demo", "--country", "GB",
                      "--consent", "Agreed at the front desk (demo)", "--rejects", str(folder / "rejects.csv"))
    click.echo("Imported: " + ", ".join(f"{imported[name]:,} {name}" for name in OUTCOMES))
    _add_template(environ)
    start = clock.now() + timedelta(seconds=12)  # a slow machine needs some of them to make the campaign
    campaign = _flask(environ, "campaigns", "create", "--name", "Demo", "--tag", "demo", "--template", "demo_hello",
                      "--var", "first_name=field:first_name|there", "--at", f"{start:%Y-%m-%dT%H:%M:%S}", "--zone", "UTC")
    click.echo(f"Scheduled for {start:%H:%M:%S} UTC. The scheduler starts it, the sender sends it.")
    ledger = Ledger(folder)
    report = _watch(environ, campaign["id"], ledger)
    _say(report)
    messages = _flask(environ, "messages", "list", "--campaign", str(campaign["id"]), "--limit", str(people))
    return [*_wrong_import(imported, expected), *_wrong_report(report, imported), *_wrong_truth(messages, ledger.accepted())]


def _flask(environ: dict[str, str], *words: str) -> Any:
    """What a command answers as JSON. The demo uses the same commands as everybody's scripts."""
    program = [sys.executable, "-m", "flask", *words, "--json"]
    done = subprocess.run(program, cwd=ROOT, env=environ, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        said = (done.stderr or done.stdout)[-800:]
        raise click.ClickException(f"flask {' '.join(words[:2])} ended with {done.returncode}: {said}")
    return json.loads(done.stdout)


def _add_template(environ: dict[str, str]) -> None:
    """A marketing template, approved by the simulated carrier before anything is sent with it."""
    _flask(environ, "templates", "add", "--name", "demo_hello", "--category", "marketing", "--language", "en",
           "--body", "Hello {{first_name}}, our doors are open this Saturday from nine. Come and say hello.",
           "--footer", "Reply STOP for no more of these", "--sample", "first_name=Ana", "--fallback", "first_name=there")
    _wait(lambda: any(row["state"] == "approved" for row in _flask(environ, "templates", "list")), "the template's approval")
    click.echo("The template demo_hello was handed in and approved.")


def _watch(environ: dict[str, str], campaign_id: int, ledger: Ledger) -> dict[str, Any]:
    """Until the campaign is over, no news is on its way and none waits to be read; the last report."""
    shown, since = "", clock.monotonic()
    while True:
        told = not ledger.pending()  # asked before the report, so that what was told is in it
        report = _flask(environ, "campaigns", "show", str(campaign_id))
        line = f"{report['state']}: " + ", ".join(f"{n:,} {name}" for name, n in report["states"].items() if n)
        if line != shown:
            click.echo(f"  {line}")
            shown, since = line, clock.monotonic()
        elif report["state"] == "finished" and told and clock.monotonic() - since > CALM:
            return report
        elif clock.monotonic() - since > PATIENCE:
            raise click.ClickException(f"Nothing has moved for {PATIENCE:.0f} seconds")


def _say(report: dict[str, Any]) -> None:
    """The report, as a person reads it."""
    click.echo("")
    for name, count in report["funnel"].items():
        click.echo(f"  {name:<10}{count:>9,}")
    for state in ("failed", "skipped", "unknown"):
        click.echo(f"  {state:<10}{report['states'][state]:>9,}")
        for reason in report.get(f"{state}_by_reason", []):
            click.echo(f"            {reason['count']:>9,}  {reason['words']}")
    click.echo("")


def _wrong_import(imported: dict[str, Any], expected: dict[str, int]) -> list[str]:
    """Every row of the file ended as one of five, as many of each as were put into it."""
    wrong = []
    if sum(imported[name] for name in OUTCOMES) != expected["rows"]:
        wrong.append(f"{expected['rows']:,} rows went in, the five outcomes add up to another number")
    for name in ("created", "skipped", "failed"):
        if imported[name] != expected[name]:
            wrong.append(f"the file holds {expected[name]:,} rows that end as {name}, the import says {imported[name]:,}")
    return wrong


def _wrong_report(report: dict[str, Any], imported: dict[str, Any]) -> list[str]:
    """Everybody with the tag is one row, in one state; the funnel narrows."""
    states, funnel = report["states"], report["funnel"]
    wrong = []
    if sum(states.values()) != imported["created"]:
        wrong.append(f"{imported['created']:,} people carry the tag, the states add up to {sum(states.values()):,}")
    if funnel["queued"] != imported["created"] - states["skipped"]:
        wrong.append("queued and skipped do not add up to the audience")
    if not funnel["queued"] >= funnel["sent"] >= funnel["delivered"] >= funnel["read"] > 0:
        wrong.append("the funnel does not narrow from queued to read")
    for state in ("failed", "skipped"):
        if sum(reason["count"] for reason in report[f"{state}_by_reason"]) != states[state]:
            wrong.append(f"the reasons for {state} do not add up")
    if states["queued"] or states["sending"] or states["unknown"]:
        wrong.append("a finished campaign has messages that are not final")
    return wrong


def _wrong_truth(messages: list[dict[str, Any]], accepted: list[Accepted]) -> list[str]:
    """What the simulator took in is what we say was sent: nobody lost, nobody twice."""
    taken = Counter(entry.recipient for entry in accepted)
    ours = {row["phone"] for row in messages if row["wire_id"]}
    wrong = []
    if twice := [phone for phone, count in taken.items() if count > 1]:
        wrong.append(f"{len(twice):,} people got it twice")
    if ours != set(taken):
        wrong.append(f"{len(ours - set(taken)):,} messages were never accepted, {len(set(taken) - ours):,} are not known to us")
    return wrong


def _answers(environ: dict[str, str], server: subprocess.Popen[bytes]) -> bool:
    """Whether the dashboard is ready. Raises when it ended instead."""
    if server.poll() is not None:
        raise click.ClickException(f"The dashboard did not start:\n{Path(environ['INSTANCE_DIR'], 'server.log').read_text()}")
    try:
        return requests.get(f"http://127.0.0.1:{environ['PORT']}/healthz", timeout=2).ok
    except requests.ConnectionError:
        return False


def _wait(is_done: Callable[[], bool], what: str) -> None:
    """Ask until it is done, for a minute at most."""
    started = clock.monotonic()
    while not is_done():
        if clock.monotonic() - started > 60:
            raise click.ClickException(f"Waited a minute for {what}")
        time.sleep(0.1)
