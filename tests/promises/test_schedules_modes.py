"""T8 and T12: the whole program as it is served, in every mode, and under a load of webhooks.

CHAOS=1 goes through every mode and prints the figures; otherwise one mode of several processes stands for all.
"""

import hashlib
import hmac
import json
import os
import sqlite3
import subprocess
import sys
import threading
import time
import urllib.request

import pytest

from tests.live import Live, wait_until
from tests.promises.figures import IS_FULL, show
from tests.source import ROOT

pytestmark = pytest.mark.only_on("sqlite")  # it looks into the file beside the running program
MANY, CROWD = (50, 4) if IS_FULL else (5, 1)
MODES = [  # words for gunicorn, settings, what runs beside
    ("2 workers", (), {"web_concurrency": 2}, ()), ("1 worker", (), {}, ()), ("4 workers", (), {"web_concurrency": 4}, ()),
    ("8 workers", (), {"web_concurrency": 8}, ()), ("--reload", ("--reload",), {}, ()),
    ("--preload", ("--preload",), {"web_concurrency": 2}, ()),
    ("debug server beside", (), {}, ("run", "--debug", "--no-reload")),
    ("debug server with reloader beside", (), {}, ("run", "--debug"))]
PLAN = """
import sys
from datetime import timedelta
from app import create_app
from core import clock
from core.states import CampaignState
from models import Campaign, db, transaction
with create_app().app_context():
    from services import channels
    from tests.factories.campaigns import a_tag, a_version, people
    tag, version = a_tag("everybody"), a_version("Our doors are open.", category="utility")
    people(3, tag)
    count, ahead, apart = int(sys.argv[1]), float(sys.argv[2]), float(sys.argv[3])
    begin = clock.now() + timedelta(seconds=ahead)
    with transaction():
        for number in range(count):
            start = begin + timedelta(seconds=number * apart)
            db.session.add(Campaign(name=f"Due {number}", state=CampaignState.SCHEDULED, channel_id=channels.default_channel().id,
                version_id=version.id, audience={"tags": [tag.id]}, zone="UTC", wall_time=f"{start:%Y-%m-%dT%H:%M:%S}",
                start_at=start, latest_at=start + timedelta(hours=2)))
"""


def rows(live: Live, question: str) -> list[tuple]:
    """Look into the database of the program."""
    link = sqlite3.connect(live.folder / "instance" / "pigeonpost.sqlite", timeout=20)
    try:
        return link.execute(question).fetchall()
    finally:
        link.close()


def decided(live: Live, count: int) -> list[int]:
    """Starts of each campaign, by the activity, once none waits any more."""
    wait_until(lambda: not rows(live, "SELECT 1 FROM campaigns WHERE state = 'scheduled' LIMIT 1"), "some never started", 90)
    time.sleep(2)  # a second start would come with the next look
    noted = dict(rows(live, "SELECT subject_id, count(*) FROM activity WHERE verb = 'campaign.started' GROUP BY subject_id"))
    written = dict(rows(live, "SELECT campaign_id, count(*) FROM messages GROUP BY campaign_id"))
    assert set(written.values()) <= {3}
    return [noted.get(one, 0) for (one,) in rows(live, "SELECT id FROM campaigns")] + [0] * (count - len(written))


class Served(Live):
    """The program under other words than usual."""

    def __init__(self, folder, words=(), **settings) -> None:
        super().__init__(folder, **settings)
        self.words = words

    def start(self):
        """As `Live.start`, with more words for gunicorn."""
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "gunicorn", "-c", "gunicorn.conf.py", *self.words, "bootstrap:application()"],
                cwd=ROOT, env=self.environment, stdout=log, stderr=subprocess.STDOUT, start_new_session=True)
        wait_until(self.answers, "the dashboard did not start")
        return self


@pytest.mark.parametrize("mode, words, settings, beside", MODES if IS_FULL else MODES[:1])
def test_every_way_of_serving_starts_each_schedule_once(tmp_path, mode, words, settings, beside):
    live = Served(tmp_path, words, **settings).start()
    others = []
    try:
        if beside:
            others = [subprocess.Popen([sys.executable, "-m", "flask", *beside, "--port", str(live.port + 1)], cwd=ROOT,
                                       env=live.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                       start_new_session=True)]
        live.run(PLAN, "8", "3", "0.4")
        found = decided(live, 8)
    finally:
        for other in others:
            os.killpg(other.pid, 9)
            other.wait()
        live.stop()
    show("T12", f"{mode}: starts per schedule", sorted(set(found)), "[1]")
    assert found == [1] * 8


def test_schedules_of_one_minute_start_in_time_under_a_load_of_webhooks(tmp_path):
    secret = "an-app-secret-for-tests-only"
    live = Live(tmp_path, app_secret=secret, web_concurrency=2, simulator_speed=50, send_rate=1000).start()
    over, answered = threading.Event(), []

    def notify() -> None:
        number = 0
        while not over.is_set():
            number += 1
            body = json.dumps({"object": "whatsapp_business_account", "entry": [{"id": "1", "changes": [
                {"field": "messages", "value": {"statuses": [{"id": f"wamid.{number}", "status": "sent"}]}}]}]}).encode()
            signed = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
            asked = urllib.request.Request(f"{live.address}/webhook", body, {
                "Content-Type": "application/json", "X-Hub-Signature-256": f"sha256={signed}"})
            try:
                with urllib.request.urlopen(asked, timeout=10) as answer:
                    answered.append(answer.status)
            except OSError as error:
                answered.append(getattr(error, "code", 0))
            over.wait(0.02)

    crowd = [threading.Thread(target=notify, daemon=True) for _ in range(CROWD)]
    try:
        live.run(PLAN, str(MANY), "6", "0")
        for one in crowd:
            one.start()
        found = decided(live, MANY)
        late = sorted(rows(live, "SELECT (julianday(started_at) - julianday(start_at)) * 86400 FROM campaigns"))
    finally:
        over.set()
        live.stop()
    figures = [second for (second,) in late]
    show("T8", f"lateness of {MANY} on one moment under {len(answered)} webhooks ({answered.count(200)} accepted): p99; max",
         f"{figures[-1 - len(figures) // 100]:.2f} s; {figures[-1]:.2f} s", "<= 2 s; <= 5 s")
    assert found == [1] * MANY
