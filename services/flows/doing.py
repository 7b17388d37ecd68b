"""What a flow says and does, for real: messages through the one queue, changes by the actions rules have, too."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, update

from core import clock
from core.errors import DashboardError
from core.states import ConversationState
from models import Contact, ContactTag, Conversation, ConversationNote, FlowSession, FlowStep, OutgoingCall, Tag, db
from services import actions, contacts, message_templates, sending
from services.flows import calling
from services.flows.engine import Act, CallOut, Effect, GoOn, HandOver, Keep, Outcome, Say

MOST_BUTTONS = 3
OPEN_LIST = "Choose"


def known_of(contact_id: int) -> dict[str, str]:
    """What is known of a person, by the names branches and gaps use. Two queries."""
    person = db.session.get(Contact, contact_id)
    if person is None:
        return {}
    tags = db.session.scalars(select(Tag.name).join(ContactTag, ContactTag.tag_id == Tag.id)
                              .where(ContactTag.contact_id == contact_id).order_by(Tag.key))
    known = {key.removeprefix("field:"): value for key, value in message_templates.values_of(person).items()}
    return known | {"language": person.language, "country": person.country, "tags": ", ".join(tags),
                    "marketing": str(person.marketing)}


def counts(effects: Sequence[Effect]) -> int:
    """How many messages are among them."""
    return sum(isinstance(one, Say) for one in effects)


def do_all(session: FlowSession, name: str, outcome: Outcome, now: datetime) -> list[int]:
    """Do everything in its order, inside the caller's transaction; the flows that go on. Each is noted at its step; what
    cannot be done with the reason, and the rest is done all the same."""
    person = db.session.get_one(Contact, session.contact_id)
    doing = actions.Doing(person.id, sending.Author("flow", name, session.flow_id), now, session.channel_id,
                          person.phone or "", "", known_of(person.id) | {k: str(v) for k, v in session.memory.items()})
    following: list[int] = []
    for effect, node in zip(outcome.effects, outcome.nodes, strict=True):
        if isinstance(effect, GoOn):
            following.append(effect.flow_id)
            continue
        try:
            with db.session.begin_nested():
                words, message_id = _do(session, effect, doing)
        except DashboardError as error:
            _trace(session, node, "failed", error.message)
        else:
            _trace(session, node, "sent" if message_id else "did", words, message_id)
    return following


def _do(session: FlowSession, effect: Effect, doing: actions.Doing) -> tuple[str, int | None]:
    """One effect; what it did in words, and the message it queued. Raises a DashboardError."""
    match effect:
        case Say():
            return effect.text, _say(effect, doing)
        case Keep():
            contacts.set_field(doing.contact_id, effect.name, effect.value, by=doing.actor)
            return f"kept {effect.name}", None
        case Act():
            done = actions.do(effect.spec, doing)
            return done.words, done.message_id
        case HandOver():
            return _hand_over(effect, doing), None
        case CallOut():
            session.call_id = calling.queue(effect.target_id, session=session, author=doing.author.name)
            return "asked another system", None
        case GoOn():
            return "", None


def _say(said: Say, doing: actions.Doing) -> int | None:
    """Queue a message: a file with its caption, buttons, a list, or a text. Raises Invalid."""
    kind, content = "text", {}  # type: tuple[str, dict[str, Any]]
    if said.choices:
        kind, content = "interactive", _choices(said)
    elif said.media_id:
        file = actions.action_of({"kind": "media"}).check({"media_id": said.media_id, "text": said.text})
        return actions.do(file, doing).message_id
    if said.media_id and said.choices:
        content["media_id"] = said.media_id
    return doing.queue(channel_id=doing.channel_id or 0, kind=kind, text=said.text, content=content)[0]


def _choices(said: Say) -> dict[str, Any]:
    """Up to three as buttons, more as a list."""
    rows = [{"id": name, "title": title} for name, title in said.choices]
    if len(rows) <= MOST_BUTTONS:
        return {"action": "buttons", "choices": rows}
    return {"action": "list", "label": said.label or OPEN_LIST, "sections": [{"title": "", "rows": rows}]}


def _hand_over(effect: HandOver, doing: actions.Doing) -> str:
    """Open the conversation for the team, with a note; rules and flows keep silent from now on."""
    mine = (Conversation.contact_id == doing.contact_id, Conversation.channel_id == doing.channel_id)
    changes: dict[str, Any] = {"state": ConversationState.OPEN, "taken_over_at": doing.now, "snoozed_until": None,
                               "waiting_since": func.coalesce(Conversation.waiting_since, doing.now)}
    if effect.user_id:
        changes["assigned_to"] = effect.user_id
    db.session.execute(update(Conversation).where(*mine).values(**changes))
    talk_id = db.session.scalar(select(Conversation.id).where(*mine))
    if talk_id and effect.note:
        db.session.add(ConversationNote(conversation_id=talk_id, text=effect.note, by=doing.author.name[:120], at=doing.now))
    return f"handed over: {effect.note}" if effect.note else "handed over to the team"


def value_of(call: OutgoingCall | None) -> str:
    """What another system answered: the member `value` of its JSON, else the beginning of its text."""
    if call is None:
        return ""
    try:
        told = json.loads(call.answer)
    except ValueError:
        return call.answer.strip()[:1000]
    value = told.get("value") if isinstance(told, dict) else told
    return str(value)[:1000] if isinstance(value, str | int | float) else ""


def _trace(session: FlowSession, node: str, what: str, words: str, message_id: int | None = None) -> None:
    db.session.add(FlowStep(session_id=session.id, version_id=session.version_id, node=node, what=what,
                            words=words[:300], message_id=message_id, at=clock.now()))
