"""Pages of flows: begun, drawn step by step without scripts, tried, published, handed on as a file."""

import io
import json

import pytest
from sqlalchemy import select

from models import Conversation, Flow, Message, db
from services import flows, hooks
from tests.factories.automation import a_writer
from tests.unit.test_flows_engine import BOOKING


@pytest.fixture
def booking(app, by):
    """A flow that is not published."""
    return flows.add_flow(name="Booking", drawing=BOOKING, by=by)


def drawing(flow):
    db.session.expire_all()
    return db.session.get_one(Flow, flow.id).drawing


@pytest.mark.parametrize("example", flows.EXAMPLES)
def test_each_ready_flow_can_be_begun_read_and_published(browser, example):
    page = browser.post("/flows/new", data={"example": example}, follow_redirects=True)
    flow = db.session.scalars(select(Flow)).one()

    assert "Publish" in page.text and not flows.problems(flow.id)
    browser.post(f"/flows/{flow.id}/publish")
    assert "version 1" in browser.get("/flows").text


def test_an_empty_flow_is_begun_by_its_name(browser):
    assert "Night shift" in browser.post("/flows/new", data={"name": "Night shift"}, follow_redirects=True).text
    assert browser.post("/flows/new", data={"name": " "}).status_code == 422


def test_a_file_comes_back_as_it_went(browser, booking):
    file = browser.get(f"/flows/{booking.id}/export").data
    browser.post("/flows/new", data={"file": (io.BytesIO(file), "flow.json")})

    first, second = db.session.scalars(select(Flow).order_by(Flow.id)).all()
    assert first.drawing == second.drawing


@pytest.mark.parametrize("body", [b"", b"\xff\xfe", b"{}", b"[1]", b'{"nodes": [{"id": "a", "kind": "<script>"}]}'])
def test_a_file_that_is_no_flow_is_refused_in_words(browser, body):
    answer = browser.post("/flows/new", data={"file": (io.BytesIO(body), "flow.json")})

    assert answer.status_code == 422 and "<script>" not in answer.text.split("<main")[1]


def test_a_step_is_added_changed_and_taken_out_without_scripts(browser, booking):
    added = browser.post(f"/flows/{booking.id}/steps", data={"kind": "ask", "after": "hello"})
    assert added.headers["Location"].endswith("/steps/ask1")
    browser.post(f"/flows/{booking.id}/steps/ask1", data={
        "texts_": "How old are you?", "texts_fr": "Quel âge ?", "expects": "number", "save_as": "age", "tries": "2", "least": "0",
        "most": "120", "next": "what"})

    node = flows.node_in(drawing(booking), "ask1")
    assert node == {"id": "ask1", "kind": "ask", "texts": {"": "How old are you?", "fr": "Quel âge ?"}, "expects": "number",
                    "save_as": "age", "tries": 2, "least": 0.0, "most": 120.0, "next": "what"} | {
                        "texts": {"": "How old are you?", "fr": "Quel âge ?"}}
    browser.post(f"/flows/{booking.id}/steps/ask1/delete")
    assert flows.node_in(drawing(booking), "hello")["next"] == "what"


def test_choices_keep_their_ids_and_lead_where_they_are_told(browser, booking):
    browser.post(f"/flows/{booking.id}/steps/what", data={
        "texts_": "What?", "expects": "choice", "choice_0_id": "book", "choice_0_": "Book a visit", "choice_0_next": "day",
        "choice_1_": "Nothing", "choice_1_next": "bye", "save_as": "what", "on_fail": "team"})

    assert [(one["id"], one["titles"][""], one["next"]) for one in flows.node_in(drawing(booking), "what")["choices"]] == [
        ("book", "Book a visit", "day"), ("choice_2", "Nothing", "bye")]


def test_cases_and_actions_are_kept(browser, booking):
    browser.post(f"/flows/{booking.id}/steps/big", data={"case_0_of": "many", "case_0_test": "less", "case_0_value": "3",
                                                         "case_0_next": "bye", "next": "team"})
    shown = browser.post(f"/flows/{booking.id}/steps/note", data={"action_kind": "untag", "choose": "1"})
    browser.post(f"/flows/{booking.id}/steps/note", data={"action_kind": "untag", "action_tag": "new", "next": "bye"})

    assert 'name="action_tag"' in shown.text
    assert flows.node_in(drawing(booking), "big")["cases"][0]["test"] == "less"
    assert flows.node_in(drawing(booking), "note")["action"] == {"kind": "untag", "tag": "new"}


@pytest.mark.parametrize("typed", [{"tries": "many"}, {"save_as": "a b"}, {"least": "x"}, {"expects": "poem"}, {"minutes": "-1"}])
def test_what_cannot_be_kept_is_said_and_nothing_typed_is_lost(browser, booking, typed):
    before = drawing(booking)
    answer = browser.post(f"/flows/{booking.id}/steps/what", data={"texts_": "Remember me", "expects": "text"} | typed)

    assert answer.status_code == 422 and "Remember me" in answer.text
    assert drawing(booking) == before


def test_a_flow_that_cannot_run_says_why_at_the_step(browser, booking):
    browser.post(f"/flows/{booking.id}/steps/day", data={"texts_": "Which day?", "expects": "date", "next": ""})

    page = browser.get(f"/flows/{booking.id}")
    assert "Nothing follows" in page.text and "It cannot be published yet" in page.text
    assert "Nothing follows" in browser.post(f"/flows/{booking.id}/publish", follow_redirects=True).text


