"""A new user tries everything before anybody is written to: sample, check, test, rehearsal, and away with it."""

import re

import pytest

from tests.browser import steps
from tests.live import wait_until


@pytest.mark.parametrize("traits", [{}, {"width": 390, "scripts": False}], ids=["wide", "narrow, no scripts"])
def test_sample_check_test_rehearse_and_remove(visitor, traits):
    one = visitor(**traits)
    steps.first_visit(one)

    one.press("Load sample data")
    wait_until(lambda: "A campaign that was sent" in again(one, "/samples"), "the example was never sent")
    one.look_over()
    one.go("/settings/account")
    one.fill("Your own WhatsApp number", "+44 7700 900 777")
    one.press("Keep this")
    one.look_over()

    one.go("/samples")
    one.press("A campaign that is ready to check")
    check = one.page.url.removeprefix(one.address)
    one.press(re.compile("Send a test to me"))
    one.says("It counts in no report")
    wait_until(lambda: "Delivered" in again(one, check) or "Read" in one.page.content(), "the test never arrived")

    one.press("Rehearse it")
    rehearsal = one.page.url.removeprefix(one.address)
    wait_until(lambda: "Would be sent to" in again(one, rehearsal), "the rehearsal never ended", seconds=120)
    one.says("Certain, as things stand")
    one.look_over()

    one.go("/samples")
    take_away = re.compile("Remove 200 made-up people")
    if one.scripts:  # asks once
        one.find(take_away).click()
        with one.page.expect_navigation():
            one.page.get_by_role("dialog").get_by_role("button", name=take_away).click()
    else:
        one.press(take_away)
    one.says("The sample is gone")


def again(one, path):
    """The page as it is now."""
    one.go(path)
    return one.page.content()
