"""Which columns the list of people shows, and how many people a page: chosen by each, kept in the browser."""

import re

import pytest

from core.clock import now
from models import Contact, db, transaction
from services import contacts
from tests.factories.contacts import a_contact

USUAL = ["Name", "Phone", "Tags", "Marketing", "Last heard", "Added"]


def headings(page):
    """The words above the columns."""
    return re.findall(r'<th scope="col"[^>]*>(?:<a[^>]*>)?\s*([^<\n]+?)\s*<', page.text)


def choose(browser, *columns, size="50", **more):
    """Press “Show these”; the list it leads to."""
    return browser.post("/contacts/columns", {"column": list(columns), "size": size, "next": "/contacts?sort=created"} | more,
                        follow_redirects=True)


def test_the_usual_ones_are_shown_until_somebody_chooses(browser):
    a_contact("Ada")

    assert headings(browser.get("/contacts")) == USUAL


def test_what_was_chosen_is_shown_from_then_on_and_can_be_taken_back(browser, by):
    key = contacts.add_field(label="Ward", kind="text", by=by)
    ada = a_contact("Ada", phone="+2348035550142", company="Obi & Sons", fields={key: "3 B"})

    page = choose(browser, "company", "country", f"field_{key}", "marketing")
    assert page.request.full_path == "/contacts?sort=created"
    assert headings(page) == headings(browser.get("/contacts")) == ["Name", "Phone", "Marketing", "Company", "Country", "Ward"]
    assert re.findall(r'people-more" data-label="(\w+)"><bdi>([^<]*)<', page.text) == [
        ("Company", "Obi &amp; Sons"), ("Country", "Nigeria"), ("Ward", "3 B")]
    assert contacts.get_contact(ada.id).company == "Obi & Sons"

    assert headings(choose(browser, "company", usual="1")) == USUAL


def test_every_column_tells_a_person_in_words(browser, by):
    own = {kind: contacts.add_field(label=kind, kind=kind, by=by) for kind in ("date", "number", "yes_no")}
    ada = a_contact("Ada", email="ada@mail.example", fields={own["date"]: "2025-11-12", own["number"]: "12.50", own["yes_no"]: "no"})
    with transaction():
        db.session.get(Contact, ada.id).language = "pt_BR"
        db.session.get(Contact, ada.id).zone = "America/New_York"
        db.session.get(Contact, ada.id).birthday = now().date().replace(1988, 3, 4)

    page = choose(browser, "email", "birthday", "language", "zone", "utility", "source", *(f"field_{key}" for key in own.values()))
    assert re.findall(r'people-more" data-label="[^"]+"><bdi>([^<]*)<', page.text) == [
        "ada@mail.example", "4 March 1988", "Portuguese (Brazil)", "America/New York", "Not asked", "Added by hand",
        "12 November 2025", "12.5", "no"]


@pytest.mark.parametrize(("size", "shown"), [("25", 25), ("100", 30), ("26", 30), ("x", 30), ("", 30)])
def test_a_page_holds_as_many_as_chosen_and_pages_go_on_from_there(browser, size, shown):
    for number in range(30):
        a_contact(f"P{number:02}")

    page = choose(browser, "tags", size=size)
    assert page.text.count("people-name") == shown
    assert ('rel="next"' in page.text) == (shown < 30)


@pytest.mark.parametrize("kept", ["", "50", "x.y.z", "99999999999999999999.tags", "50.field_gone.secret_key", "50." + "tags." * 700])
def test_a_browser_that_kept_nonsense_gets_a_list(browser, kept):
    a_contact("Ada")
    browser.set_cookie("people_list", kept)

    page = browser.get("/contacts")
    assert page.status_code == 200 and headings(page)[:2] == USUAL[:2]


def test_no_other_site_is_led_to(browser):
    a_contact("Ada")
    answer = browser.post("/contacts/columns", {"column": "tags", "next": "https://elsewhere.example/"})

    assert answer.headers["Location"] == "/contacts"
