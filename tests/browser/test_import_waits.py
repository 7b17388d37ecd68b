"""Whoever waits for the counts of a large file is led on when they are there, and without scripts by the page itself."""

import sqlite3

import pytest

from tests.browser import steps
from tests.browser.visitor import NARROW, WIDE

HELD = "UPDATE imports SET state = 'checking', rows_checked = 0, foreseen = '{}', lease_token = 'another process', lease_until = ?"


@pytest.mark.parametrize("traits", [dict(width=WIDE), dict(width=NARROW), dict(scripts=False)])
def test_the_counts_take_the_place_of_the_bar(visitor, live, tmp_path, traits):
    (tmp_path / "people.csv").write_text("Name,Mobile\nAna,0803 555 0142\n")
    one = visitor(**traits)
    steps.first_visit(one)
    one.go("/imports/new")
    one.field("CSV file").set_input_files(tmp_path / "people.csv")
    one.press("Look at this file")
    one.press("See what will happen")
    one.says("Here is what will happen")

    with sqlite3.connect(live.folder / "instance" / "pigeonpost.sqlite", timeout=30) as link:
        link.execute(HELD, ("2100-01-01 00:00:00.000000",))  # nobody counts
    one.go("/imports/1/check")
    one.says("Counting what will happen")
    one.look_over("counting")
    with sqlite3.connect(live.folder / "instance" / "pigeonpost.sqlite", timeout=30) as link:
        link.execute(HELD, (None,))  # whoever is free counts

    one.says("Here is what will happen", seconds=60)
    assert one.find("Add 1 person").is_visible()
