"""What the team does with a conversation: give it to somebody, put it off, close it, note something, see it."""

from datetime import datetime, timedelta

from sqlalchemy import func, select

from core import clock
from core.actor import SYSTEM, Actor
from core.errors import Conflict, Invalid, NotFound
from core.states import ConversationState
from core.words import many_lines
from models import Contact, Conversation, ConversationNote, Message, User, db, transaction
from services import activity, channels, contacts, events, settings
from services.inbox import read_marks
from services.inbox.asides import SUBJECT
from services.inbox.queries import LARGEST_ID, conversation_of, get_conversation, hold_conversation

_v = Conversation.__table__.c
NOTE_LIMIT = 4000
LONGEST_SNOOZE = timedelta(days=366)
AT_ONCE = 500


def assign(conversation_id: int, *, user_id: int | None, by: Actor) -> None:
    """Give a conversation to somebody of the team, or to nobody. Raises NotFound, Invalid for somebody who cannot answer."""
    with transaction():
        talk = hold_conversation(conversation_id)
        if talk.assigned_to == user_id:
            return
        colleague = db.session.get(User, user_id) if user_id is not None else None
        if user_id is not None and (colleague is None or colleague.disabled_at or colleague.role == "viewer"):
            raise Invalid("Choose somebody of the team who may answer", field="user_id")
        talk.assigned_to = user_id
        _record("conversation.assigned" if colleague else "conversation.freed", talk, by=by,
                to=colleague.name if colleague else "")


def snooze(conversation_id: int, *, until: datetime, by: Actor) -> None:
    """Take a conversation out of the way until then, or until they write again. Raises Invalid for a time that has passed."""
    if not clock.now() < until <= clock.now() + LONGEST_SNOOZE:
        raise Invalid("Choose a time to come, within a year", field="until")
    with transaction():
        talk = hold_conversation(conversation_id)
        talk.state, talk.snoozed_until, talk.closed_at = ConversationState.SNOOZED, until, None
        zone = clock.zone(settings.time_zone())
        _record("conversation.snoozed", talk, by=by, to=f"{until.astimezone(zone):%a %-d %b, %H:%M}")


def close(conversation_id: int, *, by: Actor) -> None:
    """Say that nothing is left to do; rules and flows may speak again. It opens by itself when they write."""
    with transaction():
        talk = hold_conversation(conversation_id)
        if talk.state is ConversationState.CLOSED:
            return
        talk.state, talk.closed_at, talk.snoozed_until = ConversationState.CLOSED, clock.now(), None
        talk.waiting_since = talk.taken_over_at = None
        events.note("conversation.closed", contact_id=talk.contact_id, channel_id=talk.channel_id,
                    details={"conversation_id": talk.id}, by_itself=by.kind != "user")
        _record("conversation.closed", talk, by=by)


def reopen(conversation_id: int, *, by: Actor) -> None:
    """Take a conversation up again that was closed or put off."""
    with transaction():
        talk = hold_conversation(conversation_id)
        if talk.state is not ConversationState.OPEN:
            verb = "conversation.reopened" if talk.state is ConversationState.CLOSED else "conversation.woken"
            talk.state, talk.closed_at, talk.snoozed_until = ConversationState.OPEN, None, None
            _record(verb, talk, by=by)


def wake_due(now: datetime) -> int:
    """Bring back what was put off until now; how many. Called by a job; running it twice is running it once."""
    due = db.session.scalars(select(_v.id).where(
        _v.state == ConversationState.SNOOZED, _v.snoozed_until <= now).order_by(_v.id).limit(AT_ONCE)).all()
    for conversation_id in due:
        reopen(conversation_id, by=SYSTEM)
    return len(due)


def add_note(conversation_id: int, *, text: str, by: Actor) -> int:
    """Write down something only the team sees; its id. Raises Invalid for an empty or overlong note."""
    plain = many_lines(text)
    if not plain:
        raise Invalid("The note is empty", field="text")
    if len(plain) > NOTE_LIMIT:
        raise Invalid(f"A note has {NOTE_LIMIT:,} characters at most; this has {len(plain):,}", field="text")
    with transaction():
        note = ConversationNote(conversation_id=get_conversation(conversation_id).id, text=plain, by=by.name[:120],
                                user_id=by.user_id)
        db.session.add(note)
    return note.id


def delete_note(note_id: int, *, conversation_id: int, by: Actor) -> None:
    """Take one's own note away. Raises NotFound, Conflict for somebody else's."""
    with transaction():
        note = db.session.get(ConversationNote, note_id)
        if note is None or note.conversation_id != conversation_id:
            raise NotFound("There is no such note")
        if note.user_id != by.user_id:
            raise Conflict("Only whoever wrote a note takes it away")
        db.session.delete(note)


def mark_read(conversation_id: int, *, up_to: int | None = None) -> int:
    """Say that the team has seen what came, as far as the message `up_to` where it is given; how many lines that were.

    Their phone shows it, too, where the settings wish it.
    """
    with transaction():
        talk = hold_conversation(conversation_id)
        moment = _moment_of(talk, up_to) or talk.last_in_at
        before = talk.unread
        if before and moment is not None:
            talk.unread = min(before, _came_after(talk, moment))
            talk.read_up_to = moment
            if settings.get("shows_read_marks"):
                read_marks.wish(talk)
        return before - talk.unread


def mark_unread(conversation_id: int) -> None:
    """Leave a conversation for later as if nobody had seen its last line. Raises Conflict when there is none."""
    with transaction():
        talk = hold_conversation(conversation_id)
        if talk.last_in_at is None:
            raise Conflict("They have not written anything yet")
        talk.unread, talk.read_up_to = max(1, talk.unread), talk.last_in_at - clock.TICK


def _moment_of(talk: Conversation, message_id: int | None) -> datetime | None:
    """When a line of this conversation was written."""
    if message_id is None or not 0 < message_id <= LARGEST_ID:
        return None
    return db.session.scalar(select(Message.created_at).where(
        Message.id == message_id, Message.contact_id == talk.contact_id, Message.channel_id == talk.channel_id))


def _came_after(talk: Conversation, moment: datetime) -> int:
    """How many lines of theirs are newer than this moment."""
    if talk.last_in_at is None or talk.last_in_at <= moment:
        return 0
    return db.session.scalar(select(func.count()).where(
        Message.contact_id == talk.contact_id, Message.channel_id == talk.channel_id, Message.direction == "in",
        Message.created_at > moment)) or 0


def start(contact_id: int, *, channel_id: int | None = None) -> Conversation:
    """The conversation with this person, made when there is none yet, from a number or the one new campaigns use.

    Raises NotFound.
    """
    channel = channels.get_channel(channel_id) if channel_id else channels.default_channel()
    known = conversation_of(contact_id, channel.id)
    if known is not None:
        return known
    with transaction():
        person = contacts.get_contact(contact_id)
        talk = Conversation(contact_id=person.id, channel_id=channel.id, last_at=clock.now())
        db.session.add(talk)
    return talk


def _record(verb: str, talk: Conversation, *, by: Actor, **details: object) -> None:
    """Note an act under the name of the person."""
    person = db.session.get_one(Contact, talk.contact_id)
    activity.record(verb, by=by, subject_kind=SUBJECT, subject_id=talk.id, subject_name=contacts.name_of(person), **details)
