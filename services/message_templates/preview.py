"""A message as one real person would read it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core.errors import NotFound
from models import Contact
from services import contacts, settings
from services.message_templates import render
from services.message_templates.shown import Shown, shown

SAMPLES = "samples"  # chosen instead of a person


@dataclass(frozen=True, slots=True)
class Preview:
    """What stands on the phone. `person` is empty when the samples are shown; `made_up` are the gaps that hold one."""

    shown: Shown
    business: str
    contact_id: str  # or "samples"
    person: str
    made_up: tuple[str, ...]


def preview_of(words: Any, *, contact_id: str = "", search: str = "",
               mapping: Mapping[str, render.Source] | None = None) -> Preview:
    """The words with one person's values and the fallbacks; a gap nobody has a value for shows its sample.

    `words` are Words or a TemplateVersion. `contact_id` is as typed: an id, "samples", or anything else for the first
    person by name whom `search` finds; where it finds nobody the samples are shown. Three queries at most.
    """
    contact = _person_of(contact_id, search)
    samples = render.samples_of(words.variables)
    values = render.resolve(words.variables, mapping or {}, render.values_of(contact))[0] if contact else {}
    made_up = tuple(name for name in samples if not values.get(name))
    return Preview(shown(words, {name: values.get(name) or sample for name, sample in samples.items()}),
                   settings.get("business_name"), str(contact.id) if contact else SAMPLES,
                   (contact.name or contact.phone or "somebody") if contact else "", made_up)


def people(search: str = "", limit: int = 20) -> list[tuple[str, str]]:
    """Whose eyes a text may be seen through, as (id, name): the first people whose name or number holds `search`, then
    the samples."""
    found = contacts.search_contacts(search, size=limit).items
    return [(str(row.id), row.name or row.phone or f"Person {row.id}") for row in found] + [(SAMPLES, "The samples")]


def _person_of(contact_id: str, search: str) -> Contact | None:
    """The person asked for, else the first one; None for the samples, and when there is nobody."""
    if contact_id == SAMPLES and not search:
        return None
    found = contacts.search_contacts(search, size=20).items if search else []
    if contact_id.isdecimal() and len(contact_id) < 11 and (not search or contact_id in {str(row.id) for row in found}):
        try:
            return contacts.get_contact(int(contact_id))
        except NotFound:
            pass
    first = found if search else contacts.search_contacts(size=1).items
    return contacts.get_contact(first[0].id) if first else None
