"""Reports from the terminal: figures with times, trying again by reason, side by side."""

import json

import pytest

from core.states import MessageState
from tests.factories.answers import sent_to
from tests.factories.campaigns import give_states, people


@pytest.fixture
def flask(app):
    """Runs one command; its output must be the answer."""

    def run(*words):
        return app.test_cli_runner().invoke(args=["campaigns", *map(str, words)])

    return run


@pytest.fixture
def campaign(app, by):
    found = sent_to(people(3), by=by)
    give_states(found, [MessageState.READ, MessageState.FAILED], reason_code="131000", reason="Meta could not send it")
    return found


def test_a_report_has_figures_and_advice(flask, campaign):
    said = flask("report", campaign.id).output

    assert "Open doors is finished" in said and "Safe to try again now" in said

    facts = json.loads(flask("report", campaign.id, "--json").output)
    assert facts["funnel"] == {"queued": 3, "sent": 2, "delivered": 1, "read": 1, "replied": 0}
    assert facts["times"]["sent"]["people"] == 2


def test_a_retry_says_who_could_be_tried_and_tries_those_who_are_named(flask, campaign):
    assert json.loads(flask("retry", campaign.id, "--json").output)[0]["ready"] == 1
    assert "1 person is being tried once more" in flask("retry", campaign.id, "--reason", "131000").output
    assert flask("retry", campaign.id, "--reason", "131000").exit_code == 1


def test_two_are_compared(flask, campaign, by):
    other = sent_to(people(2, first=40), name="Other", by=by)

    assert "points fewer read it" in flask("compare", campaign.id, other.id).output
    assert [one["read"] for one in json.loads(flask("compare", campaign.id, other.id, "--json").output)] == [1, 0]
    assert flask("compare", campaign.id).exit_code == 1
