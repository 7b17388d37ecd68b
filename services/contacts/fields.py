"""Custom fields: what else a business knows about people, each with a kind that is checked."""

import hashlib
import re
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import select

from core.actor import Actor
from core.errors import Conflict, Invalid, NotFound
from core.words import folded, listed, one_line
from models import ContactField, db, transaction
from services import activity
from services.contacts.field_indexes import index_field

KINDS = {"text": "Text", "number": "Number", "date": "Date", "yes_no": "Yes or no", "choice": "Choice"}
_YES = {"yes", "y", "true", "1", "on", "x"}
_NO = {"no", "n", "false", "0", "off"}
_NUMBER = re.compile(r"[+-]?\d{1,15}(\.\d{1,9})?")
_LONGEST = 1000
_MOST = 100
_MOST_CHOICES = 50
_LONGEST_CHOICE = 80
_TAKEN = {"phone", "name", "first_name", "last_name", "full_name", "email", "company", "birthday", "language", "tags",
          "created", "marketing_consent", "country", "zone", "notes"}


def all_fields() -> Sequence[ContactField]:
    """Every custom field, oldest first. One query."""
    return db.session.scalars(select(ContactField).order_by(ContactField.id)).all()


def get_field(field_id: int) -> ContactField:
    """One custom field. Raises NotFound. One query."""
    found = db.session.get(ContactField, field_id)
    if found is None:
        raise NotFound("There is no such field; it may have been deleted")
    return found


def add_field(*, label: str, kind: str = "text", choices: Sequence[str] = (), by: Actor) -> str:
    """The key of the field of this label, made when there is none. `choices` are for the kind choice, in order.

    Raises Invalid for a label, kind or choices that cannot be, Conflict when the label is known with another kind.
    """
    label, key = check_label(label), _key_of(label)
    if kind not in KINDS:
        raise Invalid(f"“{kind[:20]}” is not a kind of field; choose {', '.join(KINDS)}", field="kind")
    choices = check_choices(choices) if kind == "choice" else []
    if known := db.session.scalar(select(ContactField).where(ContactField.key == key)):
        if known.kind != kind:
            raise Conflict(f"There is a field “{known.label}” already, for {KINDS[known.kind].lower()}", field="label")
        return known.key
    with transaction():
        if len(all_fields()) >= _MOST:
            raise Conflict(f"There can be {_MOST} fields at most", field="label")
        db.session.add(ContactField(key=key, label=label, kind=kind, choices=choices))
        index_field(key, kind)
        activity.record("field.added", by=by, subject_kind="field", subject_name=label)
    return key


def check_label(label: str) -> str:
    """The label as it is kept. Raises Invalid."""
    label = one_line(label)
    if not _key_of(label) or len(label) > 80:
        raise Invalid("A field needs a name of 1 to 80 characters with letters or digits", field="label")
    return label


def check_choices(choices: Sequence[str]) -> list[str]:
    """What can be chosen, each once, in order. Raises Invalid."""
    wanted = {folded(line): line for text in choices if (line := " ".join(one_line(text).split()))}
    if not 1 <= len(wanted) <= _MOST_CHOICES:
        raise Invalid(f"Give between 1 and {_MOST_CHOICES} choices, one a line", field="choices")
    if long := next((line for line in wanted.values() if len(line) > _LONGEST_CHOICE), ""):
        raise Invalid(f"A choice must be {_LONGEST_CHOICE} characters or fewer: “{long[:40]}…”", field="choices")
    return list(wanted.values())


def check_values(values: Mapping[str, Any], fields: Sequence[ContactField]) -> dict[str, Any]:
    """The values of custom fields as they are stored; empty ones are left out. Raises Invalid, naming the field."""
    known = {field.key: field for field in fields}
    checked = {}
    for key, value in values.items():
        if key not in known:
            raise Invalid(f"There is no field “{one_line(str(key))[:40]}”", field="fields")
        value = check_value(known[key], value)
        if value is not None:
            checked[key] = value
    return checked


def check_value(field: ContactField, value: Any) -> Any:
    """One value of this field: text, number, ISO date or True and False; None when empty.

    Takes what a person typed, or a value already checked. Raises Invalid with `field_<key>` as its field.
    """
    if isinstance(value, bool) and field.kind == "yes_no":
        return value
    text = one_line(value_text(value))
    if not text:
        return None
    read = {"number": _number, "date": _date, "yes_no": _yes_no}.get(field.kind, _text)
    try:
        return _choice(text, field.choices) if field.kind == "choice" else read(text)
    except ValueError as error:
        raise Invalid(f"{field.label}: “{text[:40]}” {error}", field=f"field_{field.key}") from None


def value_text(value: Any) -> str:
    """A stored value as people read and type it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else str(value)


def _text(text: str) -> str:
    if len(text) > _LONGEST:
        raise ValueError(f"is longer than {_LONGEST:,} characters")
    return text


def _choice(text: str, choices: Sequence[str]) -> str:
    """The choice as it is written in the field, whatever the case."""
    wanted = folded(" ".join(text.split()))
    for choice in choices:
        if folded(choice) == wanted:
            return choice
    raise ValueError(f"is not one of {listed(choices, 'or')}"[:300])


def _number(text: str) -> int | float:
    plain = unicodedata.normalize("NFKC", text).replace("−", "-").replace(" ", "")
    plain = "".join(str(unicodedata.decimal(sign, sign)) for sign in plain)
    if not plain.isascii() or not _NUMBER.fullmatch(plain):
        raise ValueError("is not a number; write it like 12 or 12.5")
    number = float(plain)  # 15 digits fit exactly
    return int(number) if number.is_integer() else number  # 12.0 is kept and shown as 12


def _date(text: str) -> str:
    try:
        return date.fromisoformat(text[:10] if len(text) > 10 and text[10:11] in " T" else text).isoformat()
    except ValueError:
        raise ValueError("is not a date; write it like 2026-11-24") from None


def _yes_no(text: str) -> bool:
    word = folded(text)
    if word in _YES or word in _NO:
        return word in _YES
    raise ValueError("is neither yes nor no")


def _key_of(label: str) -> str:
    """last_check_up for “Last check-up”; never a name a contact has of its own."""
    plain = unicodedata.normalize("NFKD", folded(label))
    words = re.findall(r"[^\W_]+", "".join(c for c in plain if not unicodedata.combining(c)))
    ascii_key = re.sub(r"[^a-z0-9]+", "_", "_".join(words)).strip("_")
    key = ascii_key or "_".join(f"u{ord(c):x}" for word in words for c in word)
    key = f"field_{key}" if key in _TAKEN or key[:1].isdigit() else key
    return key if len(key) <= 40 else f"{key[:31]}_{hashlib.sha256(key.encode()).hexdigest()[:8]}"
