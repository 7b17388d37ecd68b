"""Every example of a rule is added with one click, switched on, and played through on the simulated phone."""

import re
from datetime import datetime, timedelta

import pytest
import requests

from core import clock
from tests.browser import steps
from tests.browser.passing import hours_pass
from tests.browser.visitor import NARROW, Visitor
from tests.live import Live, wait_until

NAME, OURS = "Priya Nair", steps.ZONE
# where no day ends while the story is told
NUMBER, HERS = (("+447700900123", "Europe/London") if clock.now().astimezone(clock.zone("Europe/London")).hour != 23
                else ("+919876543210", "Asia/Kolkata"))


@pytest.fixture
def one(visitor, request) -> Visitor:
    """Somebody whose business has one customer with a simulated phone."""
    here = visitor(**getattr(request, "param", {}))
    here.seen |= {"/", "/setup", "/ on the first day"}
    steps.first_visit(here)
    here.go("/simulation/phone")
    here.fill("Name", NAME)
    here.fill("Number", NUMBER)
    here.press("Make this person")
    return here


def installed(one: Visitor, example: str, *rules: str) -> None:
    """Add an example with one click, read it, and switch its rules on."""
    one.go("/automation/examples")
    one.look_over("/automation/examples")
    one.press(f"Add {example}")
    one.look_over(f"the rule of {example}")
    for rule in rules:
        switched_on(one, rule)


def switched_on(one: Visitor, rule: str) -> None:
    """Switch a rule on, from the list."""
    one.go("/automation")
    with one.page.expect_navigation():
        one.page.get_by_role("article", name=rule, exact=True).get_by_role("button", name="Switch on").click()
    one.says(f"“{rule}” is on")


def on_phone(one: Visitor, words: str, *, times: int = 1) -> None:
    """Wait until these words stand on the phone so often, neither less nor more."""
    if not one.page.url.endswith("/simulation/phone"):
        one.go("/simulation/phone")
    said = one.page.locator(".phone-talk .phone-text", has_text=words)

    def is_there() -> bool:
        if not one.scripts:
            one.page.reload()
        one.page.wait_for_timeout(50)
        return said.count() >= times

    wait_until(is_there, f"“{words}” never reached the phone")
    assert said.count() == times


def writes(one: Visitor, words: str) -> None:
    """The customer writes."""
    one.go("/simulation/phone")
    one.fill("Message", words)
    one.press(re.compile("^ ?Send$"))


def in_chat(one: Visitor, button: str) -> None:
    """The team presses a button of the chat's head."""
    one.go("/inbox")
    one.press(re.compile(NAME))
    one.press(button)


def her_card(one: Visitor, **fields: str) -> None:
    """The team writes into the customer's card."""
    one.go("/contacts?q=Priya")
    one.press(re.compile(NAME))
    one.press(re.compile("Edit|Change"))
    for label, text in fields.items():
        one.fill(label, text)
    one.press(re.compile("Keep|Save"))


def is_tagged(one: Visitor, tag: str) -> None:
    """The customer has this tag."""
    one.go(f"/contacts?tag={tag}")
    one.go("/contacts?q=Priya")
    one.press(re.compile(NAME))
    one.says(tag)


def at_her_time(one: Visitor, rule: str) -> datetime:
    """Have a rule of dates act at a time that was some minutes ago on the customer's clock; that moment there."""
    moment = clock.now().astimezone(clock.zone(HERS)) - timedelta(minutes=10)
    one.go("/automation")
    one.press(rule)
    one.press("Change")
    one.look_over("a rule of dates being changed")
    one.field("At").fill(f"{moment:%H:%M}")
    one.press("Keep this rule")
    one.says(f"{moment:%H:%M}")
    return moment


def explains_itself(one: Visitor, rule: str, words: str | re.Pattern[str]) -> None:
    """The run says what set it off and what it did."""
    one.go("/automation")
    one.press(re.compile(f"^{rule}: {NAME}"))
    one.says(words)
    one.look_over(f"a run of {rule}")


