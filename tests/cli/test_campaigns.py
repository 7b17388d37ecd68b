"""`flask campaigns` and `flask messages`: everything a script needs."""

import json
from datetime import timedelta

import pytest

from core import clock
from core.states import MessageState
from services import campaigns
from tests.factories.campaigns import a_campaign, a_tag, a_version, give_states, people


@pytest.fixture
def run(app):
    """Run a command as typed in a terminal."""

    from commands import campaigns as campaign_commands
    from commands import messages

    groups = {"campaigns": campaign_commands.group, "messages": messages.group}

    def invoke(subject, *words):
        return app.test_cli_runner().invoke(groups[subject], list(map(str, words)))

    return invoke


@pytest.fixture
def facts(run):
    """What a command of `flask campaigns` answers as JSON."""

    def ask(*words):
        answer = run("campaigns", *words, "--json")
        assert answer.exit_code == 0, answer.output
        return json.loads(answer.output)

    return ask


def ready_to_write(size=2):
    """People with the tag Patients, and the approved template open_doors."""
    people(size, a_tag("Patients"))
    a_version(name="open_doors")


CREATE = ("create", "--name", "Doors", "--tag", "patients", "--template", "open_doors")


class TestWhom:
    def guests(self, tmp_path, text="Guest,Mobile,Table\nAna,07700 900801,Window\nBen,nothing,Door\n"):
        path = tmp_path / "guests.csv"
        path.write_text(text)
        a_version("Hello {{guest}}, your table is {{table}}.", name="table_ready", category="utility",
                  variables=[{"name": "guest", "sample": "Ana", "fallback": ""}, {"name": "table", "sample": "4", "fallback": ""}])
        return path

    def test_a_list_brings_its_columns(self, facts, tmp_path):
        path = self.guests(tmp_path)

        found = facts("create", "--name", "Dinner", "--list", path, "--country", "GB", "--template", "table_ready",
                      "--var", "table=column:Table|any")

        assert found["list"] == {"file": "guests.csv", "columns": ["Guest", "Mobile", "Table"], "country": "GB", "rows": 2,
                                 "bad": 1, "repeated": 0}
        assert found["variables"] == {"guest": {"from": "column", "column": "Guest", "fallback": ""},
                                      "table": {"from": "column", "column": "Table", "fallback": "any"}}

    def test_exclusions_and_everybody(self, facts, run):
        ready_to_write(3)
        people(2, a_tag("Patients"), a_tag("Staff"), first=50)

        assert facts(*CREATE, "--not-tag", "STAFF")["check"]["total"] == 3
        assert facts("create", "--name", "All", "--everyone", "--template", "open_doors")["check"]["total"] == 5
        first = facts(*CREATE, "--now")["id"]
        campaigns.launch_due(clock.now())
        assert facts(*CREATE, "--not-campaign", first)["audience"]["without_campaigns"] == [first]

    @pytest.mark.parametrize("more, said", [
        (("--segment", "Nobody"), "There is no segment “Nobody”"), (("--not-campaign", "77"), "There is no campaign that has begun"),
        (("--list", "/nowhere/x.csv"), "There is no file"), (("--country", "Narnia", "--list", "-"), "not a country code"),
        (("--var", "first_name=column:Table"), "no list with columns"),
    ])
    def test_what_is_refused_leaves_no_draft(self, run, more, said):
        ready_to_write()

        answer = run("campaigns", *CREATE, *more)

        assert answer.exit_code == 1 and said in answer.output
        assert campaigns.list_campaigns().total == 0

    def test_somebody_must_be_meant(self, run):
        ready_to_write()

        answer = run("campaigns", "create", "--name", "Doors", "--template", "open_doors")

        assert answer.exit_code == 2 and "Say whom it is for" in answer.output

    def test_rows_left_out_and_a_copy(self, facts, run, tmp_path):
        path = self.guests(tmp_path)
        made = facts("create", "--name", "Dinner", "--list", path, "--country", "GB", "--template", "table_ready")

        assert "3,“nothing” has characters" in run("campaigns", "left-out", made["id"]).output
        copy = facts("duplicate", made["id"], "--only-missed")
        assert copy["list"] == made["list"] and copy["audience"]["without_campaigns"] == [made["id"]]
        assert "no list of its own" in run("campaigns", "left-out", 999).output


