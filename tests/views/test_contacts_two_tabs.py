"""Two people, or two tabs, change one person at the same time: nothing anybody typed is lost."""

import re

import pytest

from models import db
from services import contacts
from tests.factories.contacts import a_contact


@pytest.fixture
def person(app):
    return a_contact("Ada", phone="+447700900123", company="Hill Street Clinic")


def opened(browser, person) -> dict[str, str]:
    """What an edit form holds as it is shown now."""
    page = browser.get(f"/contacts/{person.id}/edit").text
    return {"seen": re.search(r'name="seen"[^>]*value="([^"]+)"', page)[1], "phone": "+447700900123", "name": "Ada",
            "first_name": "Ada", "company": "Hill Street Clinic", "country": "GB"}


def save(browser, person, form: dict[str, str], **typed: str):
    return browser.post(f"/contacts/{person.id}/edit", form | typed)


def kept(person):
    db.session.expire_all()
    now = contacts.get_contact(person.id)
    return now.company, now.notes


def test_what_another_tab_changed_stays_where_nothing_was_typed_here(browser, person):
    old = opened(browser, person)
    save(browser, person, old, company="Harbour Clinic")

    save(browser, person, old, notes="Prefers mornings")

    assert kept(person) == ("Harbour Clinic", "Prefers mornings")


def test_two_changes_of_one_field_are_said_and_nothing_is_written(browser, person):
    old = opened(browser, person)
    save(browser, person, old, company="Harbour Clinic")

    answer = save(browser, person, old, company="Seaside Clinic")

    assert answer.status_code == 422
    assert "Meanwhile somebody changed this to “Harbour Clinic”" in answer.text
    assert 'value="Seaside Clinic"' in answer.text
    assert kept(person)[0] == "Harbour Clinic"


def test_sending_it_again_keeps_what_was_typed(browser, person):
    old = opened(browser, person)
    save(browser, person, old, company="Harbour Clinic")
    answer = save(browser, person, old, company="Seaside Clinic")
    again = old | {"seen": re.search(r'name="seen"[^>]*value="([^"]+)"', answer.text)[1]}

    save(browser, person, again, company="Seaside Clinic")

    assert kept(person)[0] == "Seaside Clinic"
