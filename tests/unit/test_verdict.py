"""May this person get this message, and if not, why."""

import pytest

from core.states import ConsentState
from services.sending import OK, REASONS, Person, Wanted, judge

MARKETING = Wanted("marketing")
UTILITY = Wanted("utility")


def person(**changes):
    facts = {"contact_id": 1, "phone": "+447700900001", "marketing": ConsentState.GRANTED,
             "utility": ConsentState.UNKNOWN}
    return Person(**(facts | changes))


def test_somebody_who_agreed_gets_marketing():
    assert judge(person(), MARKETING) == OK


@pytest.mark.parametrize("who, wanted, facts, code", [
    (None, MARKETING, {}, "contact_gone"),
    (person(phone=None), MARKETING, {}, "no_phone"),
    (person(marketing=ConsentState.WITHDRAWN), MARKETING, {}, "opted_out_marketing"),
    (person(marketing=ConsentState.UNKNOWN), MARKETING, {}, "no_consent"),
    (person(utility=ConsentState.WITHDRAWN), UTILITY, {}, "opted_out_utility"),
    (person(), MARKETING, {"is_repeat": True}, "repeated"),
    (person(), MARKETING, {"missing": "first_name"}, "missing_variable"),
    (person(), MARKETING, {"is_too_long": True}, "too_long"),
    (person(), Wanted("marketing", is_approved=False), {}, "not_approved"),
    (person(phone=""), MARKETING, {"is_bad_number": True}, "bad_number"),
    (person(), MARKETING, {"slot_code": "quiet_hours"}, "quiet_hours"),
    (person(), MARKETING, {"slot_code": "too_late"}, "too_late"),
])
def test_each_reason_has_a_code_and_words(who, wanted, facts, code):
    verdict = judge(who, wanted, **facts)

    assert (verdict.ok, verdict.code) == (False, code)
    assert verdict.words


def test_a_service_message_needs_no_agreement():
    assert judge(person(marketing=ConsentState.WITHDRAWN, utility=ConsentState.UNKNOWN), UTILITY).ok


def test_the_missing_variable_is_named():
    assert "“first_name”" in judge(person(), MARKETING, missing="first_name").words


def test_a_variable_called_like_a_pattern_is_only_a_name():
    assert "{name}" in judge(person(), MARKETING, missing="{name}").words


def test_a_withdrawal_is_named_before_anything_else_about_the_message():
    verdict = judge(person(marketing=ConsentState.WITHDRAWN), Wanted("marketing", is_approved=False), missing="x",
                    is_repeat=True)

    assert verdict.code == "opted_out_marketing"


def test_reasons_are_listed_in_the_order_of_judging():
    assert list(REASONS) == ["contact_gone", "bad_number", "no_phone", "opted_out_marketing", "opted_out_utility", "no_consent",
                             "us_marketing", "in_peace", "window_closed",
                             "repeated", "missing_variable", "too_long", "not_approved", "quiet_hours", "too_late"]
