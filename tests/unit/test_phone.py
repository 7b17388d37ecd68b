"""Every way a number is written leads to one number, or to a reason."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.phone import InvalidPhone, Phone, calling_code, countries, country_of, international, is_country

ONE_PERSON = [
    "+447700900123", "447700900123", "07700900123", "7700900123", "00447700900123", "+44 7700 900123",
    "+44 7700 900 123", "+44-7700-900-123", "+44.7700.900.123", "+44 (0)7700 900123", "+44 (0) 7700 900123",
    "+44( 0 )7700900123", "0044 (0)7700 900123", "00 44 7700 900123", "(+44) 7700 900123", "+44 (7700) 900123",
    "(07700) 900123", "07700 900123", "07700-900123", "07700/900123", "07700_900_123", " 07700900123 ",
    "\t07700900123\r\n", "07700\u00a0900123", "07700\u202f900123", "07700\u2009900\u2009123", "07700‐900123",
    "07700‑900123", "07700–900123", "07700—900123", "07700−900123", "07700―900123", "07700－900123",
    "\ufeff07700900123", "\u200b07700900123\u200b", "07700\u200c900\u200d123", "\u206007700900123", "\u180e07700900123",
    "\u202a+447700900123\u202c", "\u200e+44 7700 900123", "٠٧٧٠٠٩٠٠١٢٣", "۰۷۷۰۰۹۰۰۱۲۳", "०७७००९००१२३",
    "０７７００９００１２３", "＋４４７７００９００１２３", "+00447700900123", "+4407700900123",
    "447700900123.0", "447700900123.00",
    "4.47700900123E+11", "4,47700900123e11", "'+447700900123", "\"07700 900123\"", "tel:+447700900123",
    "whatsapp:+447700900123", "[07700] 900123", "07700 · 900123", "07700•900123",
]


@pytest.mark.parametrize("typed", ONE_PERSON)
def test_every_spelling_of_one_person_is_one_number(typed):
    assert Phone.parse(typed, "GB").e164 == "+447700900123"


def test_there_are_at_least_fifty_spellings():
    assert len(set(ONE_PERSON)) >= 50


@pytest.mark.parametrize(("typed", "country", "e164"), [
    ("0803 555 0142", "NG", "+2348035550142"),
    ("(415) 555-0123", "US", "+14155550123"),
    ("1 (415) 555-0123", "US", "+14155550123"),
    ("011 44 7700 900123", "US", "+447700900123"),
    ("+43 720 123456789", "", "+43720123456789"),
    ("919876543210.0", "IN", "+919876543210"),
    ("+39 06 1234 5678", "", "+390612345678"),
    ("+39 (0)6 1234 5678", "", "+390612345678"),
    ("+5215512345678", "", "+525512345678"),
    ("08123456789", "NG", "+2348123456789"),
    ("+8816 12345678", "", "+881612345678"),
])
def test_numbers_of_other_countries_are_read_too(typed, country, e164):
    assert Phone.parse(typed, country).e164 == e164


@pytest.mark.parametrize(("typed", "why"), [
    ("", "is missing"),
    ("  \t ", "is missing"),
    ("9.19877E+11", "last digits are lost"),
    ("4.477E+11", "last digits are lost"),
    ("123", "too short"),
    ("0770090012", "not a number in use"),
    ("07700 9", "too short"),
    ("077009001234", "too long"),
    ("0" * 200, "too long"),
    ("+447700900123 x", "characters that are not part"),
    ("07700 9OO123", "characters that are not part"),
    ("0800 FLOWERS", "characters that are not part"),
    ("→07700900123", "characters that are not part"),
    ("'; DROP TABLE contacts; --", "characters that are not part"),
    ("07700900123 / 07700900124", "too long"),
    ("07700\x00900123", "characters that are not part"),
    ("½7700900123", "characters that are not part"),
    ("---", "no digits"),
    ("+", "no digits"),
    ("+00", "not"),
    ("+999 123 456 789", "country code we know"),
    ("999", "too short"),
    ("112", "too short"),
    ("0906 123 4567", "premium-rate"),
    ("+1 900 555 1234", "premium-rate"),
    ("+44 1000 000000", "not a number in use"),
])
def test_what_is_no_number_is_refused_with_the_reason(typed, why):
    with pytest.raises(InvalidPhone, match=why) as refused:
        Phone.parse(typed, "GB")

    assert refused.value.field == "phone"


def test_a_number_without_plus_and_country_is_refused():
    with pytest.raises(InvalidPhone, match="no country code"):
        Phone.parse("07700 900123")


def test_a_country_nobody_knows_is_refused_as_a_reason_and_not_as_a_crash():
    with pytest.raises(InvalidPhone):
        Phone.parse("07700 900123", "XX")


def test_the_reason_quotes_only_what_every_database_can_keep():
    with pytest.raises(InvalidPhone) as refused:
        Phone.parse("12\x00\ud800" + "a" * 60, "GB")

    assert "\x00" not in refused.value.message
    refused.value.message.encode()


@given(st.text(max_size=120), st.sampled_from(["", "GB", "NG", "US", "IN", "xx", "ß"]))
def test_no_text_gives_anything_but_a_number_or_a_reason(typed, country):
    try:
        number = Phone.parse(typed, country)
    except InvalidPhone:
        return

    assert number.e164.startswith("+") and number.e164[1:].isdigit() and len(number.e164) <= 16


@given(st.from_regex(r"\A[+0]{0,3}[\d ().\-]{6,16}\Z"), st.sampled_from(["GB", "NG", "US", "DE", "IT", "MX"]))
def test_a_number_written_for_people_reads_as_the_same_number(typed, country):
    try:
        number = Phone.parse(typed, country)
    except InvalidPhone:
        return

    assert Phone.parse(number.international) == number
    assert Phone.parse(number.e164, country) == number
    assert Phone.parse(number.e164[1:].join(["00", ""])) == number


@pytest.mark.parametrize(("e164", "country"), [
    ("+447700900123", "GB"), ("+2348035550142", "NG"), ("+14155550123", "US"), ("+16045550123", "CA"),
    ("+881612345678", ""), ("+390612345678", "IT"),
])
def test_a_number_knows_its_country(e164, country):
    assert Phone(e164).country == country_of(e164) == country


def test_numbers_are_shown_as_people_write_them_and_other_texts_as_they_are():
    assert international("+447700900123") == "+44 7700 900123"
    assert international("nobody") == "nobody"
    assert str(Phone("+447700900123")) == "+447700900123"


def test_countries_have_codes():
    assert is_country("GB") and not is_country("XX") and "NG" in countries()
    assert calling_code("GB") == "44" and calling_code("XX") == ""
