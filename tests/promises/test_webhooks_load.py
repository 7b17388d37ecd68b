"""Notices at a dashboard that is busy: with a campaign, with slow visitors, with a long queue, with everybody at once.

CHAOS=1 runs the full sizes: W11 five minutes, W20 a hundred thousand notices, O2 half an hour.
"""

import contextlib
import os
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from sample.make_sample import make_sample
from tests import database
from tests.live import Live, wait_until
from tests.promises.figures import IS_FULL, show
from tests.promises.graph import BUSINESS_ID, NUMBER_ID, TOKEN
from tests.promises.knockers import SECRET, People, knock, told
from tests.promises.test_pages_during_import import SIGN_IN
from tests.source import ROOT

SECONDS, A_SECOND, WAITING, SLOW = (300, 240, 100_000, 200) if IS_FULL else (2, 60, 400, 200)
O2_SECONDS, AGENTS = (1800, 10) if IS_FULL else (3, 3)
CAMPAIGN = """
import sys
from app import create_app
from models import db, transaction
from services import channels
from tests.factories import sending as make
with create_app().app_context():
    channel = channels.ensure_first()
    with transaction():
        channel.send_rate = 20.0
    print(make.make_campaign(int(sys.argv[1]), channel=channel).id)
"""
FILL = """
import sys
from app import create_app
from services import webhooks
from tests.promises.knockers import told
with create_app().app_context():
    for start in range(0, int(sys.argv[1]), 1000):
        webhooks.keep(*(told(number, phone_number_id=sys.argv[2], status=bool(number % 2))
                        for number in range(start, min(start + 1000, int(sys.argv[1])))))
"""


@pytest.fixture
def dashboard(tmp_path, graph):
    """A way to start one that sends to a Graph of our own; it is stopped in the end."""
    address, started = database.own_database(f"load_{os.urandom(4).hex()}"), []

    def start(**settings):
        started.append(Live(tmp_path, database_url=address, whatsapp_mode="cloud", whatsapp_token=TOKEN,
                            phone_number_id=NUMBER_ID, business_id=BUSINESS_ID, app_secret=SECRET,
                            webhook_verify_token="a-word", graph_api_url=graph.url, send_rate=20,  # noqa: S106
                            secret_key="a-key-for-tests-only-9f8e7d6c5b4a3f2e1d0c", default_country="GB",  # noqa: S106
                            **settings))
        return started[-1].start()

    yield start
    for live in started:
        live.kill()
    database.drop(address)


def count(live, statement):
    """One figure of its database."""
    given = live.environment["DATABASE_URL"] or f"sqlite:///{Path(live.environment['INSTANCE_DIR']) / 'pigeonpost.sqlite'}"
    engine = create_engine(given)
    with engine.connect() as connection:
        found = connection.execute(text(statement)).scalar()
    engine.dispose()
    return found or 0


NEW = "SELECT count(*) FROM webhook_events WHERE state = 'new'"
WAITING_STILL = "SELECT count(*) FROM messages WHERE campaign_id IS NOT NULL AND state = 'queued'"
HANDED_OVER = WAITING_STILL.replace("=", "<>")


@contextlib.contextmanager
def reader(live):
    """The worker process of its own that reads notices, as `flask worker` starts it."""
    worker = subprocess.Popen([sys.executable, "-m", "flask", "worker"], cwd=ROOT, env=live.environment,
                              stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT)
    try:
        yield
    finally:
        worker.terminate()
        worker.wait(60)


def notices(number):
    """So many, half of them news of messages."""
    return (told(one, phone_number_id=NUMBER_ID, status=bool(one % 2)) for one in range(number))


def test_w11_notices_are_answered_at_once_while_a_campaign_runs(dashboard):
    live = dashboard()
    live.run(CAMPAIGN, str(20 * (SECONDS + 30)))
    wait_until(lambda: count(live, HANDED_OVER), "the campaign never began")

    heard = knock(live.port, notices(A_SECOND * SECONDS), a_second=A_SECOND)

    over = sum(wait > 1.0 for wait in heard.waits) / len(heard.waits)
    show("W11", f"{A_SECOND} a second for {SECONDS} s: p50 in ms (p99 {heard.share(0.99)})", heard.share(0.5), "<= 250")
    show("W11", "share over one second, percent", round(over * 100, 2), "< 1")
    show("W11", "anything but 200", len(heard.waits) - heard.answers[200], 0)
    assert heard.answers == {200: A_SECOND * SECONDS}
    assert count(live, "SELECT count(*) FROM webhook_events") == A_SECOND * SECONDS
    assert count(live, WAITING_STILL), "the campaign was over before the notices were"


