"""A program sends one message: to a number, a person or a conversation; judged like everything else that leaves."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from core import clock
from core.actor import Actor
from core.errors import Conflict, Invalid, NotFound
from core.phone import Phone
from core.states import TemplateState
from models import Channel, Contact, Conversation, Message, TemplateVersion, db, transaction
from services import channels, contacts, media, message_templates, sending
from services.inbox.reply import one_sign

FARTHEST = timedelta(days=365)  # how far ahead a message may be asked for


@dataclass(frozen=True, slots=True)
class Asked:
    """One message a program wants sent. Name exactly one of `to`, `contact_id` and `conversation_id`."""

    to: str = ""  # a number as people write it, with plus
    contact_id: int | None = None
    conversation_id: int | None = None
    channel_id: int | None = None  # the number it leaves from; the usual one where none is named
    kind: str = "text"
    text: str = ""
    content: Mapping[str, Any] = field(default_factory=dict)
    template: str = ""
    language: str = ""
    variables: Mapping[str, str] = field(default_factory=dict)
    reply_to: int | None = None  # id of the message it quotes or reacts to
    send_at: datetime | None = None


def send_for_program(asked: Asked, *, by: Actor, key_id: int) -> int:
    """Queue the message; its id. What it is judged by at the moment of sending is said at once where it is known.

    A number nobody has becomes a person. Raises Invalid naming the member, NotFound, and Conflict when it cannot be sent
    as things are (window shut, said stop, template not approved …).
    """
    with transaction():
        channel, person = _ends(asked, by)
        author = sending.Author("api", by.name, key_id)
        due_at = _due_at(asked.send_at)
        if asked.template:
            return _template(asked, channel, person, author, due_at)
        if due_at is None:
            _check_window(channel, person)
        _check_named(asked)
        return sending.queue_message(
            channel_id=channel.id, contact_id=person.id, phone=person.phone or "", kind=asked.kind, text=asked.text,
            content=asked.content, reply_to=_quoted(asked.reply_to, person), author=author, due_at=due_at)


def _ends(asked: Asked, by: Actor) -> tuple[Channel, Contact]:
    """From which number, to whom. Raises Invalid, NotFound, and Conflict for a number that is switched off."""
    given = [name for name in ("to", "contact_id", "conversation_id") if getattr(asked, name)]
    if len(given) != 1:
        raise Invalid("Name exactly one of to, contact_id and conversation_id", field=given[1] if given[1:] else "to")
    if asked.conversation_id:
        talk = db.session.get(Conversation, asked.conversation_id)
        if talk is None:
            raise NotFound("There is no such conversation", field="conversation_id")
        return _in_use(channels.get_channel(talk.channel_id)), contacts.get_contact(talk.contact_id)
    channel = _in_use(channels.get_channel(asked.channel_id) if asked.channel_id else channels.default_channel())
    if asked.contact_id:
        return channel, contacts.get_contact(asked.contact_id)
    try:
        phone = Phone.parse(asked.to)
    except Invalid as error:
        raise Invalid(error.message, field="to") from None
    return channel, contacts.contact_by_phone(phone) or contacts.add_contact(source="api", phone=phone, by=by)


def _in_use(channel: Channel) -> Channel:
    """The number, where this installation sends from it. Raises Conflict: what would be queued for it would never leave."""
    if not channels.is_in_use(channel):
        raise Conflict(channels.why_nothing_leaves(channel), field="channel_id")
    return channel


def _due_at(send_at: datetime | None) -> datetime | None:
    if send_at is None:
        return None
    now = clock.now()
    if not now - timedelta(minutes=1) <= send_at <= now + FARTHEST:
        raise Invalid("send_at lies between now and a year from now", field="send_at")
    return max(now, send_at)


def _check_window(channel: Channel, person: Contact) -> None:
    """Raises Conflict when free text cannot be sent to them now."""
    ends = db.session.scalar(select(Conversation.window_ends_at).where(
        Conversation.contact_id == person.id, Conversation.channel_id == channel.id))
    if ends is None or ends <= clock.now():
        raise Conflict(sending.REASONS["window_closed"], field="type")


def _check_named(asked: Asked) -> None:
    """Raises Invalid for a file that is not kept, and for a reaction to nothing or of anything but a sign."""
    sending.check_content(asked.kind, asked.text, asked.content)
    if media_id := sending.media_in(asked.content):
        try:
            media.get_media(media_id)
        except NotFound:
            raise Invalid("There is no such file", field="media_id") from None
    if asked.kind == "reaction":
        one_sign(asked.text)
        if asked.reply_to is None:
            raise Invalid("Name the message the reaction is on", field="reply_to")


def _quoted(message_id: int | None, person: Contact) -> str:
    """The wire id of the message that is quoted. Raises Invalid."""
    if message_id is None:
        return ""
    wire_id = db.session.scalar(select(Message.wire_id).where(Message.id == message_id, Message.contact_id == person.id))
    if not wire_id:
        raise Invalid("There is no such message in this conversation", field="reply_to")
    return wire_id


def _template(asked: Asked, channel: Channel, person: Contact, author: sending.Author, due_at: datetime | None) -> int:
    """A template with its values: those given, else what is known of the person, else its fallbacks."""
    version = _version(asked.template, asked.language)
    known = message_templates.values_of(person)
    values = {str(one["name"]): str(asked.variables.get(str(one["name"])) or known.get(str(one["name"]))
                                    or one.get("fallback") or "") for one in version.variables}
    category = version.template.category
    missing = next((name for name, value in values.items() if not value), "")
    verdict = sending.judge(
        sending.Person(person.id, person.phone or person.user_id, person.marketing, person.utility), missing=missing,
        wanted=sending.Wanted(category, is_approved=version.state is TemplateState.APPROVED))
    if not verdict.ok:
        raise Conflict(verdict.words, field="template")
    filled = {name: message_templates.clean_value(value) for name, value in values.items()}
    return sending.queue_message(
        channel_id=channel.id, contact_id=person.id, phone=person.phone or "", version_id=version.id, variables=filled,
        author=author, due_at=due_at)


def _version(name: str, language: str) -> TemplateVersion:
    """The newest approved version, else the newest. Raises Invalid."""
    try:
        template = message_templates.by_name(name, language)
    except NotFound as error:
        raise Invalid(error.message, field="template") from None
    versions = sorted(message_templates.get_template(template.id).versions, key=lambda one: (
        one.state is TemplateState.APPROVED, one.number))
    return versions[-1]
