"""Parts of a webhook that are not messages: statuses, templates, preferences → values of the port."""

from collections.abc import Mapping
from typing import Any

from core.states import TemplateState
from transports.cloud_api.codes import is_known, meaning_of
from transports.cloud_api.failures import detail_of
from transports.cloud_api.people import user_id_in, wa_id_in
from transports.cloud_api.plain import Unreadable, items, key, mapping, moment, text
from transports.port import Item, OtherNews, PreferenceNews, StatusNews, TemplateNews

_KEPT = ("pricing", "conversation", "errors", "recipient_type", "recipient_participant_id")

# Meta's word for the state of a template, or for what happened to it, and the state it is in now
TEMPLATE_STATES: dict[str, TemplateState] = {
    "APPROVED": TemplateState.APPROVED,
    "REINSTATED": TemplateState.APPROVED,
    "UNPAUSED": TemplateState.APPROVED,
    "PENDING": TemplateState.PENDING,
    "IN_APPEAL": TemplateState.IN_APPEAL,
    "APPEAL_REQUESTED": TemplateState.IN_APPEAL,
    "REJECTED": TemplateState.REJECTED,
    "LIMIT_EXCEEDED": TemplateState.LIMIT_EXCEEDED,
    "PAUSED": TemplateState.PAUSED,
    "DISABLED": TemplateState.DISABLED,
    "PENDING_DELETION": TemplateState.PENDING_DELETION,
    "DELETED": TemplateState.DELETED,
    "ARCHIVED": TemplateState.ARCHIVED,
}
WARNINGS = ("FLAGGED",)  # told of a template that may still be sent


def state_of(word: str) -> TemplateState:
    """The state behind a word of Meta's. The words are an open set: one we do not know may not be sent."""
    return TEMPLATE_STATES.get(word.upper(), TemplateState.UNCLEAR)


GRANTS = {"stop": False, "resume": True, "signup": True}


def status_of(phone_number_id: str, raw: Mapping[str, Any]) -> StatusNews:
    """How one of our messages fares. Raises Unreadable."""
    status = key(raw.get("status"), "The status of a message", 20)
    told = raw.get("recipient_id")
    code, reason, refusal = "", "", None
    if "errors" in raw and (error := next((e for e in items(raw["errors"]) if isinstance(e, dict)), None)) is not None:
        code = text(error.get("code"), 20)
        meaning = meaning_of(code)
        reason = meaning.words if is_known(code) else f"{meaning.words} {detail_of(error)}".strip()
        refusal = meaning.kind if status == "failed" else None
    return StatusNews(
        phone_number_id, key(raw.get("id"), "The id of a message", 255), status, moment(raw.get("timestamp")),
        text(raw.get("biz_opaque_callback_data"), 512), wa_id_in(told),
        user_id_in(raw.get("recipient_user_id")) or user_id_in(told), code, reason[:300],
        {name: raw[name] for name in _KEPT if raw.get(name)}, refusal)


def template_of(business_id: str, raw: Mapping[str, Any]) -> TemplateNews:
    """What Meta now says of a template. Raises Unreadable."""
    event = key(raw.get("event"), "What happened to the template", 40)
    other = mapping(raw.get("other_info"))
    return TemplateNews(
        business_id=business_id,
        wire_id=text(raw.get("message_template_id"), 40),
        name=key(raw.get("message_template_name"), "The name of the template", 512),
        language=text(raw.get("message_template_language"), 20).replace("-", "_"),
        state="" if event.upper() in WARNINGS else state_of(event).value,
        event=event,
        why=text(other.get("title"), 40).upper(),
        reason=_reason_of(raw),
    )


def preference_of(phone_number_id: str, raw: Mapping[str, Any]) -> Item:
    """A person switched marketing off or on. Raises Unreadable."""
    granted = GRANTS.get(text(raw.get("value")).lower())
    category = text(raw.get("category"), 40).removesuffix("_messages")
    if granted is None or not category:
        return OtherNews("user_preferences", raw)
    wa_id = wa_id_in(raw.get("wa_id"))
    user_id = user_id_in(raw.get("user_id")) or user_id_in(raw.get("wa_id"))
    if not wa_id and not user_id:
        raise Unreadable("A preference of nobody")
    return PreferenceNews(phone_number_id, wa_id, user_id, category, granted, moment(raw.get("timestamp")))


def _reason_of(raw: Mapping[str, Any]) -> str:
    """Why, in Meta's most telling words; empty when it gives none."""
    rejection, other = mapping(raw.get("rejection_info")), mapping(raw.get("other_info"))
    told = " ".join(filter(None, (text(rejection.get("reason")), text(rejection.get("recommendation")))))
    word = text(raw.get("reason"))
    return (told or text(other.get("description")) or ("" if word == "NONE" else word))[:500]
