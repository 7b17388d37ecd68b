"""A file of people: which file, what its columns hold, and what to do with the people in it."""

from typing import Any

from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from wtforms import RadioField, SelectField, StringField, TextAreaField
from wtforms.validators import Length, ValidationError

from forms.choices import choices

LEAVE_OUT = ""
CONSENT = [("none", "I do not know, or not all of them did. They come in without consent."),
           ("granted", "Yes, all of them agreed, and this is how:")]
ON_DUPLICATE = [("update", "Change what the file says differently; empty cells change nothing"),
                ("skip", "Leave them as they are")]


WITHOUT_PHONE = [("", "Leave them out, and say so row by row"),
                 ("email", "Keep them; they are known by their e-mail address")]


class UploadForm(FlaskForm):
    """The file itself, or rows copied from a spreadsheet."""

    file = FileField("CSV file, TSV or spreadsheet (.xlsx)")
    pasted = TextAreaField("Or paste rows copied from a spreadsheet", [
        Length(max=500_000, message="Paste 500,000 characters at most; bring more as a file")])

    def validate_file(self, field: FileField) -> None:
        """One of the two is needed."""
        if not (field.data and field.data.filename) and not (self.pasted.data or "").strip():
            raise ValidationError("Choose a file, or paste rows below")


class ChoicesForm(FlaskForm):
    """What is the same for all rows. Columns are added by `choices_form` as `column_0`, `column_1` …"""

    country = SelectField("Numbers without a country code belong to")
    tags = StringField("Tags for everybody in this file", [
        Length(max=2000, message="Tags must be 2,000 characters or fewer")])
    consent = RadioField("Did these people agree to marketing messages from you?", choices=choices(CONSENT), default="none")
    proof = StringField("How they agreed", [Length(max=500, message="Say it in 500 characters or fewer")])
    on_duplicate = RadioField("People who are in your contacts already", choices=choices(ON_DUPLICATE), default="update")
    without_phone = RadioField("Rows without a phone number", choices=choices(WITHOUT_PHONE), default="")
    lift = StringField("Why this file may lift earlier stops", [
        Length(max=300, message="Say it in 300 characters or fewer")])
    column_names: tuple[str, ...] = ()

    def validate_proof(self, field: StringField) -> None:
        """A declaration needs its proof."""
        if self.consent.data == "granted" and not (field.data or "").strip():
            raise ValidationError("Say how these people agreed, such as: signed the form at the front desk")

    @property
    def column_fields(self) -> list[Any]:
        """The select of every column, in order."""
        return [self[name] for name in self.column_names]

    def mapping(self) -> dict[str, str]:
        """Column number to what it holds."""
        return {name.removeprefix("column_"): self[name].data for name in self.column_names if self[name].data}

    def options(self) -> dict[str, Any]:
        """What to do with the people."""
        return {name: self[name].data for name in (
            "country", "tags", "consent", "proof", "on_duplicate", "lift", "without_phone")}


def choices_form(columns: list[str], *, targets: list[tuple[str, str]], countries: list[tuple[str, str]],
                 mapping: dict[str, str], options: dict[str, Any], new: str, kinds: dict[str, str], **more: Any) -> ChoicesForm:
    """The form for these columns, filled with what was guessed or chosen before.

    `targets` are (value, label) of what a column may hold; `new` begins the value of a field to be made, of
    one of `kinds`.
    """
    names = tuple(f"column_{number}" for number in range(len(columns)))

    class Form(ChoicesForm):
        column_names = names

    for number, (name, heading) in enumerate(zip(names, columns, strict=True)):
        made = [(f"{new}{kind}:{heading[:80]}", f"New field “{heading[:40]}” ({word})")
                for kind, word in kinds.items()] if heading else []
        setattr(Form, name, SelectField(heading or f"Column {number + 1}", validate_choice=True,
                                        choices=choices([(LEAVE_OUT, "Leave out"), *targets, *made])))
    chosen = {f"column_{number}": target for number, target in mapping.items()}
    kept = options | {"tags": ", ".join(options.get("tags") or [])}
    form = Form(data=kept | chosen, **more)
    form.country.choices = choices(countries)
    return form
