"""How far a message has travelled. News only moves it forward."""

from core.states import MessageState

# A failure counts until the phone has it; the phone having it settles every doubt.
LATTICE: tuple[MessageState, ...] = (
    MessageState.QUEUED,
    MessageState.SENDING,
    MessageState.UNKNOWN,
    MessageState.ACCEPTED,
    MessageState.SENT,
    MessageState.FAILED,
    MessageState.DELIVERED,
    MessageState.READ,
)
RANK: dict[MessageState, int] = {state: rank for rank, state in enumerate(LATTICE)}

# Meta's words for news, and the state each one proves. Words not listed are kept and not applied.
PROVES: dict[str, MessageState] = {
    "sent": MessageState.SENT,
    "delivered": MessageState.DELIVERED,
    "read": MessageState.READ,
    "played": MessageState.READ,
    "failed": MessageState.FAILED,
}


def after_news(known: MessageState, news: MessageState) -> MessageState:
    """Where the message stands once `news` is heard.

    Carriers repeat themselves and speak out of order, so we only ever move forward; a failure counts until the
    message has been delivered, and is then ignored. A message that was never on its way (skipped, cancelled,
    received) stays what it is.
    """
    if known not in RANK or news not in RANK:
        return known
    return news if RANK[news] > RANK[known] else known
