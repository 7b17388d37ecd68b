"""The installation, the team, and one's own account."""

from datetime import time
from typing import Any

from flask_wtf import FlaskForm
from wtforms import BooleanField, IntegerField, PasswordField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, NumberRange, ValidationError

from core.stop_words import plain
from core.words import one_line
from forms.choices import choices
from forms.contacts import PhoneField

ROLES = [("viewer", "Viewer: sees everything, changes nothing"),
         ("agent", "Agent: also answers and edits people"),
         ("manager", "Manager: also imports, templates and campaigns"),
         ("admin", "Admin: also the team and the settings")]
_LONGEST_WORD = 40
_MOST_WORDS = 100
_ONE_WORD = "Keep at least one word by which people can stop your messages"


LONGER = [InputRequired("Write a number of days"), NumberRange(45, 3650, message="Between 45 and 3,650 days")]
DAYS = [InputRequired("Write a number of days"), NumberRange(1, 3650, message="Between 1 and 3,650 days")]


class InstallationForm(FlaskForm):
    """What the operator may change while the dashboard runs. The word lists come out as lists."""

    business_name = StringField("Name of the business", [InputRequired("Write what people know you as"),
                                                         Length(max=120, message="At most 120 characters")])
    country = SelectField("Country of numbers written without +")
    timezone = SelectField("Time zone")
    opt_out_words = TextAreaField("Words that mean stop", [InputRequired(_ONE_WORD),
                                                           Length(max=5000, message="At most 5,000 characters")])
    opt_in_words = TextAreaField("Words that mean start again", [Length(max=5000, message="At most 5,000 characters")])
    confirms_stop = BooleanField("Answer whoever stops once", description="“You will get no more marketing from …”, in their "
                                 "language where we know it. It is free text, within the 24 hours their word has opened.")
    shows_read_marks = BooleanField("Show people that we have read", description="Two blue ticks on their phone, once "
                                    "somebody of the team has opened their chat.")
    shows_typing = BooleanField("Show people that we are writing", description="“typing…” on their phone while somebody of "
                                "the team writes to them; it marks their message as read, too.")
    quiet_on = BooleanField("No marketing at night", description="On the clock of each person: their own zone, else their "
                            "country’s, else the campaign’s. Messages wait for the end of the night, or are skipped if that "
                            "is too late. Service messages are not held back.")
    quiet_from = StringField("Quiet from", render_kw={"type": "time"})
    quiet_to = StringField("Quiet until", render_kw={"type": "time"})

    keep_notices = IntegerField("Notices as WhatsApp sent them, days", DAYS)
    keep_logs = IntegerField("Lines of the logs, days", DAYS)
    keep_files = IntegerField("Files nobody uses any more, days", DAYS)
    keep_received = IntegerField("Files people sent us, days", DAYS)
    keep_events = IntegerField("What happened to people, for rules, days", LONGER)
    keep_runs = IntegerField("What rules did, days", LONGER)

    def keep_days(self) -> dict[str, int]:
        """How long things are kept, as it is kept."""
        return {"notices": self.keep_notices.data, "logs": self.keep_logs.data, "files": self.keep_files.data,
                "received": self.keep_received.data, "events": self.keep_events.data, "runs": self.keep_runs.data}

    def quiet_hours(self) -> dict[str, object]:
        """The quiet hours as they are kept."""
        return {"is_on": bool(self.quiet_on.data), "from": self.quiet_from.data, "to": self.quiet_to.data}

    def validate_quiet_from(self, field: StringField) -> None:
        """A time of the day; an empty one is the usual one while there are no quiet hours."""
        field.data = _time_of_day(field.data or ("" if self.quiet_on.data else "21:00"))

    def validate_quiet_to(self, field: StringField) -> None:
        """A time of the day, and another one than the first while quiet hours are on."""
        field.data = _time_of_day(field.data or ("" if self.quiet_on.data else "08:00"))
        if self.quiet_on.data and field.data == self.quiet_from.data:
            raise ValidationError("Quiet hours that end when they begin are none; choose another time")

    def validate_opt_out_words(self, field: TextAreaField) -> None:
        """At least one word must stop messages; commas alone are none."""
        _check_words(field.data)
        if not words_of(field.data):
            raise ValidationError(_ONE_WORD)

    def validate_opt_in_words(self, field: TextAreaField) -> None:
        """No word may mean both."""
        _check_words(field.data)
        both = {plain(w) for w in words_of(field.data)} & {plain(w) for w in words_of(self.opt_out_words.data)}
        if both:
            raise ValidationError(f"“{sorted(both)[0]}” cannot mean stop and start at once")


