"""/api/v1/conversations, and the description of everything."""

import pytest

import routes
from models import Conversation, db


@pytest.mark.parametrize(("query", "found"), [({}, 1), ({"status": "open"}, 1), ({"status": "closed"}, 0), ({"unread": "true"}, 1),
                                              ({"unanswered": "true"}, 0), ({"phone": "+447700900001"}, 1),
                                              ({"since": "2999-01-01T00:00:00Z"}, 0)])
def test_each_filter_keeps_what_it_says(program, talk, query, found):
    assert len(program.get("/conversations", **query).json["data"]) == found


def test_marking_as_read_counts_nothing_unread(program, talk):
    answer = program.post(f"/conversations/{talk.id}/read")

    assert (answer.status_code, answer.json["unread"]) == (200, 0)
    assert db.session.scalar(db.select(Conversation.unread)) == 0


def test_a_conversation_that_is_not_there_is_said(program):
    assert program.get("/conversations/9").status_code == program.post("/conversations/9/read").status_code == 404


def test_the_description_names_every_address(app, program):
    there = {(rule.rule.removeprefix("/api/v1").replace("<int:", "{").replace(">", "}"), method.lower())
             for rule in app.url_map.iter_rules() if rule.endpoint.startswith("api.")
             for method in rule.methods - {"HEAD", "OPTIONS"}}

    told = program.get("/openapi.json").json
    assert {(path, method) for path, calls in told["paths"].items() for method in calls} == there


def test_the_papers_name_every_address(app):
    from tests.source import ROOT

    written = (ROOT / "docs" / "api.md").read_text()
    missing = [rule.rule for rule in app.url_map.iter_rules() if rule.endpoint.startswith("api.")
               and rule.rule.replace("<int:message_id>", "{id}").replace("<int:conversation_id>", "{id}") not in written]
    assert not missing


def test_every_answer_follows_the_description(program, talk):
    told = program.get("/openapi.json").json["components"]["schemas"]

    for path, name in (("/messages", "Message"), ("/conversations", "Conversation")):
        for row in program.get(path).json["data"]:
            assert set(row) == set(told[name]["properties"])


def test_the_map_lets_programs_in_by_key_only():
    import api

    assert [door for address, _, door in routes.MAP if address.startswith("/api/")] == [api.api_key]
