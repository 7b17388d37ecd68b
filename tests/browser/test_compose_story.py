"""A campaign composed from a file with columns of its own, less some people, with a fallback, by everybody's ways."""

import re

import pytest

from tests.browser import steps
from tests.browser.visitor import NARROW, WIDE
from tests.live import wait_until

WAYS = {
    "mouse": dict(width=WIDE),
    "keyboard": dict(width=WIDE, keyboard=True),
    "phone": dict(width=NARROW, theme="light"),
    "no scripts": dict(width=WIDE, scripts=False),
}
GUESTS = ("Guest,Mobile,Table\n"
          "Ana Bello,+447700900801,Window\nBen Cole,+447700900802,Door\nCy Dada,+447700900803,\n"
          "Dee Eze,ask her,Bar\nAna again,07700 900801,Hall\n")
STAFF = "Name,Phone\nBen Cole,+447700900802\n"
BODY = "Hello {{guest}}, your table is by the {{table}}."


def prepare(live, tmp_path):
    """One of the guests is staff already; a template with two gaps is approved."""
    (tmp_path / "staff.csv").write_text(STAFF)
    live.flask("contacts", "import", str(tmp_path / "staff.csv"), "--tag", "staff", "--country", "GB")
    live.flask("templates", "add", "--name", "table_ready", "--category", "utility", "--body", BODY,
               "--sample", "guest=Ana", "--sample", "table=Window")
    wait_until(lambda: "approved" in live.flask("templates", "list").stdout, "the template was never approved")
    (tmp_path / "guests.csv").write_text(GUESTS)


@pytest.mark.parametrize("way", WAYS)
def test_a_campaign_is_made_of_a_file_less_some_people(visitor, live, tmp_path, way):
    prepare(live, tmp_path)
    one = visitor(**WAYS[way])
    steps.first_visit(one)

    one.go("/campaigns/new")
    one.fill("Name of the campaign", "Dinner on Friday")
    one.page.locator("summary", has_text="A list for this campaign only").click()
    one.field("Or a file").set_input_files(tmp_path / "guests.csv")
    one.choose("Numbers without a country code belong to", "GB")
    one.page.locator("summary", has_text="Leave some of them out").click()
    one.look_over("whom with everything open")
    one.page.locator("#less").get_by_label(re.compile("staff")).first.check()
    one.press("Keep and go on to what")

    one.says("The same number as row 2")
    one.says("ask her")
    one.look_over("the list of a campaign")
    one.press("Go on to what")
    one.look_over("choosing among templates")
    one.press("Use table_ready")

    one.says("What fills the gaps")
    one.says(re.compile("1 person has no value for .table"))
    one.look_over("gaps from columns")
    one.page.locator("#text_table").fill("the fire")
    one.press("Keep and look again")
    one.says("the fire")
    assert one.page.get_by_text("has no value for").count() == 0
    one.press("Keep and go on to when")
    one.press("Keep and check")
    one.says(re.compile("carry the tag .staff"))
    one.says("The number cannot be read")
    one.go(re.sub(r"/check.*", "/whom", one.page.url).replace(one.address, ""))
    one.says("3 numbers can be used")
    one.look_over("whom with a list")
