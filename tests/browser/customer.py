"""The customer of a story, in a browser of their own: everything they do is pressed on the simulated phone's page."""

import re

from playwright.sync_api import Locator

from tests.browser import steps
from tests.browser.visitor import Visitor


class Customer:
    """Somebody with a phone in hand. The window must be another one than the team's."""

    def __init__(self, one: Visitor, number: str, name: str) -> None:
        """Make the person on the page."""
        self.one = one
        if not one.page.url.startswith(one.address):
            steps.sign_in(one)
        one.go("/simulation/phone")
        if not one.field("Name").is_visible():
            one.page.get_by_text("Another person").click()
        one.fill("Name", name)
        one.fill("Number", number)
        one.press("Make this person")

    def writes(self, words: str) -> None:
        """Type and send, with or without a quote."""
        self.one.fill("Message", words)
        self.one.press(re.compile("^ ?Send$"))
        self.got(words)

    def answers(self, words: str) -> None:
        """Begin an answer to the message that says this."""
        self._menu(words).get_by_role("link", name="Answer this").click()
        self.one.page.locator(".phone-quoting").wait_for()

    def reacts(self, words: str, sign: str) -> None:
        """Set a sign on the message that says this."""
        button = self._menu(words).get_by_role("button", name=f"React with {sign}")
        with self.one.page.expect_navigation():
            button.click()
        self._of_the_business(words).locator(".talk-reactions", has_text=sign).wait_for()

    def sends_photo(self, drawn: str, words: str) -> None:
        """Choose a drawn picture and write something below it."""
        self._open("Send a photo")
        self.one.tick(drawn)
        self.one.fill("Words below it", words)
        self.one.press("Send it")
        self.got(words)

    def sends_place(self, name: str, address: str) -> None:
        """Say where they are."""
        acts = self._open("Send a place")
        for label, words in (("Latitude", "6.4541"), ("Longitude", "3.3947"), ("Name", name), ("Address", address)):
            acts.get_by_label(re.compile(f"^{label}")).fill(words)
        with self.one.page.expect_navigation():
            acts.get_by_role("button", name="Send it").click()
        self.got(address)

    def presses(self, words: str) -> None:
        """One of the things that need no more words, such as Say STOP."""
        self.one.press(words)

    def got(self, words: str) -> Locator:
        """Wait until these words stand on the phone by themselves; without scripts a person reloads."""
        if self.one.scripts:
            self._line(words).wait_for(timeout=30_000)
        else:
            self.one.says(words)
        return self._line(words)

    def sees_sign(self, words: str, sign: str) -> None:
        """Wait until the business has reacted to what they wrote."""
        mine = self.one.page.locator(".phone-talk .talk-row.is-theirs", has_text=words).first
        mine.locator(".talk-reactions", has_text=sign).wait_for(timeout=30_000)

    def _line(self, words: str) -> Locator:
        return self.one.page.locator(".phone-talk .talk-row", has_text=words).last

    def _of_the_business(self, words: str) -> Locator:
        return self.one.page.locator(".phone-talk .talk-row:not(.is-theirs)", has_text=words).last

    def _menu(self, words: str) -> Locator:
        """The open menu beside a message of the business."""
        menu = self._of_the_business(words).locator(".talk-menu")
        menu.locator("summary").click()
        return menu

    def _open(self, words: str) -> Locator:
        """What one can do, opened."""
        acts = self.one.page.locator(".do-as details", has_text=words).first
        acts.locator("summary").click()
        return acts
