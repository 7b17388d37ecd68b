"""A whole campaign as its maker lives through it: composed, checked, tried, scheduled, paused, resumed, and read.

It leaves out a tag, a segment and those who got an earlier campaign; fills gaps from a file of its own and falls back
where that has nothing; and starts in another zone, on each person's own clock. CHAOS=1 does it with 5,000 people.
"""

import json
import os
import re
from datetime import timedelta

import pytest

from core import clock
from tests.browser import steps
from tests.browser.visitor import NARROW, WIDE
from tests.live import Live, wait_until

MEMBERS = 5000 if os.environ.get("CHAOS") else 40
RATE = 200 if os.environ.get("CHAOS") else 2  # a second: slow enough to be paused half-way
SOON = 25  # seconds
# None of these has clock changes. A time that is about to come in Accra is near in Abidjan, came an hour ago in Lagos,
# which is still useful, and four hours ago in Dubai, which is not. The guests of the file live by London's clock.
ZONES = ("Africa/Accra", "Africa/Abidjan", "Africa/Lagos", "Asia/Dubai")
LEFT_OUT, TOO_LATE, GUESTS = 6, MEMBERS // 10, 5
READY = MEMBERS - LEFT_OUT - TOO_LATE + GUESTS
WAYS = {"wide": dict(width=WIDE), "phone": dict(width=NARROW, theme="light"),
        "phone without scripts": dict(width=NARROW, scripts=False)}
BODY = "Hello {{first_name}}, your table is by the {{table}}."
LIST = ("Guest,Mobile,Table\nGuest 1,+447700800001,Window\nGuest 2,+447700800002,\nGuest 3,+447700800003,Bar\n"
        "Guest 4,+447700800004,Hall\nGuest 5,+447700800005,Door\nPerson 1,+447700900001,Garden\n"
        "Guest 6,ask her,Bar\nGuest 1 again,07700 800001,Roof\n")
PEOPLE = """
import sys
from app import create_app
from core.actor import COMMAND
from services import campaigns, message_templates, segments
with create_app().app_context():
    from tests.factories.campaigns import a_campaign, a_tag, people
    count, late, zones = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]
    member, staff, before = a_tag("member"), a_tag("staff"), a_tag("came before")
    people(2, member, staff, first=90001, zone=zones[0])
    people(2, member, first=91001, zone=zones[0], company="Osaka Travel")
    people(2, member, before, first=92001, zone=zones[0])
    people(late, member, first=80001, zone=zones[3])
    left = count - 6 - late
    for place, zone in enumerate(zones[:3]):
        people(left // 3 + (place < left % 3), member, first=1 + 10000 * place, zone=zone)
    far = segments.all_of([segments.Condition("company.is", "Osaka Travel")])
    segments.add_segment(name="Travel people", shape=far, by=COMMAND)
    spring = next(one for one in message_templates.ready_versions() if one.name == "spring_dinner")
    earlier = a_campaign(size=0, name="Spring dinner", tag_ids=[before.id], version_id=spring.version_id)
    campaigns.schedule(earlier.id, by=COMMAND)
"""


@pytest.fixture
def live(tmp_path):
    """An installation that sends slowly enough to be paused."""
    started = Live(tmp_path, simulator_speed=50, send_rate=RATE, timezone="Africa/Lagos", default_country="NG").start()
    yield started
    started.stop()
    print(started.said())


def prepare(live: Live, tmp_path) -> None:
    """Members, some of them staff, some of a segment, some of whom got an earlier campaign; a template with two gaps."""
    live.flask("templates", "add", "--name", "spring_dinner", "--category", "utility", "--body", "Dinner is served.")
    live.flask("templates", "add", "--name", "table_ready", "--category", "utility", "--body", BODY,
               "--sample", "first_name=Ana", "--sample", "table=Window")
    wait_until(lambda: live.flask("templates", "list").stdout.count("approved") == 2, "the templates were never approved")
    live.run(PEOPLE, str(MEMBERS), str(TOO_LATE), *ZONES)
    wait_until(lambda: "finished" in live.flask("campaigns", "list").stdout, "the earlier campaign never finished")
    (tmp_path / "guests.csv").write_text(LIST)


@pytest.mark.parametrize("way", WAYS)
def test_a_campaign_from_its_first_step_to_its_report(visitor, live, tmp_path, way):
    one = visitor(**WAYS[way])
    steps.first_visit(one)
    prepare(live, tmp_path)

    whom(one, tmp_path)
    what(one)
    check = when(one, clock.now() + timedelta(days=1))
    look_at_the_check(one, check)
    try_it(one, check)

    one.go(check.replace("/check", "/when"))
    when(one, clock.now() + timedelta(seconds=SOON))
    if READY > 1000:
        one.fill("That is a lot of people", f"{READY:,}")
    one.press(re.compile(f"Schedule for {READY:,} people"))
    pause_and_resume(one)
    steps.watch_to_the_end(one, seconds=300)
    read_the_report(one, live, check)


