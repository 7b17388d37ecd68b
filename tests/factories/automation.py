"""Rules for tests, and what happens to people."""

from datetime import timedelta
from itertools import count
from typing import Any

from core import clock
from core.states import MessageState
from models import Event, Message, Rule, db, transaction
from services import automation, events
from services.segments import Shape, from_json
from tests.factories.contacts import a_contact
from tests.factories.sending import make_channel, open_window

_wire = count(1)
SAY_HELLO = ({"kind": "text", "text": "Hello {{first_name}}"},)


def a_rule(by, *, trigger: dict[str, Any] | None = None, conditions: list[list[str]] | None = None, then=SAY_HELLO,
           is_on: bool = True, name: str = "Greeting", **more: Any) -> Rule:
    """One rule; the word “hello” is answered unless told otherwise. `conditions` are [what, value], all of them."""
    shape = from_json({"groups": [{"any": False, "conditions": conditions}]}) if conditions else Shape()
    rule = automation.add_rule(name=name, trigger=trigger or {"kind": "keyword", "how": "word", "words": ["hello"]},
                               shape=shape, done=list(then), by=by, **more)
    return automation.switch_on(rule.id, by=by) if is_on else rule


def a_writer(channel=None, **details: Any):
    """Somebody whose window is open, and the number they write to."""
    channel = channel or make_channel()
    person = a_contact(**details)
    open_window(person.id, channel.id)
    handle_all()
    return person, channel


def writes(person, channel, text: str, *, at=None, kind: str = "text", content: dict[str, Any] | None = None) -> int:
    """They write: a message is kept and noted, as when it came from the carrier."""
    moment = at or clock.now()
    with transaction():
        message = Message(direction="in", kind=kind, channel_id=channel.id, contact_id=person.id, phone=person.phone or "",
                          text=text, content=content or {}, state=MessageState.RECEIVED, created_at=moment,
                          due_at=moment, wire_id=f"wamid.test{next(_wire)}")
        db.session.add(message)
        db.session.flush()
        events.note("message.received", contact_id=person.id, channel_id=channel.id, message_id=message.id, at=moment,
                    details={"kind": kind})
        return message.id


def handle_all() -> int:
    """Have every event handled; how many there were."""
    total = 0
    while done := automation.answer_events():
        total += done
    return total


def sent_to(person) -> list[str]:
    """What was queued for somebody, in order."""
    db.session.expire_all()
    return list(db.session.scalars(db.select(Message.text).where(
        Message.contact_id == person.id, Message.direction == "out").order_by(Message.id)))


def waiting_events() -> int:
    """How many events nobody has handled."""
    return db.session.scalar(db.select(db.func.count()).select_from(Event).where(Event.handled_at.is_(None)))


def later(**span: float):
    """A moment from now."""
    return clock.now() + timedelta(**span)
