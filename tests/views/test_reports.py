"""The reports page: a period and a campaign in the address, pictures with tables, and the same days as CSV."""

import pytest

from core import clock
from core.states import MessageState
from tests.factories.answers import sent_to
from tests.factories.campaigns import give_states, people


def test_the_days_of_a_period_are_pictures_and_a_table(browser, app, by):
    campaign = sent_to(people(5), by=by)
    give_states(campaign, [MessageState.READ, MessageState.FAILED], reason_code="131026", reason="Not on WhatsApp")

    page = browser.get("/reports").text

    assert "Messages by the day they left" in page and "Each day, as a table" in page
    assert "Not on WhatsApp" in page and "Check the number, or reach them in another way" in page
    assert page.count("<svg") >= 2 and 'role="img"' in page


def test_without_anything_it_says_so(browser, app):
    assert "Nothing was sent in these days" in browser.get("/reports").text


@pytest.mark.parametrize("asked", [
    "period=nonsense", "period=own", "period=own&from=x&to=y", "period=own&from=2026-02-01&to=2026-01-01",
    "period=own&from=0001-01-01&to=0001-01-02", "period=own&from=2020-01-01&to=2026-01-01", "campaign=77",
    "campaign=x", "campaign=99999999999999", "period=90", "period=own&from=2026-01-01&to=2026-03-01",
])
def test_whatever_the_address_asks_a_page_answers(browser, app, asked):
    assert browser.get(f"/reports?{asked}").status_code == 200
    assert browser.get(f"/reports/days.csv?{asked}").status_code == 200


def test_a_period_that_cannot_be_is_said(browser, app):
    assert "Choose a first and a last day" in browser.get("/reports?period=own&from=2026-02-01&to=2026-01-01").text


def test_the_spreadsheet_has_a_row_a_day(browser, app, by):
    sent_to(people(3), by=by)
    lines = browser.get("/reports/days.csv?period=28").text.splitlines()

    assert len(lines) == 29 and lines[0].endswith("day,sent,delivered,read,failed,unknown,replied,opted_out")
    assert sum(int(line.split(",")[1]) for line in lines[1:]) == 3


def test_the_rail_leads_there(browser, app):
    assert 'href="/reports"' in browser.get("/campaigns").text


def test_it_needs_sign_in(stranger, app):
    assert "/sign-in" in stranger.get("/reports").location


def test_the_days_are_those_of_the_viewer(browser, app, by):
    sent_to(people(1), by=by)

    assert f"{clock.now():%Y}" in browser.get("/reports").text
