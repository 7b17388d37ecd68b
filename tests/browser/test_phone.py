"""A customer writes, is answered, presses a button of a template, sends a photo and says STOP, all on the simulated phone."""

import re

import pytest

from tests.browser import steps
from tests.live import wait_until

PERSON = "+447700900123"
ANSWER = """
import sys
from app import create_app
with create_app().app_context():
    from models import Contact, db
    from services import channels, message_templates, sending
    person = db.session.query(Contact).filter_by(phone=sys.argv[1]).one()
    words = {"text": sys.argv[2]}
    if sys.argv[2].startswith("template "):
        ready = next(one for one in message_templates.ready_versions() if one.name == sys.argv[2].split()[1])
        words = {"version_id": ready.version_id}
    sending.queue_message(channel_id=channels.ensure_first().id, contact_id=person.id, phone=person.phone, **words)
"""


@pytest.mark.parametrize("traits", [{}, {"width": 390, "scripts": False, "theme": "light"}], ids=["wide", "narrow, no scripts"])
def test_a_customer_is_played_from_both_sides(visitor, live, traits):
    one = visitor(**traits)
    steps.first_visit(one)
    live.flask("templates", "add", "--name", "visit", "--category", "utility", "--body", "Shall we come on Thursday?",
               "--button", "quick_reply|Yes please")
    wait_until(lambda: "approved" in live.flask("templates", "list").stdout, "the template was never approved")

    one.go("/simulation/phone")
    one.look_over("a phone nobody holds")
    one.fill("Name", "Priya Nair")
    one.fill("Number", PERSON)
    one.press("Make this person")

    write(one, "Is my parcel here?")
    heard = one.page.locator(".team-view")
    in_time(one, lambda: "Is my parcel here?" in heard.inner_text(), "the team never saw it")
    live.run(ANSWER, PERSON, "It came this morning.")
    in_time(one, lambda: "It came this morning." in on_phone(one), "the answer never reached the phone")
    live.run(ANSWER, PERSON, "template visit")
    in_time(one, lambda: "Shall we come on Thursday?" in on_phone(one), "the template never reached the phone")
    one.look_over("a talk on the phone")

    one.press("Yes please")
    one.page.get_by_text("Send a photo").click()
    one.fill("Words below it", "The door is green")
    one.press("Send it")
    one.press("Say STOP")
    in_time(one, lambda: "STOP" in heard.inner_text(), "the team never saw STOP")
    assert one.page.locator(".phone-talk img").count() == 1
    one.look_over("a photo on the phone")

    one.go("/contacts?q=Priya")
    one.press(re.compile("Priya Nair"))
    one.says("Said stop")
    one.press("Their phone")
    one.says("The door is green")


def write(one, words):
    """Write on the phone."""
    one.fill("Message", words)
    one.press(re.compile("^ ?Send$"))


def on_phone(one):
    """Everything that stands on the phone."""
    return one.page.locator(".phone-talk").inner_text()


def in_time(one, holds, otherwise):
    """The page comes to it by itself; without scripts a person reloads."""
    def again():
        if not one.scripts and not holds():
            one.page.reload()
        one.page.wait_for_timeout(100)
        return holds()

    wait_until(again, otherwise)
