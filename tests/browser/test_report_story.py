"""What a person reads afterwards: the report, over time, one message, trying again, side by side; also without scripts."""

import re

import pytest

from tests.browser import steps
from tests.browser.visitor import NARROW, WIDE

SEED = """
from datetime import timedelta
from app import create_app
from core import clock
from core.actor import COMMAND
from core.states import MessageState
from models import Message, db, transaction
from tests.factories.answers import ids_of, sent_to, writes
from tests.factories.campaigns import people
with create_app().app_context():
    for number, name in enumerate(("Flu vaccine days", "Check-up reminder")):
        campaign = sent_to(people(60, first=1 + 100 * number), name=name, by=COMMAND)
        ids = ids_of(campaign)
        with transaction():
            for place, message_id in enumerate(ids):
                message = db.session.get(Message, message_id)
                message.attempted_at += timedelta(seconds=5 * place)
                if place < 6:
                    message.state, message.reason_code = MessageState.FAILED, ("131000", "131026")[place % 2]
                    message.reason, message.failed_at = "Meta could not send it", message.attempted_at
                else:
                    message.state = MessageState.READ if place % (number + 2) else MessageState.DELIVERED
                    message.delivered_at = message.attempted_at + timedelta(seconds=4)
        writes(db.session.get(Message, ids[10]).contact_id, at=clock.now(), kind="button", text="Book a time")
"""

WAYS = {
    "wide": dict(width=WIDE), "phone": dict(width=NARROW, theme="light"),
    "phone without scripts": dict(width=NARROW, scripts=False),
}


@pytest.mark.parametrize("way", WAYS)
def test_a_report_is_read_from_the_list_to_one_message(visitor, live, way):
    one = visitor(**WAYS[way])
    steps.first_visit(one)
    live.run(SEED)

    one.go("/campaigns")
    one.look_over("a list of campaigns")
    one.tick("Compare Flu vaccine days")
    one.tick("Compare Check-up reminder")
    one.press("Compare those picked")
    one.says("What differs")
    one.look_over("campaigns side by side")

    one.press("Flu vaccine days")
    one.says("How far they got")
    one.look_over("a report")
    one.press("Over time")
    one.says("How long it took")
    one.look_over("a report over time")
    one.press("People")
    one.press(re.compile("^Open the message"))
    one.says("What became of it")
    one.look_over("one message of a campaign")


@pytest.mark.parametrize("way", ["wide", "phone without scripts"])
def test_those_who_failed_are_tried_again_by_reason(visitor, live, way):
    one = visitor(**WAYS[way])
    steps.first_visit(one)
    live.run(SEED)

    one.go("/campaigns?q=Flu")
    one.press("Flu vaccine days")
    one.press("Try again")
    one.says("Trying again is useless")
    one.look_over("trying again")
    one.press("Try 3 people again now")
    one.says(re.compile(r"^\s*finished\s*$", re.IGNORECASE), seconds=60)
    one.says("There is no approved template")  # the simulator never heard of this one: they were tried, and say why

    one.go("/reports")
    one.says("Each day")
    one.look_over("reports")
