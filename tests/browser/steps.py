"""What a new user does, step by step: with the mouse, by keyboard, on a phone, or without scripts."""

import re
from datetime import timedelta
from pathlib import Path

from core import clock
from tests.browser.visitor import Visitor

PERSON = {"Your name": "Folake Adeyemi", "E-mail": "folake@example.org", "Password": "market day at seven hills",
          "Name of the business": "Adeyemi Clinic"}
ZONE = "Africa/Lagos"


def first_visit(one: Visitor) -> None:
    """Make the first admin; ends on Home."""
    one.go("/")
    one.look_over()
    for label, text in PERSON.items():
        one.fill(label, text)
    one.choose("Country", "NG")
    one.choose("Time zone", ZONE)
    one.press("Create the first account")
    one.says(re.compile("Good .*, Folake"))
    one.look_over("/ on the first day")


def sign_in(one: Visitor) -> None:
    """Come back another day."""
    one.go("/sign-in")
    one.look_over()
    one.fill("E-mail", PERSON["E-mail"])
    one.fill("Password", PERSON["Password"])
    one.press("Sign in")
    one.says(re.compile("Good .*, Folake"))


def bring_in(one: Visitor, file: Path, tag: str) -> None:
    """Import a file of people under a tag, from Home to the finished import and the rows that were left out."""
    one.go("/")
    one.press("Import a file")
    one.says("What the file needs")
    one.look_over("/imports/new")
    one.field("CSV file").set_input_files(file)
    one.press("Look at this file")
    one.says("What the columns hold")
    one.look_over("columns of an import")
    one.choose("Numbers without a country code belong to", "GB")
    one.fill("Tags for everybody in this file", tag)
    one.tick("Yes")
    one.fill("How they agreed", "Signed the form at the front desk")
    one.press("See what will happen")
    one.says("Here is what will happen")
    one.look_over("check of an import")
    one.press(re.compile(r"(Import all|Add|Change) [\d,]"))
    one.says(re.compile(r"^\s*finished\s*$", re.IGNORECASE), seconds=400)
    one.look_over("finished import")


def write_template(one: Visitor, name: str) -> None:
    """Write a template with a gap and hand it in; ends when it is approved."""
    one.go("/templates/new")
    one.look_over("/templates/new")
    one.fill("Name", name)
    one.choose("Kind", "marketing")
    one.choose("Language", "en_GB")
    one.fill("Text", "Hello {{first_name}}, flu vaccine days are on Friday. Come and see us.")
    one.fill("Last line, small", "Reply STOP for no more of these")
    if not one.scripts:
        one.press("Check the text and show its gaps")
    one.fill("Sample for first_name", "Ana")
    one.fill("Instead of first_name", "there")
    one.look_over("a template being written")
    one.press("Hand in to WhatsApp")
    one.says(re.compile(r"^\s*approved\s*$", re.IGNORECASE), seconds=60)
    one.look_over("an approved template")


def compose(one: Visitor, name: str, tag: str, template: str, *, in_seconds: float | None = None,
            weekly: bool = False) -> None:
    """Whom, what, when; ends on the check page."""
    one.go("/campaigns/new")
    one.look_over("/campaigns/new")
    one.fill("Name of the campaign", name)
    one.tick(tag)
    one.press("Keep and go on to what")
    _choose_template(one, template)
    one.look_over("what a campaign says")
    one.press("Keep and go on to when")
    one.says("Nothing is sent from here")
    one.look_over("when a campaign starts")
    if in_seconds is not None:
        start = clock.now().astimezone(clock.zone(ZONE)) + timedelta(seconds=in_seconds)
        one.tick("At a time I choose")
        one.field("Day").fill(f"{start:%Y-%m-%d}")
        one.field("Time").fill(f"{start:%H:%M:%S}")
        one.choose("Zone", ZONE)
    if weekly:
        one.tick("Again and again")
        one.fill("Time", "09:00")
        one.choose("Zone", ZONE)
        one.choose("Counted in", "week")
        one.tick("Monday")
    one.press("Keep and check")
    one.says("We check each person again at the moment of sending")
    one.look_over("check of a campaign")


def _choose_template(one: Visitor, template: str) -> None:
    """The version of this name, and the first name for its gap."""
    one.says("Only templates WhatsApp has approved are listed")
    one.look_over("choosing a template")
    one.press(f"Use {template}")
    one.says("What fills the gaps")


def mean_it(one: Visitor, button: str) -> None:
    """Press the button that sends, having typed the number where so many people ask for it."""
    if (typed := one.page.locator("#typed")).count():
        ready = one.page.locator("input[name=seen]").get_attribute("value")
        assert ready is not None
        typed.fill(ready)
    one.press(button)


def watch_to_the_end(one: Visitor, seconds: float = 400) -> None:
    """Stay on the campaign's page until it has finished."""
    one.look_over("a campaign at work")
    one.says(re.compile(r"^\s*finished\s*$", re.IGNORECASE), seconds=seconds)
    one.look_over("a finished campaign")


def open_the_failed(one: Visitor) -> None:
    """From the report to the people it failed for, each with a reason."""
    one.press(re.compile(r"^[\d,]+ failed$"))
    one.page.wait_for_url("**/recipients?*")
    one.look_over("the failed ones")