def test_w12_two_hundred_slow_connections_hold_nobody_up(dashboard):
    live, ended = dashboard(embedded_worker=0), threading.Event()
    with contextlib.ExitStack() as held:
        lines = [held.enter_context(socket.create_connection(("127.0.0.1", live.port))) for _ in range(SLOW)]

        def trickle():
            head = b"POST /webhook HTTP/1.1\r\nHost: example.org\r\nContent-Length: 400\r\nX-Slow: " + b"x" * 200
            for byte in head:
                for line in lines:
                    with contextlib.suppress(OSError):  # those who take too long are sent away
                        line.send(bytes([byte]))
                if ended.wait(0.5):
                    return

        slow = threading.Thread(target=trickle)
        slow.start()
        heard = knock(live.port, notices(20 * (20 if IS_FULL else 2)), a_second=20)
        page = People(live.address, "", ["/healthz"])
        page.open("/healthz")
        ended.set()
        slow.join()

    show("W12", f"others' p99 beside {SLOW} slow connections, ms", heard.share(0.99), "<= 1000")
    assert set(heard.answers) == {200} and set(page.heard.answers) == {200}


def test_w20_a_long_queue_is_read_while_people_use_the_inbox(dashboard):
    live = dashboard(embedded_worker=0)
    live.run(FILL, str(WAITING), NUMBER_ID)
    person = People(live.address, live.run(SIGN_IN).stdout.strip(), ["/inbox", "/contacts"])
    person.open("/inbox")  # the first page after a start builds what later ones use
    person.heard.waits.clear()
    with reader(live):
        wait_until(lambda: count(live, NEW) < WAITING, "nothing was read")
        began, first = time.monotonic(), count(live, NEW)
        person.start()
        wait_until(lambda: not count(live, NEW), "not everything was read", 1200)
        spent = time.monotonic() - began
    person.stop()

    show("W20", f"{WAITING:,} waiting: notices read a second", round(first / max(spent, 0.05)), ">= 200")
    show("W20", "p95 of the inbox meanwhile, ms", person.heard.share(0.95), "<= 500")
    assert set(person.heard.answers) == {200}
    assert count(live, "SELECT count(*) FROM messages WHERE direction = 'in'") == WAITING // 2
    assert count(live, "SELECT count(*) FROM delivery_news") == WAITING // 2


def test_o2_everybody_at_once_and_nobody_is_told_that_the_database_is_locked(dashboard, tmp_path):
    live = dashboard()
    cookie = live.run(SIGN_IN).stdout.strip()
    live.run(CAMPAIGN, str(20 * O2_SECONDS))
    make_sample(tmp_path / "people.csv", 50 * O2_SECONDS)
    agents = [People(live.address, cookie, ["/inbox", "/contacts", "/", "/campaigns"]) for _ in range(AGENTS)]
    for agent in agents:
        agent.start()
    file = threading.Thread(target=live.flask, args=("contacts", "import", str(tmp_path / "people.csv"), "--country", "GB"))
    file.start()
    heard = knock(live.port, notices(100 * O2_SECONDS), a_second=100)
    file.join()
    for agent in agents:
        agent.stop()

    said = live.said() + "".join(path.read_text() for path in (tmp_path / "instance" / "logs").glob("*.log"))
    pages = {word: sum(agent.heard.answers[word] for agent in agents) for agent in agents for word in agent.heard.answers}
    show("O2", f"“database is locked” in {O2_SECONDS} s", said.count("database is locked"), 0)
    show("O2", f"pages that were not shown, of {sum(pages.values()):,}", sum(pages.values()) - pages[200], 0)
    assert heard.answers == {200: 100 * O2_SECONDS} and set(pages) == {200}
    assert "database is locked" not in said
