"""`flask templates`: what scripts write, and what they are told."""

import json

import pytest

from core.states import TemplateState
from services import message_templates
from tests.factories import files
from tests.factories.message_templates import BODY, a_template, newest

GOOD = ["--name", "offer", "--body", BODY, "--category", "utility"]


@pytest.fixture
def templates(app):
    """Runs `flask templates …` and gives its result."""

    def run(*words):
        return app.test_cli_runner().invoke(args=["templates", *words])

    return run


def test_a_template_is_written_with_samples_and_fallbacks(templates):
    result = templates("add", *GOOD, "--sample", "vaccine_day=Thursday", "--fallback", "first_name=there", "--json")

    assert json.loads(result.output)["state"] == "pending"
    assert newest(message_templates.by_name("offer")).variables == [
        {"name": "first_name", "sample": "Adaeze", "fallback": "there"},
        {"name": "vaccine_day", "sample": "Thursday", "fallback": ""}]


def test_a_line_break_is_written_as_backslash_n(templates):
    templates("add", "--name", "offer", "--body", r"Hello,\nwe are open.")

    assert newest(message_templates.by_name("offer")).body == "Hello,\nwe are open."


def test_everything_wrong_is_told_with_its_field(templates):
    result = templates("add", "--name", "My Offer", "--body", "{{a}}", "--json")

    assert result.exit_code == 1
    assert {error["field"] for error in json.loads(result.output)["errors"]} == {"name", "body"}


def test_without_json_each_reason_is_a_line(templates):
    result = templates("add", "--name", "My Offer", "--body", "Hello")

    assert result.exit_code == 1 and "name: A name has small letters" in result.output


def test_a_pair_without_equals_sign_is_refused(templates):
    result = templates("add", *GOOD, "--sample", "Thursday")

    assert result.exit_code == 2 and "NAME=VALUE" in result.output


def test_the_list_says_what_whatsapp_says(templates):
    a_template("offer")
    a_template("reminder", state=TemplateState.REJECTED, reason="it reads like a scam")

    found = json.loads(templates("list", "--json").output)

    assert [(one["name"], one["state"], one["reason"]) for one in found] == [
        ("offer", "approved", ""), ("reminder", "rejected", "it reads like a scam")]


def test_the_list_is_readable_by_people(templates):
    a_template("offer")

    assert "offer  en_GB  marketing  version 1 approved, version 1 in use" in templates("list").output


def test_an_empty_list_says_so(templates):
    assert "No templates yet" in templates("list").output


def test_header_and_buttons_are_written_in_one_line_each(templates):
    result = templates("add", *GOOD, "--header", "Flu days", "--button", "quick_reply|Yes", "--button",
                       "url|Book|https://example.org/book", "--button", "copy_code|FLU26")

    version = newest(message_templates.by_name("offer"))
    assert result.exit_code == 0 and version.header == {"kind": "text", "text": "Flu days"}
    assert version.buttons == [
        {"kind": "quick_reply", "text": "Yes"}, {"kind": "url", "text": "Book", "url": "https://example.org/book"},
        {"kind": "copy_code", "text": "Copy code", "sample": "FLU26"}]


def test_a_picture_is_kept_and_what_is_none_is_refused(templates, tmp_path):
    (tmp_path / "good.png").write_bytes(files.png())
    (tmp_path / "bad.png").write_bytes(files.PDF)

    refused = templates("add", *GOOD, "--picture", str(tmp_path / "bad.png"))
    templates("add", *GOOD, "--picture", str(tmp_path / "good.png"))

    assert refused.exit_code == 1
    assert newest(message_templates.by_name("offer")).header["kind"] == "image"


@pytest.mark.parametrize("button", ["Yes", "carousel|Yes", "url", "|"])
def test_a_button_that_cannot_be_read_is_refused_with_the_way_to_write_it(templates, button):
    result = templates("add", *GOOD, "--button", button)

    assert result.exit_code == 2 and "KIND|WORDS|VALUE" in result.output


def test_the_ready_texts_are_listed(templates):
    assert "appointment_reminder  (utility)" in templates("gallery").output
