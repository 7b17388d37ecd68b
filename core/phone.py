"""Phone numbers: anything a person types, to E.164 or a reason. The only file that knows phonenumbers."""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import Self

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat, PhoneNumberType, ValidationResult

from core.errors import Invalid
from core.words import shortened

_FORGIVEN = dict.fromkeys(map(ord, (
    " \t\r\n\v\f()[].-/\\·•,_'\"´`’‘~"
    "‐‑‒–—―−⁃﹘﹣－ー"
    "\u00a0\u00ad\u1680\u180e\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"
    "\u200b\u200c\u200d\u2060\ufeff\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")))
_LONGEST_TYPED = 80
_SCHEME = re.compile(r"^(?:tel|whatsapp|phone)\s*:\s*", re.IGNORECASE)
_TRUNK_ZERO = re.compile(r"\(\s*0\s*\)")
_SCIENTIFIC = re.compile(r"^[+-]?(\d)(?:[.,](\d+))?E\+?(\d{1,3})$", re.IGNORECASE)
_FLOAT = re.compile(r"^\+?(\d{7,})[.,]0+$")
_FOR_STORIES = re.compile(r"\+447700900\d{3}")  # kept free for samples and films: nobody has them
_OLD_MEXICAN_MOBILE = re.compile(r"\+521(\d{10})")  # WhatsApp still writes the 1 that Mexico dropped
_ARGENTINE_TWICE = re.compile(r"^(\+?54)?9(?=\d{2,4}15\d{6,8}$)(?=\d{12}$)")  # the 9 of abroad and the 15 of home
_NOT_FOR_PEOPLE = {
    PhoneNumberType.PREMIUM_RATE: "a premium-rate number",
    PhoneNumberType.VOICEMAIL: "a voicemail number",
}
_KEEPS_ITS_ZERO = ("39", "378", "379")  # in Italy the 0 after the country code belongs to the number


class InvalidPhone(Invalid):
    """Text that is not a number WhatsApp could reach; the message says why."""


@dataclass(frozen=True, slots=True, order=True)
class Phone:
    """An E.164 number such as +14155550123. If you hold one, it has been checked."""

    e164: str

    @classmethod
    def parse(cls, text: str, default_country: str = "") -> Self:
        """Read what a person typed or a spreadsheet wrote.

        Spaces, dashes of every kind, brackets, a leading 00, tel:, Arabic-Indic and full-width digits are forgiven;
        a number without plus is read under `default_country` (ISO code such as GB).
        Raises InvalidPhone with the reason when no number is left that WhatsApp could reach.
        """
        return cls(_read(text, default_country.upper()))

    @property
    def country(self) -> str:
        """ISO code of the country, or an empty text for numbers of no country (satellites)."""
        return country_of(self.e164)

    @property
    def international(self) -> str:
        """As people write it: +44 7700 900123."""
        return international(self.e164)

    def __str__(self) -> str:
        return self.e164


@lru_cache(maxsize=4096)
def international(e164: str) -> str:
    """An E.164 number as people write it; any other text as it is."""
    try:
        number = phonenumbers.parse(e164)
    except NumberParseException:
        return e164
    return phonenumbers.format_number(number, PhoneNumberFormat.INTERNATIONAL)


def country_of(e164: str) -> str:
    """ISO code of the country a checked E.164 number belongs to; empty for satellites and other non-places."""
    for length in (1, 2, 3):
        regions = phonenumbers.COUNTRY_CODE_TO_REGION_CODE.get(int(e164[1:length + 1]))
        if regions and len(regions) == 1:
            return "" if regions[0] == "001" else regions[0]
        if regions:
            return phonenumbers.region_code_for_number(phonenumbers.parse(e164)) or regions[0]
    return ""


@lru_cache(maxsize=1)
def us_area_codes() -> frozenset[str]:
    """The area codes behind +1 that are in the United States; Canada and the Caribbean share the +1."""
    return frozenset(area for area in map(str, range(200, 1000))
                     if phonenumbers.region_code_for_number(phonenumbers.parse(f"+1{area}2345678")) == "US")


def is_us(e164: str) -> bool:
    """Whether an E.164 number has an area code of the United States."""
    return e164[:2] == "+1" and e164[2:5] in us_area_codes()


def is_country(code: str) -> bool:
    """Whether `code` is a country phone numbers can belong to, such as GB."""
    return code in phonenumbers.SUPPORTED_REGIONS


