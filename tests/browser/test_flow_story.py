"""Somebody draws a flow, tries it on the phone beside it, mends what is missing, and publishes it."""

import pytest

from tests.browser import steps
from tests.browser.visitor import NARROW, WIDE

WAYS = {"mouse": dict(width=WIDE), "phone without scripts": dict(width=NARROW, scripts=False, theme="light")}


@pytest.mark.parametrize("way", WAYS)
def test_a_flow_is_drawn_tried_and_published(visitor, way):
    one = visitor(**WAYS[way])
    steps.first_visit(one)
    one.go("/flows")
    one.look_over("/flows")
    one.press("Begin with “Feedback”")
    one.look_over("a flow")
    one.choose("What it does", "ask")
    one.choose("Behind", "stars")
    one.press("Add this step")
    one.look_over("a step of a flow")
    one.fill("Text", "And the waiting time?")
    one.press("Keep this step")
    one.says("People get it once you publish")

    for words in ("2", "Too long", "It was cold"):
        one.fill("What the person writes", words)
        if one.scripts:
            one.find("Say it").click()
        else:
            one.press("Say it")
        one.says(words)
    one.says("Hands over to the team: Unhappy (2 of 5): It was cold")

    one.go("/flows/1")
    one.press("Publish")
    one.says("version 1")
    one.go("/flows/1/people")
    one.look_over("people of a flow")