def test_welcome_frequent_questions_and_away(one: Visitor):
    installed(one, "Welcome", "Welcome")
    writes(one, "Good morning!")
    on_phone(one, "Hello Priya, thank you for writing")
    explains_itself(one, "Welcome", "their first message of the day")

    installed(one, "Frequent questions", "Prices", "Opening hours", "Address")
    writes(one, "What does it COST?")
    on_phone(one, "Our prices")
    writes(one, "And where are you?")
    on_phone(one, "You find us at")

    installed(one, "Away message", "Away")
    one.go("/automation/hours")
    today = clock.now().astimezone(clock.zone(OURS)).date()
    one.fill("Holidays", "\n".join(f"{today + timedelta(days=days)}" for days in (-1, 0, 1)))
    one.press("Keep these hours")
    writes(one, "Could somebody call me?")
    on_phone(one, "We are closed now")
    writes(one, "Please?")
    writes(one, "A price would do")
    on_phone(one, "Our prices", times=2)
    on_phone(one, "We are closed now")  # once in twelve hours
    on_phone(one, "How can we help?")  # once a day


@pytest.mark.parametrize("one", [{"width": NARROW, "theme": "light", "scripts": False}], indirect=True)
def test_stop_and_start_and_feedback_after_closing(one: Visitor):
    writes(one, "Thank you for the help")
    installed(one, "STOP and START", "After a stop", "After a start")
    one.go("/simulation/phone")
    one.press("Say STOP")
    wait_until(lambda: one.go("/automation").get_by_text(f"After a stop: {NAME}").count(), "the rule never ran")
    is_tagged(one, "said stop")
    one.go("/simulation/phone")
    one.press("Say START")
    on_phone(one, "Welcome back, Priya")
    explains_itself(one, "After a start", re.compile("START|marketing"))

    installed(one, "Feedback after closing", "Ask for feedback", "Good feedback", "Poor feedback")
    in_chat(one, "Close")
    on_phone(one, "How was our help?")
    one.press("Not so good")
    on_phone(one, "We are sorry, and will call you")
    is_tagged(one, "unhappy")
    explains_itself(one, "Poor feedback", "Not so good")


@pytest.mark.parametrize("one", [{"width": NARROW}], indirect=True)
def test_a_birthday_and_a_reminder_on_her_own_clock(one: Visitor, live: Live):
    writes(one, "Hello")
    installed(one, "Birthday")
    installed(one, "Appointment reminder", "Appointment confirmed", "Appointment to be moved")
    at_her_time(one, "Birthday")
    moment = at_her_time(one, "Appointment reminder")
    her_card(one, Birthday=f"{moment:1988-%m-%d}", Appointment=f"{moment + timedelta(days=1):%Y-%m-%d}")
    one.page.get_by_text("Record a change").click()
    one.tick("They agreed")
    one.fill("Proof", "told Amina at the desk")
    one.press("Add this line")
    switched_on(one, "Birthday")
    switched_on(one, "Appointment reminder")
    hours_pass(live, 1)
    on_phone(one, "Happy birthday, Priya!")
    on_phone(one, "your appointment is tomorrow")

    one.press("Confirm")
    on_phone(one, "Thank you, see you then")
    one.press("Reschedule")
    on_phone(one, "We will write to you about another time")
    on_phone(one, "Happy birthday, Priya!")
    is_tagged(one, "wants a change")
    one.says("confirmed")
    explains_itself(one, "Birthday", "birthday")


@pytest.mark.parametrize("one", [{"theme": "light"}], indirect=True)
def test_an_order_of_a_shop_and_a_follow_up_after_silence(one: Visitor, live: Live):
    writes(one, "I have ordered a pump")
    installed(one, "Order update by hook")
    told = one.page.get_by_text("The shop calls").inner_text()
    address = re.search(r"https?://\S+/hooks/\S+", told)
    assert address, told
    switched_on(one, "Order update")
    for _ in range(2):  # shops repeat themselves
        answer = requests.post(address[0], json={"phone": NUMBER, "name": NAME, "order": "A-17", "status": "on its way"},
                               headers={"Idempotency-Key": "order-A-17"}, timeout=20)
        assert answer.status_code in (200, 202), answer.text
    on_phone(one, "your order A-17 is on its way")
    explains_itself(one, "Order update", "A-17")

    installed(one, "Follow-up after silence", "Follow-up")
    hours_pass(live, 21)
    on_phone(one, "is there anything else we can do for you?")
    on_phone(one, "your order A-17 is on its way")
    explains_itself(one, "Follow-up", "20 hours")
