"""Notices at a dashboard that is busy: with a campaign, with slow visitors, with a long queue, with everybody at once.

CHAOS=1 runs the full sizes: W11 five minutes, W20 a hundred thousand notices, O2 half an hour.
"""

import contextlib
import socket
import subprocess
import sys
import threading
import time

from sample.make_sample import make_sample
from tests.live import wait_until
from tests.promises.busy import CAMPAIGN, HANDED_OVER, NEW, WAITING_STILL, count, database_file, notices
from tests.promises.figures import IS_FULL, show
from tests.promises.graph import NUMBER_ID
from tests.promises.knockers import People, knock
from tests.promises.test_pages_during_import import SIGN_IN
from tests.source import ROOT

SECONDS, A_SECOND, WAITING, SLOW = (300, 240, 100_000, 200) if IS_FULL else (2, 60, 400, 200)
O2_SECONDS, AGENTS = (1800, 10) if IS_FULL else (3, 3)
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


def log_size(live) -> float:
    """MiB of the log beside its database; none on PostgreSQL."""
    log = database_file(live).with_suffix(".sqlite-wal")
    return log.stat().st_size / 2**20 if log.exists() else 0.0


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
    began = time.monotonic()
    heard = knock(live.port, notices(100 * O2_SECONDS), a_second=100, seconds=float(O2_SECONDS))
    took = time.monotonic() - began
    file.join()
    for agent in agents:
        agent.stop()

    said = "".join(path.read_text() for path in (live.log, *(tmp_path / "instance" / "logs").glob("*.log*")))
    pages = {word: sum(agent.heard.answers[word] for agent in agents) for agent in agents for word in agent.heard.answers}
    show("O2", f"“database is locked” in {took:.0f} s with {len(heard.waits) / took:.0f} notices a second, p99 {heard.share(0.99)} ms",
         said.count("database is locked"), 0)
    show("O2", "p95 of the agents' pages, ms; the log beside the database, MiB", (
        max(agent.heard.share(0.95) for agent in agents), round(log_size(live))), "no goal")
    show("O2", f"pages that were not shown, of {sum(pages.values()):,}", sum(pages.values()) - pages[200], 0)
    assert set(heard.answers) == {200} and set(pages) == {200}
    assert "database is locked" not in said
