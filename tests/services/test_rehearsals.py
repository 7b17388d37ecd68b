"""A rehearsal: the whole campaign on the simulator, and not one row of ours but the rehearsal's own."""

import hashlib
import os
import signal
import socket
import threading
import time
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from core import clock
from core.errors import Conflict
from core.states import ConsentState, RehearsalState
from models import Campaign, Channel, Rehearsal, db, transaction
from services import campaigns, rehearsals, settings
from tables.session import Base
from tests.factories.campaigns import a_campaign, a_tag, people

PATIENCE_SECONDS = 90


@pytest.fixture(autouse=True)
def nothing_left_running(app):
    yield
    rehearsals.stop_own()


def ended(campaign):
    """Look until the rehearsal of this campaign is over."""
    deadline = clock.monotonic() + PATIENCE_SECONDS
    while clock.monotonic() < deadline:
        rehearsals.look(clock.now())
        row = rehearsals.latest(campaign.id)
        if row.state not in (RehearsalState.QUEUED, RehearsalState.RUNNING):
            return row
        time.sleep(0.05)
    raise AssertionError(f"the rehearsal is still {row.state}")


def rehearsed(campaign, by):
    rehearsals.start(campaign.id, by=by)
    row = ended(campaign)
    assert row.state is RehearsalState.FINISHED, row.reason
    return row


def checksums():
    """One sum a table, over every row."""
    db.session.rollback()
    found = {}
    for table in Base.metadata.sorted_tables:
        rows = sorted(repr(tuple(row)) for row in db.session.execute(select(*table.c)))
        found[table.name] = hashlib.sha256("\n".join(rows).encode()).hexdigest()
    db.session.rollback()
    return found


def mixed(**changes):
    """Forty people: thirty can be written to, ten cannot."""
    campaign = a_campaign(size=30, **changes)
    tag = a_tag(f"tag of {campaign.name}")
    people(6, tag, first=101, marketing=ConsentState.UNKNOWN)
    people(4, tag, first=201, marketing=ConsentState.WITHDRAWN)
    return campaign


class TestTheExpectedReport:
    def test_everybody_is_judged_as_they_would_be_and_sent_to_on_the_simulator(self, app, by):
        campaign = mixed()

        figures = rehearsed(campaign, by).figures

        told = {(row.code, row.count) for row in campaigns.check(campaign).skipped}
        assert {(row["code"], row["count"]) for row in figures["report"]["skipped_by_reason"]} == told
        assert figures["report"]["total"] == 40
        assert figures["report"]["funnel"]["queued"] == figures["taken"] == 30
        assert figures["report"]["states"]["queued"] == figures["report"]["states"]["sending"] == 0
        assert figures["report"]["funnel"]["delivered"] > 0

    def test_it_says_how_long_the_real_sending_takes_at_the_real_rate(self, app, by):
        campaign = a_campaign(size=30)
        with transaction():
            db.session.execute(update(Channel).values(send_rate=0.5))

        figures = rehearsed(campaign, by).figures

        assert figures["seconds"] == 60
        assert [count for _, count in figures["waves"]] == [30]

    def test_a_later_start_is_rehearsed_now_as_of_that_moment(self, app, by):
        campaign = a_campaign(size=3)
        start = clock.now() + timedelta(days=30)
        campaigns.set_time(campaign.id, wall_text=f"{start:%Y-%m-%dT%H:%M}", zone="UTC", by=by)

        figures = rehearsed(campaign, by).figures

        assert figures["starts_at"][:16] == f"{start:%Y-%m-%dT%H:%M}"
        assert figures["report"]["states"]["queued"] == 0

    def test_a_change_of_the_campaign_makes_it_outdated(self, app, by):
        campaign = a_campaign(size=3)
        rehearsed(campaign, by)
        before = rehearsals.shown(campaign).is_outdated

        campaign = campaigns.change_campaign(campaign.id, tag_ids=[a_tag("others").id], by=by)

        assert (before, rehearsals.shown(campaign).is_outdated) == (False, True)


class TestNobodyIsTouched:
    def test_no_table_but_its_own_changes(self, app, by):
        campaign = mixed()
        before = checksums()

        rehearsed(campaign, by)

        after = checksums()
        assert {name for name in after if after[name] != before[name]} == {"rehearsals"}

    def test_a_real_number_is_never_asked(self, app, by, canary):
        campaign = mixed()
        app.extensions["settings"] = replace(
            app.extensions["settings"], whatsapp_mode="cloud", graph_api_url=canary.url, phone_number_id="4711",
            whatsapp_token="a-real-token-that-must-not-travel", business_id="42", app_secret="s3cret-of-meta")
        with transaction():
            db.session.execute(update(Channel).values(kind="cloud", phone_number_id="4711"))

        rehearsed(campaign, by)

        assert canary.knocks == 0

    def test_its_process_knows_no_secret_and_no_address_of_ours(self, app, by):
        from services.rehearsals import child

        known = app.extensions["settings"]
        app.extensions["settings"] = replace(known, whatsapp_token="tok-canary", app_secret="sec-canary",
                                             database_url="postgresql://canary", redis_url="redis://canary",
                                             admin_password="pw-canary")
        handed = child.environment(Path("/nowhere"))
        app.extensions["settings"] = known

        assert not [name for name, value in handed.items() if "canary" in value]
        assert handed["SECRET_KEY"] != known.secret_key
        assert handed["DATABASE_URL"] == "" and handed["GRAPH_API_URL"] == ""

    def test_its_folder_is_gone_afterwards(self, app, by):
        rehearsed(a_campaign(size=3), by)

        assert list((settings.start_up().instance / "rehearsals").iterdir()) == []


