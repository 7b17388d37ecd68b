"""A message with a picture: seen on the check page, tried on a phone, sent, and there it is."""

import json
import re

from tests.browser import steps
from tests.factories import files
from tests.live import wait_until

# numbers whose story is told: anybody else may, now and then, be out of reach
PEOPLE = "Name,Phone\nAna Bello,+16135550101\n"
TO_TRY = "+16135550101"


def test_a_picture_reaches_a_phone_after_a_test_that_had_it_too(visitor, live, tmp_path):
    (tmp_path / "people.csv").write_text(PEOPLE)
    (tmp_path / "door.png").write_bytes(files.png(64, 32))
    one = visitor()
    steps.first_visit(one)
    live.flask("contacts", "import", str(tmp_path / "people.csv"), "--tag", "guest", "--country", "GB")
    live.flask("templates", "add", "--name", "new_door", "--category", "utility", "--body", "This is our new door.",
               "--picture", str(tmp_path / "door.png"))
    wait_until(lambda: "approved" in live.flask("templates", "list").stdout, "the template was never approved")
    live.flask("campaigns", "create", "--name", "New door", "--tag", "guest", "--template", "new_door")

    one.go("/campaigns/1/check")
    one.page.get_by_alt_text("The picture at the top").wait_for()
    one.look_over("the check of a picture")
    one.fill("Number", TO_TRY)
    one.press("Send a test to this number")
    one.says("It counts in no report")
    one.says(re.compile(r"^\s*(delivered|read)\s*$", re.IGNORECASE))

    one.press("Send to 1 person now")
    steps.watch_to_the_end(one)
    wait_until(lambda: arrived(live) == 1, "nobody got the picture")


def arrived(live):
    """To how many the report says it was delivered."""
    states = json.loads(live.flask("campaigns", "report", "1", "--json").stdout)["states"]
    return states["delivered"] + states["read"]
