"""/api/v1/messages: read them, send one, see what became of it."""

from collections.abc import Mapping
from typing import Any

from flask import Response, request

from api import presenting, reading
from api.doors import holder, needs_scope
from api.part import pages
from core.errors import Invalid, NotFound
from core.states import MessageState
from services import inbox, keys, sending

FILTERS = ("phone", "conversation", "direction", "type", "status", "campaign", "since", "after", "limit")
KINDS = ("template", *sending.KINDS)
MEMBERS = ("to", "contact_id", "conversation_id", "channel_id", "type", "text", "content", "template", "reply_to", "send_at")


@pages.get("/messages")
@needs_scope("read")
def list_messages() -> Response:
    """Messages both ways, oldest first, after a known id."""
    given = reading.query(FILTERS)
    limit = reading.number(given, "limit", most=inbox.MOST) or 100
    asked = inbox.MessagesAsked(
        phone=reading.phone(given, "phone"), conversation_id=reading.number(given, "conversation"),
        direction=reading.one_of(given, "direction", ("in", "out")), kind=reading.words(given, "type", most=20),
        state=reading.one_of(given, "status", tuple(MessageState)), campaign_id=reading.number(given, "campaign"),
        since=reading.moment(given, "since"), after=reading.number(given, "after") or 0, limit=limit)
    rows = [presenting.message(row) for row in inbox.messages_for_programs(asked)]
    return presenting.answer(presenting.page(rows, limit))


@pages.get("/messages/<int:message_id>")
@needs_scope("read")
def show_message(message_id: int) -> Response:
    """One message with its status and times."""
    row = inbox.message_for_programs(message_id)
    if row is None:
        raise NotFound("There is no such message")
    return presenting.answer(presenting.message(row))


@pages.post("/messages")
@needs_scope("send")
def send_message() -> Response:
    """Queue one message. With an Idempotency-Key, asking again gives the first answer and sends nothing."""
    given = reading.body(MEMBERS)
    asked, program = _asked(given), holder()

    def act() -> tuple[int, Mapping[str, Any]]:
        message_id = inbox.send_for_program(asked, by=program.actor, key_id=program.key_id)
        row = inbox.message_for_programs(message_id)
        return 201, presenting.message(row) if row else {"id": message_id}

    told = keys.answered_once(program.key_id, request.headers.get("Idempotency-Key", "").strip(), given, act)
    answer = presenting.answer(told.answer, told.status)
    answer.headers["Location"] = f"/api/v1/messages/{told.answer['id']}"
    if not told.is_first:
        answer.headers["Idempotent-Replayed"] = "true"
    return answer


def _asked(given: Mapping[str, Any]) -> inbox.Asked:
    """The message that is wanted. Raises Invalid naming the member."""
    template = reading.mapping(given, "template")
    kind = reading.one_of(given, "type", KINDS) or ("template" if template else "text")
    if (kind == "template") != bool(template):
        raise Invalid("A template message has a template, and only that has one", field="template")
    if unknown := sorted(set(template) - {"name", "language", "variables"}):
        raise Invalid(f"There is no member “{unknown[0][:60]}” in template", field="template")
    variables = reading.mapping(template, "variables")
    if not all(isinstance(value, str | int | float) for value in variables.values()):
        raise Invalid("The variables of a template are texts", field="variables")
    if template and not reading.words(template, "name", most=100):
        raise Invalid("Name the template", field="template")
    return inbox.Asked(
        to=reading.words(given, "to", most=60), contact_id=reading.number(given, "contact_id"),
        conversation_id=reading.number(given, "conversation_id"), channel_id=reading.number(given, "channel_id"), kind=kind,
        text=reading.words(given, "text"), content=reading.mapping(given, "content"),
        template=reading.words(template, "name", most=100), language=reading.words(template, "language", most=12),
        variables={str(name)[:60]: str(value)[:1024] for name, value in variables.items()},
        reply_to=reading.number(given, "reply_to"), send_at=reading.moment(given, "send_at"))
