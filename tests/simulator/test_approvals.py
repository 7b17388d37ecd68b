"""Templates are handed in, judged and listed as at Meta."""

import pytest
import requests

from tests.simulator.conftest import BUSINESS_ID, TOKEN, WAIT, approve, control, greeting, hand_in, line_to, send
from transports.cloud_api.catalogue import CloudCatalogue
from transports.port import ChannelRefused, NeverLeft, NotSignedIn, Receipt, SendFailed, TemplateRefused


def graph(running, method, path, **more):
    """Ask the simulated Graph."""
    headers = {"Authorization": f"Bearer {TOKEN}"}
    return requests.request(method, f"{running.url}/v25.0/{path}", headers=headers, timeout=WAIT, **more)


class TestHandIn:
    def test_a_template_waits_for_its_verdict(self, start):
        wire_id, state = hand_in(start(speed=0.001))

        assert wire_id.isdigit() and state == "pending"

    def test_a_waiting_template_may_not_be_sent(self, start):
        running = start(speed=0.001)
        hand_in(running)

        assert send(line_to(running), greeting("+447911123456"))[0].code == "132001"

    def test_an_approved_template_may_be_sent(self, start):
        running = start()
        approve(running)

        assert isinstance(send(line_to(running), greeting("+447911123456"))[0], Receipt)

    def test_a_paused_template_may_not_be_sent(self, start):
        running = start()
        approve(running)

        control(running, "POST", "templates", {"name": "hello", "status": "PAUSED"})

        assert send(line_to(running), greeting("+447911123456"))[0].code == "132015"

    def test_the_same_name_twice_is_refused_in_words(self, start):
        running = start()
        hand_in(running)

        with pytest.raises(TemplateRefused, match="exists at Meta") as refusal:
            hand_in(running)

        assert "already" in refusal.value.detail

    def test_a_rejected_name_may_be_used_again(self, start):
        running = start()
        hand_in(running, "reject_me")
        control(running, "POST", "templates", {"name": "reject_me", "status": "REJECTED"})

        assert hand_in(running, "reject_me")[1] == "pending"

    def test_templates_survive_a_restart(self, start):
        first = start()
        approve(first)
        first.stop()

        assert isinstance(send(line_to(start()), greeting("+447911123456"))[0], Receipt)

    def test_a_neighbour_on_the_same_folder_knows_the_template(self, start):
        first, second = start(), start()
        approve(first)

        assert isinstance(send(line_to(second), greeting("+447911123456"))[0], Receipt)

    @pytest.mark.parametrize("changes, code", [
        ({"name": "Hello"}, "100"), ({"name": ""}, "100"), ({"language": "English"}, "100"),
        ({"category": "news"}, "100"), ({"body": ""}, "2388043"), ({"body": "x" * 1025, "samples": ()}, "2388040"),
        ({"footer": "x" * 61}, "2388040"), ({"footer": "{{first_name}}"}, "2388073"),
        ({"body": "{{first_name}}, come in."}, "2388299"), ({"body": "Come in, {{first_name}}"}, "2388299"),
        ({"samples": ()}, "2388043"), ({"is_named": False}, "2388072"), ({"samples": (("another", "x"),)}, "2388043")])
    def test_a_template_meta_would_not_take_is_refused(self, start, changes, code):
        with pytest.raises(SendFailed) as refusal:
            hand_in(start(), **changes)

        assert refusal.value.code == code


class TestLists:
    def test_the_list_shows_state_and_words(self, start):
        running = start()
        approve(running)

        [shown] = graph(running, "GET", f"{BUSINESS_ID}/message_templates").json()["data"]

        assert (shown["name"], shown["status"], shown["category"]) == ("hello", "APPROVED", "MARKETING")
        assert shown["components"][0]["text"] == "Hello {{first_name}}, come in."

    def test_the_list_has_pages(self, start):
        running = start()
        for name in ("one", "two", "three"):
            hand_in(running, name)

        page = graph(running, "GET", f"{BUSINESS_ID}/message_templates?limit=2").json()
        after = page["paging"]["cursors"]["after"]
        rest = graph(running, "GET", f"{BUSINESS_ID}/message_templates?limit=2&after={after}").json()

        assert [t["name"] for t in page["data"] + rest["data"]] == ["one", "two", "three"]
        assert "next" in page["paging"] and "next" not in rest["paging"]

    def test_the_list_can_be_asked_for_a_name(self, start):
        running = start()
        hand_in(running, "one")
        hand_in(running, "two")

        found = graph(running, "GET", f"{BUSINESS_ID}/message_templates?name=two").json()["data"]

        assert [t["name"] for t in found] == ["two"]

    def test_a_deleted_template_is_gone(self, start):
        running = start()
        approve(running)

        graph(running, "DELETE", f"{BUSINESS_ID}/message_templates?name=hello")

        assert send(line_to(running), greeting("+447911123456"))[0].code == "132001"


class TestNumberAndToken:
    def test_the_number_says_who_it_is(self, start):
        info = CloudCatalogue().number_info(line_to(start()))

        assert (info["display_phone_number"], info["status"]) == ("+441632960000", "CONNECTED")

    def test_the_token_says_what_it_may_do(self, start):
        info = CloudCatalogue().token_info(line_to(start()))

        assert info["is_valid"] and "whatsapp_business_messaging" in info["scopes"]

    def test_a_wrong_token_is_not_signed_in(self, start):
        with pytest.raises(NotSignedIn):
            CloudCatalogue().number_info(line_to(start(), token="another"))

    def test_a_number_that_is_not_ours_is_refused(self, start):
        with pytest.raises(ChannelRefused, match="phone number id"):
            CloudCatalogue().number_info(line_to(start(), phone_number_id="999"))

    @pytest.mark.parametrize("identity", ["", "../etc", "1 2", "1/2", "ü"])
    def test_an_id_that_is_none_never_becomes_an_address(self, start, identity):
        with pytest.raises(ChannelRefused, match="PHONE_NUMBER_ID"):
            CloudCatalogue().number_info(line_to(start(), phone_number_id=identity))

    def test_a_stopped_simulator_was_not_reached(self, start):
        running = start()
        running.stop()

        with pytest.raises(NeverLeft):
            CloudCatalogue().number_info(line_to(running))


def test_an_address_meta_does_not_have_is_refused(start):
    paths = ("", "v25.0", "v25.0/", "x/1/messages", "v25.0/1/2/3", "_simulator", "_simulator/x", "%00")
    url, headers = start().url, {"Authorization": f"Bearer {TOKEN}"}

    answers = [requests.request(method, f"{url}/{path}", headers=headers, timeout=WAIT)
               for path in paths for method in ("GET", "POST", "DELETE", "PUT")]

    assert {answer.status_code for answer in answers} == {400}
    assert all("error" in answer.json() for answer in answers)


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"1", b"\xff", b"[" * 50_000, b'{"to": "\\ud800"}', b"null"])
def test_no_body_breaks_the_simulator(start, body):
    answer = graph(start(), "POST", "100000000000001/messages", data=body)

    assert answer.status_code == 400 and answer.json()["error"]["code"] == 100
