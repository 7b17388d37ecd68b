"""Meta's list of templates as values: every part in our words, every gap with a name of its own, nothing taken on trust."""

import json

import pytest

from core.states import TemplateState
from transports.cloud_api.listed import listed_of

BASE = {"id": "1", "name": "offer", "language": "en_GB", "status": "APPROVED", "category": "MARKETING"}


def told(*components, **more):
    return listed_of(BASE | {"components": list(components)} | more)


def body(text, **more):
    return {"type": "BODY", "text": text} | more


class TestAWholeTemplate:
    def test_a_place_and_a_form_are_known(self):
        found = told({"type": "HEADER", "format": "LOCATION"}, body("On our way."), {"type": "BUTTONS", "buttons": [
            {"type": "FLOW", "text": "Rate us", "flow_id": "112233445566778"}]})

        assert found.header == {"kind": "location"} and not found.foreign_parts
        assert found.buttons == ({"kind": "flow", "text": "Rate us", "flow_id": "112233445566778"},)

    def test_a_positional_one_with_picture_and_address(self):
        found = told({"type": "HEADER", "format": "IMAGE"}, body("Hello {{1}}, take {{2}} off.", example={"body_text": [["Priya", "15%"]]}),
                     {"type": "FOOTER", "text": "Tap Stop"}, {"type": "BUTTONS", "buttons": [
                         {"type": "QUICK_REPLY", "text": "Stop"},
                         {"type": "URL", "text": "Book", "url": "https://example.com/w/{{1}}", "example": ["https://example.com/w/abc"]}]},
                     parameter_format="POSITIONAL", quality_score={"score": "GREEN"})

        assert (found.header, found.footer, found.quality, found.is_named) == (
            {"kind": "image", "media_id": None}, "Tap Stop", "good", False)
        assert found.buttons[1]["url"] == "https://example.com/w/{{3}}"
        assert found.samples == {"1": "Priya", "2": "15%", "3": "abc"}

    def test_the_gap_of_a_numbered_header_gets_a_number_of_its_own(self):
        found = told({"type": "HEADER", "format": "TEXT", "text": "For {{1}}", "example": {"header_text": ["Ana"]}},
                     body("Hello {{1}} and {{2}}", example={"body_text": [["a", "b"]]}), parameter_format="POSITIONAL")

        assert found.header["text"] == "For {{3}}" and found.samples["3"] == "Ana"

    def test_a_named_one_keeps_its_names(self):
        found = told(body("Your {{bike_model}} is due.", example={"body_text_named_params": [
            {"param_name": "bike_model", "example": "City 3"}]}), parameter_format="NAMED")

        assert (found.body, found.samples, found.is_named) == ("Your {{bike_model}} is due.", {"bike_model": "City 3"}, True)

    @pytest.mark.parametrize(("component", "words"), [
        ({"type": "CAROUSEL", "cards": []}, "a carousel"), ({"type": "LIMITED_TIME_OFFER"}, "an offer without an end"),
        ({"type": "BUTTONS", "buttons": [{"type": "OTP", "text": "Copy"}]}, "a one-time code"),
        ({"type": "BUTTONS", "buttons": [{"type": "GILDED", "text": "Book"}]}, "a button of the kind gilded")])
    def test_what_cannot_be_sent_from_here_is_named(self, component, words):
        assert told(body("Hello"), component).foreign_parts == (words,)

    def test_a_gap_we_cannot_read_is_named(self):
        assert told(body("Hello {{First_Name}}"), parameter_format="NAMED").foreign_parts == ("a gap whose name we cannot read",)


class TestStates:
    @pytest.mark.parametrize("word", ["APPROVED", "PENDING", "REJECTED", "PAUSED", "DISABLED", "IN_APPEAL", "PENDING_DELETION",
                                      "DELETED", "LIMIT_EXCEEDED", "ARCHIVED"])
    def test_each_word_of_meta_is_a_state_of_its_own(self, word):
        assert told(body("Hello"), status=word).state == TemplateState(word.lower())

    @pytest.mark.parametrize("word", ["LOCKED", "FLAGGED", "GILDED"])
    def test_any_other_word_is_not_clear(self, word):
        found = told(body("Hello"), status=word)

        assert (found.state, found.word) == (TemplateState.UNCLEAR, word)

    def test_what_it_is_about_to_count_as(self):
        assert told(body("Hello"), category="UTILITY", correct_category="MARKETING").coming_category == "marketing"
        assert told(body("Hello"), category="UTILITY", correct_category="UTILITY").coming_category == ""


@pytest.mark.parametrize("raw", [None, 7, [], {}, {"name": "x"}, BASE | {"id": None}, BASE | {"language": []}])
def test_an_entry_without_id_name_or_language_is_left_out(raw):
    assert listed_of(raw) is None


@pytest.mark.parametrize("components", [None, 7, {}, [None, 7, []], [{"type": None}], [{"type": "BODY", "text": 7}],
                                        [{"type": "BUTTONS", "buttons": {"a": 1}}], [{"type": "BODY", "text": "x\0y {{1"}]])
def test_odd_parts_never_raise(components):
    found = listed_of(BASE | {"components": components})

    assert found is not None and "\0" not in json.dumps([found.body, list(found.buttons)])
