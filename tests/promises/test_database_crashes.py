"""O8: PostgreSQL crashes and comes back in the middle of a campaign. CHAOS=1 runs the full size."""

import time
import urllib.error
import urllib.request

import pytest
from sqlalchemy import create_engine, text

from simulator.ledger import Ledger
from tests.live import Live, wait_until
from tests.promises.cluster import Cluster
from tests.promises.figures import IS_FULL, show
from tests.promises.test_outages import CAMPAIGN, is_settled, states

PEOPLE, CRASHES = (6_000, 10) if IS_FULL else (300, 1)
BACK = 10.0  # seconds after which no page may fail any more
pytestmark = pytest.mark.only_on("postgresql")


@pytest.fixture
def cluster():
    """A server of this check's own."""
    cluster = Cluster()
    yield cluster
    cluster.close()


@pytest.fixture
def program(tmp_path, cluster):
    """The whole program on it, in simulation."""
    live = Live(tmp_path, database_url=cluster.address, whatsapp_mode="simulation", simulator_speed=50, lease_seconds=6,
                graph_timeout=3, send_rate=PEOPLE / (12 * CRASHES))
    live.start()
    yield live
    live.kill()


def test_o8_a_database_that_crashes_loses_nobody_and_doubles_nobody(program, cluster, tmp_path):
    program.flask("templates", "add", "--name", "offer_v1", "--category", "utility", "--language", "en_GB", "--body",
                  "Hello {{first_name}}, it is ready today.", "--sample", "first_name=Ana", "--fallback", "first_name=there")
    wait_until(lambda: found(cluster, "SELECT 1 FROM template_versions WHERE state = 'approved'"), "no approval", 60)
    program.run(CAMPAIGN.replace("people=[]", "version=db.session.scalar(db.select(TemplateVersion)), people=[]")
                .replace("import Channel", "import Channel, TemplateVersion"), str(PEOPLE))

    errors = 0
    for _ in range(CRASHES):
        time.sleep(1.5)  # the campaign goes on: waiting is the test
        cluster.crash()
        time.sleep(0.5)
        cluster.start()
        time.sleep(BACK)
        errors += sum(is_error(program, "/readyz") + is_error(program, "/sign-in") for _ in range(5))
    wait_until(lambda: is_settled(cluster.address), f"not settled: {states(cluster.address)}", 300)
    wait_until(lambda: not Ledger(tmp_path / "instance").pending(), "news that were not told", 300)
    wait_until(lambda: not found(cluster, "SELECT 1 FROM webhook_events WHERE state = 'new' LIMIT 1"), "unread notices", 120)

    accepted = [entry.recipient for entry in Ledger(tmp_path / "instance").accepted()]
    ours = {phone for (phone,) in found(cluster, "SELECT phone FROM messages WHERE wire_id IS NOT NULL")}
    doubt = {phone for (phone,) in found(cluster, "SELECT phone FROM messages WHERE state = 'unknown'")}
    show("O8", f"{CRASHES} crashes, {PEOPLE} people: lost", len(set(accepted) - ours - doubt), 0)
    show("O8", "doubled", len(accepted) - len(set(accepted)), 0)
    show("O8", f"errors of pages later than {BACK:.0f} s after each; in doubt {len(doubt)}", errors, 0)
    assert set(accepted) <= ours | doubt
    assert len(accepted) == len(set(accepted))
    assert sum(states(cluster.address).values()) == PEOPLE
    assert errors == 0


def is_error(program: Live, path: str) -> bool:
    """Whether the page fails."""
    try:
        with urllib.request.urlopen(f"{program.address}{path}", timeout=10) as answer:
            return answer.status >= 500
    except urllib.error.HTTPError as error:
        return error.code >= 500


def found(cluster: Cluster, question: str) -> list:
    """What the database answers."""
    engine = create_engine(cluster.address)
    with engine.connect() as link:
        rows = link.execute(text(question)).all()
    engine.dispose()
    return rows
