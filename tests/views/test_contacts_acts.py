"""Acts on many people in the background, as people meet them: the page with its bar, Stop, the way back."""

import re
from datetime import timedelta
from html import unescape

import pytest
from sqlalchemy import update

from core import clock
from models import BulkAct, Contact, ContactTag, db
from services import contacts
from services.contacts import Incoming, bulk_work


@pytest.fixture
def people(app, by, monkeypatch):
    """A hundred and twenty, and a request that takes no more than thirty at once."""
    monkeypatch.setattr(contacts, "AT_ONCE", 30)
    monkeypatch.setattr(bulk_work, "_PART", 40)
    contacts.add_or_update_many([Incoming(phone=f"+23480355{number:05d}", tags=("old",) if number < 50 else ())
                                 for number in range(120)], by=by)


def ask(browser, **values):
    """Choose everybody of the filters, and the page one is led to."""
    answer = browser.post("/contacts/bulk", {"all_matching": "1", "filters": "", **values})
    return answer.location


def finish():
    while contacts.go_on_with_bulk():
        pass


class TestPage:
    def test_a_large_act_leads_to_its_page_and_nothing_is_done_meanwhile(self, browser, people):
        page = browser.get(ask(browser, act="tag", tag="Spring", filters="tag=old"))

        assert "Add the tag “Spring”" in page.text and "0 of 50 people" in page.text
        assert "Time left: not known yet" in page.text and ">Stop<" in re.sub(r"\s+|<i[^>]*></i>", "", page.text)
        assert db.session.query(ContactTag).count() == 50

    def test_whom_it_is_about_is_decided_when_it_is_asked_for(self, browser, people, by):
        where = ask(browser, act="tag", tag="called", filters="tag=old")
        contacts.go_on_with_bulk()
        contacts.add_or_update_many([Incoming(phone="+2348035577777", tags=("old",))], by=by)
        finish()

        assert "50 of 50 people" in browser.get(where).text
        assert [tag.name for tag in contacts.contact_by_phone("+2348035577777").tags] == ["old"]

    def test_a_small_one_is_done_at_once(self, browser, people):
        first = [str(number) for number in db.session.scalars(db.select(Contact.id).limit(30))]
        location = browser.post("/contacts/bulk", {"act": "tag", "tag": "Spring", "id": first}).location

        assert location == "/contacts" and db.session.query(ContactTag).count() == 80

    def test_the_bar_the_counts_and_the_tray_follow(self, browser, people):
        where = ask(browser, act="tag", tag="old")
        contacts.go_on_with_bulk()
        part, tray = browser.get(f"{where}/progress").text, browser.get("/home/tray").text

        assert "40 of 120 people" in part and "Time left: less than a minute" in part and "data-live-stop" not in part
        assert "Add the tag “old”" in tray and "33%" in tray and f'href="{where}"' in tray

    def test_the_end_says_what_became_of_everybody(self, browser, people):
        where = ask(browser, act="tag", tag="old")
        finish()
        page = browser.get(where).text

        assert "120 of 120 people" in page and "70 people got the tag “old”; 50 had it already" in page
        assert "data-live-stop" in page and "Undo for 70 people" in page

    def test_without_scripts_the_page_looks_again_until_the_end(self, browser, people):
        where = ask(browser, act="untag", tag="old")
        before = browser.get(where).text
        finish()

        assert 'http-equiv="refresh"' in before and 'http-equiv="refresh"' not in browser.get(where).text

    def test_what_went_wrong_stands_there(self, browser, people, monkeypatch):
        where = ask(browser, act="tag", tag="x")
        monkeypatch.setitem(bulk_work._DO, "tag", lambda act, ids: 1 // 0)
        finish()

        assert "Something unexpected happened" in browser.get(where).text

    def test_whoever_left_finds_it_on_the_list_for_a_day(self, browser, browser_as, people):
        where = ask(browser, act="tag", tag="old")
        finish()
        line = f'href="{where}">Add the tag “old”</a>'
        at_first = browser.get("/contacts").text
        db.session.execute(update(BulkAct).values(ended_at=clock.now() - timedelta(days=2)))
        db.session.commit()

        assert line in at_first and "(120 of 120, finished)" in at_first
        assert line not in browser_as("viewer").get("/contacts").text + browser.get("/contacts").text

    def test_an_unknown_one_is_not_found(self, browser, app):
        assert [browser.get("/contacts/acts/7").status_code, browser.get("/contacts/acts/7/progress").status_code,
                browser.post("/contacts/acts/7/stop").status_code] == [404, 404, 404]

    def test_a_viewer_may_neither_see_nor_stop_it(self, browser, browser_as, people):
        where, viewer = ask(browser, act="tag", tag="x"), browser_as("viewer")

        assert viewer.get(where).status_code == 403 and viewer.post(f"{where}/stop").status_code == 403
        tray = viewer.get("/home/tray").text
        assert "Add the tag “x”" in tray and where not in tray


class TestStop:
    def test_who_is_left_is_said_and_what_was_done_can_be_undone(self, browser, people):
        where = ask(browser, act="tag", tag="new")
        contacts.go_on_with_bulk()
        page = browser.post(f"{where}/stop", follow_redirects=True).text

        assert "40 of 120 people" in page and "80 people are left as they were" in page and "Undo for 40 people" in page

    def test_too_late_is_said(self, browser, people):
        where = ask(browser, act="tag", tag="new")
        finish()

        assert "ended already" in browser.post(f"{where}/stop", follow_redirects=True).text


class TestUndo:
    def test_it_is_an_act_of_its_own_and_leads_back_to_the_list(self, browser, people):
        where = ask(browser, act="untag", tag="old", filters="tag=old")
        finish()
        page = browser.get(where).text
        form = re.search(r'action="(/contacts/bulk/\d+/undo)".*?name="filters" value="([^"]*)"', page, re.DOTALL)
        undo = browser.post(form[1], {"filters": unescape(form[2])}).location
        finish()
        back = browser.get(undo).text

        assert "Put the tag “old” back as it was" in back and "50 people are as before" in back
        assert "/contacts?where=tag.is:old" in unescape(back) and "/undo" not in back + browser.get(where).text
        assert db.session.query(ContactTag).count() == 50


class TestDeleting:
    def test_it_asks_for_the_number_and_goes_on_in_the_background(self, browser, people):
        wanted = {"act": "delete", "all_matching": "1", "filters": "", "is_asked": "120"}
        refused = browser.post("/contacts/bulk", wanted | {"typed": "12"})
        where = browser.post("/contacts/bulk", wanted | {"typed": "120"}).location
        before = contacts.count_contacts()
        finish()
        page = browser.get(where).text

        assert refused.status_code == 422 and before == 120 and contacts.count_contacts() == 0
        assert "120 people are deleted" in page and "stays out of marketing" in page and "/undo" not in page

    def test_not_when_somebody_came_in_between(self, browser, people, by):
        contacts.add_or_update_many([Incoming(phone="+2348035588888")], by=by)
        answer = browser.post("/contacts/bulk", {"act": "delete", "all_matching": "1", "is_asked": "120", "typed": "120"})

        assert "Delete 121 people?" in answer.text and db.session.query(BulkAct).count() == 0
