"""Simulation and live never mix: what was queued in one mode never leaves in the other."""

import pytest

from app import create_app
from core.states import MessageState
from jobs.sender import Sender
from models import Message, TemplateVersion, db, transaction
from services import channels
from simulator import door
from tests.conftest import settings_for
from tests.factories import sending as make
from tests.promises.figures import show
from transports.cloud_api.catalogue import CloudCatalogue
from transports.port import Line

TOKEN, SECRET, NUMBER, ACCOUNT = "EAAG-token-of-the-clinic", "0123456789abcdef", "410987654321098", "301122334455667"  # noqa: S105
SIMULATED, REAL = 12, 9


@pytest.fixture
def meta(tmp_path):
    """Somebody in Meta's place for a real number."""
    running = door.start(tmp_path / "meta", secret=SECRET, token=TOKEN, verify_token="a-word", phone_number_id=NUMBER,  # noqa: S106
                         business_id=ACCOUNT, webhook_url="", rate=0, pair_seconds=0, speed=1000.0)
    line = Line(phone_number_id=NUMBER, business_id=ACCOUNT, base_url=running.url, version="v25.0", token=TOKEN,
                app_secret=SECRET, verify_token="", timeout_seconds=20.0)
    CloudCatalogue().submit(line, name="for_real_v1", language="en_GB", category="marketing", footer="", is_named=True,
                            body="Hello {{first_name}}, come in.", samples=(("first_name", "Ana"),))
    yield running
    running.stop()


def took_in(running):
    """Whom it was asked to write to."""
    ledger = running.ledger()
    try:
        return sorted(row.recipient for row in ledger.accepted())
    finally:
        ledger.close()


def states_of(app, channel_id):
    with app.app_context():
        return set(db.session.scalars(db.select(Message.state).where(Message.channel_id == channel_id)))


def sent_from(app, here, channel_id):
    """Send in this mode until the number's queue is empty."""
    sender = Sender(app)
    sender.start()
    try:
        here.until(lambda: states_of(app, channel_id) == {MessageState.ACCEPTED})
    finally:
        sender.stop()


def test_what_was_queued_in_one_mode_never_leaves_in_the_other(place, graph, meta):
    here = place(SIMULATED)
    live = create_app(settings_for(here.folder, **here.values | {
        "whatsapp_mode": "cloud", "whatsapp_token": TOKEN, "phone_number_id": NUMBER, "business_id": ACCOUNT,
        "app_secret": SECRET, "webhook_verify_token": "a-word-of-ours", "graph_api_url": meta.url}))
    with live.app_context():
        real = channels.ensure_first()
        version = make.make_version(name="for_real")
        make.make_campaign(REAL, channel=real, version=version, start=500)
        with transaction():
            db.session.get(TemplateVersion, version.id).business_id = ACCOUNT
        real_id = real.id
    with here.app.app_context():
        simulated_id = channels.by_phone_number_id("100000000000001").id

    sent_from(live, here, real_id)
    while_live = (graph.count, states_of(live, simulated_id), len(took_in(meta)))
    sent_from(here.app, here, simulated_id)

    show("modes", "simulated messages sent while live, real ones while simulated", (while_live[0], len(took_in(meta)) - REAL), 0)
    assert while_live == (0, {MessageState.QUEUED}, REAL)
    assert graph.count == SIMULATED and len(took_in(meta)) == REAL
    assert not {row.recipient for row in graph.accepted} & set(took_in(meta))
    with live.app_context():
        db.session.remove()
        db.engine.dispose()
