"""We answer: free messages of every kind, templates, reactions, now or later; what has not left can be taken back.

The verdict with the 24-hour window is asked right before a message leaves (services/sending); asked here, too, it keeps
the words with whoever typed them instead of with a message that cannot leave.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, update

from core import clock
from core.errors import Conflict, Invalid, NotFound
from core.states import ConversationState, MessageState
from core.words import many_lines
from models import Contact, Conversation, Message, ReplyDraft, db, transaction
from services import channels, media, message_templates, sending
from services.inbox.departed import undelivered
from services.inbox.lines import in_words
from services.inbox.queries import get_conversation, hold_conversation

LATEST = timedelta(days=60)
COMPOSED = ("text", "image", "video", "audio", "document", "sticker")  # these take what was typed along
SHUT = ("More than 24 hours have passed since they last wrote, so only a template may be sent. "
        "What you typed is kept.")


class WindowShut(Conflict):
    """Free text is refused: the 24-hour window is shut. Nothing was queued."""


def is_open(talk: Conversation, at: datetime | None = None) -> bool:
    """Whether free text may reach them at this moment, now unless given."""
    return talk.window_ends_at is not None and talk.window_ends_at > (at or clock.now())


def reply(conversation_id: int, *, kind: str = "text", text: str = "", content: Mapping[str, Any] | None = None,
          reply_to: int | None = None, author: sending.Author, due_at: datetime | None = None) -> int:
    """Queue one free message; its id. A file is handed to WhatsApp first, so call it outside a transaction.

    `kind`, `text` and `content` are as services/sending keeps them, `reply_to` the id of the message it quotes or reacts to.
    A person's answer takes the conversation over, so that rules and flows keep silent. Raises WindowShut, Invalid for
    what WhatsApp would refuse, NotFound, media.NotUploaded.
    """
    talk = get_conversation(conversation_id)
    _check_time(talk, due_at)
    text = many_lines(text)
    sending.check_content(kind, text, content or {})
    if media_id := sending.media_in(content or {}):
        media.ensure_uploaded(channels.get_channel(talk.channel_id), media_id)
    with transaction():
        talk = hold_conversation(conversation_id)
        person = db.session.get_one(Contact, talk.contact_id)
        message_id = sending.queue_message(
            channel_id=talk.channel_id, contact_id=person.id, phone=person.phone or "", kind=kind, text=text,
            content=content, reply_to=_wire_id(talk, reply_to), author=author, due_at=due_at)
        if kind != "reaction":
            _answered(talk, in_words(kind, text, content or {}), author, due_at, takes_draft=kind in COMPOSED)
    return message_id


def send_template(conversation_id: int, *, version_id: int, values: Mapping[str, str], author: sending.Author,
                  due_at: datetime | None = None) -> int:
    """Queue an approved template with these values; its id. Raises Invalid naming a variable without a value, NotFound.

    Consent is asked right before it leaves; a template for marketing needs their agreement also here.
    """
    talk = get_conversation(conversation_id)
    version = message_templates.get_version(version_id)
    filled = {name: message_templates.clean_value(values.get(name, "")) for name in message_templates.samples_of(
        version.variables)}
    if missing := next((name for name, value in filled.items() if not value), ""):
        raise Invalid(f"Give a value for {missing}", field=f"value-{missing}")
    if due_at is not None:
        _check_moment(due_at)
    for media_id in media.named_in(version.header):
        media.ensure_uploaded(channels.get_channel(talk.channel_id), media_id)
    with transaction():
        talk = hold_conversation(conversation_id)
        person = db.session.get_one(Contact, talk.contact_id)
        message_id = sending.queue_message(
            channel_id=talk.channel_id, contact_id=person.id, phone=person.phone or "", version_id=version_id,
            variables=filled, author=author, due_at=due_at)
        _answered(talk, in_words("text", message_templates.rendered(version, filled), {}), author, due_at)
    return message_id


def values_for(conversation_id: int, version_id: int) -> dict[str, str]:
    """The values of a template's variables as this person's details give them, for whoever fills the rest. Three queries."""
    talk, version = get_conversation(conversation_id), message_templates.get_version(version_id)
    known = message_templates.values_of(db.session.get_one(Contact, talk.contact_id))
    return message_templates.resolve(version.variables, {}, known)[0]


def react(conversation_id: int, *, message_id: int, sign: str, author: sending.Author) -> int:
    """Set a sign on a message of theirs or ours, or take ours away with an empty one. Raises as `reply`."""
    return reply(conversation_id, kind="reaction", text=one_sign(sign), reply_to=message_id, author=author)


def one_sign(words: str) -> str:
    """An emoji, or nothing. Raises Invalid."""
    sign = words.strip()[:16]
    if sign and (sign.isascii() or len(sign.split()) > 1):
        raise Invalid("A reaction is one emoji", field="sign")
    return sign


def take_back(message_id: int, *, conversation_id: int) -> str:
    """Take back a message that has not left; its text, to be written anew. Raises Conflict when it has left."""
    with transaction():
        talk = hold_conversation(conversation_id)
        mine = (Message.id == message_id, Message.contact_id == talk.contact_id, Message.channel_id == talk.channel_id,
                Message.direction == "out", Message.campaign_id.is_(None))
        won = db.session.execute(update(Message.__table__).where(*mine, Message.state == MessageState.QUEUED).values(
            state=MessageState.CANCELLED, reason_code="cancelled", reason="It was taken back before it left")).rowcount
        undelivered([message_id] if won else [])
        text = db.session.scalar(select(Message.text).where(*mine))
    if text is None:
        raise NotFound("There is no such message in this chat")
    if not won:
        raise Conflict("It has left already and cannot be taken back")
    return text


def _check_time(talk: Conversation, due_at: datetime | None) -> None:
    """Refuse what could not leave because of the window, now or at its time. Raises WindowShut, Invalid."""
    if due_at is not None:
        _check_moment(due_at)
    if not is_open(talk, due_at):
        raise WindowShut(SHUT if due_at is None or not is_open(talk) else
                         "At that time the 24-hour window will be shut. Choose an earlier time, or a template.", field="text")


def _check_moment(due_at: datetime) -> None:
    if not clock.now() < due_at <= clock.now() + LATEST:
        raise Invalid("Choose a time to come, within 60 days", field="due_at")


def _wire_id(talk: Conversation, message_id: int | None) -> str:
    """The carrier's id of a message of this conversation. Raises NotFound, Conflict when it has none yet."""
    if message_id is None:
        return ""
    row = db.session.execute(select(Message.wire_id).where(
        Message.id == message_id, Message.contact_id == talk.contact_id, Message.channel_id == talk.channel_id)).first()
    if row is None:
        raise NotFound("There is no such message in this chat")
    if not row.wire_id:
        raise Conflict("WhatsApp does not know that message yet; wait until it has been sent")
    return str(row.wire_id)


def _answered(talk: Conversation, preview: str, author: sending.Author, due_at: datetime | None, *,
              takes_draft: bool = False) -> None:
    """What an answer of ours means for its conversation. One for later changes nothing but the draft until it leaves. A
    template, a place, buttons and the like leave what was typed where it is."""
    if author.kind == "user":
        if author.id is not None and takes_draft:
            db.session.query(ReplyDraft).filter_by(conversation_id=talk.id, user_id=author.id).delete()
        talk.taken_over_at = talk.taken_over_at or clock.now()
    if due_at is not None:
        return
    now = clock.now()
    talk.last_at, talk.last_out_at, talk.waiting_since = max(now, talk.last_at), now, None
    if author.kind == "user":
        talk.unread, talk.read_up_to = 0, talk.last_in_at or talk.read_up_to
    talk.preview, talk.preview_is_ours = preview, True
    if talk.state is not ConversationState.OPEN and author.kind == "user":
        talk.state, talk.closed_at, talk.snoozed_until = ConversationState.OPEN, None, None
