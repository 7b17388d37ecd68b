"""Takes a picture of every page, dark and light, wide and narrow: `make screenshots` writes them into screenshots/.

A throw-away dashboard is started and filled first, so that the pages have something to show.
"""

import re
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from sample.make_sample import make_sample
from tests import machine
from tests.browser import steps
from tests.browser.conftest import QUIET
from tests.browser.visitor import NARROW, THEMES, WIDE, Visitor
from tests.live import Live
from tests.source import ROOT

PAGES = {
    "home": "/", "contacts": "/contacts", "contacts-filtered": "/contacts?q=ad&tag=flu2026", "contact": "/contacts/7",
    "segments": "/segments", "segment-new": "/segments/new?where=tag.is:flu2026&where=heard.not_within:90",
    "contact-new": "/contacts/new", "contact-edit": "/contacts/7/edit", "imports": "/imports",
    "import-new": "/imports/new", "import-columns": "/imports/2/columns", "import-check": "/imports/2/check",
    "import-result": "/imports/1", "import-result-failed": "/imports/1?outcome=failed", "contact-fields": "/contacts/fields",
    "inbox": "/inbox", "inbox-talk": "/inbox/1", "inbox-search": "/inbox?q=open", "inbox-answers": "/inbox/answers",
    "inbox-answer-new": "/inbox/answers/new", "inbox-template": "/inbox/1/template", "templates": "/templates/", "template-gallery": "/templates/gallery", "template": "/templates/1",
    "template-new": "/templates/new", "template-edit": "/templates/1/edit",
    "campaigns": "/campaigns", "campaign-new": "/campaigns/new", "campaign-what": "/campaigns/2/what",
    "campaign-when": "/campaigns/2/when", "campaign-check": "/campaigns/2/check",
    "campaign-skipped": "/campaigns/2/skipped", "campaign-report": "/campaigns/1",
    "campaign-failed": "/campaigns/1/recipients?show=failed", "campaign-over-time": "/campaigns/1/report",
    "campaign-message": "/campaigns/1/messages/1", "campaign-retry": "/campaigns/1/retry",
    "campaign-compare": "/campaigns/compare?campaign=1&campaign=3", "campaign-rehearsal": "/campaigns/2/rehearsal",
    "campaign-repeats": "/campaigns/4/repeats", "campaign-times": "/campaigns/4/times", "reports": "/reports",
    "reports-one": "/reports?period=28&campaign=1", "activity": "/activity", "settings": "/settings",
    "settings-channels": "/settings/channels", "settings-channel": "/settings/channels/1",
    "settings-channel-edit": "/settings/channels/1/edit", "settings-channel-new": "/settings/channels/new",
    "settings-webhooks": "/settings/webhooks", "settings-webhook": "/settings/webhooks/1", "settings-team": "/settings/team",
    "settings-person": "/settings/team/1", "settings-account": "/settings/account", "settings-keys": "/settings/keys", "samples": "/samples",
    "automation": "/automation", "automation-examples": "/automation/examples", "automation-new": "/automation/new",
    "automation-rule": "/automation/2/show", "automation-edit": "/automation/2", "automation-hours": "/automation/hours",
    "automation-runs": "/automation/runs", "automation-run": "/automation/runs/1", "automation-systems": "/automation/systems",
    "flows": "/flows", "flow": "/flows/1", "flow-step": "/flows/1/steps/stars", "flow-words": "/flows/1/words",
    "flow-people": "/flows/1/people", "unknown": "/unknown", "contact-merge": "/contacts/7/merge", "contact-erase": "/contacts/7/erase",
    "simulation": "/simulation/numbers", "simulation-phone": "/simulation/phone?person=%2B447700900123", "not-found": "/nothing/here",
}


def main() -> None:
    """Fill a dashboard, visit every page, and show one for the README."""
    folder = ROOT / "screenshots"
    folder.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as home, sync_playwright() as playwright:
        live = Live(Path(home), simulator_speed=20, send_rate=200, timezone=steps.ZONE, default_country="GB").start()
        browser = playwright.chromium.launch(executable_path=machine.chromium(), args=QUIET)
        try:
            fill(Visitor(browser, live.address), Path(home))
            for theme in THEMES:
                for width in (WIDE, NARROW):
                    one = Visitor(browser, live.address, width=width, theme=theme)
                    take(one, folder, f"{width}-{theme}")
        finally:
            browser.close()
            live.stop()


def fill(one: Visitor, home: Path) -> None:
    """People, a template, campaigns finished, repeating and being composed, a rehearsal, a file that waits, the sample."""
    one.go("/setup")
    take_one(one, ROOT / "screenshots" / "setup-1280-dark.png")
    steps.first_visit(one)
    make_sample(home / "people.csv", 1_200)
    make_sample(home / "more people.csv", 1_500)
    steps.bring_in(one, home / "people.csv", "flu2026")
    steps.write_template(one, "flu_vaccine_days")
    steps.compose(one, "Flu vaccine days", "flu2026", "flu_vaccine_days")
    steps.mean_it(one, "Send to")
    steps.watch_to_the_end(one)
    steps.compose(one, "Reminder for the late ones", "flu2026", "flu_vaccine_days", in_seconds=90_000)
    one.go("/imports/new")
    one.field("CSV file").set_input_files(home / "more people.csv")
    one.press("Look at this file")
    one.says("What the columns hold")
    one.choose("Numbers without a country code belong to", "GB")
    one.press("See what will happen")
    one.says("Here is what will happen")
    steps.compose(one, "Opening hours in December", "flu2026", "flu_vaccine_days")
    steps.mean_it(one, "Send to")
    one.page.wait_for_url("**/campaigns/3")
    take_one(one, ROOT / "screenshots" / "campaign-at-work-1280-dark.png")
    one.go("/campaigns/2/check")
    one.press("Rehearse it")
    one.says("Certain, as things stand", seconds=120)
    steps.compose(one, "Every Monday", "flu2026", "flu_vaccine_days", weekly=True)
    steps.mean_it(one, "Schedule for")
    one.go("/samples")
    one.press("Load sample data")
    fill_talks(one)
    one.leave()


def fill_talks(one: Visitor) -> None:
    """Rules for frequent questions, a flow, and a customer who asks and is answered by one of the rules."""
    one.go("/automation/examples")
    one.press("Add Frequent questions")
    for number in (1, 2, 3):
        one.go(f"/automation/{number}/show")
        one.press("Switch on")
    one.go("/flows")
    one.press("Begin with “Feedback”")
    one.press("Publish")
    one.go("/simulation/phone")
    one.fill("Name", "Priya Nair")
    one.fill("Number", "+447700900123")
    one.press("Make this person")
    for words in ("When are you *open* on Saturday?", "And where do I find you?", "Thank you 😊"):
        one.fill("Message", words)
        one.press(re.compile("^ ?Send$"))
    one.says("You find us at", seconds=60)


def take(one: Visitor, folder: Path, kind: str) -> None:
    """Every page as this visitor sees it."""
    one.go("/sign-in")
    take_one(one, folder / f"sign-in-{kind}.png")
    steps.sign_in(one)
    for name, path in PAGES.items():
        one.page.goto(path)
        take_one(one, folder / f"{name}-{kind}.png")
    if kind == f"{WIDE}-dark":
        one.go("/")
        one.page.screenshot(path=ROOT / "docs" / "dashboard.png")
    one.context.close()


def take_one(one: Visitor, file: Path) -> None:
    """The whole page, top to bottom."""
    one.page.screenshot(path=file, full_page=True)
    print(file.relative_to(ROOT), flush=True)


if __name__ == "__main__":
    sys.exit(main())
