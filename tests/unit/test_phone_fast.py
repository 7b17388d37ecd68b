"""The short cut for phone numbers agrees with the long way on every number, in every country."""

import random

import phonenumbers
import pytest

from core import phone_fast
from core.phone import InvalidPhone, Phone

CHANCE = random.Random(11)


def spellings(code, national, prefix):
    """How people write one number: with and without plus, home prefix, and their mix-ups."""
    return (f"+{code}{national}", national, prefix + national, f"{code}{national}", f"00{code}{national}",
            f"+{code}{prefix}{national}", f"+{code} (0){national}", f"0{national}", f"{code}{prefix}{national}",
            f"({prefix}{national[:3]}) {national[3:]}")


def nearby(example):
    """The example itself, and numbers that differ in a few digits or in length."""
    yield example
    for _ in range(3):
        digits = list(example)
        for _ in range(CHANCE.randrange(1, 5)):
            digits[-1 - CHANCE.randrange(len(digits))] = str(CHANCE.randrange(10))
        yield "".join(digits[:-1] if CHANCE.random() < 0.1 else digits)


@pytest.mark.parametrize("start", range(8))
def test_both_ways_agree(start):
    for country in sorted(phonenumbers.SUPPORTED_REGIONS)[start::8]:
        data = phonenumbers.PhoneMetadata.metadata_for_region(country, None)
        for kind in ("mobile", "fixed_line", "premium_rate", "toll_free", "voip", "voicemail", "uan"):
            desc = getattr(data, kind)
            for national in nearby(desc.example_number) if desc and desc.example_number else ():
                for text in spellings(data.country_code, national, data.national_prefix or ""):
                    if found := phone_fast.sure(text, country):
                        phone = Phone.parse(text, country)
                        assert found == (phone.e164, phone.country), (text, country)


@pytest.mark.parametrize("text", ["", "hello", "9.19877E+11", "+4479460", "07", "+", "00", "\ufeff", "+447700900123"])
def test_what_it_is_not_sure_of_is_left_to_the_long_way(text):
    try:
        wanted = Phone.parse(text, "GB").e164
    except InvalidPhone as error:
        with pytest.raises(InvalidPhone, match=error.message.replace("+", r"\+")[:20]):
            phone_fast.parse(text, "GB")
    else:
        assert phone_fast.parse(text, "GB")[0] == wanted
