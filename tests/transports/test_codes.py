"""Each code of Meta has a kind and words; only Meta's own word makes a refusal definite."""

from datetime import timedelta
from email.utils import format_datetime

import pytest

from core import clock
from transports import port
from transports.cloud_api.codes import CODES, SUBCODES, meaning_of, words_of
from transports.cloud_api.failures import failure
from transports.cloud_api.news import status_of

# every row of Meta's table that can meet a message, by what it asks for
KINDS = {
    port.NotSignedIn: (0, 3, 10, 104, 190, 200, 201, 299, 131005),
    port.TooFast: (4, 613, 80007, 130429, 133016),
    port.PairTooFast: (131056, 132069),
    port.TryLater: (1, 2, 131000, 131014, 131016, 131053, 131057, 133004, 133015, 134101),
    port.ChannelRefused: (33, 131037, 131045, 131048, 133000, 133006, 133010),
    port.AccountRefused: (368, 131031, 131042, 131044, 131064),
    port.TemplateRefused: (132000, 132001, 132008, 132012, 132018),
    port.TemplateStopped: (131063, 132007, 132015, 132016, 132068, 134102),
    port.OptedOut: (131050,),
    port.LeaveInPeace: (131049,),
    port.RecipientRefused: (130403, 130472, 130497, 131020, 131021, 131026, 131030, 131041, 131047, 131062, 131201,
                            131215, 132005, 137000),
    port.RequestRefused: (100, 131008, 131009, 131051, 131055, 131059, 134100, 135000),
}
TRIES = {1: 3, 131014: 2, 131053: 2}  # codes that are tried less often than others


def error(code, **more):
    """An error as Meta writes it."""
    return {"error": {"message": f"(#{code}) No", "type": "OAuthException", "code": code, "fbtrace_id": "A1", **more}}


@pytest.mark.parametrize("kind, code", [(kind, code) for kind, codes in KINDS.items() for code in codes])
def test_a_code_is_its_kind_of_refusal(kind, code):
    assert type(failure(400, error(code), {})) is kind


@pytest.mark.parametrize("code", [code for codes in KINDS.values() for code in codes])
def test_a_code_is_tried_as_often_as_the_table_says(code):
    assert failure(400, error(code), {}).most_tries == TRIES.get(code, 0)


@pytest.mark.parametrize("kind, code", [(kind, code) for kind, codes in KINDS.items() for code in codes])
def test_the_same_code_is_the_same_kind_when_it_comes_as_a_notice(kind, code):
    told = status_of("1", {"id": "wamid.1", "status": "failed", "timestamp": "1", "errors": [{"code": code}]})

    assert told.refusal is kind


@pytest.mark.parametrize("meaning", [*CODES.values(), *SUBCODES.values()], ids=[*CODES, *SUBCODES])
def test_every_code_has_words_that_end_as_a_sentence(meaning):
    assert 20 < len(meaning.words) <= 300
    assert meaning.words[0].isupper() and meaning.words.endswith((".", ")"))


def test_a_code_written_as_text_is_the_same_code():
    assert words_of("131026") == words_of(131026)


@pytest.mark.parametrize("code", [999_999, "abc", "", None, True, 1.5, [], "9" * 40])
def test_a_code_nobody_knows_refuses_this_message_only(code):
    assert meaning_of(code).kind is port.RecipientRefused


def test_an_unknown_object_pauses_the_number():
    assert type(failure(400, error(100, error_subcode=33), {})) is port.ChannelRefused


def test_a_subcode_of_template_making_is_about_the_template():
    found = failure(400, error(100, error_subcode=2388024, error_user_msg="There is already content"), {})

    assert type(found) is port.TemplateRefused
    assert found.detail == "There is already content"


@pytest.mark.parametrize("data, detail", [
    ({"details": "Too many"}, "Too many"), ("Too many", "Too many"), (None, "(#130429) No"), (["x"], "(#130429) No")])
def test_details_are_found_in_each_shape(data, detail):
    assert failure(400, error(130429, error_data=data), {}).detail == detail


def test_retry_after_in_seconds_is_the_carriers_advice():
    assert failure(429, error(130429), {"Retry-After": "3"}).wait_seconds == 3


def test_retry_after_as_a_date_is_understood():
    later = format_datetime(clock.now() + timedelta(seconds=90), usegmt=False)

    assert 80 < failure(429, error(130429), {"Retry-After": later}).wait_seconds <= 90


@pytest.mark.parametrize("header", ["soon", "-5", "1.5", "", "٣", "Mon, 99 Foo 2026"])
def test_a_retry_after_nobody_can_read_is_left_out(header):
    assert failure(429, None, {"Retry-After": header}).wait_seconds == 1.0


def test_an_absurd_retry_after_is_an_hour():
    assert failure(429, error(130429), {"Retry-After": "9" * 30}).wait_seconds == 3600


def test_a_pair_waits_six_seconds_whatever_the_header_says():
    assert failure(400, error(131056), {"Retry-After": "1"}).wait_seconds == 6


def test_429_without_a_word_from_meta_is_still_throttling():
    assert type(failure(429, None, {})) is port.TooFast


@pytest.mark.parametrize("status", [500, 502, 503, 504, 400, 404, 408])
@pytest.mark.parametrize("payload", [None, [], "x", {}, {"error": "no"}, {"error": None}])
def test_an_answer_that_is_not_metas_leaves_a_doubt(status, payload):
    assert type(failure(status, payload, {})) is port.OutcomeUnknown


def test_a_server_error_with_an_unknown_code_leaves_a_doubt():
    assert type(failure(500, error(999_999), {})) is port.OutcomeUnknown


def test_a_server_error_in_metas_words_is_definite():
    assert type(failure(503, error(131016), {})) is port.TryLater


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_a_wrong_address(status):
    assert type(failure(status, None, {"Location": "http://elsewhere"})) is port.RequestRefused
