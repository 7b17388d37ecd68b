"""The address other systems call, and the pages about them and about business hours."""

import json

import pytest

from models import Hook, db
from services import hooks, settings

BODY = json.dumps({"phone": "+447700900123", "order": 17})


@pytest.fixture
def token(app, by):
    """Of an address."""
    return hooks.add_hook(name="Shop", mapping={"phone": "phone", "order": "order"}, by=by)[1]


@pytest.mark.parametrize(("body", "status"), [(BODY, 202), ("nothing", 422), ("{}", 422)])
def test_the_answer_says_what_became_of_it(stranger, token, body, status):
    assert stranger.post(f"/hooks/{token}", data=body, headers={"Content-Type": "application/json"}).status_code == status


def test_a_repeat_is_said(stranger, token):
    headers = {"Idempotency-Key": "k", "Content-Type": "application/json"}
    stranger.post(f"/hooks/{token}", data=BODY, headers=headers)

    assert stranger.post(f"/hooks/{token}", data=BODY, headers=headers).json["repeated"]


def test_an_unknown_token_is_not_found(stranger):
    assert stranger.post("/hooks/nothing", data=BODY).status_code == 404


def test_an_address_is_made_and_shown_once(browser):
    page = browser.post("/automation/systems/hooks", {"name": "Shop", "phone": "phone", "values": "order=order.number", "signs": "1"}).text

    assert "localhost/hooks/" in page and "localhost/hooks/" not in browser.get("/automation/systems").text


def test_its_log_shows_what_came(browser, stranger, token):
    stranger.post(f"/hooks/{token}", data=BODY)
    stranger.post(f"/hooks/{token}", data="nothing")

    page = browser.get(f"/automation/systems/hooks/{db.session.scalar(db.select(Hook.id))}").text

    assert "Taken" in page and "The body is no JSON" in page


def test_a_system_is_added_with_its_secret_shown_once(browser):
    page = browser.post("/automation/systems/targets", {"name": "Shop", "url": "https://shop.example/hook"}).text

    assert "whsec_" in page and "whsec_" not in browser.get("/automation/systems").text


def test_an_odd_address_is_refused_beside_its_field(browser):
    answer = browser.post("/automation/systems/targets", {"name": "Shop", "url": "ftp://shop.example"})

    assert answer.status_code == 422 and "An address begins with https://" in answer.text


def test_the_log_of_a_system(browser, by):
    target, _ = hooks.add_target(name="Shop", url="https://shop.example/hook", by=by)
    hooks.call(target.id, body="{}", contact_id=None, author="Greeting")

    assert "Greeting" in browser.get(f"/automation/systems/targets/{target.id}").text


def test_business_hours_are_kept(browser):
    browser.post("/automation/hours", {"number": "default", "day-0": "08:00-12:00, 13:00-18:00", "holidays": "12-25 Christmas"})

    kept = settings.get("business_hours")["default"]
    assert (kept["days"]["0"], kept["days"]["6"], kept["holidays"][0]["name"]) == ([["08:00", "12:00"], ["13:00", "18:00"]], [], "Christmas")


@pytest.mark.parametrize(("field", "text"), [("day-0", "8-12"), ("day-0", "18:00-08:00"), ("holidays", "soon"), ("holidays", "13-40 X")])
def test_hours_that_cannot_be_are_refused_with_what_was_typed(browser, field, text):
    answer = browser.post("/automation/hours", {"number": "default", field: text})

    assert answer.status_code == 422 and text in answer.text
