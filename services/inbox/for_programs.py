"""What programs read by address: messages both ways and conversations, as plain rows, by id after a known one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, and_, false, or_, select

from core.states import ConversationState, MessageState
from models import Contact, Conversation, Message, MessageTemplate, TemplateVersion, User, db

MOST = 200  # rows of one answer
_MESSAGE = (
    Message.id, Message.direction, Message.kind, Message.text, Message.content, Message.variables, Message.state,
    Message.reason_code, Message.reason, Message.channel_id, Message.contact_id, Message.campaign_id, Message.phone,
    Message.wire_id, Message.reply_to, Message.author_kind, Message.author_name, Message.due_at, Message.created_at,
    Message.accepted_at, Message.sent_at, Message.delivered_at, Message.read_at, Message.failed_at,
    Contact.name.label("contact_name"), Contact.wa_id, Contact.user_id, Conversation.id.label("conversation_id"),
    MessageTemplate.name.label("template_name"), MessageTemplate.language.label("template_language"))
_CONVERSATION = (
    Conversation.id, Conversation.channel_id, Conversation.contact_id, Conversation.state, Conversation.unread,
    Conversation.waiting_since, Conversation.window_ends_at, Conversation.last_at, Conversation.last_in_at,
    Conversation.last_out_at, Conversation.snoozed_until, Conversation.preview, Conversation.created_at,
    Contact.name.label("contact_name"), Contact.phone, Contact.wa_id, Contact.user_id,
    User.email.label("assigned_to"))


@dataclass(frozen=True, slots=True)
class MessagesAsked:
    """Which messages. What is empty asks nothing; a word nobody knows finds nobody."""

    phone: str = ""  # E.164
    conversation_id: int | None = None
    direction: str = ""  # in | out
    kind: str = ""
    state: str = ""
    campaign_id: int | None = None
    since: datetime | None = None  # made at this moment or later
    after: int = 0  # id of the last one seen
    limit: int = 100


@dataclass(frozen=True, slots=True)
class ConversationsAsked:
    """Which conversations."""

    state: str = ""
    phone: str = ""
    is_unread: bool = False
    is_unanswered: bool = False
    since: datetime | None = None  # with a line at this moment or later
    after: int = 0
    limit: int = 100


def messages_for_programs(asked: MessagesAsked) -> Sequence[Mapping[str, Any]]:
    """Messages by id, oldest first. One query."""
    return _rows(_messages(asked).where(Message.id > asked.after).order_by(Message.id).limit(min(asked.limit, MOST)))


def message_for_programs(message_id: int) -> Mapping[str, Any] | None:
    """One message. One query."""
    found = _rows(_joined().where(Message.id == message_id))
    return found[0] if found else None


def conversations_for_programs(asked: ConversationsAsked) -> Sequence[Mapping[str, Any]]:
    """Conversations by id, oldest first. One query."""
    wanted = _conversations().where(Conversation.id > asked.after)
    if asked.state:
        wanted = wanted.where(Conversation.state == asked.state if asked.state in set(ConversationState) else false())
    if asked.phone:
        wanted = wanted.where(Contact.phone == asked.phone)
    if asked.is_unread:
        wanted = wanted.where(Conversation.unread > 0)
    if asked.is_unanswered:
        wanted = wanted.where(Conversation.waiting_since.is_not(None))
    if asked.since:
        wanted = wanted.where(Conversation.last_at >= asked.since)
    return _rows(wanted.order_by(Conversation.id).limit(min(asked.limit, MOST)))


def conversation_for_programs(conversation_id: int) -> Mapping[str, Any] | None:
    """One conversation. One query."""
    found = _rows(_conversations().where(Conversation.id == conversation_id))
    return found[0] if found else None


def _rows(wanted: Select[Any]) -> list[Mapping[str, Any]]:
    return [dict(row) for row in db.session.execute(wanted).mappings()]


def _joined() -> Select[Any]:
    """Messages with their person, conversation and template."""
    return (
        select(*_MESSAGE).outerjoin(Contact, Contact.id == Message.contact_id)
        .outerjoin(Conversation, and_(Conversation.contact_id == Message.contact_id,
                                      Conversation.channel_id == Message.channel_id))
        .outerjoin(TemplateVersion, TemplateVersion.id == Message.version_id)
        .outerjoin(MessageTemplate, MessageTemplate.id == TemplateVersion.template_id))


def _conversations() -> Any:
    return (select(*_CONVERSATION).join(Contact, Contact.id == Conversation.contact_id)
            .outerjoin(User, User.id == Conversation.assigned_to))


def _messages(asked: MessagesAsked) -> Select[Any]:
    """The messages that were asked for, in no order yet."""
    wanted = _joined()
    if asked.phone:
        wanted = wanted.where(or_(Contact.phone == asked.phone, and_(Contact.id.is_(None), Message.phone == asked.phone)))
    if asked.conversation_id is not None:
        wanted = wanted.where(Conversation.id == asked.conversation_id)
    if asked.direction:
        wanted = wanted.where(Message.direction == asked.direction)
    if asked.kind:
        wanted = wanted.where(Message.kind == asked.kind)
    if asked.state:
        wanted = wanted.where(Message.state == asked.state if asked.state in set(MessageState) else false())
    if asked.campaign_id is not None:
        wanted = wanted.where(Message.campaign_id == asked.campaign_id)
    return wanted.where(Message.created_at >= asked.since) if asked.since else wanted