def whom(one, tmp_path):
    """Members and a file, less a tag, a segment and an earlier campaign."""
    one.go("/campaigns/new")
    one.fill("Name of the campaign", "Summer dinner")
    one.tick("member")
    one.page.locator("summary", has_text="A list for this campaign only").click()
    one.field("Or a file").set_input_files(tmp_path / "guests.csv")
    one.choose("Numbers without a country code belong to", "GB")
    one.page.locator("summary", has_text="Leave some of them out").click()
    for words in ("staff", "Travel people", "Spring dinner"):
        one.page.locator("#less").get_by_label(re.compile(f"^{words}")).check()
    one.look_over("composing: whom")
    one.press("Keep and go on to what")
    one.says("The same number as row 2")
    one.look_over("composing: the list")
    one.press("Go on to what")


def what(one):
    """The template, and what stands in where there is no value."""
    one.look_over("composing: templates")
    one.press("Use table_ready")
    one.says("people have no value for “first_name”")
    one.look_over("composing: gaps")
    assert one.page.get_by_text(f"{MEMBERS - LEFT_OUT - 1:,} people have no value for “table”").count() == 1
    one.page.locator("#text_first_name").fill("dear guest")
    one.page.locator("#text_table").fill("fire")
    one.press("Keep and look again")
    assert one.page.get_by_text("no value for").count() == 0
    one.press("Keep and go on to when")


def when(one, moment) -> str:
    """That time in Accra, for each person on their own clock; the address of the check page."""
    there = moment.astimezone(clock.zone(ZONES[0]))
    one.tick("At a time I choose")
    one.field("Day").fill(f"{there:%Y-%m-%d}")
    one.field("Time").fill(f"{there:%H:%M:%S}")
    one.choose("Zone", ZONES[0])
    one.tick("At this time on each person’s own clock")
    one.press("Show what this means")
    one.page.get_by_role("cell", name="Africa/Abidjan").wait_for()
    one.look_over("composing: when")
    one.press("Keep and check")
    one.says("We check each person again at the moment of sending")
    return re.sub(r"[?#].*", "", one.page.url).removeprefix(one.address)


def look_at_the_check(one, check):
    """The numbers, those left out, and what two very different people read."""
    one.look_over("the check")
    for words in ("carry the tag “staff”", "are in the segment “Travel people”", "got the campaign “Spring dinner”",
                  "The number cannot be read"):
        one.says(words)
    one.fill("See it as somebody else", "+447700900001")
    one.press("Find")
    one.says("Hello Person, your table is by the Garden.")
    one.fill("See it as somebody else", "07700 800002")
    one.press("Find")
    one.says("Hello dear guest, your table is by the fire.")
    one.look_over("the check of one person")
    one.go(check)


def try_it(one, check):
    """A test on a phone, and the whole on the simulator."""
    one.fill("Number", "+447700900777")
    one.press("Send a test to this number")
    one.says("It counts in no report")
    one.says(re.compile(r"^\s*(delivered|read)\s*$", re.IGNORECASE))
    one.press("Rehearse it")
    one.says("Would be sent to", seconds=300)
    one.look_over("the rehearsal")
    one.go(check)


def pause_and_resume(one):
    """Nothing leaves while it is paused; everybody keeps their place."""
    wait_until(lambda: one.find("Pause").is_visible() or one.page.reload() is None, "it never started", 60)
    one.press("Pause")
    one.says("Nothing leaves until somebody resumes it")
    one.look_over("paused")
    one.press(re.compile("^Resume: send to the other"))


def read_the_report(one, live, check):
    """Everybody is accounted for, and each number opens its people."""
    number = check.split("/")[2]
    told = json.loads(live.flask("campaigns", "report", number, "--json").stdout)
    states = told["states"]
    skipped = TOO_LATE + 2  # Dubai's people, the row nobody can read, and the one that is there twice
    assert states["skipped"] == skipped, told
    assert sum(states.values()) == READY + skipped
    assert states["unknown"] + states["queued"] + states["sending"] == 0, states
    one.page.locator("a[href*='show=skipped']").first.wait_for()
    one.press(re.compile(f"^{skipped:,} skipped$"))
    one.says(f"Skipped: {skipped:,} people")
    one.look_over("the skipped ones")
    one.page.go_back()
    one.press(re.compile("^See the 1 ?: The number cannot be read"))
    one.says("The number cannot be read")
