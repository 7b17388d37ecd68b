"""Everything the composer of a chat offers, used on one side and found on the customer's phone on the other; and the phone in
other hands: blocked, away, with another number."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from PIL import Image

from core import clock
from tests.browser import steps
from tests.browser.customer import Customer
from tests.browser.passing import hours_pass
from tests.browser.test_inbox_story import ADAEZE, answer, in_thread
from tests.browser.visitor import NARROW, WIDE, Visitor
from tests.live import Live, wait_until

READY = """
from app import create_app
with create_app().app_context():
    from core.actor import COMMAND
    from services import inbox
    inbox.add_canned(shortcut="hours", text="Dear {{first_name}}, we are open *8 to 5*", by=COMMAND)
    inbox.add_canned(shortcut="where", text="14 Broad Street", by=COMMAND)
"""


@pytest.fixture
def both(visitor, live: Live):
    """The team with an open chat, and the customer who began it."""
    def begin(width: int = WIDE) -> tuple[Visitor, Customer]:
        one = visitor(width=width)
        steps.first_visit(one)
        adaeze = Customer(visitor(width=width), *ADAEZE)
        adaeze.writes("Where is my order A-17?")
        one.go("/inbox")
        one.page.locator(".talk-link", has_text="A-17").click(timeout=30_000)
        in_thread(one, "Where is my order A-17?")
        return one, adaeze
    return begin


def extra(one: Visitor, words: str, **fields: str) -> None:
    """Send something that is more than text from its own page."""
    one.page.locator(".attach > summary").click()
    with one.page.expect_navigation():
        one.page.locator(".attach").get_by_role("link", name=words, exact=True).click()
    one.look_over(f"sending: {words}")
    for label, value in fields.items():
        one.fill(label.replace("_", " "), value)
    one.press(re.compile("^ ?Send "))
    one.page.locator("#lines").wait_for()


def test_everything_the_composer_offers_reaches_the_phone(both, live: Live, tmp_path: Path):
    live.run(READY)
    one, adaeze = both()
    _ready_answers_are_called_and_seen_as_they_will_look(one, adaeze)
    _lists_and_quoted_lines_look_as_they_will(one, adaeze)
    extra(one, "Buttons", Text="Shall we bring it?", First_button="Yes please", Second_button="I come")
    adaeze.got("Shall we bring it?")
    adaeze.presses("Yes please")
    tapped = one.page.locator("#lines .line-in", has_text="Yes please")
    tapped.get_by_text("tapped").wait_for(timeout=30_000)
    tapped.locator(".line-quote", has_text="Shall we bring it?").wait_for()
    extra(one, "List to choose from", Text="When?", Words_of_the_button="Days", Choices="Monday | from 8\nTuesday")
    adaeze.got("When?").get_by_text("Days").click()
    adaeze.presses(re.compile("Monday"))
    one.page.locator("#lines .line-in", has_text="Monday").get_by_text("from 8").wait_for(timeout=30_000)
    extra(one, "Location", Latitude="6.4541", Longitude="3.3947", What_the_place="The shop")
    adaeze.got("The shop")
    extra(one, "Contact card", Name="Dr Balogun", Phone="+2348035550199")
    adaeze.got("Dr Balogun")
    Image.new("RGB", (64, 48), "seagreen").save(tmp_path / "shop.png")
    one.page.locator("#file").set_input_files(tmp_path / "shop.png")
    answer(one, "This is us")
    adaeze.got("This is us").locator("img").wait_for()
    one.page.locator("#lines .line-out .line-picture img").wait_for()


def _lists_and_quoted_lines_look_as_they_will(one: Visitor, adaeze: Customer) -> None:
    """While it is written and on their phone, the same."""
    one.page.locator("#text").fill("Bring this:\n* your `card`\n> as you said")
    preview = one.page.locator("#write-preview")
    assert [preview.locator(what).inner_text() for what in (".listed-line", "code", ".quoted-line")] == [
        "your card", "card", "as you said"]
    one.page.locator("#text").press("Enter")
    there = adaeze.got("as you said")
    assert [there.locator(what).inner_text() for what in (".listed-line", "code", ".quoted-line")] == [
        "your card", "card", "as you said"]


def _ready_answers_are_called_and_seen_as_they_will_look(one: Visitor, adaeze: Customer) -> None:
    """A slash offers them, arrows choose, Enter takes; what is typed survives leaving the page."""
    text, preview = one.page.locator("#text"), one.page.locator("#write-preview strong")
    text.press_sequentially("/")
    assert one.page.locator(".answer:visible").count() == 2
    text.press("ArrowDown")
    text.press("ArrowUp")
    text.press("Enter")
    assert text.input_value() == "Dear Adaeze, we are open *8 to 5*" and preview.inner_text() == "8 to 5"
    one.look_over("a chat with an answer being written")
    with one.page.expect_response("**/draft"):
        text.press_sequentially(" today")
        one.page.evaluate("document.activeElement.blur()")
    one.go("/contacts")
    one.page.go_back()
    one.page.reload()
    assert text.input_value().endswith("*8 to 5* today")
    text.press("Enter")
    in_thread(one, "8 to 5")
    assert adaeze.got("8 to 5").locator("strong").inner_text() == "8 to 5"
    one.page.reload()
    assert text.input_value() == ""


def test_one_for_later_and_a_shut_window(both, live: Live):
    live.flask("templates", "add", "--name", "news_of_order", "--category", "utility", "--body", "Hello {{first_name}}, we have news")
    one, adaeze = both(NARROW)
    text, lines = one.page.locator("#text"), one.page.locator("#lines")
    later = clock.now().astimezone(clock.zone(steps.ZONE)) + timedelta(hours=3)
    text.fill("See you then")
    one.page.locator(".attach > summary").click()
    one.page.get_by_label("Day to send it").fill(f"{later:%Y-%m-%d}")
    one.page.get_by_label("Time to send it").fill(f"{later:%H:%M}")
    with one.page.expect_navigation():
        one.page.get_by_role("button", name="Send then").click()
    lines.get_by_text(re.compile("leaves")).wait_for()
    one.look_over("a chat with one for later")
    with one.page.expect_navigation():
        lines.get_by_role("button", name="Take it back").click()
    assert text.input_value() == "See you then"

    wait_until(lambda: "approved" in live.flask("templates", "list").stdout, "the template was never approved")
    hours_pass(live, 25)
    text.fill("Are you still there?")
    with one.page.expect_navigation():
        one.page.locator("#send").click()
    one.says("only a template may be sent")
    assert text.input_value() == "Are you still there?"
    one.look_over("a chat whose window is shut")
    with one.page.expect_navigation():
        one.page.locator(".write-template").click()
    one.look_over("choosing a template in a chat")
    one.press("news_of_order")
    one.look_over("filling a template in a chat")
    one.press("Send this template")
    in_thread(one, "Hello Adaeze, we have news")
    assert text.input_value() == "Are you still there?", "what was typed is kept"
    adaeze.got("Hello Adaeze, we have news")
    assert "still there" not in adaeze.one.page.locator(".phone-talk").inner_text()


def test_a_phone_that_is_away_blocks_and_changes_its_number(both):
    one, adaeze = both(NARROW)
    phone = adaeze.one

    def switch(name: str) -> None:
        """Turn one of the switches of the phone."""
        with phone.page.expect_navigation():
            phone.page.get_by_role("switch", name=name).click()

    def state_of(words: str, state: str) -> None:
        """Wait for this state of one of our lines."""
        one.page.locator("#lines .line-out", has_text=words).get_by_text(re.compile(state)).wait_for(timeout=30_000)

    adaeze.presses("Send a voice message")
    sound = one.page.locator("#lines audio")
    sound.wait_for(timeout=30_000)
    assert sound.evaluate("one => { one.muted = true; return one.play().then(() => one.duration); }") > 0, "it plays in the page"
    one.page.locator("#text").press_sequentially("It ")
    phone.page.get_by_text(re.compile("is writing|typing")).wait_for(timeout=30_000)
    switch("Has a connection")
    answer(one, "It left this morning")
    state_of("It left this morning", "Sent")
    switch("Has a connection")
    state_of("It left this morning", "Delivered|Read")
    adaeze.got("It left this morning")
    switch("Has blocked the business")
    answer(one, "Did it come?")
    state_of("Did it come?", "Sent")
    switch("Has blocked the business")
    phone.fill("New number", "+2348035550777")
    phone.press("Change it")
    one.page.locator("#lines").get_by_text(re.compile("2348035550777")).wait_for(timeout=30_000)
    one.page.reload()
    one.page.locator(".chat-to", has_text="803 555 0777").wait_for()
    phone.fill("Message", "It is still me")
    phone.press(re.compile("^ ?Send$"))
    in_thread(one, "It is still me")
    one.look_over("a chat of somebody with a new number")
