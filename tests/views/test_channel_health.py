"""What is wrong with a number stands on its page, on the list, on Home and in /readyz, in the same words."""

from datetime import timedelta

import pytest

from core import clock
from models import Channel, db, transaction
from services import channels, health


@pytest.fixture
def line(app):
    for part in health.PARTS:
        health.beat(part)
    return channels.ensure_first()


def made(line, **values):
    with transaction():
        for name, value in values.items():
            setattr(db.session.get(Channel, line.id), name, value)


@pytest.mark.parametrize(("values", "words", "status"), [
    ({"number_status": "DISCONNECTED"}, "Meta says the number is disconnected", 503),
    ({"number_status": "FLAGGED"}, "Meta says the number is flagged", 200),
    ({"quality": "RED"}, "Meta rates it red", 200),
    ({"token_expires_at": clock.now() - timedelta(days=2)}, "The access token ended on", 503),
    ({"token_expires_at": clock.now() + timedelta(days=12)}, "The access token ends on", 200),
    ({"templates_trouble": "Meta asks us to slow down."}, "list of templates could not be had", 200)])
def test_every_place_says_it(browser, line, values, words, status):
    made(line, **values)

    pages = [browser.get(path).text for path in ("/", "/home/now", "/settings/channels", f"/settings/channels/{line.id}")]
    ready = browser.get("/readyz")

    assert all(words in page for page in pages)
    assert ready.status_code == status and words in ready.get_data(as_text=True)
    assert ("In trouble" in pages[3]) == (status == 503)


def test_a_number_that_is_well_says_nothing(browser, line):
    assert "In trouble" not in browser.get("/").text and browser.get("/readyz").status_code == 200
