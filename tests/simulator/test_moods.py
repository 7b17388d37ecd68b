"""The simulated Meta keeps its rules for changes, and changes its mind as Meta does: in its list and by notices."""

import pytest

from tests.simulator.conftest import BUSINESS_ID, approve, control, hand_in, line_to
from transports.cloud_api.catalogue import CloudCatalogue
from transports.port import SendFailed

WORDS = {"footer": "", "samples": (("first_name", "Ana"),), "is_named": True}


@pytest.fixture
def world(start, mailbox):
    """A Meta that tells its news to a mailbox, with one approved template."""
    running = start(webhook_url=mailbox.url)
    approve(running)
    mailbox.next_change("message_template_status_update")
    return running


def listed(running, name="hello"):
    return next(one for one in CloudCatalogue().templates(line_to(running)) if one.name == name)


def changed(running, body):
    CloudCatalogue().change(line_to(running), listed(running).wire_id, body=body, **WORDS)


def test_a_long_list_is_followed_page_by_page(start):
    running = start()
    for number in range(205):
        hand_in(running, f"hello_{number}")

    found = CloudCatalogue().templates(line_to(running))

    assert len({one.name for one in found}) == len(found) == 205


class TestChanges:
    def test_an_approved_template_is_changed_once_a_day(self, world):
        changed(world, "Bye {{first_name}}, see you.")
        control(world, "POST", "templates", {"name": "hello", "status": "APPROVED"})

        with pytest.raises(SendFailed) as refused:
            changed(world, "Bye {{first_name}}, see you again.")

        assert refused.value.code == "2388039" and "once in 24 hours" in refused.value.detail

    def test_a_refused_one_as_often_as_one_likes(self, world):
        for number in range(3):
            control(world, "POST", "templates", {"name": "hello", "status": "REJECTED"})
            changed(world, f"Bye {{{{first_name}}}}, number {number} it is.")

        assert listed(world).body.endswith("number 2 it is.")

    @pytest.mark.parametrize("status", ["DISABLED", "IN_APPEAL", "ARCHIVED"])
    def test_others_not_at_all(self, world, status):
        control(world, "POST", "templates", {"name": "hello", "status": status})

        with pytest.raises(SendFailed):
            changed(world, "Bye {{first_name}}, see you.")


class TestPauses:
    def test_a_pause_of_first_answers_is_ended_on_request_and_told(self, world, mailbox):
        control(world, "POST", "templates", {"name": "hello", "status": "PAUSED", "pause": "RATE_LIMITING_PAUSE", "tell": True})
        assert mailbox.next_change("message_template_status_update")["other_info"]["title"] == "RATE_LIMITING_PAUSE"

        CloudCatalogue().unpause(line_to(world), listed(world).wire_id)

        assert mailbox.next_change("message_template_status_update")["event"] == "APPROVED"
        assert listed(world).state == "approved"

    def test_a_pause_for_quality_ends_by_itself_only(self, world):
        control(world, "POST", "templates", {"name": "hello", "status": "PAUSED", "pause": "FIRST_PAUSE"})

        with pytest.raises(SendFailed):
            CloudCatalogue().unpause(line_to(world), listed(world).wire_id)


@pytest.mark.parametrize(("told", "field", "member", "value"), [
    ({"quality": "RED"}, "message_template_quality_update", "new_quality_score", "RED"),
    ({"category": "UTILITY"}, "template_category_update", "previous_category", "MARKETING"),
    ({"coming_category": "UTILITY"}, "template_category_update", "correct_category", "UTILITY"),
    ({"body": "Bye {{first_name}}, see you."}, "message_template_components_update", "message_template_element",
     "Bye {{first_name}}, see you.")])
def test_what_changes_is_told_and_listed(world, mailbox, told, field, member, value):
    control(world, "POST", "templates", {"name": "hello", "tell": True} | told)

    assert mailbox.next_change(field)[member] == value


def test_the_account_of_the_list_is_ours(world):
    assert line_to(world).business_id == BUSINESS_ID and listed(world).state == "approved"
