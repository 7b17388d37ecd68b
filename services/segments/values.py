"""Pure: what may stand beside a test. Each kind of value is read strictly, and kept as text in one spelling."""

import calendar
from collections.abc import Callable
from datetime import date

from core import countries
from core.errors import Invalid
from core.languages import language_code
from core.words import folded, one_line, shortened

MOST_DAYS = 3_650
LONGEST = 200
_MONTHS = {folded(calendar.month_name[number]): number for number in range(1, 13)}


def read(kind: str, typed: str) -> str:
    """The value as it is kept. Raises Invalid with `value` as its field for one of another kind."""
    text = " ".join(one_line(typed).split())
    if not kind:
        return ""
    if not text:
        raise Invalid(f"{_ASKED[kind]}", field="value")
    if len(text) > LONGEST:
        raise Invalid(f"A value must be {LONGEST} characters or fewer", field="value")
    return READERS.get(kind, str)(text)


def shown(kind: str, value: str) -> str:
    """The value in people's words: March for 3, Nigeria for NG."""
    if kind == "month":
        return calendar.month_name[int(value)]
    if kind == "country":
        return dict(countries.by_name()).get(value, value)
    if kind == "date":
        return f"{date.fromisoformat(value):%-d %B %Y}"
    return value


def number_of(value: str) -> float | int:
    """The number of a value that was read as one."""
    return float(value) if "." in value else int(value)


def _days(text: str) -> str:
    plain = folded(text).removesuffix("days").removesuffix("day").strip()
    if not plain.isdecimal() or len(plain) > 5 or not 1 <= int(plain) <= MOST_DAYS:
        raise Invalid(f"“{shortened(text)}” is not a number of days; write 1 to {MOST_DAYS:,}", field="value")
    return str(int(plain))


def _import(text: str) -> str:
    plain = text.removeprefix("#")
    if not (plain.isascii() and plain.isdecimal() and len(plain) < 10):
        raise Invalid(f"“{shortened(text)}” is not the number of an import; it stands in the address of its page",
                      field="value")
    return str(int(plain))


def _date(text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise Invalid(f"“{shortened(text)}” is not a day; write it like 2026-11-24", field="value") from None


def _number(text: str) -> str:
    plain = text.replace("−", "-").replace(" ", "")
    try:
        is_good = plain.isascii() and len(plain) <= 24 and plain.lower().strip("+-").replace(".", "", 1).isdecimal()
        return str(number_of(plain)) if is_good else _refuse_number(text)
    except ValueError:
        return _refuse_number(text)


def _refuse_number(text: str) -> str:
    raise Invalid(f"“{shortened(text)}” is not a number; write it like 12 or 12.5", field="value")


def _month(text: str) -> str:
    word = folded(text)
    found = [number for name, number in _MONTHS.items() if len(word) >= 3 and name.startswith(word)]
    if word.isdecimal() and len(word) <= 2 and 1 <= int(word) <= 12:
        found = [int(word)]
    if len(found) != 1:
        raise Invalid(f"“{shortened(text)}” is not a month; write it like March", field="value")
    return str(found[0])


def _country(text: str) -> str:
    word = folded(text)
    for code, name in countries.by_name():
        if word in (folded(code), folded(name)):
            return code
    raise Invalid(f"There is no country “{shortened(text)}”; write it like Nigeria or NG", field="value")


def _language(text: str) -> str:
    if code := language_code(text):
        return code
    raise Invalid(f"“{shortened(text)}” is not a language code; write it like en or pt_BR", field="value")


READERS: dict[str, Callable[[str], str]] = {
    "days": _days, "date": _date, "number": _number, "month": _month, "country": _country, "language": _language,
    "import": _import,
}
_ASKED = {
    "days": "Say how many days", "date": "Say which day, like 2026-11-24", "number": "Say which number",
    "month": "Say which month, like March", "country": "Say which country", "language": "Say which language, like en",
    "import": "Say which import, by the number in the address of its page",
    "tag": "Say which tag", "text": "Say what to compare it with",
}
