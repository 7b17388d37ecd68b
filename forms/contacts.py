"""One person's details, and one more line in the ledger of what they agreed to."""

import hashlib
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from flask_wtf import FlaskForm
from wtforms import DateField, Field, HiddenField, RadioField, SelectField, StringField, TextAreaField, ValidationError
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length, Optional, Regexp

from core import clock
from core.phone import InvalidPhone, Phone, international

_EARLIEST = date(1990, 1, 1)
_EMAIL = r"\s*[^@\s]+@[^@\s]+\.[^@\s]+\s*$"
_NO_EMAIL = "This is not an e-mail address; write it like ada@example.com"
_PLAIN = ("phone", "name", "first_name", "email", "company", "birthday", "language", "country", "zone", "notes")
_TELEPHONE = {"type": "tel", "autocomplete": "off"}


def _choices(words: Mapping[str, str]) -> list[SelectChoice]:
    """The choices of a list: value → words."""
    return [SelectChoice(value, label) for value, label in words.items()]


class FieldKind(Protocol):
    """What the form needs to know of a custom field."""

    key: str
    label: str
    kind: str
    choices: list[str]


class PhoneField(StringField):
    """A phone number; `data` is a Phone, or None when empty. What was typed stays in the box."""

    def __init__(self, label: str, *, country: str = "", **more: Any) -> None:
        """Numbers without a plus are read under `country`."""
        self.country = country
        super().__init__(label, **more)

    def process_data(self, value: str | None) -> None:
        """Show a stored number as people write it."""
        self.data = Phone(value) if value else None

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read what was typed."""
        typed = valuelist[0].strip() if valuelist else ""
        try:
            self.data = Phone.parse(typed, self.country) if typed else None
        except InvalidPhone as error:
            self.data = None
            raise ValueError(error.message) from None

    def _value(self) -> str:
        return self.raw_data[0] if self.raw_data else international(self.data.e164) if self.data else ""


class DayField(DateField):
    """A day; `data` is a date, or None when empty."""

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read what a browser or a person wrote, year first."""
        typed = valuelist[0].strip() if valuelist else ""
        try:
            self.data = date.fromisoformat(typed) if typed else None
        except ValueError:
            self.data = None
            raise ValueError(f"“{typed[:20]}” is not a day; write it like 1988-03-04") from None


class ContactForm(FlaskForm):
    """After validate_on_submit(), `details()` is what the rules take; custom fields are added by `contact_form`."""

    phone = PhoneField("Phone number", render_kw=_TELEPHONE)
    name = StringField("Name", [Length(max=200, message="Name must be 200 characters or fewer")])
    first_name = StringField("First name", [Length(max=100, message="First name must be 100 characters or fewer")],
                             description="What to call them in messages; taken from the name when empty")
    email = StringField("E-mail", [Optional(), Length(max=254, message="E-mail must be 254 characters or fewer"),
                                   Regexp(_EMAIL, message=_NO_EMAIL)],
                        render_kw={"type": "email", "autocomplete": "off"})
    company = StringField("Company", [Length(max=200, message="Company must be 200 characters or fewer")])
    birthday = DayField("Birthday")
    language = StringField("Language", [Length(max=12, message="Write a code such as en or pt_BR")],
                           description="Such as English, en or pt_BR")
    country = SelectField("Country", choices=_choices({"": "That of the number"}), validate_choice=False)
    zone = SelectField("Time zone", choices=_choices({"": "Not known"}), validate_choice=False)
    tags = StringField("Tags", [Length(max=4000, message="That is more than 50 tags can hold")],
                       description="Parted by commas; new ones are made", render_kw={"list": "known-tags"})
    notes = TextAreaField("Notes", [Length(max=10_000, message="Notes must be 10,000 characters or fewer")],
                          render_kw={"rows": 3})

    seen = HiddenField()  # what each field held when this form was shown

    @property
    def custom(self) -> list[Field]:
        """The custom fields, in their order."""
        return [field for field in self if field.name.startswith("field_")]

    def details(self) -> dict[str, Any]:
        """Everything but the tags, as `contacts.add_contact` takes it."""
        values = {name: self[name].data for name in _PLAIN}
        return values | {"fields": {field.name.removeprefix("field_"): field.data or "" for field in self.custom}}

    def note_what_is_shown(self) -> None:
        """Remember what each field holds now, so that somebody else's change is noticed when this one is sent."""
        self.seen.data = ",".join(f"{field.name}:{_mark(field.object_data)}" for field in self._kept())

    def take_in_others(self) -> bool:
        """Keep what somebody else changed since this form was shown, wherever nothing was typed here.

        False when both changed one field: its error says what is kept now, and sending again keeps what was typed.
        """
        shown = dict(pair.split(":", 1) for pair in (self.seen.data or "").split(",") if ":" in pair)
        clashes = [field for field in self._kept() if _settle(field, shown.get(field.name))]
        for field in clashes:
            field.errors = [*field.errors, f"Meanwhile somebody changed this to “{field.object_data or ''}”. "
                                           "Keep the changes again to keep yours"]
        if clashes:
            self.note_what_is_shown()
        return not clashes

    def _kept(self) -> list[Field]:
        """Everything a person can change here."""
        return [self[name] for name in (*_PLAIN, "tags")] + self.custom


