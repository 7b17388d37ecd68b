"""Advice on failures: one row a code, in a sentence, for every code a carrier may give."""

import pytest

from services.sending.advice import ADVICE, Chance, advice_on, cause_of
from transports.cloud_api.codes import CODES
from transports.port import OptedOut


@pytest.mark.parametrize("code", sorted(map(str, CODES)))
def test_every_code_of_the_carrier_says_what_to_do(code):
    assert code in ADVICE
    assert ADVICE[code].words.endswith(".") and len(ADVICE[code].words) > 20


@pytest.mark.parametrize("code", ["131026", "131050", "130472", "131047"])
def test_what_never_helps_is_said_to_be_useless(code):
    assert advice_on(code).is_useless


def test_nobody_who_opted_out_is_worth_another_try():
    assert all(advice_on(str(code)).is_useless for code, meaning in CODES.items() if meaning.kind is OptedOut)


@pytest.mark.parametrize("code, chance", [("", Chance.NOW), ("999999", Chance.MEND), ("131049", Chance.LATER)])
def test_a_reason_without_a_row_still_has_advice(code, chance):
    assert advice_on(code).chance is chance


@pytest.mark.parametrize("code", sorted(map(str, CODES)))
def test_the_cause_and_the_advice_do_not_say_the_same_twice(code):
    cause = cause_of(code, CODES[int(code)].words)

    assert cause.endswith(".") and "tried again by itself" not in cause
    assert cause not in advice_on(code).words


def test_a_code_that_is_new_keeps_every_word_of_the_carrier():
    assert cause_of("999999", "Meta refused it. Wind from the east") == "Meta refused it. Wind from the east"
