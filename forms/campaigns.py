"""Composing a campaign: whom and what. Each step is a form of its own; when is in campaign_times.py."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from wtforms import (
    BooleanField,
    Field,
    HiddenField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length
from wtforms.widgets import CheckboxInput, ListWidget

SAME_TEXT = "text"  # the source of a value that is the same for everybody
COLUMN = "column:"  # in front of a heading of the campaign's own list
PARTS = ("tags", "segments", "without_tags", "without_segments", "without_campaigns")  # of an audience, as lists of ids
_FROM, _TEXT = "from_", "text_"


class Variable(Protocol):
    """What the form needs to know of a variable: a mapping with its name and fallback."""

    def __getitem__(self, key: str) -> Any: ...
    def get(self, key: str, default: Any = None) -> Any: ...


class BoxesField(SelectMultipleField):
    """Boxes to tick; `data` is a list of ids. Whether what they stand for exists is for the rules to say."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()

    def __init__(self, label: str, **more: Any) -> None:
        super().__init__(label, coerce=_id, validate_choice=False, choices=[], **more)


class WhomForm(FlaskForm):
    """A name, those who get it, a list of its own, and those who do not get it after all."""

    name = StringField("Name of the campaign", [InputRequired("Give the campaign a name"),
                                                Length(max=120, message="The name must be 120 characters or fewer")],
                       description="For your team only; nobody else sees it", render_kw={"maxlength": 120})
    everyone = BooleanField("Everybody in your contacts")
    tags = BoxesField("Everybody with one of these tags")
    segments = BoxesField("Everybody in one of these segments")
    pasted = TextAreaField("Paste numbers, or rows copied from a spreadsheet", render_kw={"rows": 5, "spellcheck": "false"})
    file = FileField("Or a file: CSV, TSV or spreadsheet (.xlsx)")
    sheet = StringField("Sheet of the spreadsheet", [Length(max=60, message="A sheet's name is shorter than that")],
                        description="The first one when left empty")
    country = SelectField("Numbers without a country code belong to", validate_choice=False)
    without_tags = BoxesField("Not those with one of these tags")
    without_segments = BoxesField("Not those in one of these segments")
    without_campaigns = BoxesField("Not those who got one of these campaigns")

    def whom(self) -> dict[str, Any]:
        """The parts of the audience, as `campaigns.change_campaign` takes them."""
        return {part: self[part].data or [] for part in PARTS} | {"everyone": self.everyone.data}

    @property
    def has_list(self) -> bool:
        """Whether a file was chosen or something was pasted."""
        return bool(self.file.data and self.file.data.filename) or bool((self.pasted.data or "").strip())


class ReadingForm(FlaskForm):
    """Another way to read a list that is kept."""

    phone_column = SelectField("The numbers are in", coerce=str, validate_choice=False)
    country = SelectField("Numbers without a country code belong to", validate_choice=False)

    @property
    def place(self) -> int:
        """The column that was chosen, -1 for one there cannot be."""
        typed = self.phone_column.data or ""
        return int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 6 else -1


class WhatForm(FlaskForm):
    """Where each value of the template comes from, and what to do in doubt. Made by `what_form`."""

    version_id = HiddenField()
    unknown_policy = RadioField("When nobody knows whether a message went out", default="hold")

    @property
    def gaps(self) -> list[tuple[str, Field, Field]]:
        """Name, source and text of each variable, in their order."""
        names = [field.name.removeprefix(_FROM) for field in self if field.name.startswith(_FROM)]
        return [(name, self[f"{_FROM}{name}"], self[f"{_TEXT}{name}"]) for name in names]

    def mapping(self) -> dict[str, dict[str, str]]:
        """Where each value comes from, as `campaigns.change_campaign` takes it."""
        return {name: _source(source.data or "", text.data or "") for name, source, text in self.gaps}


def what_form(variables: Iterable[Variable], known: Mapping[str, Mapping[str, str]], *, fields: Mapping[str, str],
              columns: Sequence[str] = (), start: Mapping[str, Any] | None = None) -> WhatForm:
    """A form for a template with these variables, filled from the mapping that is `known`; `fields` by their words.

    `columns` are the headings of the campaign's own list.
    """
    parts, data = {}, dict(start or {})
    for variable in variables:
        name, source = str(variable["name"]), known.get(str(variable["name"]), {})
        hint = f"The template's own is “{variable['fallback']}”" if variable.get("fallback") else ""
        parts[f"{_FROM}{name}"] = SelectField(f"“{name}” is", choices=_sources(fields, columns, source),
                                              validate_choice=False)
        parts[f"{_TEXT}{name}"] = StringField("That text, or a fallback", description=hint,
                                              render_kw={"maxlength": 200})
        is_column = source.get("from") == "column"
        data[f"{_FROM}{name}"] = f"{COLUMN}{source.get('column')}" if is_column else source.get("field") or SAME_TEXT
        data[f"{_TEXT}{name}"] = source.get("fallback") or source.get("text") or ""
    form: WhatForm = type("WhatForm", (WhatForm,), parts)(data=data)
    return form


def _sources(fields: Mapping[str, str], columns: Sequence[str], source: Mapping[str, str]) -> list[SelectChoice]:
    """The choices of one variable in groups; a column that is gone stays, so that it can be seen."""
    gone = str(source.get("column", "")) if source.get("from") == "column" else ""
    groups: list[tuple[str, list[tuple[str, str]]]] = [
        ("Columns of your list", [(f"{COLUMN}{heading}", heading) for heading in columns]),
        ("Not in your list any more", [(f"{COLUMN}{gone}", gone)] if gone and gone not in columns else []),
        ("What you know of each person", list(fields.items())), ("Fixed", [(SAME_TEXT, "The same text for everybody")])]
    return [SelectChoice(value, words, optgroup=group) for group, pairs in groups for value, words in pairs]


def _source(kind: str, text: str) -> dict[str, str]:
    if kind == SAME_TEXT:
        return {"from": "text", "text": text}
    if kind.startswith(COLUMN):
        return {"from": "column", "column": kind.removeprefix(COLUMN), "fallback": text}
    return {"from": "field", "field": kind, "fallback": text}


def _id(typed: object) -> int:
    """A whole number from an address or a form; 0 for anything else."""
    text = str(typed)
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
