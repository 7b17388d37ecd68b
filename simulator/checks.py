"""Is this a message Meta would take? As strict as Meta, in Meta's words."""

import re
from collections.abc import Mapping
from typing import Any

from simulator.answers import Refusal
from simulator.approvals import Shelf
from simulator.content_faults import fault_of_content
from simulator.template_values import fault_of_values

MEMBERS = {"messaging_product", "recipient_type", "to", "recipient", "type", "context", "biz_opaque_callback_data",
           "recipient_identity_key_hash", "message_activity_sharing"}
KINDS = ("text", "template", "image", "video", "audio", "document", "sticker", "location", "contacts", "reaction",
         "interactive")
_FORGIVEN = str.maketrans("", "", " -()")
_NUMBER = re.compile(r"\+[1-9][0-9]{5,14}")
_USER_ID = re.compile(r"[A-Z]{2}\.[A-Za-z0-9.]{1,140}")
LONGEST_ECHO = 512


def fault_of_message(payload: Any, shelf: Shelf) -> Refusal | None:
    """What is wrong with a send, or None."""
    if not isinstance(payload, dict):
        return Refusal(100, "The body is not a JSON object")
    if payload.get("messaging_product") != "whatsapp":
        return Refusal(100, "The parameter messaging_product is required.")
    kind = payload.get("type", "text")
    if kind not in KINDS:
        return Refusal(100, f"Param type must be one of {{{', '.join(KINDS)}}}")
    if odd := set(payload) - MEMBERS - {kind}:
        return Refusal(100, f"Unexpected key {sorted(odd)[0][:60]!r} on param")
    if payload.get("recipient_type", "individual") not in ("individual", "group"):
        return Refusal(100, "Param recipient_type must be one of {individual, group}")
    if recipient_of(payload) is None:
        code = 131009 if payload.get("to") else 131008
        return Refusal(code, "The parameter to is missing or is no phone number with plus and country code.")
    echo = payload.get("biz_opaque_callback_data", "")
    if not isinstance(echo, str) or len(echo) > LONGEST_ECHO:
        return Refusal(100, f"Param biz_opaque_callback_data must be text of at most {LONGEST_ECHO} characters")
    part = payload.get(kind)
    if not isinstance(part, list if kind == "contacts" else dict) or not part:
        return Refusal(131008, f"The parameter {kind} is required.")
    context = payload.get("context")
    if context is not None and not (isinstance(context, dict) and isinstance(context.get("message_id"), str)):
        return Refusal(131009, "context.message_id must be the id of a message")
    if kind == "template" and isinstance(part, dict):
        return _fault_of_template(part, shelf)
    return fault_of_content(kind, part)


def recipient_of(payload: Mapping[str, Any]) -> str | None:
    """Who the message is for: plus and digits, or a user id when no number is given; None when that is nobody.

    Meta reads a number without plus under the country of the business, which is never what was meant: refused here.
    """
    to, recipient = payload.get("to"), payload.get("recipient")
    if to is None and isinstance(recipient, str) and _USER_ID.fullmatch(recipient):
        return recipient
    digits = to.translate(_FORGIVEN) if isinstance(to, str) else ""
    return digits if _NUMBER.fullmatch(digits) else None


def _fault_of_template(part: Mapping[str, Any], shelf: Shelf) -> Refusal | None:
    """The template must be approved in that language, and every value must fit."""
    language = part.get("language")
    name, code = part.get("name"), language.get("code") if isinstance(language, dict) else None
    if not isinstance(name, str) or not name:
        return Refusal(131008, "The parameter template.name is required.")
    if not isinstance(code, str) or not code:
        return Refusal(131008, "The parameter template.language.code is required.")
    template = shelf.find(name, code)
    status = template.status if template else ""
    if template is None or status not in ("APPROVED", "PAUSED", "DISABLED"):
        return Refusal(132001, f"template name ({name[:512]}) does not exist in {code[:20]}")
    if status != "APPROVED":
        return Refusal(132015 if status == "PAUSED" else 132016, f"Template {name} is {status.lower()}.")
    components = part.get("components", [])
    if not isinstance(components, list) or not all(isinstance(c, dict) for c in components):
        return Refusal(100, "Param template['components'] must be an array of objects.")
    return fault_of_values(template, components)