def test_a_flow_is_tried_without_keeping_anything(browser, booking):
    first = browser.post(f"/flows/{booking.id}/try", data={"press": "what:book"})
    part = browser.post(f"/flows/{booking.id}/try", data={"said": ["what:book", "24.11.2026"], "words": "3"}, headers={"X-Live": "1"})

    assert "Which day?" in first.text and "<html" in first.text
    with browser.without_checks():
        assert "See you on 2026-11-24" in part.text and "<html" not in part.text


def test_moving_and_connecting_on_the_canvas_are_kept(browser, booking):
    browser.post(f"/flows/{booking.id}/draw", data={"node": "bye", "x": "400", "y": "120"})
    browser.post(f"/flows/{booking.id}/draw", data={"node": "hello", "target": "bye"})

    assert (flows.node_in(drawing(booking), "bye")["x"], flows.node_in(drawing(booking), "hello")["next"]) == (400, "bye")
    assert browser.post(f"/flows/{booking.id}/draw", data={"node": "bye", "x": "up"}).status_code == 422
    assert browser.post(f"/flows/{booking.id}/draw", data={"node": "none", "x": "1", "y": "1"}).status_code == 404


def test_name_and_words_are_kept(browser, booking):
    browser.post(f"/flows/{booking.id}/words", data={"name": "Visits", "words_menu": "menu, start", "words_back": "back", "start": "what",
                                                     "words_agent": "human", "timeout_minutes": "30", "timeout_text": "Bye"})

    kept = drawing(booking)
    assert (kept["words"]["menu"], kept["timeout_minutes"], kept["timeout_texts"], kept["start"]) == (
        ["menu", "start"], 30, {"": "Bye"}, "what")
    assert browser.post(f"/flows/{booking.id}/words", data={"name": "Visits", "timeout_minutes": "soon"}).status_code == 422


def test_who_went_which_way_can_be_opened(browser, booking, by):
    flows.publish(booking.id, by=by)
    person, channel = a_writer(name="Ana <b>Obi</b>")
    session_id = flows.start(booking.id, contact_id=person.id, channel_id=channel.id, by=by)

    assert "Ana &lt;b&gt;Obi&lt;/b&gt;" in browser.get(f"/flows/{booking.id}/people?who=inside").text
    assert "Which day" not in browser.get(f"/flows/ways/{session_id}").text
    assert "1 came" in browser.get(f"/flows/{booking.id}").text
    assert browser.get("/flows/ways/999").status_code == browser.get("/flows/999").status_code == 404


def test_switching_off_and_deleting(browser, booking, by):
    flows.publish(booking.id, by=by)
    browser.post(f"/flows/{booking.id}/switch", data={"on": "0"})
    assert "Off" in browser.get("/flows").text

    browser.post(f"/flows/{booking.id}/delete")
    assert "Booking" not in browser.get("/flows").text.split("Begin from")[0].split("<main")[1].split("flashes")[-1].split("<table")[-1]


def test_viewers_see_and_try_but_change_nothing(browser_as, booking):
    viewer = browser_as("viewer")

    assert viewer.get(f"/flows/{booking.id}").status_code == viewer.post(f"/flows/{booking.id}/try", data={"words": "x"}).status_code == 200
    for address in ("/flows/new", f"/flows/{booking.id}/steps", f"/flows/{booking.id}/publish", f"/flows/{booking.id}/delete",
                    f"/flows/{booking.id}/steps/what", f"/flows/{booking.id}/draw"):
        assert viewer.post(address).status_code == 403


def test_the_published_form_knows_every_member(browser, booking):
    from services.flows.drawing import Node

    told = json.loads(browser.get("/flows/schema.json").data)
    assert set(told["properties"]["nodes"]["items"]["properties"]) == set(Node.__slots__)


def test_a_message_of_a_flow_leads_to_the_way_of_its_person(browser, booking, by):
    person, channel = a_writer(name="Ana Mo")
    flows.publish(booking.id, by=by)
    flows.start(booking.id, contact_id=person.id, channel_id=channel.id, by=by)
    message_id = db.session.scalar(select(Message.id).where(Message.author_kind == "flow"))
    talk_id = db.session.scalar(select(Conversation.id))
    link = f'href="/flows/message/{message_id}"'

    assert link in browser.get(f"/contacts/{person.id}").text and link in browser.get(f"/inbox/{talk_id}").text
    assert "The way of Ana Mo" in browser.get(f"/flows/message/{message_id}", follow_redirects=True).text
    assert browser.get("/flows/message/999999").status_code == 404


def test_steps_name_the_system_and_the_flow_they_lead_to(browser, booking, by):
    target, _ = hooks.add_target(name="Till", url="https://shop.example/in", by=by)
    flow = flows.add_flow(name="Second", by=by, drawing={"start": "a", "nodes": [
        {"id": "a", "kind": "call", "target_id": target.id, "next": "b", "on_fail": "b"},
        {"id": "b", "kind": "flow", "flow_id": booking.id}]})
    flows.publish(booking.id, by=by)

    page = browser.get(f"/flows/{flow.id}").text

    assert page.count("Till") >= 2 and page.count("Booking") >= 2
