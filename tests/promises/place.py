"""An installation of its own for one check, and sender processes that work on it."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path

from core.states import MessageState
from models import Message, db
from tables.session import Base
from tests import database
from tests.conftest import settings_for
from tests.factories import sending as make

SCRIPT = Path(__file__).with_name("sender_process.py")


class Place:
    """A database in `folder`, a campaign in it, and a Graph to send to."""

    def __init__(self, folder: Path, url: str, *, people: int, rate: float = 2000.0, **changes: object) -> None:
        from app import create_app

        self.address = database.own_database(f"promise_{os.urandom(4).hex()}")
        self.values = {"graph_api_url": url, "whatsapp_token": "a-token", "send_rate": rate, "graph_timeout": 2,
                       "lease_seconds": 4, "database_url": self.address, "send_in_flight": 32, "canary_share": 0} | changes
        self.folder, self.people = folder, people
        self._processes: list[subprocess.Popen[str]] = []
        self.app = create_app(settings_for(folder, **self.values))
        with self.app.app_context():
            Base.metadata.create_all(db.engine)
            self.campaign_id = make.make_campaign(people, channel=make.make_channel(rate=rate)).id

    def close(self) -> None:
        """End what a failed check left running, and let go of the database."""
        for process in self._processes:
            process.kill()
            process.wait()
        with self.app.app_context():
            db.session.remove()
            db.engine.dispose()
        database.drop(self.address)

    def start_process(self) -> subprocess.Popen[str]:
        """A sender process that has begun to work."""
        given = {name.upper(): str(value) for name, value in self.values.items()}
        kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        process = subprocess.Popen(
            [sys.executable, str(SCRIPT)], stdout=subprocess.PIPE, text=True,
            env=kept | given | {"INSTANCE_DIR": str(self.folder), "LOG_LEVEL": "ERROR",
                                "SECRET_KEY": "a-key-for-tests-only-9f8e7d6c5b4a3f2e1d0c"})
        self._processes.append(process)
        assert process.stdout is not None
        assert process.stdout.readline().strip() == "ready"
        return process

    def counts(self) -> dict[MessageState, int]:
        """How many messages are in each state now."""
        with self.app.app_context():
            rows = db.session.execute(db.select(Message.state, db.func.count()).group_by(Message.state))
            return dict.fromkeys(MessageState, 0) | {state: count for state, count in rows}

    def rows(self) -> list[Message]:
        """Every message."""
        with self.app.app_context():
            return list(db.session.scalars(db.select(Message).order_by(Message.id)))

    def until(self, is_so: Callable[[], bool], seconds: float = 40.0) -> None:
        """Wait for it; a check that never becomes true fails with the counts."""
        deadline = time.monotonic() + seconds
        while not is_so():
            assert time.monotonic() < deadline, f"still waiting: {self.counts()}"
            time.sleep(0.02)

    def is_settled(self) -> bool:
        """Whether nothing is queued or on its way."""
        counts = self.counts()
        return not (counts[MessageState.QUEUED] or counts[MessageState.SENDING])

    @contextmanager
    def sender(self):
        """A sender in this process."""
        from jobs.sender import Sender

        sender = Sender(self.app)
        sender.start()
        try:
            yield sender
        finally:
            sender.stop()