def _mark(value: Any) -> str:
    """A short sign of one value; equal values have equal signs."""
    return hashlib.blake2s(str(value or "").replace("\r\n", "\n").encode(), digest_size=6).hexdigest()


def _settle(field: Field, shown: str | None) -> bool:
    """Whether this field was changed here and elsewhere to different values; untouched ones follow the other change."""
    now, typed = _mark(field.object_data), _mark(field.data)
    if shown is None or shown == now:
        return False
    if typed == shown:
        field.data = Phone(field.object_data) if isinstance(field, PhoneField) and field.object_data else field.object_data
        return False
    return typed != now


def contact_form(fields: Iterable[FieldKind], *, country: str, known: Any = None, tags: Iterable[str] = (),
                 values: Mapping[str, str] | None = None, countries: Iterable[tuple[str, str]] = (),
                 zones: Iterable[str] = ()) -> ContactForm:
    """A form for one person with these custom fields, filled from `known` where one is given."""
    parts = {f"field_{field.key}": _made(field) for field in fields}
    phone = PhoneField("Phone number", country=country, render_kw=_TELEPHONE)
    form_class = type("ContactForm", (ContactForm,), {"phone": phone, **parts})
    start = {name: getattr(known, name) for name in _PLAIN} if known else {}
    custom = {f"field_{key}": text for key, text in (values or {}).items()}
    form: ContactForm = form_class(data=start | custom | {"tags": ", ".join(tags)})
    form.country.choices = _choices({"": "That of the number"} | dict(countries))
    form.zone.choices = _choices({"": "Not known"} | {name: name.replace("_", " ") for name in zones})
    if not form.is_submitted():
        form.note_what_is_shown()
    return form


def _made(field: FieldKind) -> Field:
    """The input for one kind of custom field."""
    if field.kind == "yes_no":
        return SelectField(field.label, choices=_choices({"": "Not known", "yes": "Yes", "no": "No"}), default="")
    if field.kind == "choice":
        words = {"": "Not known"} | {choice: choice for choice in field.choices}
        return SelectField(field.label, choices=_choices(words), default="")
    kinds = {"date": {"type": "date"}, "number": {"inputmode": "decimal"}}
    return StringField(field.label, [Length(max=1000, message=f"{field.label} must be 1,000 characters or fewer")],
                       render_kw=kinds.get(field.kind))


class ConsentForm(FlaskForm):
    """What somebody agreed to or withdrew, and how we know."""

    state = RadioField("What did they say?", [InputRequired("Choose whether they agreed or asked us to stop")],
                       choices=_choices({"granted": "They agreed", "withdrawn": "They asked us to stop"}))
    category = SelectField("About", choices=_choices({
        "marketing": "Marketing messages", "utility": "Service messages, such as appointments"}))
    how = SelectField("How", choices=_choices({
        "staff": "In person or by phone", "form": "On a form", "message": "In a message"}))
    on = DayField("Day", description="Today when empty")
    proof = StringField("Proof", [InputRequired("Say how you know: who told whom, or where the form is kept"),
                                  Length(max=500, message="The proof must be 500 characters or fewer")],
                        description="Such as “paper form 118” or “told Amina at the desk”")
    zone = ZoneInfo("UTC")

    def validate_on(self, field: DayField) -> None:
        """A day that has come."""
        today = clock.now().astimezone(self.zone).date()
        if field.data and not _EARLIEST <= field.data <= today:
            raise ValidationError("Choose a day that has come already" if field.data > today else "Check the year")

    def moment(self) -> datetime | None:
        """When it counts: now for today; the first moment of an earlier day for a yes, the last for a stop."""
        if not self.on.data or self.on.data == clock.now().astimezone(self.zone).date():
            return None
        at = time.min if self.state.data == "granted" else time.max
        return datetime.combine(self.on.data, at, tzinfo=self.zone).astimezone(UTC)


class FieldForm(FlaskForm):
    """A custom field: what it is called, and what can stand in it."""

    label = StringField("Name of the field", [InputRequired("Give the field a name"),
                                              Length(max=80, message="The name must be 80 characters or fewer")],
                        description="As people say it, such as “Last check-up”")
    kind = SelectField("Kind", choices=_choices({
        "text": "Text", "number": "Number", "date": "Date", "yes_no": "Yes or no", "choice": "Choice from a list"}))
    choices = TextAreaField("Choices", [Length(max=5000, message="That is more than a list can hold")],
                            description="One a line; for the kind “Choice from a list” only", render_kw={"rows": 4})

    @property
    def lines(self) -> list[str]:
        """The choices, one each."""
        return (self.choices.data or "").splitlines()


class TagForm(FlaskForm):
    """Which tag many people get or lose."""

    tag = StringField("Tag", [InputRequired("Say which tag")], render_kw={"autocomplete": "off"})


class TypedForm(FlaskForm):
    """Asks to type a word or a number before something that cannot be undone."""

    typed = StringField("Type it", [InputRequired("Type it to go on")], render_kw={"autocomplete": "off"})

    def is_typed(self, wanted: str) -> bool:
        """Whether it was typed, whatever the case and the spaces; the refusal is put beside the field."""
        if " ".join((self.typed.data or "").split()).casefold() == " ".join(wanted.split()).casefold():
            return True
        self.typed.errors = [*self.typed.errors, f"Type “{wanted}” to go on"]
        return False