@pytest.mark.parametrize("address", [("93.184.216.34", 443), ("2606:2800:220:1::1", 443, 0, 0), ("10.0.0.1", 80)])
def test_its_process_refuses_every_address_beyond_this_machine(address):
    from jobs.rehearsal import stay_here

    with pytest.raises(PermissionError):
        stay_here("socket.connect", (None, address))


@pytest.mark.parametrize("address", [("127.0.0.1", 5000), ("::1", 5000, 0, 0), "/run/a.socket"])
def test_its_process_may_reach_this_machine(address):
    from jobs.rehearsal import stay_here

    stay_here("socket.connect", (None, address))


class TestStoppingAndDying:
    def test_one_at_a_time(self, app, by):
        campaign = a_campaign(size=3)
        rehearsals.start(campaign.id, by=by)

        with pytest.raises(Conflict, match="rehearsed already"):
            rehearsals.start(campaign.id, by=by)

    def test_a_campaign_that_could_not_be_sent_says_why(self, app, by):
        campaign = a_campaign(size=3)
        with transaction():
            db.session.execute(update(Campaign).values(version_id=None))

        with pytest.raises(Conflict, match="Choose a template"):
            rehearsals.start(campaign.id, by=by)

    def test_stopping_ends_the_process_and_removes_the_folder(self, app, by):
        campaign = a_campaign(size=3)
        row = rehearsals.start(campaign.id, by=by)
        rehearsals.look(clock.now())
        process = own_process(row.id)

        rehearsals.stop(campaign.id)
        rehearsals.look(clock.now())

        assert rehearsals.latest(campaign.id).state is RehearsalState.STOPPED
        assert process.poll() is not None
        assert not (settings.start_up().instance / "rehearsals" / str(row.id)).exists()

    def test_a_killed_process_is_said_and_may_be_started_again(self, app, by):
        campaign = a_campaign(size=3)
        row = rehearsals.start(campaign.id, by=by)
        rehearsals.look(clock.now())
        os.kill(own_process(row.id).pid, signal.SIGKILL)

        over = ended(campaign)

        assert (over.state, over.reason) == (RehearsalState.FAILED, "It ended before its time; start it again")
        assert rehearsed(campaign, by).figures["taken"] == 3

    def test_one_whose_watcher_died_is_begun_anew_when_its_lease_is_over(self, app, by):
        from services.rehearsals import run

        campaign = a_campaign(size=3)
        row = rehearsals.start(campaign.id, by=by)
        rehearsals.look(clock.now())
        left = run._own.pop(row.id)  # as if this process had died
        left.process.kill()
        left.process.wait()

        rehearsals.look(clock.now())
        still = rehearsals.latest(campaign.id)
        rehearsals.look(clock.now() + timedelta(minutes=6))

        assert still.state is RehearsalState.RUNNING
        assert own_process(row.id).pid != left.process.pid
        assert ended(campaign).figures["taken"] == 3

    def test_what_a_dead_watcher_wrote_late_does_not_count(self, app, by):
        from services.rehearsals import run

        campaign = a_campaign(size=3)
        row = rehearsals.start(campaign.id, by=by)
        rehearsals.look(clock.now())
        with transaction():  # another process took it over
            db.session.execute(update(Rehearsal).values(lease_until=clock.now() + timedelta(minutes=9)))

        rehearsals.look(clock.now())

        assert row.id not in run._own
        assert rehearsals.latest(campaign.id).state is RehearsalState.RUNNING


def own_process(rehearsal_id):
    from services.rehearsals import run

    return run._own[rehearsal_id].process


class Canary:
    """A port that counts who knocks."""

    def __init__(self):
        self._door = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._door.getsockname()[1]}"
        self.knocks = 0
        threading.Thread(target=self._count, daemon=True).start()

    def _count(self):
        with contextmanager_closed(self._door):
            while True:
                try:
                    self._door.accept()[0].close()
                except OSError:
                    return
                self.knocks += 1

    def close(self):
        self._door.close()


@contextmanager
def contextmanager_closed(door):
    try:
        yield
    finally:
        door.close()


@pytest.fixture
def canary(app):
    known = app.extensions["settings"]
    door = Canary()
    yield door
    door.close()
    app.extensions["settings"] = known
