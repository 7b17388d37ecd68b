"""Countries people choose from."""

from core import countries


def test_every_country_has_a_name():
    assert [code for code, name in countries.by_name() if len(name) <= 2 or name == code] == []


def test_they_stand_in_the_order_of_their_names():
    names = [name for _, name in countries.by_name()]

    assert names == sorted(names)
    assert "Kosovo" in names
