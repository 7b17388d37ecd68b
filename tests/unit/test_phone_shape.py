"""How much of a number a pattern looks at, told from the pattern alone."""

import random
import re

import phonenumbers
import pytest

from core.phone_shape import free_digits

KINDS = ("general_desc", "mobile", "fixed_line", "toll_free", "shared_cost", "voip", "personal_number", "pager", "uan",
         "premium_rate", "voicemail")


@pytest.mark.parametrize(("pattern", "wanted"), [
    (r"7700\d{6}", {10: 6}),
    (r"[2-9]\d{3}", {4: 3}),
    (r"800\d{4}|8001111", {7: 0}),
    (r"(?:70|8[01])\d\d", {4: 2}),
    (r"1\d?2|\d{2,3}", {2: 0, 3: 0}),
    (r"\d{2,3}", {2: 2, 3: 3}),
    (r"5(?:0\d{3})?", {1: 0, 5: 3}),
])
def test_the_digits_that_do_not_matter_are_counted_for_each_length(pattern, wanted):
    assert free_digits(pattern) == wanted


def test_a_pattern_in_other_signs_is_refused():
    with pytest.raises(ValueError, match="unknown signs"):
        free_digits(r"(?!)")


def test_no_pattern_of_any_country_looks_at_a_digit_that_is_said_to_be_free():
    chance = random.Random(5)
    for country in sorted(phonenumbers.SUPPORTED_REGIONS):
        data = phonenumbers.PhoneMetadata.metadata_for_region(country, None)
        for desc in filter(None, (getattr(data, kind) for kind in KINDS)):
            if not desc.national_number_pattern:
                continue
            fits = re.compile(desc.national_number_pattern).fullmatch
            starts = [desc.example_number] if desc.example_number else []
            for length, free in free_digits(desc.national_number_pattern).items():
                for number in [one for one in starts if len(one) == length] + [
                        "".join(chance.choices("0123456789", k=length)) for _ in range(3)]:
                    other = number[:length - free] + "".join(chance.choices("0123456789", k=free))
                    assert bool(fits(number)) == bool(fits(other)), (country, number, other)
