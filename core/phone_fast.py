"""A short cut for the many numbers that are plainly right, built from the same metadata as core/phone.py.

It only ever says yes: whatever it is not sure of, it leaves to `Phone.parse`, so both always agree. A test compares
them over every country.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import phonenumbers

from core.phone import Phone
from core.phone_shape import free_digits

_DROPPED = str.maketrans("", "", " -()/")
_LONGEST = 40
_GOOD = ("mobile", "fixed_line", "toll_free", "shared_cost", "voip", "personal_number", "pager", "uan")
_BAD = ("premium_rate", "voicemail")
_WORTH_KEEPING = 3  # so many digits at the end must decide nothing
_MOST_ANSWERS = 20_000  # beginnings of numbers that are remembered
_answers: dict[tuple[str, int, str], str] = {}  # calling code, length and beginning to the country, or nothing
_abroad: dict[tuple[int, str], str] = {}  # length and beginning, calling code and all, to the country
Match = Callable[[str], object]


@dataclass(frozen=True, slots=True)
class Kind:
    """The numbers of one kind in one country: how long they are and what they look like."""

    lengths: frozenset[int]  # empty: any
    match: Match
    pattern: str

    def holds(self, national: str) -> bool:
        """Whether the number is of this kind."""
        return (not self.lengths or len(national) in self.lengths) and self.match(national) is not None


@dataclass(frozen=True, slots=True)
class Country:
    """What decides whether a number of one country is in use."""

    code: str  # GB
    calling_code: str  # 44
    general: Kind
    good: tuple[Kind, ...]
    bad: tuple[Kind, ...]
    leading: Match | None  # tells countries that share a calling code apart
    longest_leading: int  # how many digits that looks at
    prefix: Match | None  # what people dial before the number at home
    longest_prefix: int  # how many digits that looks at
    is_rewritten: bool  # the home prefix rewrites the number: too clever for a short cut
    abroad: Match | None  # what people dial before a number of another country

    def is_in_use(self, national: str) -> bool:
        """Whether it is a number of a kind a person may have; premium and voicemail numbers are not."""
        if not self.general.holds(national):
            return False
        for kind in self.bad:
            if kind.holds(national):
                return False
        for kind in self.good:
            if kind.holds(national):
                return True
        return False

    def is_known(self, national: str) -> bool:
        """Whether it is a number of any kind."""
        return self.is_in_use(national) or (
            self.general.holds(national) and any(kind.holds(national) for kind in self.bad))

    def free_digits(self, length: int) -> int:
        """How many of the last digits of a number of this length decide nothing here."""
        kinds = (self.general, *self.good, *self.bad)
        return min(length - self.longest_leading, *(free_digits(kind.pattern).get(length, length) for kind in kinds))


def parse(text: str, default_country: str = "") -> tuple[str, str]:
    """(E.164 text, ISO country or nothing) of what a person typed. Raises InvalidPhone exactly as `Phone.parse` does."""
    if found := sure(text, default_country):
        return found
    phone = Phone.parse(text, default_country)
    return phone.e164, phone.country


def sure(text: str, default_country: str) -> tuple[str, str] | None:
    """The same for numbers that are plainly right; None for all others, right or wrong."""
    if len(text) > _LONGEST or not text.isascii():
        return None
    if text[:1] == "+" and text[1:].isdigit():
        return _international(text[1:] if text[1:3] != "00" else text[3:])
    digits = text.translate(_DROPPED)
    is_abroad = digits[:1] == "+" or digits[:2] == "00"
    if is_abroad:
        if "(" in text and "(0)" in text.replace(" ", ""):
            return None
        digits = digits[1:] if digits[0] == "+" else digits
        digits = digits[2:] if digits[:2] == "00" else digits
    if not digits.isdigit():
        return None
    if is_abroad:
        return _international(digits)
    return _national(digits, default_country.upper())


def _international(digits: str) -> tuple[str, str] | None:
    """A number that starts with its calling code; of those that begin alike one is looked at, and the answer kept."""
    beginning = (len(digits), digits[:-_WORTH_KEEPING])
    if where := _abroad.get(beginning):
        return f"+{digits}", where
    length, countries = _start(digits[:3])
    if not countries:
        return None
    national = _without_prefix(digits[length:], countries[0])
    found = _in_use(national, countries) if national else None
    if found and national == digits[length:] and len(_abroad) < _MOST_ANSWERS and (
            len(national) - _looked_at(countries[0].calling_code, len(national)) >= _WORTH_KEEPING) and (
            len(national) - countries[0].longest_prefix >= _WORTH_KEEPING):
        _abroad[beginning] = found[1]
    return found


@cache
def _start(digits: str) -> tuple[int, tuple[Country, ...]]:
    """How many of the first digits are the calling code, and its countries."""
    return next(((length, countries) for length in (1, 2, 3) if (countries := _countries(digits[:length]))), (0, ()))


def _national(digits: str, country_code: str) -> tuple[str, str] | None:
    """A number as it is dialled at home, or with the calling code of home and no plus."""
    home = _country(country_code) if country_code else None
    if home is None or (home.abroad and home.abroad(digits)):
        return None
    countries = _countries(home.calling_code)
    if not countries:
        return None
    if digits.startswith(home.calling_code):
        rest = digits[len(home.calling_code):]
        if home.general.match(digits) is not None:
            pass  # the digits of the calling code belong to the number itself
        elif home.general.match(rest) is None or (home.prefix and home.prefix(rest)) or (
                countries[0].prefix and countries[0].prefix(rest)):
            return None
        else:
            return _in_use(rest, countries)
    national = _without_prefix(digits, home)
    return _in_use(national, countries) if national else None


def _without_prefix(number: str, country: Country) -> str | None:
    """The number without what is dialled before it at home; None when that is not plain."""
    found = country.prefix(number) if country.prefix else None
    if found is None:
        return number
    rest = number[found.end():]  # type: ignore[attr-defined]  # the prefix is matched by `re`
    if country.is_rewritten or not rest:
        return None
    if country.general.match(number) is not None and country.general.match(rest) is None:
        return number
    return rest if len(rest) in country.general.lengths else None


def _in_use(national: str, countries: tuple[Country, ...]) -> tuple[str, str] | None:
    """The number under the first country that knows it, if it is in use there.

    Lists have many numbers that begin alike; the answer for a beginning is kept where the rest decides nothing.
    """
    code, length = countries[0].calling_code, len(national)
    looked_at = _looked_at(code, length)
    beginning = (code, length, national[:looked_at])
    where = _answers.get(beginning)
    if where is None:
        where = _place_of(national, countries)
        if length - looked_at >= _WORTH_KEEPING and len(_answers) < _MOST_ANSWERS:
            _answers[beginning] = where
    return (f"+{code}{national}", where) if where else None


def _place_of(national: str, countries: tuple[Country, ...]) -> str:
    """The first country that knows the number, if it is in use there; nothing otherwise."""
    for country in countries:
        if country.leading is None or len(countries) == 1:
            if country.is_in_use(national):
                return country.code
            if country.is_known(national):
                return ""
        elif country.leading(national) is not None:
            return country.code if country.is_in_use(national) else ""
    return ""


@cache
def _looked_at(calling_code: str, length: int) -> int:
    """How many digits of a number of this length say where it is in use."""
    return length - max(0, min(country.free_digits(length) for country in _countries(calling_code)))


@cache
def _countries(calling_code: str) -> tuple[Country, ...]:
    """The countries of a calling code, the main one first; none for satellites and other non-places."""
    codes = phonenumbers.COUNTRY_CODE_TO_REGION_CODE.get(int(calling_code), ()) if calling_code.isdigit() else ()
    return () if "001" in codes else tuple(filter(None, map(_country, codes)))


@cache
def _country(code: str) -> Country | None:
    """The metadata of one country, compiled."""
    data = phonenumbers.PhoneMetadata.metadata_for_region(code, None)
    if data is None:
        return None
    return Country(
        code=code, calling_code=str(data.country_code), general=_kind(data.general_desc),  # type: ignore[arg-type]  # every country has one
        good=tuple(_kind(desc) for name in _GOOD if (desc := getattr(data, name)) and desc.national_number_pattern),
        bad=tuple(_kind(desc) for name in _BAD if (desc := getattr(data, name)) and desc.national_number_pattern),
        leading=re.compile(data.leading_digits).match if data.leading_digits else None,
        longest_leading=_longest(data.leading_digits),
        prefix=re.compile(data.national_prefix_for_parsing).match if data.national_prefix_for_parsing else None,
        longest_prefix=_longest(data.national_prefix_for_parsing),
        is_rewritten=bool(data.national_prefix_transform_rule),
        abroad=re.compile(data.international_prefix).match if data.international_prefix else None)


def _longest(pattern: str | None) -> int:
    """How many digits a pattern looks at; more than a number has when that is not plain."""
    try:
        return max(free_digits(pattern)) if pattern else 0
    except ValueError:
        return _LONGEST


def _kind(desc: phonenumbers.PhoneNumberDesc) -> Kind:
    """Lengths and pattern of one kind of number."""
    pattern = re.compile(desc.national_number_pattern or r"(?!)")
    return Kind(frozenset(n for n in desc.possible_length if n > 0), pattern.fullmatch, desc.national_number_pattern or "")
