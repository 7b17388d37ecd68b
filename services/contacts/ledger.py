"""The append-only ledger: one line at a time, and the state that follows from all lines of a person."""

from collections.abc import Iterable
from datetime import datetime
from typing import Protocol

from sqlalchemy import select

from core import clock
from core.actor import Actor
from core.errors import NotFound
from core.states import ConsentState
from models import ConsentEntry, Contact, db, transaction
from services import activity, events
from services.contacts.details import name_of

CATEGORIES = ("marketing", "utility")
HOW = ("form", "import", "message", "preferences", "staff", "command")
ERASED, DELETED = "erased", "deleted"  # how a withdrawal came back that outlived its person
TAKEN_BACK = "undo"  # an import was undone: what it said at this very moment they agreed to does not count


class Line(Protocol):
    """What `derive_state` needs to know of a line of the ledger."""

    state: ConsentState
    how: str
    at: datetime
    overrides_withdrawal: bool


def derive_state(lines: Iterable[Line]) -> ConsentState:
    """The present state of one person and one category. The order of the lines does not matter.

    Somebody who withdrew is asked again only by their own later word: a grant at or before the newest withdrawal
    does not count, and one from an import counts only if a person gave the reason why it lifts the withdrawal, and
    never for somebody who was erased. A grant of an import that was undone does not count either; what an import
    withdrew stays withdrawn when it is undone.
    """
    lines = list(lines)
    stops = [line for line in lines if line.state is ConsentState.WITHDRAWN]
    undone = {line.at for line in lines if line.how == TAKEN_BACK}
    grants = [line for line in lines if line.state is ConsentState.GRANTED
              and not (line.how == "import" and line.at in undone)]
    if not stops:
        return ConsentState.GRANTED if grants else ConsentState.UNKNOWN
    last_stop, may_be_lifted = max(line.at for line in stops), all(line.how != ERASED for line in stops)
    asked_again = any(
        line.at > last_stop and (line.how != "import" or (line.overrides_withdrawal and may_be_lifted))
        for line in grants)
    return ConsentState.GRANTED if asked_again else ConsentState.WITHDRAWN


def write_line(*, contact_id: int, category: str, state: ConsentState, how: str, proof: str, at: datetime | None,
               overrides_withdrawal: bool = False, by: Actor) -> ConsentState:
    """Add one line and return the state that follows from all lines. A time to come counts as now. Raises NotFound."""
    now = clock.now()
    with transaction():
        person = db.session.scalar(select(Contact).where(Contact.id == contact_id).with_for_update())
        if person is None:
            raise NotFound("There is no such person")
        db.session.add(ConsentEntry(
            contact_id=contact_id, category=category, state=state, how=how, proof=proof, by=by.name,
            overrides_withdrawal=overrides_withdrawal, at=min(at or now, now), recorded_at=now))
        db.session.flush()
        present = derive_state(db.session.scalars(select(ConsentEntry).where(
            ConsentEntry.contact_id == contact_id, ConsentEntry.category == category)))
        if present != getattr(person, category) and category == "marketing":
            events.note(f"consent.{present}", contact_id=contact_id, by_itself=by.is_program)
        setattr(person, category, present)
        activity.record("contact.consented" if state is ConsentState.GRANTED else "contact.withdrew", by=by,
                        subject_kind="contact", subject_id=contact_id, subject_name=name_of(person), category=category)
    return present
