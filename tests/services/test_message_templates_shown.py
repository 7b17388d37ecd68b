"""A message as a phone shows it: every part filled, and nothing run."""

from types import SimpleNamespace

import pytest

from services.message_templates import Shown, ShownButton, cells_of, plan_of, resolve, shown

BUTTONS = [{"kind": "quick_reply", "text": "Book a time"},
           {"kind": "url", "text": "See the day", "url": "https://example.org/d/{{day}}", "sample": "mon"},
           {"kind": "phone", "text": "Call us", "phone": "+2348095550100"},
           {"kind": "copy_code", "text": "Copy the code", "sample": "FLU26"}]
VARIABLES = [{"name": "seat", "sample": "12", "fallback": "any"}, {"name": "day", "sample": "Mon", "fallback": ""}]


def version(**changes):
    """A version with every part."""
    parts = dict(body="Hello {{name}}.", footer="Reply STOP", header={"kind": "text", "text": "For {{name}}"},
                 buttons=BUTTONS)
    return SimpleNamespace(**(parts | changes))


class TestShown:
    def test_header_text_and_addresses_are_filled_with_one_persons_values(self):
        found = shown(version(), {"name": "Ada", "day": "mon"})

        assert found == Shown("text", "For Ada", None, "Hello Ada.", "Reply STOP", (
            ShownButton("quick_reply", "Book a time"), ShownButton("url", "See the day", "https://example.org/d/mon"),
            ShownButton("phone", "Call us", "+2348095550100"), ShownButton("copy_code", "Copy the code", "FLU26")))

    def test_a_gap_without_value_stays_visible(self):
        assert shown(version(), {}).header_text == "For {{name}}"

    def test_a_picture_is_known_by_its_file(self):
        found = shown(version(header={"kind": "image", "media_id": 7}), {})

        assert (found.header_kind, found.media_id, found.header_text) == ("image", 7, "")

    @pytest.mark.parametrize("text", ["{{7*7}}", "Hi {{name", "{% x %} {{", "{0.__class__}", "{{}}"])
    def test_a_text_that_cannot_be_read_is_shown_as_it_is(self, text):
        assert shown(version(body=text), {"name": "Ada"}).body == text

    @pytest.mark.parametrize("value", ["{{name}}", "{{7*7}}", "%(x)s", "${7*7}"])
    def test_values_are_not_looked_into(self, value):
        assert shown(version(), {"name": value}).body == f"Hello {value}."


class TestPlan:
    def test_a_column_of_the_list_is_a_source_with_fallbacks_behind_it(self):
        mapping = {"seat": {"from": "column", "column": "Seat no."}, "day": {"from": "text", "text": " Mon "}}

        assert plan_of(VARIABLES, mapping) == [("seat", "column", "Seat no.", "any"), ("day", "text", "", "Mon")]
        assert resolve(VARIABLES, mapping, cells_of({"Seat no.": " 14\tB "})) == ({"seat": "14 B", "day": "Mon"}, "")
        assert resolve(VARIABLES, mapping, cells_of({"Seat no.": ""})) == ({"seat": "any", "day": "Mon"}, "")

    def test_a_heading_cannot_pass_for_a_field(self):
        mapping = {"seat": {"from": "field", "field": "email"}}

        assert resolve(VARIABLES[:1], mapping, cells_of({"email": "x", "field:email": "y"})) == ({"seat": "any"}, "")

    def test_the_campaigns_fallback_comes_before_the_templates(self):
        assert plan_of(VARIABLES[:1], {"seat": {"from": "field", "field": "company", "fallback": "one"}}) == [
            ("seat", "field", "company", "one")]
