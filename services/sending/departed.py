"""Whoever must hear that single messages have left, or will never arrive: whoever wrote them, and whenever. Campaigns pay
nothing for it."""

import logging
from collections.abc import Callable, Sequence

from core.states import MessageState
from models import after_commit
from services.sending.results import Result

log = logging.getLogger("whatsapp")
_Tell = Callable[[Sequence[int]], object]
_tell: _Tell | None = None
_tell_lost: _Tell | None = None


def install_departed(tell: _Tell | None, lost: _Tell | None = None) -> None:
    """Say who hears the ids of messages of no campaign that WhatsApp has taken, and of those that will not arrive. Called
    after that is written down; `lost` may also be told of messages of campaigns and of some that are tried again."""
    global _tell, _tell_lost
    _tell, _tell_lost = tell, lost


def tell_departed(done: Sequence[Result]) -> None:
    """Tell of those that left. What goes wrong there is logged: the messages have left all the same."""
    singles = [one for one in done if one.claim.campaign_id is None]
    _told(_tell, [one.claim.message_id for one in singles if one.receipt])
    _told(_tell_lost, [one.claim.message_id for one in singles if one.outcome and one.outcome.state is MessageState.FAILED])


def tell_lost(message_ids: Sequence[int]) -> None:
    """Tell, once the present write is safe, of those that were refused."""
    if message_ids:
        after_commit(lambda: _told(_tell_lost, message_ids))


def _told(tell: _Tell | None, message_ids: Sequence[int]) -> None:
    if not message_ids or tell is None:
        return
    try:
        tell(message_ids)
    except Exception:
        log.exception("the chats of %d messages could not be told", len(message_ids))
