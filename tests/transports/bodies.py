"""Bodies as Meta posts them, built piece by piece."""

import json
from typing import Any

NUMBER_ID = "410987654321098"
BUSINESS_ID = "301122334455667"
WAMID = "wamid.HBgMNDQ3NzAwOTAwMTIzFQIAERgSRTMxMEIwREYyRkJCMEYxQTFEAA=="
PERSON = {"profile": {"name": "Priya N."}, "wa_id": "447700900123", "user_id": "GB.70193358812046671930"}


def body(*changes: dict[str, Any]) -> bytes:
    """A whole body with these changes in one entry."""
    return json.dumps({"object": "whatsapp_business_account",
                       "entry": [{"id": BUSINESS_ID, "changes": list(changes)}]}).encode()


def change(field: str = "messages", **value: Any) -> dict[str, Any]:
    """One change of a field."""
    metadata = {"display_phone_number": "12025550142", "phone_number_id": NUMBER_ID}
    return {"field": field, "value": {"messaging_product": "whatsapp", "metadata": metadata, **value}}


def status(word: str = "delivered", **more: Any) -> dict[str, Any]:
    """One status of one message."""
    return {"id": WAMID, "status": word, "timestamp": "1794994204", "recipient_id": "447700900123",
            "recipient_user_id": "GB.70193358812046671930", "biz_opaque_callback_data": "a1b2c3", **more}


def failed(code: Any, **error: Any) -> dict[str, Any]:
    """A status that says no."""
    told = {"code": code, "title": "No", "message": "No", "error_data": {"details": "It was not to be."}, **error}
    return status("failed", errors=[told])


def message(kind: str = "text", part: Any = None, **more: Any) -> dict[str, Any]:
    """Something a person wrote."""
    return {"from": "447700900123", "from_user_id": "GB.70193358812046671930", "id": WAMID, "timestamp": "1794994200",
            "type": kind, kind: {"body": "Do you open on Saturday?"} if part is None else part, **more}
