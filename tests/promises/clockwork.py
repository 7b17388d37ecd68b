"""An installation of its own for checks of schedules, and scheduler processes that look at it."""

import os
import subprocess
import sys
import time
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import func, select

from core import clock
from core.states import CampaignState
from models import ActivityEntry, Campaign, Message, db, transaction
from tables.session import Base
from tests import database
from tests.conftest import settings_for
from tests.factories.campaigns import a_tag, a_version, people

SCRIPT = Path(__file__).with_name("scheduler_process.py")


class Clockwork:
    """A database in `folder` with a tag of `size` people and an approved template, and processes that launch."""

    def __init__(self, folder: Path, *, processes: int, size: int = 3) -> None:
        from app import create_app

        self.folder, self.size = folder, size
        self.address = database.own_database(f"clock_{os.urandom(4).hex()}")
        self.values = {"database_url": self.address, "embedded_worker": 0}
        self.app = create_app(settings_for(folder, **self.values))
        with self.app.app_context():
            Base.metadata.create_all(db.engine)
            tag = a_tag("everybody")
            people(size, tag)
            from services import channels

            self.tag_id, self.version_id = tag.id, a_version(category="utility").id
            self.channel_id = channels.default_channel().id
        self.processes = [self._process() for _ in range(processes)]
        for process in self.processes:
            assert process.stdout is not None
            assert process.stdout.readline().strip() == "ready"

    def _process(self) -> "subprocess.Popen[str]":
        given = {name.upper(): str(value) for name, value in self.values.items()}
        kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        return subprocess.Popen(
            [sys.executable, str(SCRIPT)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            env=kept | given | {"INSTANCE_DIR": str(self.folder), "LOG_LEVEL": "ERROR",
                                "SECRET_KEY": "a-key-for-tests-only-9f8e7d6c5b4a3f2e1d0c"})

    def close(self) -> None:
        """End the processes and let go of the database."""
        for process in self.processes:
            process.kill()
            process.wait()
        with self.app.app_context():
            db.session.remove()
            db.engine.dispose()
        database.drop(self.address)

    def tell(self, line: str) -> list[str]:
        """Say it to every process at once; what each answered."""
        for process in self.processes:
            assert process.stdin is not None
            process.stdin.write(f"{line}\n")
            process.stdin.flush()
        return [process.stdout.readline().strip() for process in self.processes]  # type: ignore[union-attr]

    def look_together(self) -> int:
        """Every process looks at the same instant; how many starts they claim together."""
        return sum(map(int, self.tell(f"look {time.time() + 0.01}")))

    def scheduled(self, starts: list[datetime], *, minutes: int = 120, **changes: object) -> list[int]:
        """Campaigns that are due at these moments; their ids."""
        with self.app.app_context(), transaction():
            made = [Campaign(name=f"Due {number}", state=CampaignState.SCHEDULED, channel_id=self.channel_id,
                             version_id=self.version_id, audience={"tags": [self.tag_id]},
                             variables={"first_name": {"from": "text", "text": "Ana"}}, zone="UTC",
                             wall_time=f"{start:%Y-%m-%dT%H:%M:%S}", start_at=start, latest_minutes=minutes,
                             latest_at=start + timedelta(minutes=minutes), **changes)
                    for number, start in enumerate(starts)]
            db.session.add_all(made)
            db.session.flush()
            return [campaign.id for campaign in made]

    def states(self, ids: list[int]) -> Counter[str]:
        """How many of these campaigns are in which state."""
        with self.app.app_context():
            return Counter(str(state) for state in db.session.scalars(select(Campaign.state).where(Campaign.id.in_(ids))))

    def starts_of(self, ids: list[int]) -> dict[int, tuple[int, int]]:
        """How often each was started, by the activity, and how many messages it has."""
        with self.app.app_context():
            noted = dict(db.session.execute(
                select(ActivityEntry.subject_id, func.count()).where(ActivityEntry.verb == "campaign.started",
                                                                     ActivityEntry.subject_id.in_(ids))
                .group_by(ActivityEntry.subject_id)).all())
            messages = dict(db.session.execute(
                select(Message.campaign_id, func.count()).where(Message.campaign_id.in_(ids))
                .group_by(Message.campaign_id)).all())
        return {one: (noted.get(one, 0), messages.get(one, 0)) for one in ids}

    def until_decided(self, ids: list[int], seconds: float = 60.0) -> Counter[str]:
        """Wait until none of them is scheduled any more."""
        deadline = clock.monotonic() + seconds
        while (found := self.states(ids))["scheduled"]:
            assert clock.monotonic() < deadline, f"still waiting: {found}"
            time.sleep(0.02)
        return found
