"""Add, change and delete one person."""

from typing import Any, Unpack

from sqlalchemy import update

from core import clock
from core.actor import Actor
from core.errors import Conflict, Invalid
from core.phone import country_of, international
from core.states import MessageState
from core.words import listed
from models import Contact, Message, db, transaction
from services import activity, events
from services.contacts import fields, queries, suppression, tags
from services.contacts.details import Details, check_details, derive, name_of

_WORDS = {"first_name": "first name", "email": "e-mail", "fields": "fields"}
_TOLD = ("name", "first_name", "email", "company", "birthday", "language", "country", "zone", "phone")
_DERIVED_FROM = ("phone", "name", "first_name", "email", "company")


def add_contact(*, source: str = "form", by: Actor, **details: Unpack[Details]) -> Contact:
    """Add one person. `source` says how they came in: form, message, api or command.

    Raises Conflict when the number is known already, Invalid for details that cannot be kept; both name the field.
    """
    row = check_details(details)
    if not any(row.get(name) for name in ("phone", "name", "email", "company")):
        raise Invalid("Give at least a phone number or a name", field="phone")
    with transaction():
        _check_is_free(row.get("phone"))
        person = Contact(source=source, **row | _derived(row) | {"country": row.get("country") or _country_of(row)})
        person.fields = fields.check_values(details.get("fields") or {}, fields.all_fields())
        db.session.add(person)
        db.session.flush()
        events.note("contact.added", contact_id=person.id, details={"source": source}, by_itself=by.is_program)
        tags.set_tags(person, list(details.get("tags") or ()), by=by)
        suppression.withdraw_suppressed([person.id])
        activity.record("contact.added", by=by, subject_kind="contact", subject_id=person.id,
                        subject_name=name_of(person), source=source)
    return person


def change_contact(contact_id: int, *, by: Actor, **details: Unpack[Details]) -> Contact:
    """Change what is given and leave the rest. An empty first name is taken from the name again.

    Raises NotFound, Conflict when the number belongs to somebody else, Invalid for details that cannot be kept.
    """
    row = check_details(details)
    with transaction():
        person = queries.get_contact(contact_id)
        if "phone" in row and row["phone"] != person.phone:
            _check_is_free(row["phone"], except_id=contact_id)
            _leave_number(person)
        before = _told(person)
        changed = _apply(person, row)
        if "fields" in details:
            wanted = fields.check_values(details["fields"] or {}, fields.all_fields())
            changed += ["fields"] if wanted != person.fields else []
            person.fields = wanted
        _tell(person, before, by)
        if "tags" in details and tags.set_tags(person, list(details["tags"]), by=by):
            changed.append("tags")
        if not any((person.phone, person.name, person.email, person.company, person.wa_id, person.user_id)):
            raise Invalid("Give at least a phone number or a name", field="phone")
        if "phone" in changed:
            _arrive_at_number(person)
        if changed:
            person.changed_at = clock.now()
            activity.record("contact.changed", by=by, subject_kind="contact", subject_id=contact_id,
                            subject_name=name_of(person),
                            fields=listed([_WORDS.get(name, name) for name in changed]))
    return person


def _told(person: Contact) -> dict[str, Any]:
    """What rules may listen for, by name, as it is now."""
    return {name: str(getattr(person, name) or "") for name in _TOLD} | {
        key: fields.value_text(value) for key, value in (person.fields or {}).items()}


def _tell(person: Contact, before: dict[str, Any], by: Actor) -> None:
    """Note for rules what is different now."""
    now = _told(person)
    different = {name: [before.get(name, ""), now.get(name, "")] for name in sorted(before.keys() | now.keys())
                 if before.get(name, "") != now.get(name, "")}
    if different:
        events.note("contact.changed", contact_id=person.id, details={"fields": different}, by_itself=by.is_program)


def _leave_number(person: Contact) -> None:
    """Before a number is taken from somebody: if they said stop, the number keeps saying so."""
    suppression.remember_withdrawn([person.id])


def _arrive_at_number(person: Contact) -> None:
    """After somebody got another number: it may have said stop earlier, and what still waits goes to it."""
    db.session.flush()
    suppression.withdraw_suppressed([person.id])
    db.session.execute(update(Message).where(Message.contact_id == person.id, Message.state == MessageState.QUEUED)
                       .values(phone=person.phone or ""))


def delete_contact(contact_id: int, *, by: Actor) -> str:
    """Remove one person with tags and ledger; their messages stay without a name. Returns the name.

    Who said stop stays out of marketing if they are ever added again. Raises NotFound.
    """
    with transaction():
        person = queries.get_contact(contact_id)
        suppression.remember_withdrawn([contact_id])
        name = name_of(person)
        db.session.delete(person)
        activity.record("contact.deleted", by=by, subject_kind="contact", subject_id=contact_id, subject_name=name)
    return name


def _apply(person: Contact, row: dict[str, Any]) -> list[str]:
    """Write the row into the person; the names of what is different now."""
    before = {name: getattr(person, name) for name in row} | {"first_name": person.first_name}
    follows_the_phone = row.get("country", person.country) in ("", _country_of({"phone": person.phone}))
    follows_the_name = person.first_name == derive(phone=None, name=person.name)["first_name"]
    for name, value in row.items():
        setattr(person, name, value)
    if follows_the_name and person.first_name == before["first_name"]:
        person.first_name = ""  # it was taken from the old name, so it is taken from the new one
    for name, value in _derived({key: getattr(person, key) for key in _DERIVED_FROM}).items():
        setattr(person, name, value)
    if follows_the_phone:
        person.country = _country_of({"phone": person.phone})
    changed = [name for name in row if before[name] != getattr(person, name)]
    if "country" in changed and "phone" in changed:
        changed.remove("country")
    return [name for name in changed if name != "first_name" or "name" not in changed or not follows_the_name]


def _derived(row: dict[str, Any]) -> dict[str, str]:
    """What follows from the details, but for the country, which may be another than the phone's."""
    found = derive(phone=row.get("phone"), country="", **{key: row.get(key) or "" for key in _DERIVED_FROM[1:]})
    del found["country"]
    return found


def _country_of(row: dict[str, Any]) -> str:
    return country_of(row["phone"]) if row.get("phone") else ""


def _check_is_free(phone: str | None, *, except_id: int | None = None) -> None:
    """Raise Conflict with the name of whoever has this number."""
    known = queries.contact_by_phone(phone) if phone else None
    if known and known.id != except_id:
        raise KnownPhone(f"{international(phone or '')} is already in your contacts as {name_of(known)}", known.id)


class KnownPhone(Conflict):
    """The number belongs to somebody; `contact_id` says to whom."""

    def __init__(self, message: str, contact_id: int) -> None:
        super().__init__(message, field="phone")
        self.contact_id = contact_id
