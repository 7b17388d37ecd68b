"""A customer asks about an order: photo, voice note, place, quote, reaction, STOP, START, all pressed on the simulated phone in
one browser; the team answers in another, at a desk and on a phone."""

import re

import pytest

from tests.browser import steps
from tests.browser.customer import Customer
from tests.browser.visitor import NARROW, WIDE, Visitor
from tests.live import Live, wait_until

ADAEZE = ("+2348035550142", "Adaeze Okafor")
COLLEAGUE = f"""
from app import create_app
with create_app().app_context():
    from core.actor import COMMAND
    from services import auth
    auth.add_user(email="tunde@example.org", name="Tunde Bello", role="agent", by=COMMAND, password={steps.PERSON["Password"]!r})
"""


def in_thread(one: Visitor, words: str | re.Pattern[str]) -> None:
    """Wait until these words stand in the open thread by themselves."""
    one.page.locator("#lines").get_by_text(words).first.wait_for(timeout=30_000)


def answer(one: Visitor, words: str) -> None:
    """Write to the customer and send it."""
    one.page.locator("#text").fill(words)
    with one.page.expect_navigation():
        one.page.locator("#send").click()
    in_thread(one, words)


@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_an_order_is_asked_about_and_answered(visitor, width: int):
    one = visitor(width=width)
    steps.first_visit(one)
    one.go("/inbox")
    one.says("Nobody is waiting")
    one.look_over("/inbox without anybody")
    adaeze = Customer(visitor(width=width), *ADAEZE)
    adaeze.writes("Where is my order A-17?")
    _open(one)
    answer(one, "Good morning Adaeze, could you send a photo of the receipt?")
    adaeze.got("photo of the receipt")
    _is_answered_in_every_way(one, adaeze)
    _we_quote_and_react(one, adaeze)
    _stops_and_starts(one, adaeze)


def _open(one: Visitor) -> None:
    """The chat comes by itself, counted in the title; it is opened and then counts as seen."""
    chat = one.page.locator(".talk-link", has_text="Where is my order A-17?")
    chat.wait_for(timeout=30_000)
    wait_until(lambda: one.page.title().startswith("(1)"), f"the title says {one.page.title()}")
    chat.click()
    in_thread(one, "Where is my order A-17?")
    one.page.get_by_text("Write freely for 23 h").wait_for()
    one.look_over("a chat")


def _is_answered_in_every_way(one: Visitor, adaeze: Customer) -> None:
    """What the customer presses stands in the thread without a reload."""
    lines = one.page.locator("#lines")
    adaeze.answers("photo of the receipt")
    adaeze.sends_photo("Receipt", "Here it is")
    lines.locator(".line-picture img").first.wait_for(timeout=30_000)
    lines.locator(".line-in .line-quote", has_text="photo of the receipt").wait_for()
    adaeze.presses("Send a voice message")
    lines.locator("audio").first.wait_for(timeout=30_000)
    adaeze.sends_place("Marina", "14 Broad Street")
    in_thread(one, "14 Broad Street")
    adaeze.reacts("photo of the receipt", "👍")
    lines.locator(".line-out .sign", has_text="👍").wait_for(timeout=30_000)
    one.look_over("a chat with everything in it")
    adaeze.one.look_over("a phone with everything on it")


def _we_quote_and_react(one: Visitor, adaeze: Customer) -> None:
    """We quote their question, react to it, and keep a note they never see."""
    _acts_on(one, "Where is my order A-17?").get_by_role("link", name="Quote").click()
    answer(one, "It leaves today")
    one.page.locator("#lines .line-out .line-quote", has_text="A-17").wait_for()
    adaeze.got("It leaves today").locator(".phone-quote", has_text="A-17").wait_for()
    one.page.locator("#lines .line-out", has_text="It leaves today").get_by_text(re.compile("Delivered|Read")).wait_for(timeout=30_000)
    heart = _acts_on(one, "Where is my order A-17?").get_by_title("React with ❤️")
    with one.page.expect_navigation():
        heart.click()
    adaeze.sees_sign("Where is my order A-17?", "❤️")
    one.page.get_by_text("Note", exact=True).click()
    answer(one, "She prefers the afternoon")
    one.page.locator("#lines .line-note").wait_for()
    assert "afternoon" not in adaeze.one.page.locator(".phone-talk").inner_text()


