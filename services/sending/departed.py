"""Whoever must hear that single messages have left: whoever wrote them, and whenever. Campaigns pay nothing for it."""

import logging
from collections.abc import Callable, Sequence

from services.sending.results import Result

log = logging.getLogger("whatsapp")
_tell: Callable[[Sequence[int]], object] | None = None


def install_departed(tell: Callable[[Sequence[int]], object] | None) -> None:
    """Say who hears the ids of messages of no campaign that WhatsApp has taken. Called after that is written down."""
    global _tell
    _tell = tell


def tell_departed(done: Sequence[Result]) -> None:
    """Tell of those that left. What goes wrong there is logged: the messages have left all the same."""
    left = [one.claim.message_id for one in done if one.receipt and one.claim.campaign_id is None]
    if not left or _tell is None:
        return
    try:
        _tell(left)
    except Exception:
        log.exception("%d messages have left, and their chats could not be told", len(left))
