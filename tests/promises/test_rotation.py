"""O14: the encryption key and the app secret change while the dashboard works. CHAOS=1 runs the full size."""

import hashlib
import hmac
import json
import os
import threading
import time

import pytest
import requests

from app import create_app
from core.errors import Invalid
from models import db
from services import channels
from tests import database
from tests.conftest import settings_for
from tests.live import Live
from tests.promises.figures import IS_FULL, show

KEY = "a-key-for-tests-only-9f8e7d6c5b4a3f2e1d0c"
ROTATIONS = 12 if IS_FULL else 2
ADD = """
from app import create_app
from core.actor import COMMAND
with create_app().app_context():
    from services import channels
    channels.add_channel(name="Desk", phone_number_id="410987654321098", business_id="301122334455667",
                         token="EAAG-token-of-the-clinic", app_secret="secret-number-0", verify_token="a-word-of-ours", by=COMMAND)
"""
CHANGE = """
import sys
from app import create_app
from core.actor import COMMAND
with create_app().app_context():
    from services import channels
    channels.change_channel(channels.by_phone_number_id("410987654321098").id, app_secret=sys.argv[1], by=COMMAND)
"""


@pytest.fixture
def dashboard(tmp_path):
    address = database.own_database(f"rotation_{os.urandom(4).hex()}")
    live = Live(tmp_path, database_url=address, secret_key=KEY, web_concurrency=2)
    yield live
    live.kill()
    database.drop(address)


class Knocker(threading.Thread):
    """Posts signed notices as Meta does, with the present secret and with the one before it."""

    def __init__(self, address):
        super().__init__(daemon=True)
        self.address, self.secrets, self.answers, self.over = address, ["secret-number-0"], [], False

    def run(self):
        number = 0
        while not self.over:
            for secret in self.secrets[-2:]:
                number += 1
                body = json.dumps({"object": "whatsapp_business_account", "entry": [
                    {"id": "301122334455667", "time": number, "changes": []}]}).encode()
                signature = "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
                answer = requests.post(f"{self.address}/webhook", data=body, timeout=20,
                                       headers={"X-Hub-Signature-256": signature, "Content-Type": "application/json"})
                self.answers.append(answer.status_code)
            time.sleep(0.01)


class Opener(threading.Thread):
    """Opens the token again and again, as a sender does."""

    def __init__(self, app):
        super().__init__(daemon=True)
        self.app, self.opened, self.unreadable, self.over = app, 0, 0, False

    def run(self):
        while not self.over:
            with self.app.app_context():
                try:
                    token = channels.line_of(channels.by_phone_number_id("410987654321098")).token
                    self.unreadable += token != "EAAG-token-of-the-clinic"  # noqa: S105
                except Invalid:
                    self.unreadable += 1
                self.opened += 1
                db.session.remove()
            time.sleep(0.005)


def test_key_and_app_secret_change_under_load(dashboard, tmp_path):
    dashboard.start()
    dashboard.run(ADD)
    app = create_app(settings_for(tmp_path / "instance", database_url=dashboard.environment["DATABASE_URL"], secret_key=KEY))
    knocker, opener = Knocker(dashboard.address), Opener(app)
    knocker.start()
    opener.start()

    for number in range(1, ROTATIONS + 1):
        knocker.secrets = knocker.secrets[-1:]  # two days are over: the one before the present is forgotten
        dashboard.flask("channels", "rotate-key")
        dashboard.run(CHANGE, f"secret-number-{number}")
        knocker.secrets.append(f"secret-number-{number}")
    knocker.over = opener.over = True
    knocker.join(30)
    opener.join(30)

    refused = [status for status in knocker.answers if status != 200]
    show("O14", f"tokens unreadable of {opener.opened}, webhooks refused of {len(knocker.answers)}",
         (opener.unreadable, len(refused)), (0, 0))
    assert (opener.unreadable, refused) == (0, []) and opener.opened > 20 and len(knocker.answers) > 20
    with app.app_context():
        db.engine.dispose()