class PersonForm(FlaskForm):
    """What somebody of the team may do."""

    name = StringField("Name", [InputRequired("Write the name colleagues know them by"),
                                Length(max=120, message="At most 120 characters")])
    role = SelectField("Role", choices=choices(ROLES))
    may_send = BooleanField("May send campaigns")


class NewPersonForm(PersonForm):
    """Somebody new; without a password they get an invitation."""

    email = StringField("E-mail", [InputRequired("Write their e-mail address"),
                                   Length(max=254, message="At most 254 characters")],
                        render_kw={"autocomplete": "off", "inputmode": "email"})
    password = PasswordField("Password", [Length(max=200, message="At most 200 characters")],
                             render_kw={"autocomplete": "new-password"})


class KeyForm(FlaskForm):
    """A key for one program."""

    name = StringField("Program", [InputRequired("Write which program this key is for"),
                                   Length(max=80, message="At most 80 characters")])
    scope = SelectField("What it may do", choices=choices([
        ("read", "Read messages and conversations"), ("send", "Read, send messages and mark as read"),
        ("admin", "Everything a key can do")]))
    days = SelectField("Good for", choices=choices([
        ("90", "90 days"), ("365", "A year"), ("0", "Until somebody revokes it")]))

    def scopes(self) -> list[str]:
        """The scopes behind the choice."""
        return ["read", "send"] if self.scope.data == "send" else [self.scope.data]


class ProfileForm(FlaskForm):
    """One's own name and zone."""

    name = StringField("Name", [InputRequired("Write the name your colleagues know you by"),
                                Length(max=120, message="At most 120 characters")], render_kw={"autocomplete": "name"})
    timezone = SelectField("Time zone")
    phone = PhoneField("Your own WhatsApp number")

    @classmethod
    def of(cls, country: str, **given: Any) -> "ProfileForm":
        """The form where a number without a plus is read under this country."""
        field = PhoneField("Your own WhatsApp number", country=country,
                           render_kw={"type": "tel", "autocomplete": "tel", "maxlength": 40})
        made: ProfileForm = type("ProfileForm", (cls,), {"phone": field})(**given)
        return made


class PasswordForm(FlaskForm):
    """One's own password: the present one and the wanted one."""

    present = PasswordField("Present password", [InputRequired("Write your present password"),
                                                 Length(max=200, message="At most 200 characters")],
                            render_kw={"autocomplete": "current-password"})
    password = PasswordField("New password", [InputRequired("Choose a new password"),
                                              Length(max=200, message="At most 200 characters")],
                             render_kw={"autocomplete": "new-password"})


def words_of(text: str | None) -> list[str]:
    """The words of a list written with commas or one a line, each once, in the order given."""
    parts = (one_line(part) for line in (text or "").splitlines() for part in line.split(","))
    return list(dict.fromkeys(part for part in parts if part))


def _time_of_day(text: str | None) -> str:
    """A time such as 21:00 as it is kept. Raises ValidationError."""
    try:
        return time.fromisoformat((text or "").strip()).replace(tzinfo=None).isoformat(timespec="minutes")
    except ValueError:
        raise ValidationError("Write a time of the day, such as 21:00") from None


def _check_words(text: str | None) -> None:
    words = words_of(text)
    if len(words) > _MOST_WORDS:
        raise ValidationError(f"Keep at most {_MOST_WORDS} words")
    if blank := [word for word in words if not plain(word)]:
        raise ValidationError(f"“{blank[0]}” is no word that anybody could write")
    if too_long := [word for word in words if len(word) > _LONGEST_WORD]:
        raise ValidationError(f"“{too_long[0][:_LONGEST_WORD]}…” is longer than {_LONGEST_WORD} characters")
