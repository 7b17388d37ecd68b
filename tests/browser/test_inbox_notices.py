"""Who keeps the inbox open hears of new messages: in the title, in the rail, by the browser's notices; and moves by keys."""

import pytest

from tests.browser import steps
from tests.browser.customer import Customer
from tests.browser.visitor import NARROW, WIDE
from tests.live import wait_until

# the edge of the browser: what a notice would show, what a sound would play, and whether somebody looks at the page
EDGE = """
  window.told = []; window.shown = []; window.tones = 0; window.away = false;
  window.Notification = class { constructor(title, more) { window.told.push(title + ": " + more.body); window.shown.push(this); } close() {} };
  Object.assign(window.Notification, {permission: "granted", requestPermission: () => Promise.resolve("granted")});
  window.AudioContext = class {
    constructor() { this.state = "running"; this.currentTime = 0; this.destination = {}; }
    createOscillator() { return {frequency: {}, connect: to => to, start: () => { window.tones += 1; }, stop() {}}; }
    createGain() { return {gain: {setValueAtTime() {}, exponentialRampToValueAtTime() {}}, connect: to => to}; }
    close() {}
  };
  Object.defineProperty(document, "hidden", {get: () => window.away});
"""


def told(one, count):
    """What the notices said, once there are so many."""
    wait_until(lambda: len(one.page.evaluate("window.told")) >= count, "no notice was shown")
    return one.page.evaluate("window.told")


def test_new_messages_are_told_in_the_title_the_rail_and_by_the_browser(visitor):
    one = visitor()
    one.context.add_init_script(EDGE)
    steps.first_visit(one)
    one.go("/inbox")
    badge = one.page.locator(".rail [data-unread-badge]")
    assert not badge.is_visible() and one.page.title().startswith("Inbox")
    adaeze = Customer(visitor(), "+2348035550142", "Adaeze Okafor")

    adaeze.writes("Is it ready?")
    wait_until(lambda: one.page.title().startswith("(1) "), "the title never counted")
    badge.get_by_text("1", exact=True).wait_for()
    wait_until(lambda: one.page.evaluate("window.tones") == 1, "no sound was played")
    assert one.page.evaluate("window.told") == []  # whoever looks at the page needs no notice

    one.page.evaluate("window.away = true")
    adaeze.writes("And the other one?")
    assert told(one, 1) == ["Adaeze Okafor: And the other one?"]

    one.page.locator(".list-sort > summary").click()
    one.page.get_by_role("button", name="Notices: on").click()
    one.page.get_by_role("button", name="Notices: off").wait_for()
    one.page.get_by_role("button", name="Sound: on").click()
    one.page.get_by_role("button", name="Sound: off").wait_for()
    adaeze.writes("Hello?")
    one.page.locator(".talk-count", has_text="3").wait_for(timeout=60_000)
    assert (len(one.page.evaluate("window.told")), one.page.evaluate("window.tones")) == (1, 2)


@pytest.mark.parametrize(("path", "title", "width"), [("/contacts", "Contacts", WIDE), ("/", "Home", NARROW)])
def test_whoever_is_on_another_page_hears_of_them_too(visitor, path, title, width):
    one = visitor(width=width)
    one.context.add_init_script(EDGE)
    steps.first_visit(one)
    one.go(path)
    badge = one.page.locator("[data-unread-badge]:visible")
    assert badge.count() == 0 and one.page.title().startswith(title)
    adaeze = Customer(visitor(), "+2348035550142", "Adaeze Okafor")

    adaeze.writes("Is it ready?")
    wait_until(lambda: one.page.title().startswith(f"(1) {title}"), "the title never counted")
    badge.get_by_text("1", exact=True).wait_for()
    wait_until(lambda: one.page.evaluate("window.tones") == 1, "no sound was played")
    one.page.evaluate("window.away = true")
    adaeze.writes("And the other one?")
    assert told(one, 1) == ["Adaeze Okafor: And the other one?"]

    one.page.evaluate("window.away = false")
    with one.page.expect_navigation(url="**/inbox/*"):
        one.page.evaluate("window.shown[0].onclick()")
    one.page.locator("#lines").get_by_text("And the other one?").wait_for()
    wait_until(lambda: one.page.title().startswith("Adaeze"), "the title counts what is seen")
    one.go(path)
    wait_until(lambda: one.page.title().startswith(title), "the title counts what is seen")
    assert one.page.evaluate("window.told.length + window.tones") == 0  # nothing is told a second time


def test_chats_are_moved_through_answered_and_closed_by_keys(visitor):
    one = visitor()
    steps.first_visit(one)
    phone = visitor()
    for number, name in (("+2348035550142", "Adaeze Okafor"), ("+2348035550143", "Bola Ade")):
        Customer(phone, number, name).writes(f"I am {name}")
    one.go("/inbox")
    for name in ("Adaeze", "Bola"):
        one.page.locator(".talk-link", has_text=name).wait_for(timeout=30_000)
    first, second = one.page.locator(".talk-name").all_inner_texts()

    def press(key, shows):
        with one.page.expect_navigation():
            one.page.keyboard.press(key)
        one.page.locator(".chat-name", has_text=shows).wait_for()

    press("j", first)
    press("j", second)
    press("k", first)
    one.page.keyboard.press("/")
    assert one.page.evaluate("document.activeElement.type") == "search"
    one.page.keyboard.press("Escape")
    one.page.evaluate("document.activeElement.blur()")
    one.page.keyboard.press("r")
    one.page.keyboard.type("jke/")  # in a field, keys are letters
    assert one.page.locator("#text").input_value() == "jke/"
    one.page.locator("#text").fill("")
    one.page.evaluate("document.activeElement.blur()")
    with one.page.expect_navigation():
        one.page.keyboard.press("e")
    one.page.locator(".talk-name", has_text=second).wait_for()
    assert one.page.locator(".talk-name").all_inner_texts() == [second]
