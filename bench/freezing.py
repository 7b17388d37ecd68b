"""Row 16: an audience of 300,000 becomes messages with verdicts, values and addresses, beside one bare INSERT … SELECT.

Ours is the whole start as shipped: the claim of the campaign, a look at everybody's facts, each kind of people judged, one
INSERT … SELECT that joins verdicts and moments back, and the commit. The bare side writes as many rows of the same
table under the same indexes: address and contact as they stand, the same words for everybody, nothing judged, no values.

Everybody carries one tag; one in ten said stop, one in ten was never asked, one in twenty has no first name and one in
a hundred no number. The template takes two values, of which one has a fallback. `BENCH_PEOPLE` changes how many there are,
`TEST_DATABASE_URL` (a PostgreSQL address) adds the line for PostgreSQL.
"""

import os
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

Line = tuple[str, float, float, float, str]
PEOPLE = int(os.environ.get("BENCH_PEOPLE", "300000"))


def row_16(rounds: int) -> list[Line]:
    """On SQLite, and on PostgreSQL where one is given."""
    lines = [_on("SQLite", "", rounds)]
    if address := os.environ.get("TEST_DATABASE_URL", ""):
        lines.append(_on("PostgreSQL", address, rounds))
    return lines


def _on(database: str, address: str, rounds: int) -> Line:
    """Both sides in turn on one database."""
    from bench import bare_app

    with tempfile.TemporaryDirectory(prefix="pigeonpost-bench-") as folder:
        app = bare_app.make(folder, **({"DATABASE_URL": address} if address else {}))
        with app.app_context():
            campaign_id, channel_id, version_id, tag_id = _fill()
            ours, bare, checks = [], [], []
            for _ in range(rounds):
                bare.append(_timed(lambda: _bare(campaign_id, channel_id, version_id, tag_id)))
                _clear(campaign_id)
                checks.append(_timed(lambda: _check(campaign_id)))
                ours.append(_timed(_launch))
                _complain_unless_all(campaign_id)
                _clear(campaign_id)
            from models import db
            db.session.remove()
            if address:
                db.drop_all()
            db.engine.dispose()
    ratios = [mine / floor for mine, floor in zip(ours, bare, strict=True)]
    note = (f"{statistics.median(ours):.2f} s, bare {statistics.median(bare):.2f} s, "
            f"the check alone {statistics.median(checks):.2f} s")
    return f"freezing {PEOPLE:,} people on {database} / bare INSERT..SELECT", min(ratios), statistics.median(ratios), max(
        ratios), note


def _timed(act: Callable[[], object]) -> float:
    """Seconds it took."""
    started = time.perf_counter()
    act()
    return time.perf_counter() - started


def _fill() -> tuple[int, int, int, int]:
    """People with a tag, and a campaign for them that is due."""
    from core import clock
    from core.states import ConsentState
    from models import Contact, ContactTag, db, transaction
    from tests.factories.campaigns import a_campaign, a_tag, a_version

    tag = a_tag("everybody")
    version = a_version("Hello {{first_name}} of {{company}}, our doors are open this Saturday.", variables=[
        {"name": "first_name", "sample": "Ana", "fallback": ""}, {"name": "company", "sample": "x", "fallback": "your firm"}])
    with transaction():
        for first in range(0, PEOPLE, 10_000):
            db.session.execute(sa.insert(Contact), [_person(number) for number in range(first, min(first + 10_000, PEOPLE))])
        db.session.execute(sa.insert(ContactTag).from_select(
            ["contact_id", "tag_id"], sa.select(Contact.id, sa.literal(tag.id))))
    campaign = a_campaign(size=0, tag_ids=[tag.id], version_id=version.id)
    with transaction():
        campaign.state, campaign.start_at = "scheduled", clock.now() - timedelta(seconds=1)
    assert ConsentState.GRANTED
    if db.engine.dialect.name == "postgresql":
        with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(sa.text("ANALYZE"))
    return campaign.id, campaign.channel_id, version.id, tag.id


def _person(number: int) -> dict[str, Any]:
    """Somebody; every tenth, hundredth … lacks something."""
    consent = {0: "withdrawn", 5: "unknown"}.get(number % 10, "granted")
    return {"phone": None if number % 100 == 7 else f"+4477{number:08d}", "name": f"Person {number}",
            "name_key": f"person {number}", "first_name": "" if number % 20 == 3 else f"Ana {number % 977}",
            "company": f"Harbour {number % 89}" if number % 3 else "", "marketing": consent, "utility": "granted"}


def _bare(campaign_id: int, channel_id: int, version_id: int, tag_id: int) -> None:
    """One INSERT … SELECT of as many rows, nothing judged."""
    from core import clock
    from models import db, transaction

    with transaction():
        db.session.execute(sa.text("""
            INSERT INTO messages (direction, kind, channel_id, contact_id, campaign_id, version_id, phone, text, variables,
                                  state, reason_code, reason, priority, due_at, tries, created_at)
            SELECT 'out', 'template', :channel, c.id, :campaign, :version, coalesce(c.phone, ''), '', '{}', 'queued', '',
                   '', 10, :now, 0, :now
            FROM contact_tags AS t JOIN contacts AS c ON c.id = t.contact_id WHERE t.tag_id = :tag""").bindparams(
                sa.bindparam("now", type_=_moment())),
            {"channel": channel_id, "campaign": campaign_id, "version": version_id, "tag": tag_id, "now": clock.now()})


def _moment() -> Any:
    from tables.types import UtcDateTime

    return UtcDateTime()


def _check(campaign_id: int) -> None:
    """What the check page counts."""
    from services import campaigns

    campaigns.check(campaigns.get_campaign(campaign_id))


def _launch() -> None:
    """The start as shipped."""
    from core import clock
    from services import campaigns

    if campaigns.launch_due(clock.now()) != 1:
        raise RuntimeError("the campaign did not start")


def _complain_unless_all(campaign_id: int) -> None:
    """Every person must have become a message, most of them queued."""
    from services import sending

    counts = {str(state): count for state, count in sending.counts(campaign_id).items() if count}
    if sum(counts.values()) != PEOPLE or counts["queued"] < PEOPLE // 2:
        raise RuntimeError(f"not everybody was frozen: {counts}")


def _clear(campaign_id: int) -> None:
    """Back to before the start."""
    from core import clock
    from models import db, transaction

    db.session.rollback()
    if db.engine.dialect.name == "sqlite":
        with db.engine.connect() as connection:
            raw: Any = connection.connection.driver_connection
            raw.execute("PRAGMA foreign_keys=OFF")
            raw.execute("DELETE FROM messages")
            raw.execute("PRAGMA foreign_keys=ON")
    else:
        with transaction():
            db.session.execute(sa.text("TRUNCATE messages CASCADE"))
    with transaction():
        db.session.execute(sa.text("UPDATE campaigns SET state = 'scheduled', start_at = :at WHERE id = :id").bindparams(
            sa.bindparam("at", type_=_moment())), {"at": clock.now() - timedelta(seconds=1), "id": campaign_id})


ROWS = {16: row_16}