def _acts_on(one: Visitor, words: str):
    """The open menu of one of their lines."""
    line = one.page.locator("#lines .line-in", has_text=words).first
    line.hover()
    line.locator("summary").click()
    return line


def _stops_and_starts(one: Visitor, adaeze: Customer) -> None:
    """STOP is confirmed once; STOP and START stand in the thread, and beside it what they mean."""
    adaeze.presses("Say STOP")
    in_thread(one, re.compile("^STOP$"))
    one.page.reload()
    one.page.locator("#person").get_by_text("Said stop").wait_for(state="attached")
    in_thread(one, re.compile("START"))
    adaeze.got("START")
    adaeze.presses("Say START")
    in_thread(one, re.compile("^START$"))
    one.page.reload()
    one.page.locator("#person").get_by_text("Agreed").wait_for(state="attached")


def test_two_who_answer_at_once_see_each_other(visitor, live: Live):
    one, two = visitor(), visitor(width=NARROW, theme="light")
    steps.first_visit(one)
    live.run(COLLEAGUE)
    two.go("/sign-in")
    two.fill("E-mail", "tunde@example.org")
    two.fill("Password", steps.PERSON["Password"])
    two.press("Sign in")
    Customer(visitor(), *ADAEZE).writes("Where is my order A-17?")
    for team in (one, two):
        team.go("/inbox")
        team.page.locator(".talk-link", has_text="A-17").click(timeout=30_000)
        in_thread(team, "Where is my order A-17?")

    in_thread(one, "Tunde Bello has this chat open, too")
    seen = one.page.locator("#lines").get_by_text("Tunde Bello is writing here")
    wait_until(lambda: two.page.locator("#text").press_sequentially(".") or seen.count(), "nobody saw that he writes")
    in_thread(two, "Folake Adeyemi has this chat open, too")
    two.page.locator("#text").fill("It left this morning")
    two.page.locator("#text").press("Enter")
    in_thread(one, "It left this morning")
    one.page.locator("#lines .line-out", has_text="It left this morning").get_by_text("Tunde Bello").wait_for()
    one.look_over("a chat with somebody else in it")


@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_however_many_chats_there_are_the_page_itself_stays_where_it_is(visitor, width: int):
    one = visitor(width=width)
    steps.first_visit(one)
    one.go("/simulation/phone")
    one.press("Twenty people write at once")
    one.says("have written to you")
    one.go("/inbox")
    one.page.wait_for_selector(".talk:nth-child(20)", timeout=30_000)
    one.page.locator(".talk-link").first.click()
    answer(one, "\n".join(f"Line {number}" for number in range(40)))
    one.page.reload()
    in_thread(one, "Line 39")

    page = one.page.evaluate("[window.scrollY, document.documentElement.scrollHeight - window.innerHeight]")
    assert page == [0, 0]


def test_with_scripts_off_a_reload_shows_the_same(visitor):
    one = visitor(scripts=False)
    steps.first_visit(one)
    adaeze = Customer(visitor(scripts=False, width=NARROW, theme="light"), *ADAEZE)
    adaeze.writes("Do you open on Saturday?")
    one.go("/inbox")
    one.says("Do you open on Saturday?")
    one.press(re.compile("Adaeze"))
    assert one.page.title().startswith("(1) Adaeze")
    one.press(re.compile("^ ?Seen$"))
    assert one.page.title().startswith("Adaeze")
    one.page.locator("#text").fill("Yes, from 8")
    one.press("Send")
    one.says("Yes, from 8")
    adaeze.got("Yes, from 8")
