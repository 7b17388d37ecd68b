"""The people at the other end of a simulated number: made-up ones can be asked, real ones cannot."""

from collections.abc import Mapping
from typing import Any, Protocol

from transports.port.carrier import FileToSend, Line


class SimulatedPhones(Protocol):
    """The control address of the simulator behind a line. Each call raises a kind of SendFailed; RequestRefused carries
    the simulator's own words about what cannot be done."""

    def see(self, line: Line, path: str) -> Mapping[str, Any]:
        """What is at this control address."""

    def act(self, line: Line, path: str, told: Mapping[str, Any]) -> Mapping[str, Any]:
        """What comes of doing something there."""

    def hand_over(self, line: Line, file: FileToSend) -> str:
        """Give a person a file to send; its id."""
