"""The people at the other end: who they are, when they last wrote, whether they want marketing."""

import hashlib
import json
import secrets
from base64 import b64encode
from functools import lru_cache

from simulator.ledger import Ledger

WINDOW_SECONDS = 24 * 3600
_NAMES = ("Ana", "Bilal", "Chidi", "Dara", "Elif", "Femi", "Greta", "Hana", "Ines", "Jomo", "Kiran", "Lena", "Musa",
          "Noor", "Omar", "Priya", "Rosa", "Sami", "Tomas", "Uma", "Vera", "Wanjiru", "Yusuf", "Zola")


@lru_cache(maxsize=65_536)
def contact_of(wa_id: str) -> str:
    """The person behind a number as Meta shows them, as JSON. The same number is always the same person."""
    return json.dumps({"profile": {"name": name_of(wa_id)}, "wa_id": wa_id, "user_id": user_id_of(wa_id)})


def name_of(wa_id: str) -> str:
    """The profile name of a person."""
    return _NAMES[_digest(wa_id) % len(_NAMES)]


def user_id_of(wa_id: str) -> str:
    """The id of a person that stays when their number is hidden."""
    return f"GB.{10**19 + _digest(wa_id)}"


def wamid(wa_id: str) -> str:
    """A new message id in Meta's form."""
    return "wamid." + b64encode(b"\x1d" + wa_id.encode()[:20] + b"\x15\x02\x00" + secrets.token_bytes(16)).decode()


class Customers:
    """What the people of one simulated world remember of us."""

    def __init__(self, book: Ledger) -> None:
        self._book = book

    def is_window_open(self, wa_id: str, now: float) -> bool:
        """Whether this person wrote within the last 24 hours, so that free text may be sent. One query."""
        return self.heard_at(wa_id) > now - WINDOW_SECONDS

    def heard_at(self, wa_id: str) -> float:
        """When this person last wrote, Unix seconds; 0 when never. One query."""
        known = self._book.rows("SELECT heard_at FROM customers WHERE recipient = ?", (wa_id,))
        return float(known[0][0]) if known else 0.0

    def wants_no_marketing(self, wa_id: str) -> bool:
        """Whether this person switched our marketing off. One query."""
        known = self._book.rows("SELECT stopped FROM customers WHERE recipient = ?", (wa_id,))
        return bool(known and known[0][0])


@lru_cache(maxsize=65_536)
def _digest(wa_id: str) -> int:
    return int.from_bytes(hashlib.blake2b(wa_id.encode(), digest_size=8).digest(), "big")
