"""A row of a file under a mapping: a person, or every reason why not. No database."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import Invalid
from core.states import ConsentState
from services.imports.fields import check_mapping, guess_mapping
from services.imports.rows import BadRow, GoodRow, Options, RowReader, read_options
from services.imports.values import read_consent, read_date, read_day, read_language, read_number

TODAY = date(2026, 11, 24)
ALL = {str(n): target for n, target in enumerate(
    ["phone", "name", "email", "birthday", "language", "tags", "consent", "company", "notes", "new:Doctor"])}


def reader(mapping=ALL, country="GB", **options):
    return RowReader(mapping, Options(country, **options), file_name="people.csv", today=TODAY)


ONE_PERSON = ["+447911123456", "447911123456", "07911123456", "07911 123456", "07911-123-456", "(07911) 123456",
              "00447911123456", "00 44 7911 123456", "+44 (0)7911 123456", "+44 7911 123 456", "+44-7911-123456",
              "0044 (0) 7911 123456", "+44.7911.123.456", "07911.123.456", "0 7 9 1 1 1 2 3 4 5 6", "+44 07911 123456",
              "+44‑7911‑123456", "+44–7911–123456", "+44—7911—123456", "07911−123456", "+44‐7911‐123456",
              "\u200b+447911123456", "+447911123456\ufeff", "\u200e07911123456", "07911\u00a0123456", "07911\u2009123456",
              "٠٧٩١١١٢٣٤٥٦", "+٤٤٧٩١١١٢٣٤٥٦", "۰۷۹۱۱۱۲۳۴۵۶", "０７９１１１２３４５６", "＋４４７９１１１２３４５６", "'07911123456", "'+447911123456",
              "tel:+447911123456", "+44/7911/123456", "7911123456", "447911123456.0", "07911/123456", "[07911] 123456",
              "\t07911123456 ", "+44\n7911123456", "07911_123456", "07911·123456", "+44 7911 12 34 56", "07911,123,456",
              "0044.7911.123456", "004407911123456", "+44(0)7911123456", "(+44) 7911 123456", "+ 44 7911 123456"]


class TestPhones:
    def test_fifty_spellings_are_one_person(self):
        found = {text: reader().read(2, [text]) for text in ONE_PERSON}

        assert len(found) == 50
        wrong = {text: row for text, row in found.items()
                 if not isinstance(row, GoodRow) or row.person.phone != "+447911123456"}
        assert not wrong

    def test_numbers_without_a_country_code_are_flagged(self):
        assert reader().read(2, ["07911123456"]).is_local
        assert not reader().read(2, ["+447911123456"]).is_local

    def test_lost_digits_are_refused_with_the_reason(self):
        assert "last digits are lost" in reader().read(2, ["9.19877E+11"]).reasons[0].text

    def test_our_own_apostrophe_is_taken_off_and_nothing_else(self):
        row = reader().read(2, ["07911123456", "'=Ana", "", "", "", "", "", "'Quoted'"])

        assert (row.person.values["name"], row.person.values["company"]) == ("=Ana", "'Quoted'")


class TestReasons:
    def test_all_are_named_with_their_columns(self):
        row = reader().read(388, ["8.03556E+09", "Ife", "ife@", "31/02/1979", "", "", "perhaps"])

        assert {reason.column for reason in row.reasons} == {0, 2, 3, 6}
        assert any("February 1979 has no day 31" in reason.text for reason in row.reasons)

    def test_an_empty_row_says_so(self):
        assert reader().read(3, []).reasons[0].text == "The row is empty"

    def test_a_missing_last_cell_is_an_empty_value_and_more_cells_are_no_error(self):
        assert isinstance(reader().read(2, ["07911123456"]), GoodRow)
        assert isinstance(reader().read(2, ["07911123456", *["x@mail.example" if n == 1 else "" for n in range(30)]]), GoodRow)

    @pytest.mark.parametrize(("length", "kind"), [(199, GoodRow), (200, GoodRow), (201, BadRow), (1_000_000, BadRow)])
    def test_length_is_checked_to_the_letter(self, length, kind):
        assert isinstance(reader().read(2, ["07911123456", "x" * length]), kind)

    def test_a_column_with_a_thousand_different_tags_is_no_column_of_tags(self):
        reading = reader({"0": "phone", "1": "tags"})
        kinds = [type(reading.read(n, ["07911123456", f"t{n}"])) for n in range(1_100)]

        assert (kinds.count(GoodRow), kinds.count(BadRow)) == (1_000, 100)

    @given(st.lists(st.text(max_size=40), max_size=12), st.sampled_from(["GB", "US", "NG", "BR", "DE"]))
    @settings(max_examples=300, deadline=None)
    def test_no_row_ever_raises(self, cells, country):
        assert isinstance(reader(country=country).read(2, cells), GoodRow | BadRow)


class TestDates:
    @pytest.mark.parametrize(("text", "country", "iso"), [
        ("1990-04-03", "GB", "1990-04-03"), ("03/04/1990", "GB", "1990-04-03"), ("03/04/1990", "US", "1990-03-04"),
        ("13/04/1990", "US", "1990-04-13"), ("04/13/1990", "GB", "1990-04-13"), ("3.4.1990", "US", "1990-04-03"),
        ("1990-04-03 00:00:00", "GB", "1990-04-03"), ("1990-04-03T10:00Z", "GB", "1990-04-03"),
        ("1990/4/3", "GB", "1990-04-03"), ("03-04-1990", "DE", "1990-04-03"), (" 03/04/1990 ", "GB", "1990-04-03"),
    ])
    def test_are_read_the_way_the_country_writes_them(self, text, country, iso):
        assert read_date(text, country=country, today=TODAY) == iso

    @pytest.mark.parametrize(("text", "words"), [
        ("03/04/90", "four digits"), ("31/02/1979", "no day 31"), ("2027-01-01", "still to come"), ("soon", "1990-04-23"),
        ("1990-13-01", "no month 13"), ("0001-01-01", "check the year"), ("9999-01-01", "check the year"),
        ("33000", "1990-04-23"), ("2026-11-25", "still to come"),
    ])
    def test_what_cannot_be_a_birthday_is_refused_in_words(self, text, words):
        with pytest.raises(ValueError, match=words):
            read_date(text, country="GB", today=TODAY)


class TestFieldsOfOnesOwn:
    @pytest.mark.parametrize(("kind", "country", "text", "kept"), [
        ("date", "GB", "03/04/2027", "2027-04-03"), ("date", "US", "03/04/2027", "2027-03-04"), ("date", "DE", "3.4.1815", "1815-04-03"),
        ("date", "GB", "2026-11-24 10:30", "2026-11-24"), ("date", "GB", "2026-11-24T10:30:00+01:00", "2026-11-24"),
        ("number", "DE", "0,5", 0.5), ("number", "DE", "1.234,5", 1234.5), ("number", "US", "1,234.50", 1234.5),
        ("number", "FR", "1\u202f234\u202f567", 1_234_567), ("number", "CH", "12’500", 12_500), ("number", "GB", " 12 ", 12),
        ("yes_no", "DE", "Ja", True), ("yes_no", "DE", "FALSCH", False), ("yes_no", "FR", "vrai", True), ("yes_no", "GB", "0", False),
        ("text", "GB", "1,234", "1,234"),
    ])
    def test_are_read_as_a_spreadsheet_of_the_country_writes_them(self, kind, country, text, kept):
        row = reader({"0": "phone", "1": f"new:{kind}:Own"}, country=country).read(2, ["+447911123456", text])

        assert row.person.fields == {"Own": kept}

    @pytest.mark.parametrize(("kind", "text", "words"), [
        ("date", "31/02/2026", "Own “31/02/2026”: February 2026 has no day 31"), ("date", "24/11/26", "four digits"),
        ("date", "soon", "write it like 1990-04-23"), ("date", "0000-01-01", "check the year"),
        ("number", "1,234", "Own “1,234”: write 1234 or 1.234, so that it can be only one number"),
        ("number", "12,34,567", "is not a number"), ("number", "1.2.3", "is not a number"), ("number", "n/a", "is not a number"),
        ("yes_no", "perhaps", "neither yes nor no"),
    ])
    def test_what_has_no_one_meaning_is_refused_in_words(self, kind, text, words):
        row = reader({"0": "phone", "1": f"new:{kind}:Own"}).read(2, ["+447911123456", text])

        assert words in row.reasons[0].text

    @given(st.integers(-10**12, 10**12) | st.decimals(-10**9, 10**9, places=3).map(float))
    def test_numbers_as_we_write_them_stay_as_they_are(self, number):
        assert float(read_number(str(number))) == number

    @given(st.dates())
    def test_days_as_we_write_them_stay_as_they_are(self, day):
        assert read_day(day.isoformat(), country="US") == day.isoformat()


class TestWords:
    @pytest.mark.parametrize("text", ["Yes", "TRUE", "1", "ja", "Sí", "opted in", "x"])
    def test_yes(self, text):
        assert read_consent(text) is ConsentState.GRANTED

    @pytest.mark.parametrize("text", ["no", "FALSE", "0", "Nein", "opted out", "STOP", "unsubscribed"])
    def test_no(self, text):
        assert read_consent(text) is ConsentState.WITHDRAWN

    @pytest.mark.parametrize(("text", "code"), [("en", "en"), ("pt-br", "pt_BR"), ("German", "de"), ("ES_mx", "es_MX")])
    def test_languages(self, text, code):
        assert read_language(text) == code


class TestMapping:
    @pytest.mark.parametrize(("heading", "field"), [
        ("Phone", "phone"), ("phone_number", "phone"), ("URN:Tel", "phone"), ("Teléfono", "phone"), ("Handy-Nummer", "phone"),
        ("WhatsApp", "phone"), ("Celular", "phone"), ("Full Name", "name"), ("Vorname", "first_name"),
        ("Apellidos", "last_name"), ("E-Mail Address", "email"), ("Correo electrónico", "email"),
        ("Date of Birth", "birthday"), ("Geburtsdatum", "birthday"), ("Opt-in", "consent"), ("Gruppe", "tags"),
        ("Company", "company"), ("Sprache", "language"), ("手机", "phone"), ("имя", "name"),
    ])
    def test_headings_are_understood(self, heading, field):
        assert guess_mapping([heading], []) == {"0": field}

    def test_a_phone_column_is_told_by_its_content(self):
        assert guess_mapping(["Reach", "Who"], [["07911 123456", "Ana"]]) == {"0": "phone"}

    def test_the_better_of_two_phone_columns_is_taken(self):
        assert guess_mapping(["Telephone", "WhatsApp"], []) == {"1": "phone"}

    def test_custom_fields_are_found_by_label(self):
        assert guess_mapping(["Last check-up"], [], {"last_check_up": "Last check-up"}) == {"0": "field:last_check_up"}

    @pytest.mark.parametrize("mapping", [{}, {"0": "name"}, {"0": "phone", "1": "phone"}, {"7": "phone"}, {"0": "wallet"},
                                         {"0": "field:gone"}, {"-1": "phone"}, {"0": "phone", "1": "new:"}])
    def test_a_mapping_that_cannot_be_is_refused(self, mapping):
        with pytest.raises(Invalid):
            check_mapping(["A", ""], mapping, {})


@pytest.mark.parametrize(("raw", "field"), [
    ({"country": "ZZ"}, "country"), ({"consent": "granted"}, "proof"), ({"consent": "maybe"}, "consent"),
    ({"on_duplicate": "eat"}, "on_duplicate"), ({"tags": "x" * 61}, "tags"), ({"proof": "x" * 501}, "proof"),
])
def test_an_option_that_cannot_be_is_refused_beside_its_field(raw, field):
    with pytest.raises(Invalid) as refusal:
        read_options(raw, default_country="GB")

    assert refusal.value.field == field
