"""Webhook bodies become what happened, item by item."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.transports.bodies import BUSINESS_ID, NUMBER_ID, PERSON, WAMID, body, change, failed, message, status
from transports import port
from transports.cloud_api.read import CloudReader
from transports.cloud_api.signature import sign

reader = CloudReader()


def only(raw: bytes):
    """The one item of a body."""
    [item] = reader.read(raw)
    return item


def line(secret: str) -> port.Line:
    return port.Line(NUMBER_ID, BUSINESS_ID, "http://127.0.0.1", "v25.0", "token", secret, "verify")


class TestWhoSpeaks:
    def test_a_signed_body_is_theirs(self):
        assert reader.is_theirs(line("secret"), b"{}", {"X-Hub-Signature-256": sign("secret", b"{}")})

    def test_a_body_without_signature_is_not(self):
        assert not reader.is_theirs(line("secret"), b"{}", {})

    def test_without_a_secret_nobody_is(self):
        assert not reader.is_theirs(line(""), b"{}", {"X-Hub-Signature-256": sign("", b"{}")})


class TestStatuses:
    def test_a_status_carries_the_echo_of_our_attempt(self):
        item = only(body(change(statuses=[status("read")], contacts=[PERSON])))

        assert isinstance(item, port.StatusNews)
        assert (item.wire_id, item.status, item.attempt_id) == (WAMID, "read", "a1b2c3")
        assert (item.phone_number_id, item.recipient) == (NUMBER_ID, "447700900123")
        assert item.at == datetime(2026, 11, 18, 9, 30, 4, tzinfo=UTC)

    @pytest.mark.parametrize("when", ["1794994204", 1794994204, "1794994204000", 1794994204000, 1794994204.0])
    def test_time_is_understood_in_seconds_and_milliseconds(self, when):
        assert only(body(change(statuses=[status(timestamp=when)]))).at.year == 2026

    @pytest.mark.parametrize("code", [131050, "131050"])
    def test_a_failure_says_its_kind_and_its_words(self, code):
        item = only(body(change(statuses=[failed(code)])))

        assert item.code == "131050"
        assert item.refusal is port.OptedOut
        assert "opted out" in item.reason

    def test_an_unknown_code_shows_the_carriers_details(self):
        item = only(body(change(statuses=[failed(999_999)])))

        assert "999999" in item.reason and "It was not to be." in item.reason

    def test_an_old_error_with_details_beside_its_title_is_read(self):
        old = status("failed", errors=[{"code": 999_999, "title": "No", "details": "The old way"}])

        assert "The old way" in only(body(change(statuses=[old]))).reason

    def test_a_word_we_do_not_know_is_kept(self):
        assert only(body(change(statuses=[status("warning")]))).status == "warning"

    def test_pricing_is_kept(self):
        item = only(body(change(statuses=[status(pricing={"category": "marketing"})])))

        assert item.details == {"pricing": {"category": "marketing"}}

    def test_a_person_without_number_is_known_by_user_id(self):
        raw = status(recipient_id="GB.701933", recipient_user_id=None)

        item = only(body(change(statuses=[raw])))

        assert (item.recipient, item.recipient_user_id) == ("", "GB.701933")

    @pytest.mark.parametrize("broken", [
        {"id": None}, {"id": "x" * 256}, {"status": ""}, {"status": "s" * 21}, {"timestamp": "soon"},
        {"timestamp": None}, {"timestamp": 10**40}, {"timestamp": True}, {"timestamp": "nan"}])
    def test_a_broken_status_says_why_and_spares_its_neighbours(self, broken):
        bad, good = reader.read(body(change(statuses=[status(**broken), status()])))

        assert isinstance(bad, port.BadItem) and bad.reason
        assert isinstance(good, port.StatusNews)


class TestMessages:
    @pytest.mark.parametrize("kind, part, readable", [
        ("text", {"body": "Hello"}, "Hello"),
        ("image", {"id": "1", "caption": "Our dog"}, "Our dog"),
        ("button", {"text": "Stop", "payload": "STOP"}, "Stop"),
        ("interactive", {"type": "button_reply", "button_reply": {"id": "1", "title": "Yes"}}, "Yes"),
        ("interactive", {"type": "list_reply", "list_reply": {"id": "1", "title": "Tuesday"}}, "Tuesday"),
        ("interactive", {"nfm_reply": {"body": "Sent", "response_json": '{"size": "L"}'}}, "size: L"),
        ("interactive", {"nfm_reply": {"body": "Sent", "response_json": "{broken"}}, "Sent"),
        ("reaction", {"message_id": WAMID, "emoji": "👍"}, "👍"),
        ("reaction", {"message_id": WAMID}, ""),
        ("location", {"latitude": 51.5, "longitude": -0.1}, "51.5, -0.1"),
        ("location", {"latitude": 51.5, "longitude": -0.1, "name": "Shop"}, "Shop"),
        ("contacts", [{"name": {"formatted_name": "Ana"}}, {"phones": []}], "Ana"),
        ("edit", {"original_message_id": WAMID, "message": {"type": "text", "text": {"body": "Better"}}}, "Better"),
        ("unsupported", {"type": "pin"}, ""),
        ("hologram", {"body": "?"}, ""),
    ])
    def test_each_kind_shows_what_a_person_can_read(self, kind, part, readable):
        item = only(body(change(messages=[message(kind, part)], contacts=[PERSON])))

        assert (item.kind, item.text) == (kind, readable)

    def test_the_sender_is_filled_up_from_the_contacts(self):
        item = only(body(change(messages=[message(from_user_id=None)], contacts=[PERSON])))

        assert (item.user_id, item.profile_name) == ("GB.70193358812046671930", "Priya N.")

    def test_without_contacts_the_message_is_still_read(self):
        assert only(body(change(messages=[message()]))).wa_id == "447700900123"

    def test_a_user_id_in_the_place_of_a_number_is_seen(self):
        item = only(body(change(messages=[message(**{"from": "GB.701933", "from_user_id": None})])))

        assert (item.wa_id, item.user_id) == ("", "GB.701933")

    def test_characters_no_database_takes_are_replaced(self):
        item = only(body(change(messages=[message(part={"body": "a\x00b\ud800c 🚲"})])))

        assert item.text == "a\ufffdb\ufffdc 🚲"
        json.dumps(item.raw).encode()


class TestOtherFields:
    def test_a_template_is_approved(self):
        item = only(body(change("message_template_status_update", event="APPROVED", message_template_id=190223344556677,
                                message_template_name="winter", message_template_language="en-GB", reason="NONE")))

        assert item == port.TemplateNews(BUSINESS_ID, "190223344556677", "winter", "en_GB", "approved", "APPROVED", "")

    def test_a_rejection_says_why(self):
        item = only(body(change("message_template_status_update", event="REJECTED", message_template_id=1,
                                message_template_name="winter", message_template_language="en_GB",
                                reason="INVALID_FORMAT", rejection_info={"reason": "Side by side."})))

        assert (item.state, item.reason) == ("rejected", "Side by side.")

    def test_a_new_word_about_a_template_is_a_state_that_may_not_be_sent(self):
        item = only(body(change("message_template_status_update", event="GILDED", message_template_name="winter")))

        assert (item.state, item.event) == ("unclear", "GILDED")

    @pytest.mark.parametrize("value, granted", [("stop", False), ("resume", True), ("signup", True)])
    def test_preferences_say_who_wants_marketing(self, value, granted):
        told = {"wa_id": "447700900123", "category": "marketing_messages", "value": value, "timestamp": 1794994200}

        item = only(body(change("user_preferences", user_preferences=[told])))

        assert (item.category, item.is_granted, item.wa_id) == ("marketing", granted, "447700900123")

    def test_a_field_we_do_not_act_on_is_kept(self):
        assert only(body(change("calls", calls=[]))).field == "calls"


class TestWholeBodies:
    def test_every_entry_and_change_is_read(self):
        one = json.loads(body(change(statuses=[status()]), change(messages=[message()])))
        one["entry"].append(one["entry"][0])

        kinds = [type(item).__name__ for item in reader.read(json.dumps(one).encode())]

        assert kinds == ["StatusNews", "IncomingMessage"] * 2

    @pytest.mark.parametrize("raw", [
        b"", b"null", b"[]", b"1", b"{", b"\xff\xfe", b'{"entry": 1}', b'{"entry": [1]}',
        b'{"entry": [{"changes": 1}]}',
        b'{"entry": [{"changes": [1]}]}', b'{"entry": [{"changes": [{"field": [], "value": {}}]}]}',
        b"[" * 100_000, b'{"entry": [{"changes": [{"field": "messages", "value": null}]}]}', b"9" * 10_000])
    def test_a_body_that_is_none_says_so(self, raw):
        assert isinstance(only(raw), port.BadItem)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3), max_leaves=8)
WHOLE = json.loads(body(
    change(statuses=[failed(131026)], contacts=[PERSON],
           messages=[message(), message("interactive", {"nfm_reply": {}})]),
    change("message_template_status_update", event="REJECTED", message_template_id=1, message_template_name="winter",
           message_template_language="en_GB", rejection_info={"reason": "x"}),
    change("user_preferences", user_preferences=[{"wa_id": "447700900123", "category": "marketing_messages",
                                                  "value": "stop", "timestamp": 1794994200}])))


def places(value, path=()):
    """The path of every value inside a JSON document."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, part in inner:
        yield (*path, name)
        yield from places(part, (*path, name))


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(list(places(WHOLE))), json_values), min_size=1, max_size=4))
def test_no_change_of_any_value_makes_the_reader_raise(changes):
    mutated = json.loads(json.dumps(WHOLE))
    for path, value in changes:
        holder = mutated
        for step in path[:-1]:
            if not isinstance(holder, dict | list) or isinstance(holder, list) != isinstance(step, int):
                break
            holder = holder.get(step) if isinstance(holder, dict) else holder[step] if step < len(holder) else None
        is_slot = isinstance(holder, list) and isinstance(path[-1], int) and path[-1] < len(holder)
        if isinstance(holder, dict) or is_slot:
            holder[path[-1]] = value

    for item in reader.read(json.dumps(mutated).encode()):
        assert isinstance(item, port.Item)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200))
def test_no_bytes_make_the_reader_raise(raw):
    assert all(isinstance(item, port.Item) for item in reader.read(raw))
