"""A story: a ready text becomes a template with a picture and buttons, is written anew, compared and brought back."""

import re

import pytest

from tests.browser import steps
from tests.browser.visitor import NARROW, WIDE
from tests.factories.files import png

WAYS = {
    "mouse": dict(width=WIDE),
    "keyboard": dict(width=WIDE, keyboard=True),
    "phone": dict(width=NARROW, theme="light"),
    "no scripts": dict(width=WIDE, scripts=False),
}


def act(one, name):
    """Press a button of the editor that changes the form: with scripts the page stays."""
    wanted = one.find(name)
    if not one.scripts:
        return one.press(name)
    if one.keyboard:
        one.tab_to(wanted)
        return one.page.keyboard.press("Enter")
    return wanted.click()


def settled(one, name="Check the text and show its gaps"):
    """Without scripts a person asks for the check; with scripts it comes by itself."""
    if not one.scripts:
        one.press(name)


@pytest.mark.parametrize("way", WAYS)
def test_a_ready_text_becomes_a_template_with_versions(visitor, tmp_path, way):
    one = visitor(**WAYS[way])
    steps.first_visit(one)
    one.go("/templates/")
    one.look_over()
    one.press("Choose a ready text")
    one.look_over()

    one.press("Use “Event invitation”")
    one.look_over("an editor with a ready text")
    phone = one.page.locator(".phone")
    phone.get_by_text("Hello Adaeze, we would love to see you").wait_for()
    one.fill("Name", "open_day")
    one.choose("At the top", "image")
    settled(one, "Show what stands at the top")
    picture = tmp_path / "open-day.png"
    picture.write_bytes(png(40, 20))
    one.field("A picture for everybody").set_input_files(picture)
    settled(one)
    phone.locator("img").wait_for()
    act(one, "Add a button")
    one.choose("Button 3 does", "url")
    settled(one)
    one.fill("Words on button 3", "See the way")
    one.fill("Address of button 3", "javascript:alert(1)")
    settled(one)
    one.says("An address begins with https://")
    one.look_over("an editor with a wrong address")
    one.fill("Address of button 3", "https://example.org/way/{{place_code}}")
    settled(one)
    one.fill("Sample for place_code", "marina")
    settled(one)
    phone.get_by_text("See the way").wait_for()
    one.look_over("an editor with everything")
    one.press("Hand in to WhatsApp")
    one.says(re.compile(r"^\s*approved\s*$", re.IGNORECASE), seconds=60)
    one.look_over("a template with a picture")

    one.press("Write a new version")
    one.fill("Last line, small", "Reply STOP to be left in peace")
    one.press("Hand in version 2 to WhatsApp")
    one.press("What changed since version 1")
    assert one.page.locator("#changes ins").first.inner_text()
    one.look_over("two versions compared")
    one.press(re.compile("^Version 1$"))
    one.press("Hand in version 1 again, as version 3")
    one.says("Version 3 says what version 1 said")
