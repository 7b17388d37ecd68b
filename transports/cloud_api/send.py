"""OutgoingMessage → the bytes Meta wants; Meta's answer → Receipt."""

import json
from functools import lru_cache
from json.encoder import encode_basestring_ascii as quoted
from typing import Any

from transports.cloud_api.bodies import GAP, parts_of, template_of
from transports.cloud_api.failures import LOST
from transports.port import FromTemplate, OutcomeUnknown, OutgoingMessage, Receipt, Template

_compact = json.JSONEncoder(separators=(",", ":"), check_circular=False).encode
_parsed = json.JSONDecoder().decode
_latest: tuple[Template | None, list[str]] = (None, [])  # most messages are of the same template as the one before


def payload_of(message: OutgoingMessage) -> bytes:
    """The body of POST /{phone-number-id}/messages."""
    content = message.content
    if type(content) is not FromTemplate:
        kind, part = parts_of(content)
        return _compact(_envelope(message, kind, part)).encode("ascii")
    template = content.template
    if message.user_id or message.reply_to:
        frame, values = _compact(_envelope(message, "template", template_of(template))).split(quoted(GAP)), content.values
    else:
        frame, values = _frame_of(template), (message.to, message.attempt_id, *content.values)
    if len(values) != len(frame) - 1:
        raise ValueError("a template message needs one value for each gap")
    parts = [""] * (2 * len(frame) - 1)
    parts[::2] = frame
    parts[1::2] = map(quoted, values)
    return "".join(parts).encode("ascii")


def read_mark_of(wire_id: str, *, is_typing: bool) -> bytes:
    """The body that marks a message as read."""
    mark: dict[str, Any] = {"messaging_product": "whatsapp", "status": "read", "message_id": wire_id}
    return _compact(mark | ({"typing_indicator": {"type": "text"}} if is_typing else {})).encode("ascii")


def _envelope(message: OutgoingMessage, kind: str, part: Any) -> dict[str, Any]:
    """The whole body, with everything in its place."""
    body: dict[str, Any] = {"messaging_product": "whatsapp", "recipient_type": "individual"}
    body |= {"to": message.to} if message.to else {"recipient": message.user_id}
    if message.attempt_id:
        body["biz_opaque_callback_data"] = message.attempt_id
    if message.reply_to:
        body["context"] = {"message_id": message.reply_to}
    return body | {"type": kind, kind: part}


def _frame_of(template: Template) -> list[str]:
    """The body of every message of one template as JSON, cut where the person, the attempt and the values go."""
    global _latest
    latest, frame = _latest
    if latest is not template:
        _latest = template, frame = template, _made_frame(template)
    return frame


@lru_cache(maxsize=256)
def _made_frame(template: Template) -> list[str]:
    return _compact(_envelope(OutgoingMessage(GAP, GAP, FromTemplate(template)), "template", template_of(template))
                    ).split(quoted(GAP))


def receipt_of(answer: bytes) -> Receipt:
    """The receipt in an answer with status 200. Raises OutcomeUnknown when it cannot be read."""
    try:
        data = _parsed(answer.decode())
        first = data["messages"][0]
        wire_id = first["id"]
    except (ValueError, LookupError, TypeError, RecursionError):
        raise OutcomeUnknown(LOST, code="200", detail="HTTP 200 without a message id we can read") from None
    if not isinstance(wire_id, str) or not 0 < len(wire_id) <= 255:
        raise OutcomeUnknown(LOST, code="200", detail="HTTP 200 with a message id that is none")
    return Receipt(wire_id, _wa_id(data), first.get("message_status") == "held_for_quality_assessment")


def _wa_id(data: dict[str, Any]) -> str:
    """The recipient as WhatsApp writes it; empty when the answer does not say."""
    try:
        wa_id = data["contacts"][0]["wa_id"]
    except (LookupError, TypeError):
        return ""
    return wa_id if isinstance(wa_id, str) and wa_id.isascii() and wa_id.isdigit() and len(wa_id) <= 20 else ""
