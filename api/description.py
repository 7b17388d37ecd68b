"""/api/v1/openapi.json: what there is, for programs that read descriptions. Made from the same lists the addresses use."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Response

from api import conversations, messages, presenting
from api.doors import needs_scope
from api.part import pages
from core.states import ConversationState, MessageState
from services import inbox, keys

Schema = Mapping[str, Any]
TEXT: Schema = {"type": "string"}
MAYBE_TEXT: Schema = {"type": ["string", "null"]}
ID: Schema = {"type": "integer", "minimum": 1}
MAYBE_ID: Schema = {"type": ["integer", "null"]}
TIME: Schema = {"type": ["string", "null"], "format": "date-time"}
BAG: Schema = {"type": "object"}
KINDS: Mapping[str, Schema] = {
    "conversation": ID, "campaign": ID, "after": ID, "since": {"type": "string", "format": "date-time"},
    "limit": {"type": "integer", "minimum": 1, "maximum": inbox.MOST},
    "direction": {"type": "string", "enum": ["in", "out"]},
    "unread": {"type": "string", "enum": ["true", "false"]}, "unanswered": {"type": "string", "enum": ["true", "false"]}}
PROBLEMS = {400: "It cannot be read", 401: "No good key", 403: "The key was not made for this", 404: "There is no such thing",
            409: "It cannot be done as things are", 415: "Not JSON", 422: "Something in it cannot be used",
            429: "Too many calls; see Retry-After"}


@pages.get("/openapi.json")
@needs_scope("read")
def description() -> Response:
    """The whole description."""
    return presenting.answer({
        "openapi": "3.1.0", "info": {"title": "Pigeonpost", "version": "1"}, "servers": [{"url": "/api/v1"}],
        "security": [{"key": []}], "paths": _paths(),
        "components": {"securitySchemes": {"key": {"type": "http", "scheme": "bearer"}},
                       "schemas": {"Message": MESSAGE, "Conversation": CONVERSATION, "NewMessage": NEW, "Problem": PROBLEM}}})


def _paths() -> dict[str, Any]:
    one, talk = _in_path("message_id"), _in_path("conversation_id")
    return {
        "/messages": {"get": _call("Messages both ways, oldest first", "read", _list("Message"), _filters(
            messages.FILTERS, tuple(MessageState))),
            "post": _call("Queue one message", "send", _ref("Message"), [IDEMPOTENCY], status=201, body=_ref("NewMessage"))},
        "/messages/{message_id}": {"get": _call("One message", "read", _ref("Message"), [one])},
        "/conversations": {"get": _call("Conversations, oldest first", "read", _list("Conversation"), _filters(
            conversations.FILTERS, tuple(ConversationState)))},
        "/conversations/{conversation_id}": {"get": _call("One conversation", "read", _ref("Conversation"), [talk])},
        "/conversations/{conversation_id}/read": {"post": _call(
            "Mark everything that came so far as read", "send", _ref("Conversation"), [talk])},
        "/openapi.json": {"get": _call("This description", "read", BAG, [])},
    }


def _call(summary: str, scope: str, schema: Schema, parameters: Sequence[Schema], *, status: int = 200,
          body: Schema | None = None) -> dict[str, Any]:
    """One address and method."""
    answers: dict[str, Any] = {str(code): {"description": words, "content": {"application/problem+json": {
        "schema": _ref("Problem")}}} for code, words in PROBLEMS.items()}
    answers[str(status)] = {"description": summary, "content": {"application/json": {"schema": schema}}}
    call: dict[str, Any] = {"summary": summary, "description": f"Needs a key that may {keys.SCOPES[scope]}.",
                            "parameters": list(parameters), "responses": answers}
    if body:
        call["requestBody"] = {"required": True, "content": {"application/json": {"schema": body}}}
    return call


def _filters(names: Sequence[str], states: Sequence[str]) -> list[Schema]:
    kinds = {**KINDS, "status": {"type": "string", "enum": [str(one) for one in states]}}
    return [{"name": name, "in": "query", "schema": kinds.get(name, TEXT)} for name in names]


def _in_path(name: str) -> Schema:
    return {"name": name, "in": "path", "required": True, "schema": ID}


def _ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def _list(name: str) -> Schema:
    return {"type": "object", "required": ["data", "next_after"],
            "properties": {"data": {"type": "array", "items": _ref(name)}, "next_after": MAYBE_ID}}


IDEMPOTENCY: Schema = {"name": "Idempotency-Key", "in": "header", "schema": {"type": "string", "maxLength": 128}}
PROBLEM: Schema = {"type": "object", "required": ["type", "title", "status", "detail"], "properties": {
    "type": TEXT, "title": TEXT, "status": {"type": "integer"}, "detail": TEXT, "field": TEXT, "request": TEXT}}
PERSON: Schema = {"type": "object", "properties": {
    "id": MAYBE_ID, "name": TEXT, "phone": MAYBE_TEXT, "wa_id": MAYBE_TEXT, "user_id": MAYBE_TEXT}}
MESSAGE: Schema = {"type": "object", "required": ["id", "direction", "type", "status"], "properties": {
    "id": ID, "direction": TEXT, "type": TEXT, "status": TEXT, "text": TEXT, "content": BAG, "contact": PERSON,
    "reason": {"type": ["object", "null"]}, "template": {"type": ["object", "null"]}, "author": {"type": ["object", "null"]},
    "conversation_id": MAYBE_ID, "channel_id": ID, "campaign_id": MAYBE_ID, "whatsapp_id": MAYBE_TEXT,
    "reply_to": MAYBE_TEXT, **{f"{name}_at": TIME for name in (
        "created", "due", "accepted", "sent", "delivered", "read", "failed")}}}
CONVERSATION: Schema = {"type": "object", "required": ["id", "status", "unread"], "properties": {
    "id": ID, "status": TEXT, "unread": {"type": "integer"}, "assigned_to": MAYBE_TEXT, "contact": PERSON, "channel_id": ID,
    "preview": TEXT, "waiting_since": TIME, "window_ends_at": TIME, "snoozed_until": TIME, "last_at": TIME, "last_in_at": TIME,
    "last_out_at": TIME, "created_at": TIME}}
NEW: Schema = {"type": "object", "additionalProperties": False, "properties": {
    "to": {"type": "string", "description": "A number with plus; one of to, contact_id and conversation_id"},
    "contact_id": ID, "conversation_id": ID, "channel_id": ID, "type": TEXT, "text": {"type": "string", "maxLength": 5000},
    "content": BAG, "reply_to": ID, "send_at": {"type": "string", "format": "date-time"}, "template": {
        "type": "object", "required": ["name"], "additionalProperties": False, "properties": {
            "name": TEXT, "language": TEXT, "variables": {"type": "object", "additionalProperties": {
                "type": ["string", "number"]}}}}}}
