"""The form in which people are sorted and looked for. No database."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.letters import searched
from core.words import folded


@pytest.mark.parametrize(("name", "typed"), [
    ("Zoë", "zoe"), ("Élise", "elise"), ("Núñez", "nunez"), ("Łukasz", "lukasz"), ("Søren", "soren"), ("Đặng", "dang"),
    ("Ọbi", "obi"), ("Straße", "strasse"), ("İzmir", "izmir"), ("ＡＢＣ", "abc"), ("Ædel", "aedel"), ("Алёна", "алена"),
    ("Άννα", "αννα"), ("e\u0301lan", "elan"),
])
def test_a_name_is_found_by_its_bare_letters(name, typed):
    assert searched(name) == searched(typed) == typed


@pytest.mark.parametrize("name", ["김민준", "山田 太郎", "がんばる", "محمد", "नमस्ते", "ไทย"])
def test_scripts_in_which_a_mark_is_a_letter_keep_it(name):
    assert searched(name) == name


@given(st.text(max_size=30))
def test_doing_it_twice_changes_nothing_more(text):
    assert searched(searched(text)) == searched(text) == searched(folded(text))
