"""What the checks of a busy dashboard share: a campaign in it, notices for it, a look at its tables and at what it holds."""

import statistics
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import create_engine, text

from core import clock
from tests.promises.graph import NUMBER_ID
from tests.promises.knockers import told

CAMPAIGN = """
import sys
from app import create_app
from models import db, transaction
from services import channels
from tests.factories import sending as make
with create_app().app_context():
    channel = channels.ensure_first()
    with transaction():
        channel.send_rate = 20.0
    print(make.make_campaign(int(sys.argv[1]), channel=channel).id)
"""
NEW = "SELECT count(*) FROM webhook_events WHERE state = 'new'"
WAITING_STILL = "SELECT count(*) FROM messages WHERE campaign_id IS NOT NULL AND state = 'queued'"
HANDED_OVER = WAITING_STILL.replace("=", "<>")


def database_file(live) -> Path:
    """The SQLite file of a running dashboard."""
    return Path(live.environment["INSTANCE_DIR"]) / "pigeonpost.sqlite"


def count(live, statement):
    """One figure of its database."""
    engine = create_engine(live.environment["DATABASE_URL"] or f"sqlite:///{database_file(live)}")
    with engine.connect() as connection:
        found = connection.execute(text(statement)).scalar()
    engine.dispose()
    return found or 0


def notices(number):
    """So many, half of them news of messages."""
    return (told(one, phone_number_id=NUMBER_ID, status=bool(one % 2)) for one in range(number))


def family(group: int) -> list[Path]:
    """The processes of a group that was started together, as /proc shows them."""
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if int((place / "stat").read_text().rpartition(")")[2].split()[2]) == group:
                found.append(place)
    return found


@dataclass
class Held:
    """What a program held, looked at again and again."""

    at: list[float] = field(default_factory=list)  # seconds since the first look
    memory: list[float] = field(default_factory=list)  # MiB that are its own, shared pages by their share
    files: list[int] = field(default_factory=list)
    log: list[float] = field(default_factory=list)  # MiB of the log beside a SQLite file

    def growth(self) -> float:
        """Percent of memory more in an hour, by the straight line through all looks."""
        slope = statistics.linear_regression(self.at, self.memory).slope
        return slope * 3600 / statistics.mean(self.memory) * 100

    def more_files(self) -> int:
        """How many more the second half had open at most than the first."""
        half = len(self.files) // 2
        return max(self.files[half:]) - max(self.files[:half])


class Watcher(threading.Thread):
    """Looks at a running dashboard every so often; what came before `forget` was warming up."""

    def __init__(self, live, *, every: float) -> None:
        super().__init__(daemon=True)
        self.live, self.every, self.held, self.is_done = live, every, Held(), threading.Event()
        self._began = clock.monotonic()

    def run(self) -> None:
        """Until told to stop."""
        while not self.is_done.wait(self.every):
            self.look()

    def look(self) -> None:
        """Once."""
        held, memory, files = self.held, 0, 0
        for place in family(self.live.process.pid):
            with suppress(OSError):  # it ended meanwhile
                memory += int((place / "smaps_rollup").read_text().split("\nPss:")[1].split()[0])
                files += len(list((place / "fd").iterdir()))
        beside = database_file(self.live).with_suffix(".sqlite-wal")
        held.at.append(clock.monotonic() - self._began)
        held.memory.append(memory / 1024)
        held.files.append(files)
        held.log.append(beside.stat().st_size / 2**20 if beside.exists() else 0.0)

    def forget(self) -> None:
        """Begin anew: the warming up is over."""
        self.held = Held()

    def stop(self) -> Held:
        """What was seen."""
        self.is_done.set()
        self.join()
        return self.held
