"""STOP and START: obeyed when they are the whole message, before anything else is done with it; a stop is confirmed once."""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import NamedTuple

from sqlalchemy import func, select

from core import clock
from core.actor import Actor
from core.states import ConsentState
from core.stop_words import confirmation, language_of, plain
from core.words import one_line
from models import Channel, ConsentEntry, Contact, Conversation, Message, db, transaction
from services import channels, contacts, sending, settings
from transports.port import IncomingMessage

FRESH = timedelta(minutes=10)  # whoever wrote longer ago has moved on: a late notice is obeyed without a word
_NOT_SPOKEN = ("contacts", "location", "system", "reaction")  # their text is not what a person says
_LONGEST = 200  # characters; nobody says stop at greater length
MOST_A_DAY = 3  # confirmations one person gets, should two machines talk to each other


Meanings = Mapping[str, ConsentState]


class Place(NamedTuple):
    """Where a message stands."""

    conversation_id: int
    message_id: int


def meanings() -> Meanings:
    """What each of our words asks for, as they are set now; a word that could mean both means stop. Two queries."""
    found = {plain(word): ConsentState.GRANTED for word in settings.get("opt_in_words")}
    return found | {plain(word): ConsentState.WITHDRAWN for word in settings.get("opt_out_words")}


def asked_by(text: str, kind: str, known: Meanings) -> ConsentState | None:
    """What a message asks for, when one of our words is the whole of it. Pure."""
    is_short = len(text) <= _LONGEST and kind not in _NOT_SPOKEN
    return known.get(plain(text)) if is_short and text else None


def obey(message: IncomingMessage, *, channel: Channel, contact_id: int, known: Meanings) -> ConsentState | None:
    """Withdraw or grant marketing if this message is one of our words; what it asked for, None for other messages.

    Call it once for each message, inside the transaction that keeps it. `known` is what `meanings` gives.
    """
    asked = asked_by(message.text, message.kind, known)
    if asked is None:
        return None
    with transaction():
        before = db.session.scalar(select(Contact.marketing).where(Contact.id == contact_id).with_for_update())
        after = contacts.record_consent(
            contact_id=contact_id, category="marketing", state=asked, how="message",
            proof=_quoted(message.text), at=message.at, by=Actor("contact", "The person"))
        if before != ConsentState.WITHDRAWN and after == ConsentState.WITHDRAWN:
            _confirm(message, channel, contact_id)
    return asked


def written_in(lines: Iterable[ConsentEntry]) -> dict[int, Place]:
    """The messages by which these lines of one person's ledger came, by the id of the line. One query, none without such lines.

    A line whose message is no longer there, or that a colleague wrote down, is left out.
    """
    said = [line for line in lines if line.how == "message"]
    if not said:
        return {}
    rows = db.session.execute(
        select(Message.id, Message.created_at, Message.text, Conversation.id.label("talk_id"))
        .join(Conversation, (Conversation.contact_id == Message.contact_id) & (Conversation.channel_id == Message.channel_id))
        .where(Message.contact_id == said[0].contact_id, Message.direction == "in",
               Message.created_at.in_({line.at for line in said})).order_by(Message.id))
    found = {(row.created_at, _quoted(row.text)): Place(row.talk_id, row.id) for row in rows}
    return {line.id: found[line.at, line.proof] for line in said if (line.at, line.proof) in found}


def _quoted(text: str) -> str:
    """The proof of a word that came by message."""
    return one_line(f"They wrote “{text[:100]}”")


def _confirm(message: IncomingMessage, channel: Channel, contact_id: int) -> None:
    """Queue the one confirmation, as a service message within the window their word has opened."""
    if not settings.get("confirms_stop") or clock.now() - message.at > FRESH or not channels.is_in_use(channel):
        return
    person = db.session.execute(
        select(Contact.phone, Contact.user_id, Contact.language).where(Contact.id == contact_id)).one()
    if not (person.phone or person.user_id):
        return
    said = confirmation(language_of(message.text, known=person.language), business=settings.get("business_name"),
                        start_words=settings.get("opt_in_words"))
    if _times_told(contact_id, said) < MOST_A_DAY:
        sending.queue_message(channel_id=channel.id, contact_id=contact_id, phone=person.phone or "", text=said)


def _times_told(contact_id: int, said: str) -> int:
    """How often this person got these words in the last day."""
    return db.session.scalar(select(func.count()).where(
        Message.contact_id == contact_id, Message.direction == "out", Message.text == said,
        Message.created_at > clock.now() - timedelta(days=1))) or 0
