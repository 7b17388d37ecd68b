"""What the webhook is told, in Meta's shapes: one piece of news as JSON, and many pieces as one body."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from core import clock
from simulator.answers import status_error
from simulator.customers import contact_of, wamid
from simulator.people import Person
from simulator.plot import Step

FIELD_OF = {"status": "messages", "failed": "messages", "message": "messages", "user_id": "user_id_update",
            "preference": "user_preferences", "template": "message_template_status_update",
            "template_quality": "message_template_quality_update", "template_category": "template_category_update",
            "template_words": "message_template_components_update"}
TEMPLATE_FIELDS = {field for kind, field in FIELD_OF.items() if kind.startswith("template")}
_LIST_OF = {"status": "statuses", "failed": "statuses", "message": "messages", "user_id": "user_id_update",
            "preference": "user_preferences"}
NO_CONTACT = "-"


@dataclass(frozen=True, slots=True)
class Notice:
    """One piece of news that waits to be told."""

    id: int
    born: float
    tries: int
    owner: str  # phone number id; for templates the business id
    kind: str
    recipient: str  # wa_id
    payload: str  # JSON
    contact: str = ""  # JSON of a person whose phone is held, or NO_CONTACT; empty: an ordinary person


@dataclass(frozen=True, slots=True)
class Told:
    """The message a status speaks of."""

    wamid: str
    phone_number_id: str
    wa_id: str  # empty when only a user id is known
    user_id: str
    attempt_id: str
    category: str  # marketing, utility, authentication or service
    person: Person | None = None  # whose phone is held


def status_rows(about: Told, steps: Iterable[Step], *, now: float, speed: float) -> list[tuple[Any, ...]]:
    """Rows for the ledger: each status at the time it is to be told."""
    rows: list[tuple[Any, ...]] = []
    for step in steps:
        happens = now + step.after / speed
        told = happens if step.told_after is None else now + step.told_after / speed
        kind = "failed" if step.word == "failed" else "status"
        row = (told, now, about.phone_number_id, kind, about.person.number if about.person else about.wa_id,
               _status(about, step, int(happens)), _contact(about.person, step.word))
        rows.extend([row] * step.times)
    return rows


def _contact(person: Person | None, word: str) -> str:
    """Who stands beside a status; with their username once it was delivered."""
    if person is None:
        return ""
    return NO_CONTACT if word == "failed" else person.contact(with_username=word != "sent")


def _status(about: Told, step: Step, at: int) -> str:
    """One status as JSON."""
    wire_id = wamid(about.wa_id) if step.is_strange else about.wamid
    status: dict[str, Any] = {"id": wire_id, "status": step.word, "timestamp": str(at)}
    if about.wa_id:
        status["recipient_id"] = about.wa_id
    if step.word != "failed":
        status["recipient_user_id"] = about.user_id
    if step.has_echo and about.attempt_id:
        status["biz_opaque_callback_data"] = about.attempt_id
    if step.word in ("sent", "delivered") and about.category:
        status["pricing"] = {"billable": True, "pricing_model": "PMP", "type": "regular", "category": about.category}
    if step.word == "failed":
        status["errors"] = [status_error(step.code)]
    return json.dumps(status, separators=(",", ":"))


def body_of(notices: Sequence[Notice], *, business_id: str, display_phone: str) -> bytes:
    """One webhook body that tells all these, in their order within each kind."""
    changes: dict[tuple[str, str], list[Notice]] = {}
    for notice in notices:
        changes.setdefault((FIELD_OF[notice.kind], notice.owner), []).append(notice)
    entries = [entry for (field, owner), told in changes.items()
               for entry in (_template_entries(field, told) if field in TEMPLATE_FIELDS
                             else [_entry(field, owner, told, business_id, display_phone)])]
    return f'{{"object":"whatsapp_business_account","entry":[{",".join(entries)}]}}'.encode()


def _entry(field: str, owner: str, told: Sequence[Notice], business_id: str, display_phone: str) -> str:
    """News of one number."""
    lists: dict[str, list[str]] = {}
    people: dict[str, None] = {}
    for notice in told:
        lists.setdefault(_LIST_OF[notice.kind], []).append(notice.payload)
        if notice.kind != "failed" and notice.recipient and notice.contact != NO_CONTACT:
            people[notice.contact or contact_of(notice.recipient)] = None
    metadata = json.dumps({"display_phone_number": display_phone.lstrip("+"), "phone_number_id": owner})
    contacts = f'"contacts":[{",".join(people)}],' if people else ""
    parts = ",".join(f'"{name}":[{",".join(payloads)}]' for name, payloads in lists.items())
    value = f'{{"messaging_product":"whatsapp","metadata":{metadata},{contacts}{parts}}}'
    return f'{{"id":"{business_id}","changes":[{{"value":{value},"field":"{field}"}}]}}'


def _template_entries(field: str, told: Sequence[Notice]) -> list[str]:
    """Meta tells each template in an entry of its own."""
    return [f'{{"id":"{notice.owner}","time":{int(clock.seconds())},"changes":[{{"value":{notice.payload},'
            f'"field":"{field}"}}]}}' for notice in told]
