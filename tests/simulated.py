"""A simulator behind the simulated number of the app under test, whose news is carried to our rules by hand."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from services import channels, webhooks
from simulator import door
from tests.simulator.conftest import Mailbox


class World:
    """A running simulator and what it told so far."""

    def __init__(self, running: door.Running, mailbox: Mailbox) -> None:
        self.running, self.mailbox = running, mailbox

    def carry(self, bodies: int = 1) -> None:
        """Hand the next bodies to our webhook, signed as they are, and read them."""
        for _ in range(bodies):
            webhooks.keep(self.mailbox.next_body()[0])
        while webhooks.read_events():
            pass


@contextmanager
def simulated(folder: Path) -> Iterator[World]:
    """A simulator that plays the first number of the app whose context is open."""
    mailbox, line = Mailbox(), channels.line_of(channels.ensure_first())
    running = door.start(folder, secret=line.app_secret, token=line.token, verify_token=line.verify_token,
                         phone_number_id=line.phone_number_id, business_id=line.business_id, webhook_url=mailbox.url,
                         speed=1000.0)
    channels.install_simulator(lambda: running.url)
    try:
        yield World(running, mailbox)
    finally:
        channels.install_simulator(None)
        running.stop()
        mailbox.close()
