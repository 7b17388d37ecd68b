"""The list of acts: sentences with links, filters in the address, export of exactly what is shown."""

import csv
import io
from datetime import timedelta

import pytest

from core import clock
from core.actor import SYSTEM, Actor
from models import ActivityEntry, Contact, db, transaction
from services import activity


@pytest.fixture
def ada(app):
    """A person whom somebody added."""
    with transaction():
        db.session.add(person := Contact(name="Ada Obi"))
        db.session.flush()
        activity.record("contact.added", by=Actor("user", "Amina Bello"), subject_kind="contact", subject_id=person.id,
                        subject_name="Ada Obi")
    return person


def test_says_who_did_what_to_what_with_a_link(browser, ada):
    text = " ".join(browser.get("/activity").text.split())

    assert f'<strong>Amina Bello</strong> added <a class="opens" href="/contacts/{ada.id}">Ada Obi</a>' in text


def test_what_is_gone_is_a_word_and_no_link(browser, ada):
    with transaction():
        db.session.delete(db.session.get(Contact, ada.id))

    assert "<strong>Ada Obi</strong>" in browser.get("/activity").text


def test_ones_own_acts_are_told_as_you(browser):
    browser.post("/settings/team", {"name": "Ada", "email": "ada@x.example", "role": "agent", "password": "harbour 9 lights"})

    assert "<strong>You</strong> added" in browser.get("/activity").text


def test_days_are_those_of_the_viewers_zone(browser, ada):
    text = browser.get("/activity").text

    assert f"Today, {clock.now():%A}" in text


@pytest.mark.parametrize(("asked", "found"), [
    ("", True), ("?kind=contact", True), ("?kind=campaign", False), ("?who=Amina+Bello", True), ("?who=Nobody", False),
    ("?q=ada", True), ("?q=zzz", False), ("?from=2020-01-01&to=2199-01-01", True), ("?to=2020-01-01", False),
    ("?kind=nonsense", True), ("?page=99", True), ("?page=-1", True)])
def test_filters_live_in_the_address(browser, ada, asked, found):
    assert ("Ada Obi" in browser.get(f"/activity{asked}").text.partition("<main")[2]) is found


@pytest.mark.parametrize("day", ["yesterday", "2026-13-40", "0000-00-00", "99999-01-01", "1", "2026-11-23T00:00", "-1", "9999-12-31"])
def test_a_day_that_is_none_is_said_and_left_out(browser, ada, day):
    text = browser.get(f"/activity?from={day}").text

    assert "is not a day" in text
    assert "Ada Obi" in text


def test_days_the_wrong_way_round_are_said(browser, ada):
    assert "first day is after the last one" in browser.get("/activity?from=2026-02-02&to=2026-01-01").text


def test_nothing_found_offers_to_clear_the_filters(browser, ada):
    assert "Clear the filters" in browser.get("/activity?q=zzz").text


def test_long_lists_have_pages_that_keep_the_filters(browser):
    for _ in range(51):
        activity.record("user.signed_in", by=SYSTEM)
    text = browser.get("/activity?kind=user").text

    assert "1 to 50 of 51" in text
    assert "/activity?page=2&amp;kind=user" in text
    assert "51 to 51 of 51" in browser.get("/activity?page=2&kind=user").text


def rows_of(answer):
    """The cells of a CSV answer."""
    return list(csv.reader(io.StringIO(answer.get_data(as_text=True).removeprefix("\ufeff"))))


class TestExport:
    def test_is_exactly_what_is_filtered(self, browser, ada):
        activity.record("campaign.finished", by=SYSTEM, subject_kind="campaign", subject_name="Flu")

        rows = rows_of(browser.get("/activity/export?kind=contact"))

        assert rows[0] == ["time (UTC)", "who", "what", "to what", "act"]
        assert [row[1:] for row in rows[1:]] == [["Amina Bello", "added Ada Obi", "Ada Obi", "contact.added"]]

    @pytest.mark.parametrize("name", ["=1+1", "+cmd|' /C calc'!A0", "@SUM(A1)", "-2+3", "\t=1"])
    def test_holds_no_formula(self, browser, name):
        activity.record("tag.added", by=Actor("user", name), subject_name=name)

        cells = rows_of(browser.get("/activity/export"))[1]

        assert not [cell for cell in cells if cell.startswith(("=", "+", "@", "-", "\t"))]

    def test_reads_any_length(self, browser):
        with transaction():
            db.session.add_all([ActivityEntry(actor_kind="system", actor_name="P", verb="user.signed_in", details={},
                                              at=clock.now() - timedelta(minutes=n)) for n in range(1500)])

        assert len(rows_of(browser.get("/activity/export"))) == 1501


def test_a_stranger_gets_neither_list_nor_export(stranger, browser):
    assert stranger.get("/activity").location.startswith("/sign-in")
    assert stranger.get("/activity/export").location.startswith("/sign-in")


def test_lines_cannot_be_changed_from_any_page(app):
    changing = [rule.endpoint for rule in app.url_map.iter_rules()
                if rule.endpoint.startswith("activity.") and rule.methods & {"POST", "PUT", "PATCH", "DELETE"}]

    assert changing == []


def test_what_a_person_did_themselves_begins_with_them(browser, ada):
    with transaction():
        activity.record("contact.withdrew", by=Actor("contact", "The person"), subject_kind="contact",
                        subject_id=ada.id, subject_name="Ada Obi", category="marketing")

    text = " ".join(browser.get("/activity").text.split())

    assert f'<a class="opens" href="/contacts/{ada.id}">Ada Obi</a> withdrew from marketing messages' in text
    assert "The person recorded" not in text
