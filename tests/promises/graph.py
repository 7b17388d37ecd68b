"""The simulator as the peer of a check: the template of the factories is approved, its ledger is the truth."""

from collections import Counter
from pathlib import Path

from simulator import door
from simulator.ledger import Accepted, Refused
from tests.factories.sending import FIRST_NUMBER
from transports.cloud_api.catalogue import CloudCatalogue
from transports.port import Line

TOKEN, NUMBER_ID, BUSINESS_ID = "a-token", "100000000000001", "200000000000001"


def people(numbers) -> list[str]:
    """The phones of the factories' people with these numbers, counted from 1."""
    return [f"+{FIRST_NUMBER + number}" for number in numbers]


def for_each(fault: str, phones, times: int = 0) -> list[str]:
    """The fault, for each of these people."""
    return [f"{fault}={phone}" + (f"*{times}" if times else "") for phone in phones]


class Graph:
    """A simulator in a thread; stop() and start() keep its address and its ledger."""

    def __init__(self, folder: Path, *faults: str, **world: float) -> None:
        self._folder, self._world, self._port = folder, {"rate": 0, "pair_seconds": 0} | world, 0
        self.start()
        line = Line(phone_number_id=NUMBER_ID, business_id=BUSINESS_ID, base_url=self.url, version="v25.0", token=TOKEN,
                    app_secret="a-secret", verify_token="", timeout_seconds=20.0)
        CloudCatalogue().submit(line, name="offer_v1", language="en_GB", category="marketing", footer="", is_named=True,
                                body="Hello {{first_name}}, come in.", samples=(("first_name", "Ana"),))
        self._look("UPDATE templates SET verdict = 'APPROVED', decided_at = 0")
        self.stop()
        self.start()
        self.running.set_faults(*faults)

    def start(self) -> None:
        """Answer again, without faults."""
        self.running = door.start(self._folder, secret="a-secret", token=TOKEN, phone_number_id=NUMBER_ID,
                                  business_id=BUSINESS_ID, webhook_url="", port=self._port, **self._world)
        self.url = self.running.url
        self._port = int(self.url.rpartition(":")[2])

    def stop(self) -> None:
        """Answer nobody any more."""
        self.running.stop()

    def _look(self, question: str) -> list[tuple]:
        ledger = self.running.ledger()
        try:
            return ledger.rows(question)
        finally:
            ledger.close()

    @property
    def count(self) -> int:
        """How many messages were taken in."""
        return self._look("SELECT count(*) FROM accepted")[0][0]

    @property
    def accepted(self) -> list[Accepted]:
        """What was taken in, oldest first."""
        return [Accepted(*row) for row in self._look(
            "SELECT at, phone_number_id, recipient, attempt_id, wamid, kind FROM accepted ORDER BY id")]

    @property
    def refused(self) -> list[Refused]:
        """What was not, oldest first."""
        return [Refused(*row) for row in self._look("SELECT at, recipient, attempt_id, outcome FROM refused ORDER BY id")]

    @property
    def tries(self) -> list[tuple[float, str]]:
        """When which person was tried, in the order of time."""
        return sorted((row.at, row.recipient) for row in (*self.accepted, *self.refused))

    @property
    def doubled(self) -> list[str]:
        """Recipients taken in more than once."""
        return [to for to, count in Counter(row.recipient for row in self.accepted).items() if count > 1]
