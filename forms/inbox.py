"""The inbox: an answer, a note, what goes with it, ready answers. Text in, values out; the rules say what is wrong."""

from datetime import UTC, date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from wtforms import HiddenField, RadioField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length

from core.errors import Invalid
from forms.choices import choices

_ID_DIGITS = 10


class WriteForm(FlaskForm):
    """The composer: an answer or a note, perhaps with a file, perhaps for later."""

    mode = RadioField("What you write", choices=choices([("reply", "Reply"), ("note", "Note")]), default="reply",
                      validate_choice=False)
    text = TextAreaField("Write to them", [Length(max=10_000, message="A message of this length cannot be sent")])
    quote = HiddenField()
    file = FileField("A file to go with it")
    day = StringField("Day", render_kw={"type": "date"})
    time = StringField("Time", render_kw={"type": "time"})

    def quoted(self) -> int | None:
        """The id of the message it answers to."""
        return id_of(self.quote.data)

    def due_at(self, zone: ZoneInfo) -> datetime | None:
        """When it is to leave; None for at once. Raises Invalid for half a time."""
        return moment_of(self.day.data, self.time.data, zone)


class LocationForm(FlaskForm):
    """A place on the map."""

    latitude = StringField("Latitude", [InputRequired("Give the latitude, such as 6.4541")],
                           render_kw={"inputmode": "decimal", "placeholder": "6.4541"})
    longitude = StringField("Longitude", [InputRequired("Give the longitude, such as 3.3947")],
                            render_kw={"inputmode": "decimal", "placeholder": "3.3947"})
    name = StringField("What the place is called", [Length(max=200)])
    address = StringField("Address", [Length(max=400)])

    def content(self) -> dict[str, Any]:
        """As messages keep a place."""
        return {field: (self[field].data or "").strip() for field in ("latitude", "longitude", "name", "address")}


class CardForm(FlaskForm):
    """One contact card."""

    formatted_name = StringField("Name", [InputRequired("A contact card needs a name"), Length(max=200)])
    phone = StringField("Phone number", [Length(max=40)], render_kw={"type": "tel"})
    email = StringField("E-mail", [Length(max=254)])
    company = StringField("Company", [Length(max=200)])

    def content(self) -> dict[str, Any]:
        """As messages keep a card."""
        name = (self.formatted_name.data or "").strip()
        card: dict[str, Any] = {"formatted_name": name, "first_name": name.partition(" ")[0],
                                "company": (self.company.data or "").strip()}
        for field, word in (("phone", "phones"), ("email", "emails")):
            if value := (self[field].data or "").strip():
                card[word] = [{"value": value, "kind": "WORK"}]
        return {"cards": [card]}


class ButtonsForm(FlaskForm):
    """A question with up to three buttons."""

    text = TextAreaField("Text", [InputRequired("Write the question")])
    first = StringField("First button", [InputRequired("Give at least one button")], render_kw={"maxlength": 20})
    second = StringField("Second button", render_kw={"maxlength": 20})
    third = StringField("Third button", render_kw={"maxlength": 20})
    footer = StringField("Last line, small", render_kw={"maxlength": 60})

    def content(self) -> dict[str, Any]:
        """As messages keep buttons."""
        titles = [(self[name].data or "").strip() for name in ("first", "second", "third")]
        return {"action": "buttons", "footer": (self.footer.data or "").strip(),
                "choices": [{"id": f"choice-{number}", "title": title} for number, title in enumerate(titles, 1) if title]}


class ListForm(FlaskForm):
    """A question with a list to choose from: a line each, its words and, after a bar, what stands below."""

    text = TextAreaField("Text", [InputRequired("Write the question")])
    label = StringField("Words of the button that opens the list", [InputRequired("Name the button")],
                        render_kw={"maxlength": 20})
    rows = TextAreaField("Choices, one a line", [InputRequired("Write the choices, one a line")],
                         description="Up to ten. What stands after a | is shown below: Tuesday | from 2 pm")
    footer = StringField("Last line, small", render_kw={"maxlength": 60})

    def content(self) -> dict[str, Any]:
        """As messages keep a list."""
        lines = [line.partition("|") for line in (self.rows.data or "").splitlines() if line.strip()]
        return {"action": "list", "label": (self.label.data or "").strip(), "footer": (self.footer.data or "").strip(),
                "sections": [{"title": "", "rows": [
                    {"id": f"choice-{number}", "title": title.strip(), "description": below.strip()}
                    for number, (title, _, below) in enumerate(lines, 1)]}]}


