"""The port for calls to other systems: what is said, what comes back, and the ways it can fail."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol


class CallFailed(Exception):
    """No answer was had. `is_refused`: we would not call such an address, so trying again is of no use."""

    def __init__(self, words: str, *, is_refused: bool = False) -> None:
        super().__init__(words)
        self.words = words
        self.is_refused = is_refused


@dataclass(frozen=True, slots=True)
class WebAnswer:
    """What came back: the status, the beginning of the body, and how long they ask us to wait."""

    status: int
    body: str = ""
    retry_after_seconds: int | None = None


class WebCaller(Protocol):
    """Calls addresses that people typed, safely."""

    def post(self, url: str, body: bytes, headers: Mapping[str, str], *, allowed: str) -> WebAnswer:
        """Send a body. `allowed` lists private hosts and nets that may be called. Raises CallFailed and nothing else."""

    def check(self, url: str, *, allowed: str) -> None:
        """Raise CallFailed, refused, for an address that could never be called, as far as it says so itself. Asks no net."""
