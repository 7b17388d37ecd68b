"""Every page a person can open from the rail, looked over in both themes, wide and narrow."""

import pytest

from tests.browser import steps
from tests.browser.visitor import NARROW, WIDE

EMPTY = ["/", "/contacts", "/contacts/new", "/segments", "/segments/new", "/imports", "/imports/new", "/templates",
         "/templates/new", "/campaigns", "/campaigns/new", "/activity", "/settings"]


@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_every_page_of_a_new_house_can_be_looked_over(visitor, width):
    one = visitor(width=width)
    steps.first_visit(one)

    for path in EMPTY:
        one.go(path)
        one.look_over(path)