class LinkForm(FlaskForm):
    """A text with a button that opens a web page."""

    text = TextAreaField("Text", [InputRequired("Write the text")])
    label = StringField("Words on the button", [InputRequired("Name the button")], render_kw={"maxlength": 20})
    url = StringField("Address", [InputRequired("Give the address it opens")],
                      render_kw={"type": "url", "placeholder": "https://example.org/book"})
    footer = StringField("Last line, small", render_kw={"maxlength": 60})

    def content(self) -> dict[str, Any]:
        """As messages keep a button that opens a page."""
        return {"action": "link"} | {name: (self[name].data or "").strip() for name in ("label", "url", "footer")}


class AskPlaceForm(FlaskForm):
    """A text with a button that sends back where they are."""

    text = TextAreaField("Text", [InputRequired("Write what you ask")], render_kw={"placeholder": "Where shall we come to?"})

    def content(self) -> dict[str, Any]:
        """As messages keep a question for a place."""
        return {"action": "ask_location"}


class AskNumberForm(FlaskForm):
    """A text with a button that sends back their number, for those who hide it."""

    text = TextAreaField("Text", [InputRequired("Write what you ask")],
                         render_kw={"placeholder": "May we have your number, so that we can call you?"})

    def content(self) -> dict[str, Any]:
        """As messages keep a question for a number."""
        return {"action": "ask_contact"}


class FlowForm(FlaskForm):
    """A text with a button that opens a form of WhatsApp."""

    text = TextAreaField("Text", [InputRequired("Write the text")])
    label = StringField("Words on the button", [InputRequired("Name the button")], render_kw={"maxlength": 20})
    flow_id = StringField("Id of the form", [InputRequired("Give the id of the form")], render_kw={"inputmode": "numeric"},
                          description="Digits only: WhatsApp Manager, Flows, shows it. What they fill in comes into this chat.")
    screen = StringField("First screen", description="As it is called in the form. Empty: the form asks its own server.")
    footer = StringField("Last line, small", render_kw={"maxlength": 60})

    def content(self) -> dict[str, Any]:
        """As messages keep a button that opens a form."""
        return {"action": "flow"} | {
            name: (self[name].data or "").strip() for name in ("label", "flow_id", "screen", "footer")}


class CannedForm(FlaskForm):
    """A ready answer."""

    shortcut = StringField("Short word", [InputRequired("Give it a short word to call it by")],
                           description="Typed after a / in the inbox: hours for /hours", render_kw={"maxlength": 41})
    text = TextAreaField("Answer", [InputRequired("Write the answer")], render_kw={"rows": 5})


EXTRAS: dict[str, tuple[str, str, type[FlaskForm]]] = {  # in the address → kind, words, form
    "location": ("location", "a location", LocationForm), "card": ("contacts", "a contact card", CardForm),
    "buttons": ("interactive", "buttons", ButtonsForm), "list": ("interactive", "a list", ListForm),
    "link": ("interactive", "a link button", LinkForm), "form": ("interactive", "a form", FlowForm),
    "ask-location": ("interactive", "the question for their location", AskPlaceForm),
    "ask-number": ("interactive", "the question for their number", AskNumberForm)}


def id_of(text: str | None) -> int | None:
    """An id out of an address or a hidden field; None for anything else."""
    text = (text or "").strip()
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= _ID_DIGITS else None


def moment_of(day: str | None, clock_time: str | None, zone: ZoneInfo) -> datetime | None:
    """A day and a time of a zone as one moment, None when neither is given. Raises Invalid."""
    day, clock_time = (day or "").strip(), (clock_time or "").strip()
    if not day and not clock_time:
        return None
    try:
        return datetime.combine(date.fromisoformat(day), time.fromisoformat(clock_time), zone).astimezone(UTC)
    except (ValueError, OverflowError):
        raise Invalid("Give both a day and a time", field="day") from None
