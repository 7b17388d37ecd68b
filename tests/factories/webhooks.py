"""Bodies as Meta sends them, made here piece by piece."""

import json
from typing import Any

from services import channels


def body_of(*values: dict[str, Any], field: str = "messages") -> bytes:
    """One signed-ready body with one change for each value."""
    changes = [{"field": field, "value": value} for value in values]
    return json.dumps({"object": "whatsapp_business_account", "entry": [{"id": "1", "changes": changes}]}).encode()


def value(**parts: Any) -> dict[str, Any]:
    """The value of a `messages` change for our first number."""
    ours = {"display_phone_number": "447700900000", "phone_number_id": channels.ensure_first().phone_number_id}
    return {"messaging_product": "whatsapp", "metadata": ours, **parts}


def text_message(text: str, *, wa_id: str = "447700900123", wire_id: str = "wamid.IN1", at: int = 1794994200,
                 name: str = "Priya N.", **more: Any) -> dict[str, Any]:
    """Somebody writes a text to us."""
    return value(
        contacts=[{"profile": {"name": name}, "wa_id": wa_id}],
        messages=[{"from": wa_id, "id": wire_id, "timestamp": str(at), "type": "text", "text": {"body": text}, **more}])


def status(word: str, *, wire_id: str, at: int = 1794994204, **more: Any) -> dict[str, Any]:
    """One status of one message of ours."""
    return value(statuses=[{"id": wire_id, "status": word, "timestamp": str(at), "recipient_id": "447700900123", **more}])


def signed(body: bytes) -> dict[str, str]:
    """The header Meta would send with this body."""
    import hashlib
    import hmac

    secret = channels.line_of(channels.ensure_first()).app_secret
    return {"X-Hub-Signature-256": "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}
