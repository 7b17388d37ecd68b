"""Who of the team has a conversation open or writes in it, and what they typed and did not send."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select

from core import clock
from models import ConversationPresence, ReplyDraft, User, db, transaction
from services import settings
from services.inbox import read_marks
from services.inbox.queries import get_conversation

HERE = timedelta(seconds=25)  # a page tells every ten
WRITING = timedelta(seconds=12)
DRAFT_LIMIT = 10_000
FORGET = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Present:
    """A colleague who has this conversation open."""

    user_id: int
    name: str
    is_writing: bool


def here(conversation_id: int, *, user_id: int, is_writing: bool = False) -> None:
    """Note that somebody looks at a conversation, and whether they write. Tells the person where that is wished."""
    now = clock.now()
    with transaction():
        talk = get_conversation(conversation_id)
        row = db.session.get(ConversationPresence, (conversation_id, user_id)) or ConversationPresence(
            conversation_id=conversation_id, user_id=user_id)
        row.seen_at = now
        row.wrote_at = now if is_writing else row.wrote_at
        db.session.add(row)
        if is_writing and settings.get("shows_typing"):
            read_marks.wish(talk, is_typing=True)


def left(conversation_id: int, *, user_id: int) -> None:
    """Somebody closed the page."""
    with transaction():
        db.session.execute(delete(ConversationPresence).where(
            ConversationPresence.conversation_id == conversation_id, ConversationPresence.user_id == user_id))


def others(conversation_id: int, *, user_id: int) -> list[Present]:
    """Who else has it open now, by name. One query."""
    now = clock.now()
    rows = db.session.execute(
        select(User.id, User.name, ConversationPresence.wrote_at)
        .join(User, User.id == ConversationPresence.user_id)
        .where(ConversationPresence.conversation_id == conversation_id, ConversationPresence.user_id != user_id,
               ConversationPresence.seen_at > now - HERE).order_by(User.name, User.id))
    return [Present(number, name, wrote_at is not None and wrote_at > now - WRITING) for number, name, wrote_at in rows]


def forget_old(now: datetime) -> None:
    """Forget who looked at what an hour ago."""
    with transaction():
        db.session.execute(delete(ConversationPresence).where(ConversationPresence.seen_at < now - FORGET))


def draft_of(conversation_id: int, *, user_id: int) -> str:
    """What this colleague typed here and has not sent. One query."""
    row = db.session.get(ReplyDraft, (conversation_id, user_id))
    return row.text if row else ""


def keep_draft(conversation_id: int, *, user_id: int, text: str) -> None:
    """Keep what somebody typed; an empty text forgets it. Raises NotFound."""
    plain = text.replace("\0", "")[:DRAFT_LIMIT]
    with transaction():
        get_conversation(conversation_id)
        row = db.session.get(ReplyDraft, (conversation_id, user_id))
        if not plain.strip():
            if row:
                db.session.delete(row)
        elif row:
            row.text, row.at = plain, clock.now()
        else:
            db.session.add(ReplyDraft(conversation_id=conversation_id, user_id=user_id, text=plain))