class TestCreate:
    def test_it_stays_a_draft_and_says_who_would_get_it(self, facts):
        ready_to_write()

        found = facts(*CREATE, "--var", "first_name=field:name|there")

        assert (found["state"], found["check"]["ready"], found["tags"]) == ("draft", 2, ["Patients"])
        assert found["variables"] == {"first_name": {"from": "field", "field": "name", "fallback": "there"}}

    def test_with_a_time_it_is_scheduled_for_it(self, facts):
        ready_to_write()
        at = f"{clock.now() + timedelta(days=1):%Y-%m-%dT%H:%M:%S}"

        found = facts(*CREATE, "--at", at, "--zone", "UTC", "--late", 30)

        assert (found["state"], found["zone"]) == ("scheduled", "UTC")

    @pytest.mark.parametrize("more, said", [
        (("--at", "2001-01-01T09:00"), "is past"), (("--at", "soon"), "not a date and time"),
        (("--at", "2031-01-01T09:00", "--zone", "Mars/Base"), "not a time zone"),
        (("--var", "first_name"), "not a source"), (("--var", "first_name=field:salary"), "Choose where"),
        (("--tag", "nobody"), "There is no tag"), (("--late", "0"), "how late"),
        (("--at", "2031-01-01T09:00", "--now"), "not both"),
    ])
    def test_what_cannot_be_is_said_and_nothing_is_written(self, run, more, said):
        ready_to_write()

        answer = run("campaigns", *CREATE, *more)

        assert answer.exit_code != 0 and said in answer.output
        assert campaigns.list_campaigns().total == 0

    def test_a_template_that_does_not_exist_is_said(self, run):
        a_tag("Patients")

        answer = run("campaigns", *CREATE)

        assert answer.exit_code == 1 and "no template open_doors" in answer.output


class TestRunning:
    def test_start_sends_at_once_and_again_changes_nothing(self, facts):
        campaign = a_campaign()

        assert facts("start", campaign.id)["state"] == "scheduled"
        campaigns.launch_due(clock.now())

        assert facts("start", campaign.id)["state"] == "sending"

    def test_pause_resume_and_cancel_say_where_it_stands(self, facts):
        campaign = a_campaign()
        facts("start", campaign.id)
        campaigns.launch_due(clock.now())

        paused = facts("pause", campaign.id, "--reason", "Wrong day")
        assert (paused["state"], paused["reason"]) == ("paused", "Wrong day")
        assert facts("resume", campaign.id)["state"] == "sending"
        assert facts("cancel", campaign.id)["states"]["cancelled"] == 3

    def test_what_cannot_be_done_now_is_a_sentence(self, run):
        answer = run("campaigns", "pause", a_campaign().id)

        assert answer.exit_code == 1 and "still a draft" in answer.output

    def test_a_campaign_that_does_not_exist_is_a_sentence(self, run):
        answer = run("campaigns", "show", 77)

        assert answer.exit_code == 1 and "no such campaign" in answer.output

    @pytest.mark.parametrize("act", ["show", "start", "pause", "resume", "cancel"])
    def test_an_id_no_database_holds_is_refused_before_it_is_asked(self, run, act):
        answer = run("campaigns", act, 10**30)

        assert answer.exit_code == 2 and "not in the range" in answer.output


class TestShowAndList:
    def test_the_report_holds_figures_that_add_up(self, facts):
        campaign = a_campaign(size=4)
        facts("start", campaign.id)
        campaigns.launch_due(clock.now())
        give_states(campaign, [MessageState.READ, MessageState.FAILED], reason="Not on WhatsApp", reason_code="131026")

        found = facts("show", campaign.id)

        assert sum(found["states"].values()) == found["total"] == 4
        (failed,) = found["failed_by_reason"]
        assert (failed["code"], failed["words"], failed["count"]) == ("131026", "Not on WhatsApp", 1)
        assert found["funnel"]["read"] == 1

    def test_people_read_the_same_in_words(self, run):
        campaign = a_campaign(size=2)

        answer = run("campaigns", "show", campaign.id)

        assert "is draft" in answer.output and "2 people would get it now" in answer.output

    def test_the_list_can_be_narrowed(self, run, facts):
        a_campaign(name="Draft")
        facts("start", a_campaign(name="Due").id)

        assert [row["name"] for row in facts("list", "--state", "scheduled")] == ["Due"]
        assert "Draft" in run("campaigns", "list").output


class TestMessages:
    def test_every_message_of_a_campaign_is_listed_with_state_and_reason(self, run, facts, monkeypatch):
        monkeypatch.setattr("commands.messages.AT_ONCE", 2)
        campaign = a_campaign(size=5)
        facts("start", campaign.id)
        campaigns.launch_due(clock.now())
        give_states(campaign, [MessageState.FAILED], reason="Not on WhatsApp")

        everyone = json.loads(run("messages", "list", "--campaign", campaign.id, "--json").output)
        failed = json.loads(run("messages", "list", "--campaign", campaign.id, "--state", "failed", "--json").output)

        assert len(everyone) == 5
        assert [row["reason"] for row in failed] == ["Not on WhatsApp"]
        assert len(json.loads(run("messages", "list", "--limit", 3, "--json").output)) == 3

    def test_nothing_is_an_empty_list(self, run):
        assert json.loads(run("messages", "list", "--json").output) == []

    def test_a_state_that_does_not_exist_is_refused(self, run):
        assert run("messages", "list", "--state", "lost").exit_code == 2
