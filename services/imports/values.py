"""Pure: dates, numbers, yes-or-no, languages, countries and time zones as people write them in spreadsheets."""

import re
import unicodedata
from collections.abc import Callable
from datetime import date
from functools import lru_cache

from core import clock, countries
from core.errors import Invalid
from core.languages import language_code
from core.states import ConsentState
from core.words import folded

MONTH_FIRST = {"US", "PH", "FM", "MH", "PW", "AS", "GU", "MP", "PR", "VI"}  # where 03/04 is the fourth of March
_ISO = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})")
_NUMERIC = re.compile(r"(\d{1,2})([-/.])(\d{1,2})\2(\d{4})")
_SHORT_YEAR = re.compile(r"\d{1,2}[-/.]\d{1,2}[-/.]\d{2}")
_TIME = re.compile(r"[T ]\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?Z?$")
_MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
           "December")
_YES = set("yes y true 1 x on ja si sí oui sim tak да wahr vrai verdadero vero verdadeiro prawda истина".split())
_NO = set("no n false 0 off nein non não nie нет falsch faux falso fałsz ложь nee nej".split())
_AGREED = _YES | set("granted agreed opted-in optedin opt-in in subscribed".split())
_WITHDREW = _NO | set("withdrawn stop opted-out optedout opt-out out unsubscribed".split())
_GROUPED = re.compile(r"[+-]?[1-9]\d{0,2}(?:([.,])\d{3})(?:\1\d{3})*(?!\1)(?:[.,]\d+)?")
_THOUSAND_OR_LESS = re.compile(r"[+-]?[1-9]\d{0,2},\d{3}")
_OLDEST_YEAR = 1890
_FIRST_DAY = f"{_OLDEST_YEAR}-"
_COUNTRIES = {"uk": "GB", "united kingdom": "GB", "great britain": "GB", "england": "GB", "scotland": "GB", "wales": "GB",
              "usa": "US", "united states of america": "US", "america": "US", "uae": "AE", "deutschland": "DE",
              "österreich": "AT", "schweiz": "CH", "españa": "ES", "italia": "IT", "brasil": "BR", "méxico": "MX",
              "nederland": "NL", "suomi": "FI", "polska": "PL", "ivory coast": "CI", "south korea": "KR",
              "czechia": "CZ", "swaziland": "SZ", "burma": "MM", "congo": "CG", "drc": "CD", "россия": "RU"}


def read_date(text: str, *, country: str, today: date) -> str:
    """A day as ISO text: 1990-04-03, 03/04/1990, 3.4.1990, also with a time behind it.

    With points the day comes first. With slashes or dashes a part above 12 must be the day; otherwise the month comes
    first in the countries of MONTH_FIRST and the day everywhere else. Raises ValueError with the reason in words.
    """
    if (plain := _plain_day(text)) and _FIRST_DAY < plain <= today.isoformat():
        return plain
    return _day(*_parts_of(text, country), today)


def read_day(text: str, *, country: str) -> str:
    """The same of any day, to come or long past. Raises ValueError with the reason in words."""
    year, month, day = _parts_of(text[:10] if text[10:11] in ("T", " ") and _plain_day(text[:10]) else text, country)
    return _real_day(year, month, day).isoformat()


def _parts_of(text: str, country: str) -> tuple[int, int, int]:
    """Year, month and day as they are written. Raises ValueError in words."""
    plain = _TIME.sub("", text.strip())
    if found := _ISO.fullmatch(plain):
        year, month, day = map(int, found.groups())
    elif found := _NUMERIC.fullmatch(plain):
        first, sign, second, year = int(found[1]), found[2], int(found[3]), int(found[4])
        is_month_first = sign != "." and first <= 12 and (second > 12 or country in MONTH_FIRST)
        month, day = (first, second) if is_month_first else (second, first)
    elif _SHORT_YEAR.fullmatch(plain):
        raise ValueError("write the year with four digits")
    else:
        raise ValueError("write it like 1990-04-23")
    return year, month, day


@lru_cache(maxsize=32_768)
def _plain_day(text: str) -> str:
    """The text itself when it is a day that is written as we keep days; nothing for all others."""
    if len(text) != 10 or text[4] != "-" or text[7] != "-":
        return ""
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        return ""


def _day(year: int, month: int, day: int, today: date) -> str:
    """The day as ISO text. Raises ValueError in words."""
    if 1 <= month <= 12 and not _OLDEST_YEAR <= year <= today.year + 1:
        raise ValueError("check the year")
    found = _real_day(year, month, day)
    if found > today:
        raise ValueError("this day is still to come")
    return found.isoformat()


def _real_day(year: int, month: int, day: int) -> date:
    """The day, when the calendar has it. Raises ValueError in words."""
    if not 1 <= month <= 12:
        raise ValueError(f"there is no month {month}")
    if not year:
        raise ValueError("check the year")
    try:
        return date(year, month, day)
    except ValueError:
        raise ValueError(f"{_MONTHS[month - 1]} {year} has no day {day}") from None


def read_number(text: str) -> str:
    """A number with a point before its fraction and no thousands apart: 1.234,5 and 1,234.5 are 1234.5, 0,5 is 0.5.

    What is no number stays as it is. Raises ValueError for 1,234, which is a thousand here and a fraction there.
    """
    plain = re.sub(r"(?<=\d)[\s'’](?=\d{3}(?!\d))", "", unicodedata.normalize("NFKC", text.strip()))
    if _THOUSAND_OR_LESS.fullmatch(plain):
        raise ValueError(f"write {plain.replace(',', '')} or {plain.replace(',', '.')}, so that it can be only one number")
    if (found := _GROUPED.fullmatch(plain)) and (found[1] == "," or plain.count(".") > 1 or "," in plain):
        plain = plain.replace(found[1], "")
    return plain.replace(",", ".") if plain.count(",") == 1 and "." not in plain else plain


def read_yes_no(text: str) -> str:
    """yes or no, from the words of several languages; what is neither stays as it is."""
    word = folded(text.strip())
    return "yes" if word in _YES else "no" if word in _NO else text


def field_reader(kind: str, country: str) -> Callable[[str], str]:
    """What makes of a cell, as spreadsheets of this country write it, what is typed into a custom field of this kind."""
    readers: dict[str, Callable[[str], str]] = {
        "date": lambda text: read_day(text, country=country), "number": read_number, "yes_no": read_yes_no}
    return readers.get(kind, str)


def read_consent(text: str) -> ConsentState:
    """Granted for yes, withdrawn for no, in several languages. Raises ValueError in words."""
    word = folded(text.strip()).replace(" ", "-")
    if word in _AGREED:
        return ConsentState.GRANTED
    if word in _WITHDREW:
        return ConsentState.WITHDRAWN
    raise ValueError("write yes or no")


def read_language(text: str) -> str:
    """A language code as WhatsApp writes it, from a code or a common name. Raises ValueError in words."""
    if code := language_code(text):
        return code
    raise ValueError("write a language code such as en or pt_BR")


@lru_cache(maxsize=512)
def read_country(text: str) -> str:
    """The ISO code of a country, from its code or name. Raises ValueError in words."""
    word = folded(text.strip())
    for code, name in countries.by_name():
        if word in (folded(code), folded(name)):
            return code
    if known := _COUNTRIES.get(word):
        return known
    raise ValueError("write a country code such as GB")


@lru_cache(maxsize=512)
def read_zone(text: str) -> str:
    """The IANA name of a time zone. Raises ValueError in words."""
    try:
        return clock.zone(text.strip()).key
    except Invalid:
        raise ValueError("write a time zone such as Europe/London") from None
