"""Texts as people write and read them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import words


def test_counts_carry_the_right_word_and_grouped_digits():
    assert [words.plural(n, "person", "people") for n in (0, 1, 1204)] == ["0 people", "1 person", "1,204 people"]


def test_lists_end_in_and():
    assert words.listed(["name", "phone", "tags"]) == "name, phone and tags"
    assert words.listed(["name"]) == "name" and words.listed([]) == ""


def test_one_line_keeps_letters_and_drops_what_could_lie():
    assert words.one_line("  Ada\u202e\x00\nÖkafor\ufeff ") == "Ada  Ökafor"
    assert words.one_line("می\u200cخواهم") == "می\u200cخواهم"


@pytest.mark.parametrize(("typed", "seen"), [("   ", ""), ("\u200b\u200b", ""), ("\u3164", ""), ("\u2800", ""), (" 😀 ", "😀"),
                                             ("می\u200cخواهم", "می\u200cخواهم")])
def test_a_line_of_which_nothing_can_be_seen_is_empty(typed, seen):
    assert words.seen_line(typed) == seen


def test_many_lines_keeps_line_breaks():
    assert words.many_lines("one\r\ntwo\rthree\x07") == "one\ntwo\nthree"


def test_a_long_quote_is_cut():
    assert words.shortened("a" * 50, 10) == "aaaaaaaaa…"


def test_folding_makes_spellings_equal():
    assert words.folded("STRASSE") == words.folded("Straße") and words.folded("e\u0301") == words.folded("É")


@given(st.text(st.characters(exclude_categories=[])))
def test_a_cleaned_line_can_be_stored_anywhere(text):
    line = words.one_line(text)

    assert "\x00" not in line and "\n" not in line
    line.encode()
    words.many_lines(text).encode()
