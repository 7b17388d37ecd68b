"""Row 116: the check page of a campaign to 300,000 people, over HTTP, as seconds from the request to its last letter.

The people of row 16, of whom one in fifty is excluded by a tag. No ratio. Each way
the page is asked is a line: as it opens, somebody in the middle, somebody searched for, and the list of who is skipped.
`BENCH_PEOPLE` changes how many there are, `TEST_DATABASE_URL` (an empty PostgreSQL) adds its lines.
"""

import logging
import os
import statistics
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa
from flask import Flask
from werkzeug.serving import make_server

import config
from bench import freezing

Line = tuple[str, float, float, float, str]
WAYS = {"as it opens": "check", "somebody in the middle": f"check?person={freezing.PEOPLE // 2}",
        "somebody searched for": "check?q=person%20299", "who is skipped": "skipped"}


def row_116(rounds: int) -> list[Line]:
    """On SQLite, and on PostgreSQL where one is given."""
    lines = _on("SQLite", "", rounds)
    if address := os.environ.get("TEST_DATABASE_URL", ""):
        lines += _on("PostgreSQL", address, rounds)
    return lines


def _on(database: str, address: str, rounds: int) -> list[Line]:
    from app import create_app
    from models import db
    from tables import session

    with tempfile.TemporaryDirectory(prefix="pigeonpost-bench-") as folder:
        app = create_app(config.read({"INSTANCE_DIR": folder, "SECRET_KEY": "only-for-benchmarks-5d1f0c9b8a7e6d",
                                      "LOG_LEVEL": "WARNING", "DATABASE_URL": address}))
        with app.app_context():
            session.Base.metadata.create_all(db.engine)
            campaign_id, cookie = _prepared(app)
            db.session.remove()
        taken: dict[str, list[float]] = {way: [] for way in WAYS}
        with _served(app) as base:
            for path in WAYS.values():
                _seconds(f"{base}/campaigns/{campaign_id}/{path}", cookie)  # templates are compiled once in a program's life
            for _ in range(rounds):
                for way, path in WAYS.items():
                    taken[way].append(_seconds(f"{base}/campaigns/{campaign_id}/{path}", cookie))
        with app.app_context():
            db.session.remove()
            if address:
                db.drop_all()
            db.engine.dispose()
    return [(f"check page, {freezing.PEOPLE:,} people, {database}: {way}", min(each), statistics.median(each), max(each),
             "seconds") for way, each in taken.items()]


def _prepared(app: Flask) -> tuple[int, str]:
    """The campaign as a draft with everything that makes its check dearer, and the cookie of an admin."""
    from core.actor import COMMAND
    from core.states import CampaignState
    from models import Contact, ContactTag, db, transaction
    from services import auth, campaigns
    from tests.factories.campaigns import a_tag

    campaign_id = freezing._fill()[0]
    staff = a_tag("staff")
    with transaction():
        db.session.execute(sa.insert(ContactTag).from_select(
            ["contact_id", "tag_id"], sa.select(Contact.id, sa.literal(staff.id)).where(Contact.id % 50 == 0)))
        campaign = campaigns.get_campaign(campaign_id)
        campaign.state, campaign.start_at = CampaignState.DRAFT, None
        campaign.audience = {**campaign.audience, "without_tags": [staff.id]}
    person = auth.add_user(email="bench@example.com", name="Bench", role="admin", may_send=True,
                           password="a long password for benches", by=COMMAND)
    token = auth.start_session(user_id=person)
    signer = app.session_interface.get_signing_serializer(app)
    assert signer is not None
    return campaign_id, f"{app.config['SESSION_COOKIE_NAME']}={signer.dumps({'_user_id': token, '_fresh': True})}"


@contextmanager
def _served(app: Flask) -> Iterator[str]:
    """The program on a loopback port of its own."""
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()


def _seconds(address: str, cookie: str) -> float:
    """How long the page took; it must be the page that was asked for."""
    asked = urllib.request.Request(address, headers={"Cookie": cookie})
    began = time.perf_counter()
    with urllib.request.urlopen(asked, timeout=60) as answer:
        page = answer.read()
    took = time.perf_counter() - began
    if answer.geturl() != address or b"opted" not in page and b"STOP" not in page and b"said stop" not in page:
        raise SystemExit(f"{address} answered with {answer.geturl()}")
    return took


ROWS = {116: row_116}
