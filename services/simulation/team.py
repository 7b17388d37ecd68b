"""The same talk as the team has it: the conversation of this person in our own database."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import or_, select

from models import Contact, db
from services import inbox
from services.simulation.asking import channel

LAST = 40


@dataclass(frozen=True, slots=True)
class TeamView:
    """Who the person is to the team, and what was said, oldest first. No contact: nobody knows them yet."""

    contact: Contact | None
    conversation_id: int | None
    talk: Sequence[inbox.Line]


def team_view(number: str, user_id: str = "") -> TeamView:
    """The talk with whoever has this number (with plus) or user id at WhatsApp. A dozen queries at most.

    Raises NotFound when no number is simulated.
    """
    contact = contact_of(number, user_id)
    found = inbox.conversation_of(contact.id, channel().id) if contact else None
    lines = inbox.thread(found, size=LAST).items if found else []
    return TeamView(contact, found.id if found else None, [line for line in lines if isinstance(line, inbox.Line)])


def contact_of(number: str, user_id: str) -> Contact | None:
    """The contact behind a number (with plus) or a user id, the surest sign first. One query."""
    digits = number.removeprefix("+")
    signs = [Contact.wa_id == digits, Contact.phone == number, *([Contact.user_id == user_id] if user_id else [])]
    found = db.session.scalars(select(Contact).where(or_(*signs)).order_by(Contact.id)).all()
    return max(found, key=lambda one: (one.wa_id == digits, one.phone == number), default=None)
