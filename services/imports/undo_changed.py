"""People an import changed get their old values back, field by field, where nobody changed them since."""

from collections.abc import Sequence
from typing import Any

from core.actor import Actor
from core.states import ConsentState
from core.words import listed
from services import contacts
from services.imports import fields
from services.imports.journal import FIELD

_NAMED = {"first_name": "First name"}


def put_back(changes: Sequence[Any], *, file_name: str, by: Actor) -> tuple[int, list[tuple[int, str]]]:
    """How many people were put back whole, and who was kept in part, with the reason. A fixed number of statements."""
    people, labels = contacts.people_now([change.contact_id for change in changes]), _labels()
    old, kept = {}, []
    for change in changes:
        if row := people.get(change.contact_id):
            old[change.contact_id], reasons = _old_values(contacts.values_of(row), change, labels)
            if reasons:
                kept.append((change.contact_id, "; ".join(reasons)))
    contacts.put_back_many(
        people, old, proof=f"{file_name} was undone", by=by,
        tags=[(change.contact_id, tag_id) for change in changes for tag_id in change.tags],
        grants={(change.contact_id, category): change.at for change in changes for category in contacts.CATEGORIES
                if change.after.get(category) == ConsentState.GRANTED})
    return len(old) - len(kept), kept


def _old_values(now: dict[str, Any], change: Any, labels: dict[str, str]) -> tuple[dict[str, Any], list[str]]:
    """What gets its old value, and what was changed since, in words."""
    back: dict[str, Any] = {}
    own, since, reasons = dict(now["fields"]), [], []
    for name, written in change.after.items():
        old = change.before[name]
        if name in contacts.CATEGORIES:
            if written == ConsentState.WITHDRAWN:
                reasons.append("They said stop in this file, and that stays")
        elif name.startswith(FIELD):
            key = name.removeprefix(FIELD)
            if own.get(key) != written:
                since.append(labels.get(name, key))
            elif old is None:
                del own[key]
            else:
                own[key] = old
        elif now[name] == written:
            back[name] = old
        else:
            since.append(labels.get(name, name))
    if own != now["fields"]:
        back["fields"] = own
    return back, ([f"{listed(since)}: changed since"] if since else []) + reasons


def _labels() -> dict[str, str]:
    return fields.OWN | _NAMED | {FIELD + field.key: field.label for field in contacts.all_fields()}