def countries() -> list[str]:
    """ISO codes of every country numbers can belong to, sorted."""
    return sorted(phonenumbers.SUPPORTED_REGIONS)


def calling_code(country: str) -> str:
    """44 for GB; empty for a country nobody knows."""
    return str(phonenumbers.country_code_for_region(country) or "")


def _read(text: str, country: str) -> str:
    """The E.164 form, or InvalidPhone."""
    typed = text.strip()
    if not typed:
        raise InvalidPhone("The phone number is missing", field="phone")
    if len(typed) > _LONGEST_TYPED:
        raise _refused(typed, "is too long for a phone number")
    wanted = _digits_of(typed)
    if not wanted.startswith("+") and not country:
        raise _refused(typed, "has no country code; write it with a plus, such as +44…")
    if wanted.startswith("+") or country == "AR":
        wanted = _ARGENTINE_TWICE.sub(r"\1", wanted)
    try:
        number = phonenumbers.parse(wanted, None if wanted.startswith("+") else country)
    except NumberParseException as error:
        raise _refused(typed, _why(error)) from None
    return _checked(number, typed)


def _checked(number: phonenumbers.PhoneNumber, typed: str) -> str:
    """The E.164 form of a number that is in use and that a person can have."""
    e164 = phonenumbers.format_number(number, PhoneNumberFormat.E164)
    kind = phonenumbers.number_type(number)
    if kind in _NOT_FOR_PEOPLE:
        raise _refused(typed, f"is {_NOT_FOR_PEOPLE[kind]}, which cannot have WhatsApp")
    if kind != PhoneNumberType.UNKNOWN or _FOR_STORIES.fullmatch(e164):
        return e164
    if old := _OLD_MEXICAN_MOBILE.fullmatch(e164):
        return _read(f"+52{old[1]}", "")
    raise _refused(typed, _why_not_valid(number))


def _digits_of(typed: str) -> str:
    """Plain digits with an optional leading plus. Raises InvalidPhone for letters and lost digits."""
    plain = _SCHEME.sub("", unicodedata.normalize("NFKC", typed).strip())
    plain = _whole_number(plain, typed)
    is_abroad = plain.lstrip("\ufeff\u200b ").startswith(("+", "00", "(+"))
    bare = plain.translate(_FORGIVEN)
    if is_abroad and not bare.lstrip("+0").startswith(_KEEPS_ITS_ZERO):
        bare = _TRUNK_ZERO.sub("", plain).translate(_FORGIVEN)
    has_plus = bare.startswith("+")
    digits = bare[1:] if has_plus else bare
    if not digits.isdecimal():
        raise _refused(typed, "has characters that are not part of a phone number" if digits else "has no digits")
    if not digits.isascii():
        digits = "".join(str(unicodedata.decimal(digit)) for digit in digits)
    if digits.startswith("00"):
        return "+" + digits[2:]
    return "+" + digits if has_plus else digits


def _whole_number(plain: str, typed: str) -> str:
    """Undo what spreadsheets do to long numbers, where no digit was lost; InvalidPhone where one was."""
    if found := _FLOAT.match(plain):
        return plain[:found.end(1)]
    found = _SCIENTIFIC.match(plain)
    if not found:
        return plain
    head, rest, power = found[1], found[2] or "", int(found[3])
    if len(rest) >= power and not rest[power:].strip("0"):
        return head + rest[:power]
    raise _refused(typed, "was shortened by a spreadsheet and its last digits are lost; format the column as text")


def _refused(typed: str, why: str) -> InvalidPhone:
    return InvalidPhone(f"“{shortened(typed)}” {why}", field="phone")


def _why(error: NumberParseException) -> str:
    """What the library says, in words."""
    words = {
        NumberParseException.INVALID_COUNTRY_CODE: "does not start with a country code we know",
        NumberParseException.TOO_LONG: "is too long for a phone number",
        NumberParseException.TOO_SHORT_NSN: "is too short for a phone number",
        NumberParseException.TOO_SHORT_AFTER_IDD: "is too short for a phone number",
    }
    return words.get(error.error_type, "is not a phone number")


def _why_not_valid(number: phonenumbers.PhoneNumber) -> str:
    """Too short, too long, or not a number of that country."""
    result = phonenumbers.is_possible_number_with_reason(number)
    if result in (ValidationResult.TOO_SHORT, ValidationResult.IS_POSSIBLE_LOCAL_ONLY):
        return "is too short for a phone number"
    if result == ValidationResult.TOO_LONG:
        return "is too long for a phone number"
    return "is not a number in use in its country"
