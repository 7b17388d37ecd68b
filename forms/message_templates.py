"""Writing a template: its words, its buttons, and a sample and a fallback for each gap."""

import re
from typing import Any

from flask_wtf import FlaskForm
from wtforms import FileField, HiddenField, SelectField, StringField, TextAreaField

_GAP_INPUT = re.compile(r"(sample|fallback):([a-z0-9_]{1,40})")
_BUTTON_INPUT = re.compile(r"button-([0-9]{1,2})-(kind|text|value)")
_ACT = re.compile(r"(remove|up|down):([0-9]{1,2})")
_CARD_INPUT = re.compile(r"card-([0-9]{1,2})-(media_id|text|button2?|url2?)")
MOST_GAPS = 100
MOST_ROWS = 20
MOST_CARDS = 12
VALUES = {"url": "url", "phone": "phone", "copy_code": "sample", "flow": "flow_id", "offer": "hours"}  # a button’s second box
PLACE = {"latitude": "latitude", "longitude": "longitude", "name": "place", "address": "address"}  # part and its box
Row = dict[str, str]  # kind, text, value


class TemplateForm(FlaskForm):
    """What was typed, unjudged: Meta's limits are a rule, and the rule tells everything that is wrong at once.

    `given` holds name, sample and fallback of each gap, from the inputs called sample:<name> and fallback:<name>;
    `rows` the buttons, from the inputs called button-<n>-kind, -text and -value, empty ones too.
    """

    name = StringField("Name", render_kw={"maxlength": 200, "autocomplete": "off", "spellcheck": "false"})
    category = SelectField("Kind", validate_choice=False)
    language = SelectField("Language", validate_choice=False)
    header_kind = SelectField("At the top", validate_choice=False)
    header_text = StringField("Line at the top", render_kw={"autocomplete": "off"})
    header_file = FileField("File")
    media_id = HiddenField()
    latitude = StringField("Latitude", render_kw={"autocomplete": "off", "inputmode": "decimal", "placeholder": "51.50735"})
    longitude = StringField("Longitude", render_kw={"autocomplete": "off", "inputmode": "decimal", "placeholder": "-0.12776"})
    place = StringField("What it is called", render_kw={"autocomplete": "off", "placeholder": "Harbour Clinic"})
    address = StringField("Address", render_kw={"autocomplete": "off", "placeholder": "1 Quay, Lagos"})
    body = TextAreaField("Text", render_kw={"rows": 9})
    footer = StringField("Last line, small", render_kw={"autocomplete": "off"})
    contact_id = SelectField("As seen by", validate_choice=False)
    seen_by = StringField("Find a person", render_kw={"autocomplete": "off", "maxlength": 100})

    given: list[dict[str, str]]
    rows: list[Row]
    cards: list[Row]  # media_id, text, button, url, button2, url2, from the inputs called card-<n>-…

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in (self.name, self.body, self.latitude, self.longitude, self.place, self.address):
            field.flags.required = True  # for the page; the rule is what refuses

    def process(self, formdata: Any = None, *args: Any, **kwargs: Any) -> None:
        """Read the fields, and the inputs of gaps and buttons beside them."""
        typed = self.meta.wrap_formdata(self, formdata)
        super().process(typed, *args, **kwargs)
        self.given = _given(typed) if typed else []
        self.rows = _rows(typed) if typed else []
        self.cards = _cards(typed) if typed else []

    @property
    def header(self) -> dict[str, Any]:
        """The header as it was typed."""
        kind, number = self.header_kind.data or "", self.media_id.data or ""
        if kind == "text":
            return {"kind": kind, "text": self.header_text.data or ""}
        if kind == "cards":
            return {"kind": kind, "cards": [one | {"media_id": _id_of(one["media_id"])} for one in self.cards]}
        if kind == "location":
            return {"kind": kind} | {part: self[field].data or "" for part, field in PLACE.items()}
        return {"kind": kind, "media_id": _id_of(number)} if kind else {}

    @property
    def filled_rows(self) -> list[int]:
        """The places of the rows in which something is written."""
        return [at for at, row in enumerate(self.rows) if row["text"].strip() or row["value"].strip()
                or row["kind"] == "copy_code"]

    @property
    def buttons(self) -> list[Row]:
        """The buttons as they were typed, without empty rows."""
        return [button_of(self.rows[at]) for at in self.filled_rows]

    def start_from(self, *, header: dict[str, Any], buttons: list[dict[str, Any]], given: list[dict[str, str]]) -> None:
        """Hold these words before anything is typed."""
        self.header_kind.data = str(header.get("kind") or "")
        self.header_text.data = str(header.get("text") or "")
        self.media_id.data = str(header.get("media_id") or "")
        for part, field in PLACE.items():
            self[field].data = str(header.get(part) or "")
        self.cards = [{name: str(one.get(name) or "") for name in EMPTY_CARD} for one in header.get("cards") or ()]
        self.rows = [{"kind": str(one["kind"]), "text": str(one["text"]),
                      "value": str(one.get(VALUES.get(str(one["kind"]), ""), ""))} for one in buttons]
        self.given = given

    def add_card(self, media_id: int) -> None:
        """One more card with this picture, as long as there is room."""
        if len(self.cards) < MOST_CARDS:
            self.cards.append(EMPTY_CARD | {"media_id": str(media_id)})

    def act_on_rows(self, act: str) -> None:
        """Add a row, take one away, or move it, or a card; anything else changes nothing."""
        if act.startswith("card-"):
            _move(self.cards, act.removeprefix("card-"))
            return
        if act == "add" and len(self.rows) < MOST_ROWS:
            self.rows.append({"kind": "quick_reply", "text": "", "value": ""})
        _move(self.rows, act)


