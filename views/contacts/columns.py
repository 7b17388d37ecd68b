"""Which columns the list of people shows, and how many people a page: kept in this browser, as the look is."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import make_response, redirect, request, url_for
from werkzeug.wrappers import Response as Answer

from core import countries
from services import contacts, message_templates, segments, settings
from views import sign_in as session_of
from views.contacts.part import pages
from views.doors import open_to, signed_in

USUAL = {"tags": "Tags", "marketing": "Marketing", "last_heard": "Last heard", "created": "Added"}
MORE = {"email": "E-mail", "company": "Company", "birthday": "Birthday", "language": "Language", "country": "Country",
        "zone": "Time zone", "utility": "Service messages", "source": "Came from"}
SIZES = (25, 50, 100, 200)
USUAL_SIZE, MOST = 50, 12  # people a page; columns beside name and phone
COOKIE, A_YEAR = "people_list", 365 * 24 * 3600
_OWN = "field_"


@dataclass(frozen=True, slots=True)
class Shown:
    """What the list shows beside name and phone: `keys` of USUAL, of MORE, and `field_…` for fields of one's own."""

    size: int = USUAL_SIZE
    keys: tuple[str, ...] = tuple(USUAL)

    @property
    def more(self) -> tuple[str, ...]:
        """The columns that are not there usually."""
        return tuple(key for key in self.keys if key not in USUAL)


@pages.post("/columns")
@open_to(signed_in)
def keep_columns() -> Answer:
    """Remember columns and size in this browser; without `column` and `size`, go back to the usual ones."""
    answer = make_response(redirect(session_of.own_path(request.form.get("next", ""), url_for("contacts.index"))))
    if request.form.get("usual"):
        answer.delete_cookie(COOKIE)
    else:
        text = ".".join([request.form.get("size", "")[:4], *request.form.getlist("column")[:100]])
        wanted = _read(text, words_of(contacts.all_fields()))
        answer.set_cookie(COOKIE, ".".join([str(wanted.size), *wanted.keys]), max_age=A_YEAR, httponly=True,
                          samesite="Lax", secure=settings.start_up().https)
    return answer


def shown_here(words: dict[str, str]) -> Shown:
    """What was chosen in this browser; the usual where nothing was. Fields that are gone are left out."""
    kept = request.cookies.get(COOKIE, "")
    return _read(kept[:2000], words) if kept else Shown()


def words_of(fields: Iterable[Any]) -> dict[str, str]:
    """Every column there is, with its heading."""
    return USUAL | MORE | {f"{_OWN}{field.key}": field.label for field in fields}


def _read(text: str, words: dict[str, str]) -> Shown:
    """What a text such as `100.tags.email` means; what cannot be is left out."""
    size, *wanted = text.split(".")
    keys = [key for key in words if key in wanted][:MOST]
    return Shown(int(size) if size in map(str, SIZES) else USUAL_SIZE, tuple(keys))


def cells_of(people: Sequence[contacts.ContactRow], keys: Sequence[str], fields: Iterable[Any]) -> dict[int, list[str]]:
    """What stands in these columns, by the id of each person. One query, none without columns."""
    if not keys:
        return {}
    details = contacts.details_in([person.id for person in people])
    own = {f"{_OWN}{field.key}": field for field in fields}
    readers = [_of_own(own[key]) if key in own else _reader(key) for key in keys]
    return {number: [read(row) for read in readers] for number, row in details.items()}


def in_words(field: Any, value: Any) -> str:
    """A value of a custom field as people say it."""
    try:
        if field.kind == "date":
            return f"{(day := date.fromisoformat(value)).day} {day:%B %Y}"
    except (TypeError, ValueError):
        pass
    return contacts.value_text(value)


def _of_own(field: Any) -> Callable[[Any], str]:
    """What tells a field of one's own in words."""
    return lambda row: in_words(field, row.fields.get(field.key))


def _reader(key: str) -> Callable[[Any], str]:
    """What tells one column of a person in words."""
    if key == "source":
        came = {what: test.words.capitalize() for what, test in segments.every_test([]).items()}
        return lambda row: came.get(f"source.{row.source}", row.source)
    return _READERS.get(key) or (lambda row: str(getattr(row, key)))


_READERS: dict[str, Callable[[Any], str]] = {
    "birthday": lambda row: f"{row.birthday:%-d %B %Y}" if row.birthday else "",
    "language": lambda row: message_templates.name_of(row.language),
    "country": lambda row: dict(countries.by_name()).get(row.country, row.country),
    "zone": lambda row: row.zone.replace("_", " "),
    "utility": lambda row: contacts.SAID[row.utility].capitalize(),
}
