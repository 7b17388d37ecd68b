"""When a campaign starts, as a person chooses it: own clocks, again and again, and a time that the clocks skip."""

from datetime import date

import pytest

from core import clock
from tests.browser import steps

DRAFT = """
from app import create_app
with create_app().app_context():
    from tests.factories.campaigns import a_campaign, a_tag, people
    a_campaign(size=0, name="Open doors")
    tag = a_tag("tag of Open doors")
    people(3, tag, first=1, country="NG")
    people(2, tag, first=10, zone="Asia/Tokyo")
    people(1, tag, first=20, country="US")
"""


def last_sunday_of_march(year: int) -> date:
    """The day on which London's clocks go forward."""
    return next(day for number in range(31, 24, -1) if (day := date(year, 3, number)).weekday() == 6)


@pytest.mark.parametrize("traits", [{}, {"width": 390}, {"scripts": False}, {"width": 390, "theme": "light", "scripts": False}])
def test_the_when_step_says_what_a_choice_means_before_anything_is_sent(visitor, live, traits):
    one = visitor(**traits)
    steps.first_visit(one)
    live.run(DRAFT)
    sunday = last_sunday_of_march(clock.now().year + 1)

    one.go("/campaigns/1/when")
    one.tick("At a time I choose")
    one.field("Day").first.fill(sunday.isoformat())
    one.fill("Time", "09:00")
    one.tick("At this time on each person’s own clock")
    one.press("Show what this means")
    one.says("on the clocks of the people")
    one.page.get_by_role("cell", name="Asia/Tokyo").wait_for()
    one.says("The clock of 1 person is not known")
    one.look_over("when, on own clocks")

    one.tick("Again and again")
    one.fill("Time", "01:30")
    one.choose("Zone", "Europe/London")
    one.field("At this time on each person’s own clock").uncheck()
    one.choose("Counted in", "day")
    one.press("Show what this means")
    one.says("Every day at 01:30")
    one.says("01:30 does not exist that day, because the clocks go forward; we use 02:00")
    one.look_over("when, repeating")

    one.choose("Counted in", "week")
    one.press("Show what this means")
    one.says("Choose at least one day of the week")
    one.tick("Monday")
    one.press("Keep and check")
    one.says("Every week on Monday at 01:30")
    one.press("Schedule for 6 people")
    one.says("Its runs so far")
    one.look_over("what repeats")
    one.press("Pause")
    one.says("no run starts until you resume it")
