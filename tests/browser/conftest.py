"""A real Chromium, a real dashboard, and a visitor who notices what a person or a browser would complain about."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Playwright, sync_playwright

from tests import machine
from tests.browser.visitor import Visitor
from tests.live import Live

QUIET = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", "--force-color-profile=srgb"]


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    """Playwright, once a process."""
    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="session")
def chromium(playwright: Playwright) -> Iterator[Browser]:
    """The machine's Chromium without a window."""
    try:
        path = os.environ.get("PIGEONPOST_CHROMIUM") or machine.chromium()
    except machine.NotHere as error:
        pytest.skip(f"no Chromium: {error}")
    browser = playwright.chromium.launch(executable_path=path, args=QUIET)
    yield browser
    browser.close()


@pytest.fixture
def live(tmp_path: Path) -> Iterator[Live]:
    """A new installation with quick simulated people, started."""
    started = Live(tmp_path, simulator_speed=50, send_rate=400, timezone="Africa/Lagos", default_country="NG").start()
    yield started
    started.stop()
    print(started.said())  # pytest shows it when the story failed


@pytest.fixture
def visitor(chromium: Browser, live: Live, tmp_path: Path) -> Iterator[Callable[..., Visitor]]:
    """Somebody with a browser: `visitor(width=390)`, `visitor(scripts=False)`. What they noticed fails the test."""
    here: list[Visitor] = []

    def come(**traits: object) -> Visitor:
        here.append(Visitor(chromium, live.address, **traits))
        return here[-1]

    yield come
    for number, one in enumerate(here):
        one.page.screenshot(path=tmp_path / f"last-look-{number}.png")
        print(f"{one.page.url}: last look in {tmp_path}/last-look-{number}.png")
    noticed = [fault for one in here for fault in one.leave()]
    assert not noticed, "\n".join(noticed)
