"""From a template and a person to the text, or to what is missing. Pure: no database."""

from datetime import date
from types import SimpleNamespace

import pytest

from models import ContactField
from services import contacts
from services.message_templates import (
    is_named,
    parameters_of,
    rendered,
    resolve,
    resolver,
    samples_of,
    suggested_source,
    values_of,
)

VARIABLES = [{"name": "first_name", "sample": "Ada", "fallback": "there"},
             {"name": "vaccine_day", "sample": "Thursday", "fallback": ""}]
PERSON = SimpleNamespace(name="Adaeze  Okafor", first_name="Adaeze", email="a@example.org", company="", phone=None,
                         birthday=date(1990, 3, 12), fields={"plan": "Family\nplan", "visits": 3, "gone": None, "vip": True})


def field(name, fallback=""):
    return {"from": "field", "field": name, "fallback": fallback}


def test_a_persons_values_are_ready_for_the_wire():
    assert values_of(PERSON) == {
        "name": "Adaeze Okafor", "first_name": "Adaeze", "email": "a@example.org", "company": "", "phone": "",
        "birthday": "1990-03-12", "field:plan": "Family plan", "field:visits": "3", "field:gone": "", "field:vip": "yes"}


@pytest.mark.parametrize(("mapping", "values", "lacking"), [
    ({"first_name": field("first_name"), "vaccine_day": {"from": "text", "text": "Monday"}},
     {"first_name": "Adaeze", "vaccine_day": "Monday"}, ""),
    ({"first_name": field("company", "friend"), "vaccine_day": field("field:plan")},
     {"first_name": "friend", "vaccine_day": "Family plan"}, ""),
    ({"first_name": field("company"), "vaccine_day": field("field:none", "one day")},
     {"first_name": "there", "vaccine_day": "one day"}, ""),
    ({"first_name": field("first_name"), "vaccine_day": field("company")},
     {"first_name": "Adaeze", "vaccine_day": ""}, "vaccine_day"),
    ({"vaccine_day": {"from": "text", "text": "  "}}, {"first_name": "Adaeze", "vaccine_day": ""}, "vaccine_day"),
    ({}, {"first_name": "Adaeze", "vaccine_day": ""}, "vaccine_day"),
])
def test_values_come_from_the_person_then_the_campaign_then_the_template(mapping, values, lacking):
    assert resolve(VARIABLES, mapping, values_of(PERSON)) == (values, lacking)


def test_people_do_not_share_values():
    resolve_one = resolver(VARIABLES, {"vaccine_day": {"from": "text", "text": "Monday"}})

    first, _ = resolve_one({"first_name": "Ada"})
    second, _ = resolve_one({"first_name": "Ben"})

    assert (first["first_name"], second["first_name"]) == ("Ada", "Ben")


def test_a_variable_named_like_a_field_comes_from_it_unless_told_otherwise():
    assert suggested_source("company") == {"from": "field", "field": "company"}
    assert suggested_source("vaccine_day") == {"from": "text", "text": ""}


def test_a_preview_keeps_gaps_without_value_visible():
    version = SimpleNamespace(body="Hello {{first_name}}, come on {{vaccine_day}}.")

    assert rendered(version, {"first_name": "Ada"}) == "Hello Ada, come on {{vaccine_day}}."


def test_parameters_come_in_the_order_of_the_body():
    assert parameters_of(VARIABLES, {"vaccine_day": "Monday", "first_name": "Ada"}) == (
        ("first_name", "Ada"), ("vaccine_day", "Monday"))


def test_numbered_templates_are_told_from_named_ones():
    assert is_named(VARIABLES) and is_named([])
    assert not is_named([{"name": "1", "sample": "Ada", "fallback": ""}])


def test_samples_fill_a_preview_without_a_person():
    assert samples_of(VARIABLES) == {"first_name": "Ada", "vaccine_day": "Thursday"}


@pytest.mark.parametrize(("kind", "typed", "written"), [
    ("number", "12.0", "12"), ("number", "12.50", "12.5"), ("number", "-3.000", "-3"), ("number", "007", "7"),
    ("number", "123456789012345.999999999", "123456789012346"), ("yes_no", "Yes", "yes"), ("yes_no", "off", "no"),
    ("date", "2026-11-24 10:00", "2026-11-24"), ("text", " a  b ", "a b")])
def test_fields_are_kept_as_they_are_written_in_messages(kind, typed, written):
    kept = contacts.check_value(ContactField(key="own", label="Own", kind=kind, choices=[]), typed)
    person = SimpleNamespace(**vars(PERSON) | {"fields": {"own": kept}})

    assert values_of(person)["field:own"] == written
