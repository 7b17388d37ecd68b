"""O7: scheduler, sender, database, webhook path and token stop in turn, and health and dashboard say so in words within a
minute. A whole run takes about five minutes: CHAOS=1; the short one stops the token and the webhook path by rules alone
(tests/services/test_channel_troubles.py) and the sender here."""

import contextlib
import os
import re
import signal
import sqlite3
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import requests

from core import clock
from simulator import door
from tests import database
from tests.live import Live, free_port, wait_until
from tests.promises.figures import IS_FULL, show
from tests.promises.graph import BUSINESS_ID, NUMBER_ID, TOKEN
from tests.source import ROOT

GOAL = 60.0
WORD, SECRET, KEY = "a-word-of-ours", "an-app-secret-3c4d5e", "a-key-for-tests-only-9f8e7d6c5b4a3f2e1d0c"  # noqa: S105
ONE_PART = """
import threading
from app import create_app
from core.background import Job
from jobs.registry import JOBS
from jobs.sender import Sender
import sys
app = create_app()
if sys.argv[1] == "sender":
    Sender(app).start()
print("ready", flush=True)
pause = threading.Event()
while True:
    if sys.argv[1] == "scheduler":
        with app.app_context():
            for job in (Job.BEAT, Job.PULSE, Job.READ_WEBHOOK_EVENTS):
                JOBS[job].call()
    pause.wait(2)
"""


class Front:
    """What stands in front of the dashboard, as a tunnel does; it can be stopped and started again."""

    def __init__(self, behind):
        self.behind, self.port = behind, free_port()
        self.url = f"http://127.0.0.1:{self.port}/webhook"
        self.start()

    def start(self):
        behind = self.behind

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                answer = requests.get(f"{behind}{self.path}", timeout=5)
                self.send_response(answer.status_code)
                self.end_headers()
                self.wfile.write(answer.content)

            def log_message(self, *args):
                """Quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


class House:
    """A dashboard whose scheduler, sender, Meta and way to the world are processes and threads of their own."""

    def __init__(self, folder, address):
        self.live = Live(folder, database_url=address, embedded_worker=0, secret_key=KEY, whatsapp_token=TOKEN,
                         app_secret=SECRET, webhook_verify_token=WORD, admin_email="folake@example.org",
                         admin_password="market day at seven hills")  # noqa: S106
        self.front = Front(self.live.address)
        self.meta = door.start(folder / "meta", secret=SECRET, token=TOKEN, verify_token=WORD, phone_number_id=NUMBER_ID,
                               business_id=BUSINESS_ID, webhook_url=self.front.url, speed=1000.0)
        self.live.environment |= {"GRAPH_API_URL": self.meta.url, "BUSINESS_ID": BUSINESS_ID}
        self.live.start()
        self.parts = {}
        for part in ("scheduler", "sender"):
            self.begin(part)
        self.browser = requests.Session()

    def begin(self, part):
        self.parts[part] = subprocess.Popen([sys.executable, "-c", ONE_PART, part], cwd=ROOT, env=self.live.environment,
                                            stdout=subprocess.PIPE, text=True, start_new_session=True)
        assert self.parts[part].stdout.readline().strip() == "ready"

    def end(self, part):
        process = self.parts.pop(part)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(10)

    def close(self):
        for part in list(self.parts):
            self.end(part)
        self.live.kill()
        self.meta.stop()
        with contextlib.suppress(OSError):
            self.front.stop()

    def sign_in(self):
        page = self.browser.get(f"{self.live.address}/sign-in", timeout=20).text
        token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page).group(1)
        self.browser.post(f"{self.live.address}/sign-in", timeout=20, data={
            "csrf_token": token, "email": "folake@example.org", "password": "market day at seven hills"})

    def home(self):
        return self.browser.get(f"{self.live.address}/home/now", timeout=20).text

    def ready(self):
        return requests.get(f"{self.live.address}/readyz", timeout=20)

    def says(self, words):
        """Whether both health and the dashboard say it."""
        health = self.ready()
        return health.status_code == 503 and words[0] in health.text and words[1] in self.home()

    def seconds_until(self, what, stop, words):
        wait_until(lambda: self.ready().status_code == 200, f"never well before {what}: {self.ready().text}", 90)
        stop()
        began = clock.monotonic()
        wait_until(lambda: self.says(words), f"{what}: {self.ready().text}", 100)
        took = clock.monotonic() - began
        show("O7", f"seconds until the stop of the {what} is said", round(took, 1), f"<= {GOAL:g}")
        assert took <= GOAL or not IS_FULL  # a figure of a full run; beside other tests it is only said in the end


@pytest.fixture
def house(tmp_path):
    address = database.own_database(f"says_so_{os.urandom(4).hex()}")
    one = House(tmp_path, address)
    one.sign_in()
    yield one
    one.close()
    database.drop(address)


def test_what_stops_is_said(house, tmp_path):
    house.seconds_until("sender", lambda: house.end("sender"), ("has stopped", "The sender has stopped"))
    if not IS_FULL:
        return
    house.begin("sender")
    house.seconds_until("scheduler", lambda: house.end("scheduler"), ("has stopped", "The scheduler has stopped"))
    house.begin("scheduler")
    house.seconds_until("webhook path", house.front.stop, ("webhook does not answer", "Nothing is heard of"))
    house.front.start()
    house.seconds_until("token", lambda: house.meta.set_faults("token-dies=0"), ("token", "The access token of"))
    house.meta.set_faults()
    if not database.is_postgres():
        with hold_of(tmp_path / "instance" / "pigeonpost.sqlite") as take:
            house.seconds_until("database", take, ("has stopped", "has stopped"))


@contextlib.contextmanager
def hold_of(path):
    """A program that takes the database and lets nobody write."""
    link = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    try:
        yield lambda: link.execute("BEGIN IMMEDIATE")
    finally:
        link.close()
