"""What WhatsApp charges for single messages, as its statuses tell: not how much, but for what kind, or that it is free."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select

from core.states import MessageState
from models import DeliveryNews, Message, db

NOT_KNOWN = "not known yet"
NOTHING = "nothing, it did not reach them"
_FREE = {"free_customer_service": "free, within the 24 hours after they wrote",
         "free_entry_point": "free, within the days after they came from an ad or a page"}
_NEVER = (MessageState.SKIPPED, MessageState.CANCELLED, MessageState.FAILED)


def charges_of(messages: Sequence[Message]) -> dict[int, str]:
    """What each message costs, in words, by its id. One query."""
    told: dict[int, str] = {}
    for message_id, details in db.session.execute(select(DeliveryNews.message_id, DeliveryNews.details).where(
            DeliveryNews.message_id.in_([one.id for one in messages])).order_by(DeliveryNews.id)):
        if words := _in_words((details or {}).get("pricing")):
            told.setdefault(message_id, words)  # what was told first counts
    return {one.id: told.get(one.id) or (NOTHING if one.state in _NEVER else NOT_KNOWN) for one in messages}


def _in_words(pricing: Any) -> str:
    """What one status says of the price; empty when it says nothing we can read."""
    if not isinstance(pricing, Mapping):
        return ""
    kind, category = str(pricing.get("type") or ""), str(pricing.get("category") or "")[:40].replace("_", " ")
    if kind.startswith("free") or (not kind and pricing.get("billable") is False):
        return _FREE.get(kind, "free")
    if kind == "regular" or (not kind and pricing.get("billable") is True):
        return f"billed as {category}" if category else "billed"
    return ""
