"""Small changes of one person, as rules and flows make them: a tag, a field. Each is noted for whoever acts on it."""

from typing import Any

from sqlalchemy import delete

from core import clock
from core.actor import Actor
from core.errors import Invalid
from models import ContactTag, db, transaction
from services import events
from services.contacts import edit, fields, queries, tags, writing

BUILT_IN = ("name", "first_name", "company", "email", "language", "country", "zone")


def give_tag(contact_id: int, name: str, *, by: Actor) -> bool:
    """Give this person a tag, made when it is new; whether they did not have it. Raises Invalid for a name no tag has."""
    with transaction():
        tag = tags.find_tag(name) or tags.tag_named(name, by=by)
        is_new = writing.insert_new(ContactTag, [{"contact_id": contact_id, "tag_id": tag.id}]) > 0
        if is_new:
            tags.note_changed(contact_id, [tag.id], "tag.added", by=by)
    return is_new


def take_tag(contact_id: int, name: str, *, by: Actor) -> bool:
    """Take a tag from this person; whether they had it."""
    with transaction():
        tag = tags.find_tag(name)
        gone = tag is not None and db.session.execute(delete(ContactTag).where(
            ContactTag.contact_id == contact_id, ContactTag.tag_id == tag.id)).rowcount > 0
        if tag is not None and gone:
            tags.note_changed(contact_id, [tag.id], "tag.removed", by=by)
    return gone


def set_field(contact_id: int, name: str, value: str, *, by: Actor) -> None:
    """Write a detail (name, company, email …) or a field of the business's own. Raises Invalid, NotFound."""
    if name in BUILT_IN:
        details: dict[str, Any] = {name: value}
        edit.change_contact(contact_id, by=by, **details)
        return
    field = next((one for one in fields.all_fields() if one.key == name), None)
    if field is None:
        raise Invalid(f"There is no field “{name[:60]}” any more", field="field")
    with transaction():
        person = queries.get_contact(contact_id)
        before = person.fields.get(name)
        kept = fields.check_values({**person.fields, name: value}, fields.all_fields())
        if kept != person.fields:
            person.fields, person.changed_at = kept, clock.now()
            events.note("contact.changed", contact_id=contact_id, by_itself=by.is_program,
                        details={"fields": {name: [fields.value_text(before), fields.value_text(kept.get(name))]}})
