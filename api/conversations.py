"""/api/v1/conversations: read them, mark one as read."""

from flask import Response

from api import presenting, reading
from api.doors import needs_scope
from api.part import pages
from core.errors import NotFound
from core.states import ConversationState
from services import inbox

FILTERS = ("status", "phone", "unread", "unanswered", "since", "after", "limit")


@pages.get("/conversations")
@needs_scope("read")
def list_conversations() -> Response:
    """Conversations by id, oldest first, after a known one."""
    given = reading.query(FILTERS)
    limit = reading.number(given, "limit", most=inbox.MOST) or 100
    asked = inbox.ConversationsAsked(
        state=reading.one_of(given, "status", tuple(ConversationState)), phone=reading.phone(given, "phone"),
        is_unread=reading.yes(given, "unread"), is_unanswered=reading.yes(given, "unanswered"),
        since=reading.moment(given, "since"), after=reading.number(given, "after") or 0, limit=limit)
    rows = [presenting.conversation(row) for row in inbox.conversations_for_programs(asked)]
    return presenting.answer(presenting.page(rows, limit))


@pages.get("/conversations/<int:conversation_id>")
@needs_scope("read")
def show_conversation(conversation_id: int) -> Response:
    """One conversation."""
    return presenting.answer(_of(conversation_id))


@pages.post("/conversations/<int:conversation_id>/read")
@needs_scope("send")
def mark_read(conversation_id: int) -> Response:
    """Everything that came so far was seen; the conversation as it is then."""
    _of(conversation_id)
    inbox.mark_read(conversation_id)
    return presenting.answer(_of(conversation_id))


def _of(conversation_id: int) -> dict[str, object]:
    row = inbox.conversation_for_programs(conversation_id)
    if row is None:
        raise NotFound("There is no such conversation")
    return dict(presenting.conversation(row))