EMPTY_CARD = {"media_id": "", "text": "", "button": "", "url": "", "button2": "", "url2": ""}


def _move(rows: list[Row], act: str) -> None:
    """Take one of them away, or move it."""
    found = _ACT.fullmatch(act)
    at = int(found[2]) if found else len(rows)
    if not found or at >= len(rows):
        return
    row = rows.pop(at)
    if found[1] != "remove":
        rows.insert(max(0, at - 1) if found[1] == "up" else at + 1, row)


def _id_of(number: str) -> int | None:
    """The id that was sent along, if it can be one: ids are smaller than 2**31."""
    return int(number) if number.isascii() and number.isdecimal() and len(number) < 10 else None


def button_of(row: Row) -> Row:
    """One row of the form as a button of a template."""
    button = {"kind": row["kind"], "text": row["text"]}
    if key := VALUES.get(row["kind"]):
        button[key] = row["value"]
    return button


def _given(typed: Any) -> list[dict[str, str]]:
    """Samples and fallbacks by gap, in the order of the form."""
    gaps: dict[str, dict[str, str]] = {}
    for key in typed:
        found = _GAP_INPUT.fullmatch(key)
        if found and (found[2] in gaps or len(gaps) < MOST_GAPS):
            gap = gaps.setdefault(found[2], {"name": found[2], "sample": "", "fallback": ""})
            gap[found[1]] = typed.get(key)
    return list(gaps.values())


def _rows(typed: Any) -> list[Row]:
    """The buttons by their number."""
    rows: dict[int, Row] = {}
    for key in typed:
        if found := _BUTTON_INPUT.fullmatch(key):
            row = rows.setdefault(int(found[1]), {"kind": "", "text": "", "value": ""})
            row[found[2]] = typed.get(key)
    return [rows[number] for number in sorted(rows)][:MOST_ROWS]


def _cards(typed: Any) -> list[Row]:
    """The cards by their number."""
    cards: dict[int, Row] = {}
    for key in typed:
        if found := _CARD_INPUT.fullmatch(key):
            cards.setdefault(int(found[1]), dict(EMPTY_CARD))[found[2]] = typed.get(key)
    return [cards[number] for number in sorted(cards)][:MOST_CARDS]
