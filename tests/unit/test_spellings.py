"""Numbers written in two ways."""

import pytest

from core.spellings import one_spelling, other_spellings


@pytest.mark.parametrize(("one", "other"), [
    ("+5531991234567", "+553191234567"), ("+5215512345678", "+525512345678"), ("+5491112345678", "+541112345678")])
def test_both_ways_lead_to_each_other(one, other):
    assert other_spellings(one) == (other,)
    assert other_spellings(other) == (one,)
    assert one_spelling(one) == one_spelling(other)


@pytest.mark.parametrize("number", ["+553132345678", "+5531923456789", "+447700900123", "+55", "", "+52155", "+1 55"])
def test_other_numbers_have_one(number):
    assert other_spellings(number) == ()
    assert one_spelling(number) == number
