"""One person with one browser window, who notices console errors, refused content, foreign hosts and what axe finds."""

import re
from typing import Any
from urllib.parse import urlsplit

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, Request

from tests.live import wait_until

WIDE, NARROW = 1280, 390
HEIGHTS = {WIDE: 800, NARROW: 844}
THEMES = ("dark", "light")


class Visitor:
    """A window of this width. `seen` holds the addresses that were looked over already."""

    def __init__(self, browser: Browser, address: str, *, width: int = WIDE, scripts: bool = True,
                 theme: str = "dark", keyboard: bool = False) -> None:
        self.address, self.scripts, self.keyboard = address, scripts, keyboard
        self.faults: list[str] = []
        self.seen: set[str] = set()
        self.context = browser.new_context(
            viewport={"width": width, "height": HEIGHTS.get(width, 800)}, java_script_enabled=scripts, base_url=address,
            reduced_motion="reduce", locale="en-GB", timezone_id="Africa/Lagos", accept_downloads=True,
            color_scheme="light" if theme == "light" else "dark")
        self.context.add_cookies([{"name": "theme", "value": theme, "url": address}])
        self.context.set_default_timeout(15_000)
        self.context.on("request", self._on_request)
        self.context.on("console", self._on_console)
        self.context.on("weberror", lambda error: self.faults.append(f"script error: {error.error}"))
        self.page: Page = self.context.new_page()

    def go(self, path: str) -> Page:
        """Open one of our pages."""
        answer = self.page.goto(path)
        if answer is None or answer.status >= 400:
            self.faults.append(f"{path} answered {answer.status if answer else 'nothing'}")
        return self.page

    def look_over(self, name: str = "") -> None:
        """What a careful person would see on this page, in both themes. Once an address."""
        path = name or urlsplit(self.page.url).path
        if path in self.seen:
            return
        self.seen.add(path)
        self.page.wait_for_load_state("load")
        self.page.locator("h1").first.wait_for()  # a page that is just coming has no root yet
        wide = self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        if wide > 0:
            self.faults.append(f"{path} scrolls sideways by {wide} px at {self.page.viewport_size}")
        if self.page.locator("h1").count() != 1:
            self.faults.append(f"{path} has {self.page.locator('h1').count()} h1")
        if self.scripts:
            for theme in THEMES:
                self._axe(path, theme)

    def field(self, label: str) -> Locator:
        """The field whose label begins so."""
        return self.page.locator("main").get_by_label(re.compile(rf"^\s*{re.escape(label)}")).first

    def fill(self, label: str, text: str) -> None:
        """Type into the field with this label."""
        field = self.field(label)
        if self.keyboard and field.get_attribute("type") not in ("date", "time"):
            self.tab_to(field)
            self.page.keyboard.press("ControlOrMeta+a")
            self.page.keyboard.type(text)
        else:
            field.fill(text)

    def choose(self, label: str, value: str) -> None:
        """Choose from a list by its value or words."""
        if self.keyboard:
            self.tab_to(self.field(label))
        self.field(label).select_option(value)

    def tick(self, label: str) -> None:
        """Tick a box or choose one of several."""
        field = self.field(label)
        if self.keyboard:
            self.tab_to(field, arrows=field.get_attribute("type") == "radio")
            self.page.keyboard.press("Space")
        else:
            field.check()

    def press(self, name: str | re.Pattern[str]) -> None:
        """Press the button or link that says this, and wait for the page it leads to."""
        wanted = self.find(name)
        wanted.wait_for()
        if self.keyboard:
            self.tab_to(wanted)
        with self.page.expect_navigation():
            self.page.keyboard.press("Enter") if self.keyboard else wanted.click()

    def find(self, name: str | re.Pattern[str]) -> Locator:
        """The button or link that says this, inside the page rather than around it."""
        main = self.page.locator("main")
        return main.get_by_role("button", name=name).or_(main.get_by_role("link", name=name)).first

    def tab_to(self, wanted: Locator, *, arrows: bool = False, most: int = 200) -> None:
        """Reach a control by the keyboard alone, as a person without a mouse does; its focus must be visible."""
        for _ in range(most):
            if wanted.evaluate(_HAS_FOCUS):
                if not wanted.evaluate(_FOCUS_SHOWS):
                    self.faults.append(f"{wanted} shows no focus on {self.page.url}")
                return
            beside = arrows and wanted.evaluate(_IS_BESIDE)  # of several radio buttons, Tab reaches only one
            self.page.keyboard.press("ArrowDown" if beside else "Tab")
        self.faults.append(f"{wanted} cannot be reached by keyboard on {self.page.url}")
        wanted.focus()

    def says(self, words: str | re.Pattern[str], seconds: float = 30) -> None:
        """Wait until the page says this by itself; without scripts, a person reloads."""
        found = self.page.locator("main").get_by_text(words).first
        if self.scripts:
            found.wait_for(timeout=seconds * 1000)
            return

        def reloaded() -> bool:
            return found.is_visible() or (self.page.reload() is not None and found.is_visible())

        wait_until(reloaded, f"{self.page.url} never said “{words}”", seconds)

    def leave(self) -> list[str]:
        """Close the window; what was noticed."""
        self.context.close()
        return list(dict.fromkeys(self.faults))

    def _axe(self, path: str, theme: str) -> None:
        self.page.evaluate("theme => document.documentElement.setAttribute('data-bs-theme', theme)", theme)
        found: dict[str, Any] = Axe().run(self.page).response
        for rule in found["violations"]:
            places = "; ".join(f"{' '.join(map(str, n['target']))} ({n.get('failureSummary', '')[:160]})"
                               for n in rule["nodes"][:3])
            self.faults.append(f"{path} {theme}: axe {rule['id']}: {rule['help']}: {places}")

    def _on_request(self, request: Request) -> None:
        if not request.url.startswith((self.address, "data:", "blob:")):
            self.faults.append(f"asked another host: {request.url}")

    def _on_console(self, message: ConsoleMessage) -> None:
        refused_form = "the server responded with a status of 422" in message.text  # a form with errors, shown again
        if message.type == "error" and not refused_form:
            self.faults.append(f"console: {message.text} ({message.location.get('url', '')})")


_HAS_FOCUS = "e => e === document.activeElement"
_IS_BESIDE = """e => { const at = document.activeElement;
  return !!at && at.name === e.name && at.type === 'radio'; }"""
_FOCUS_SHOWS = """e => { const s = getComputedStyle(e);
  return (s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) > 0) || s.boxShadow !== 'none'; }"""
