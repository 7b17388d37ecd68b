"""The whole program when its machine, its database or a second installation gets in the way. CHAOS=1 runs the full sizes."""

import os
import time

import pytest
from sqlalchemy import create_engine, text

from tests import database
from tests.live import Live, wait_until
from tests.promises.figures import IS_FULL, show
from tests.promises.graph import BUSINESS_ID, NUMBER_ID, TOKEN

ROWS, PEOPLE = (100_000, 2_000) if IS_FULL else (3_000, 200)
CLOUD = {"whatsapp_mode": "cloud", "whatsapp_token": TOKEN, "phone_number_id": NUMBER_ID, "business_id": BUSINESS_ID,
         "app_secret": "a-secret", "webhook_verify_token": "a-word",
         "secret_key": "a-key-for-tests-only-9f8e7d6c5b4a3f2e1d0c"}
CAMPAIGN = """
import sys
from app import create_app
from models import Channel, db
from tests.factories import sending as make
with create_app().app_context():
    make.make_campaign(int(sys.argv[1]), channel=db.session.scalar(db.select(Channel)), people=[] if "none" in sys.argv else None)
"""
IN_FLIGHT = """
import sys
from datetime import timedelta
from app import create_app
from core import clock
from models import Campaign, Message, db, transaction
with create_app().app_context(), transaction():
    one, now = db.session.scalar(db.select(Campaign)), clock.now()
    db.session.execute(db.insert(Message), [
        {"campaign_id": one.id, "channel_id": one.channel_id, "version_id": one.version_id, "phone": f"+447700{n:06}",
         "state": "sending", "attempt_id": f"dead.{n}", "attempted_at": now, "lease_until": now + timedelta(seconds=3),
         "variables": {"first_name": "Ana"}, "tries": 1} for n in range(int(sys.argv[1]))])
"""


@pytest.fixture
def shared(tmp_path):
    """The address of one database for several installations."""
    address = database.own_database(f"shared_{os.urandom(4).hex()}")
    yield address or f"sqlite:///{tmp_path / 'shared.sqlite'}"
    database.drop(address)


@pytest.fixture
def installation(tmp_path, shared, graph):
    """Makes installations on it that send to the Graph."""
    made = []

    def make(name: str, **changes):
        folder = tmp_path / name
        folder.mkdir()
        made.append(Live(folder, database_url=shared, graph_api_url=graph.url, send_rate=400, **CLOUD | changes))
        return made[-1]

    yield make
    for live in made:
        live.kill()


def states(address: str) -> dict[str, int]:
    """How many messages are in each state."""
    engine = create_engine(address)
    with engine.connect() as link:
        found = dict(link.execute(text("SELECT state, count(*) FROM messages GROUP BY state")).all())
    engine.dispose()
    return found


def is_settled(address: str) -> bool:
    """Whether nothing is queued or on its way."""
    found = states(address)
    return bool(found) and not (found.get("queued") or found.get("sending"))


def test_o9_what_was_in_flight_at_an_unclean_stop_is_in_doubt_and_never_sent_by_itself(installation, shared, graph):
    here = installation("one")
    empty = seconds_to_start(here)
    here.stop()
    here.run(CAMPAIGN, "0", "none")
    here.run(IN_FLIGHT, str(ROWS))

    seconds = seconds_to_start(here)
    wait_until(lambda: states(shared).get("unknown") == ROWS, f"still on their way: {states(shared)}", 120)

    show("O9", f"{ROWS} in flight at the stop: seconds to ready (empty {empty:.1f})", round(seconds, 1), "<= 10")
    show("O9", "sent again by itself", len(graph.tries), 0)
    assert graph.tries == []


def seconds_to_start(live: Live) -> float:
    """How long it takes until it answers."""
    started = time.monotonic()
    live.start()
    return time.monotonic() - started


def test_o15_two_installations_on_one_database_share_the_work(installation, shared, graph):
    one, other = installation("one"), installation("other")
    one.start()
    other.start()
    one.run(CAMPAIGN, str(PEOPLE))
    wait_until(lambda: is_settled(shared), f"not settled: {states(shared)}", 120)

    reached = graph.count
    show("O15", f"two installations, one database, {PEOPLE} people: doubled", len(graph.doubled), 0)
    show("O15", "reached", reached, PEOPLE)
    assert graph.doubled == []
    assert reached == PEOPLE
