"""A file is brought where it is needed, in a rule or a step, and nothing that was typed is lost."""

import io

import pytest

from models import MediaFile, Rule, db
from services import flows
from tests.factories import files
from tests.unit.test_flows_engine import BOOKING

PICTURE = {"name": "Our door", "kind": "keyword", "t-how": "word", "t-words": "door", "a-0-kind": "text", "a-0-text": "Look:",
           "a-1-kind": "media", "a-1-media_id": "", "a-1-text": "Green, on the left", "tolerance_hours": "24"}


def with_file(form, name, data=None):
    return form | {name: (io.BytesIO(files.png() if data is None else data), "door.png")}


@pytest.fixture
def kept(app):
    """Ids of the files that are kept."""
    return lambda: list(db.session.scalars(db.select(MediaFile.id)))


def test_it_is_chosen_and_everything_typed_stays(browser, kept):
    page = browser.post("/automation/new", data=with_file(PICTURE | {"bring": "1"}, "a-1-media_id-file"))

    [file] = kept()
    assert page.status_code == 200
    assert all(part in page.text for part in (f'value="{file}" selected', "Our door", "Look:", "Green, on the left"))


def test_it_is_kept_with_the_rule_without_another_press(browser, kept):
    browser.post("/automation/new", data=with_file(PICTURE | {"keep": "1"}, "a-1-media_id-file"))

    [rule] = db.session.scalars(db.select(Rule))
    assert rule.actions[1] == {"kind": "media", "media_id": kept()[0], "text": "Green, on the left"}


def test_it_follows_its_action_when_another_is_taken_away(browser, kept):
    page = browser.post("/automation/new", data=with_file(PICTURE | {"drop_action": "0"}, "a-1-media_id-file"))

    assert f'value="{kept()[0]}" selected' in page.text


def test_what_whatsapp_does_not_take_is_said_beside_its_action(browser, kept):
    page = browser.post("/automation/new", data=with_file(PICTURE | {"keep": "1"}, "a-1-media_id-file", b"MZ\x00\x01\x02"))

    assert (page.status_code, kept()) == (422, [])
    assert "Green, on the left" in page.text and "f-a-1-media_id-error" in page.text


def test_a_step_of_a_flow_keeps_its_file(browser, kept, by):
    flow = flows.add_flow(name="Booking", drawing=BOOKING, by=by)
    step = next(one["id"] for one in flow.drawing["nodes"] if one["kind"] == "say")

    browser.post(f"/flows/{flow.id}/steps/{step}", data=with_file({"texts-": "Look", "next": ""}, "file"))

    db.session.expire_all()
    assert flows.node_in(flows.get_flow(flow.id).drawing, step)["media_id"] == kept()[0]
