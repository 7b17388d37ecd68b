"""Gaps in a text: found, filled, said to be missing, and never run."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import placeholders
from core.errors import Invalid
from core.placeholders import fill, missing, names, parse

NAMES = st.from_regex(r"[a-z_][a-z0-9_]{0,11}", fullmatch=True)
PLAIN = st.text().filter(lambda text: "{" not in text and "}" not in text)
VALUES = st.text()


@st.composite
def texts_with_gaps(draw):
    """A text, its fixed parts, and the names between them."""
    gaps = draw(st.lists(NAMES, max_size=6))
    parts = draw(st.lists(PLAIN, min_size=len(gaps) + 1, max_size=len(gaps) + 1))
    text = parts[0] + "".join(f"{{{{{gap}}}}}{part}" for gap, part in zip(gaps, parts[1:], strict=True))
    return text, parts, gaps


class TestParse:
    def test_names_come_in_order_without_repeats(self):
        assert names("{{b}} and {{a}} and {{b}}") == ("b", "a")

    def test_numbers_come_by_number_as_the_carrier_wants_them(self):
        assert names("{{2}} before {{1}}") == ("1", "2")

    def test_spaces_inside_the_braces_are_forgiven(self):
        assert names("Hello {{  first_name }}") == ("first_name",)

    @pytest.mark.parametrize(("text", "sentence"), [
        ("Hello {{name", "never closed"),
        ("Hello name}}", "without {{ before it"),
        ("Hello {{}}", "is empty"),
        ("Hello {{ }}", "is empty"),
        ("Hello {{{name}}}", "write {{name}}"),
        ("Hello {{name}}}", "three braces"),
        ("Hello {{First Name}}", "write {{first_name}}"),
        ("Hello {{7*7}}", "not a name"),
        ("Hello {{1st}}", "not a name"),
        ("Hello {{naïve}}", "not a name"),
        ("Hello {{0}}", "not a name"),
        ("{{1}} and {{name}}", "names or numbers, not both"),
    ])
    def test_a_gap_that_cannot_be_read_is_refused_in_words(self, text, sentence):
        with pytest.raises(Invalid, match=sentence.replace("{", r"\{").replace("}", r"\}").replace("*", r"\*")):
            parse(text)

    @given(texts_with_gaps())
    def test_a_text_is_cut_exactly_at_its_gaps(self, example):
        text, parts, gaps = example

        parsed = parse(text)

        assert (parsed.texts, parsed.gaps) == (tuple(parts), tuple(gaps))

    @given(st.text(alphabet="{}ab1_ %$*.7\n", max_size=30))
    def test_any_text_is_cut_or_refused_and_nothing_else(self, text):
        try:
            parsed = parse(text)
        except Invalid:
            return

        assert not any("{{" in part or "}}" in part for part in parsed.texts)
        assert len(parsed.texts) == len(parsed.gaps) + 1


class TestCheckTogether:
    @pytest.mark.parametrize(("names", "sentence"), [
        (["1", "3"], "{{2}} is missing"), (["2"], "{{1}} is missing"), (["1", "name"], "names or numbers, not both")])
    def test_holes_and_mixtures_of_all_texts_together_are_refused(self, names, sentence):
        with pytest.raises(Invalid, match=sentence.replace("{", r"\{").replace("}", r"\}")):
            placeholders.check_together(names)

    def test_numbers_may_stand_in_any_order_and_repeat(self):
        placeholders.check_together(["2", "1", "2", "3"])


class TestFill:
    @given(texts_with_gaps(), st.dictionaries(NAMES, VALUES), VALUES)
    def test_values_stand_where_the_gaps_were_and_nothing_else_changes(self, example, some, other):
        text, parts, gaps = example
        values = {gap: some.get(gap, other) for gap in gaps}

        filled = fill(parse(text), values)

        assert filled == parts[0] + "".join(values[gap] + part for gap, part in zip(gaps, parts[1:], strict=True))

    @pytest.mark.parametrize("value", ["{{other}}", "{{7*7}}", "{%x%}", "${7*7}", "{0.__class__}", "%(name)s"])
    def test_a_value_is_never_looked_into(self, value):
        assert fill(parse("Hi {{name}}."), {"name": value, "other": "no"}) == f"Hi {value}."

    @pytest.mark.parametrize("text", ["{% set x = 7 %}", "${7*7}", "{0.__class__}", "%(x)s", "{name}", "#{7*7}"])
    def test_other_languages_of_templates_are_ordinary_text(self, text):
        assert fill(parse(text), {"name": "Ada", "x": "49"}) == text

    def test_a_name_that_means_something_to_other_programs_is_only_a_name(self):
        assert fill(parse("{{config}} {{self}}"), {"config": "a", "self": "b"}) == "a b"

    def test_a_gap_without_value_is_refused_by_name(self):
        with pytest.raises(Invalid, match="no value for {{day}}"):
            fill(parse("On {{day}}."), {})


class TestMissing:
    def test_names_without_a_value_or_with_an_empty_one_are_missing(self):
        assert missing(parse("{{a}} {{b}} {{c}}"), {"a": "x", "b": ""}) == ["b", "c"]

    @given(texts_with_gaps())
    def test_what_is_not_missing_can_be_filled(self, example):
        parsed = parse(example[0])
        values = dict.fromkeys(parsed.names, "x")

        assert missing(parsed, values) == []
        assert fill(parsed, values).count("x") >= len(parsed.gaps)


def test_the_characters_of_names_are_the_carriers():
    allowed = set(string.ascii_lowercase + string.digits + "_")

    for char in map(chr, range(32, 0x250)):
        try:
            placeholders.parse(f"Hi {{{{a{char}b}}}}.")
        except Invalid:
            assert char not in allowed
        else:
            assert char in allowed
