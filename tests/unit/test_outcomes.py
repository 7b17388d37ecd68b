"""What becomes of a message after one try."""

import pytest

from core.states import MessageState
from services.sending.outcomes import MOST_TRIES, Then, outcome_of
from transports.port import (
    AGAIN,
    AccountRefused,
    ChannelRefused,
    LeaveInPeace,
    NeverLeft,
    NotSignedIn,
    OptedOut,
    OutcomeUnknown,
    PairTooFast,
    RecipientRefused,
    RequestRefused,
    TemplateRefused,
    TemplateStopped,
    TooFast,
    TryLater,
)

QUEUED, FAILED = MessageState.QUEUED, MessageState.FAILED


@pytest.mark.parametrize("failure, state, then", [
    (NeverLeft("x"), QUEUED, Then.NOT_REACHED),
    (TooFast("x"), QUEUED, Then.SLOW_DOWN),
    (PairTooFast("x"), QUEUED, Then.NOTHING),
    (TryLater("x"), QUEUED, Then.NOTHING),
    (ChannelRefused("x"), QUEUED, Then.STOP_CHANNEL),
    (AccountRefused("x"), QUEUED, Then.STOP_ACCOUNT),
    (NotSignedIn("x"), QUEUED, Then.STOP_ACCOUNT),
    (RecipientRefused("x"), FAILED, Then.NOTHING),
    (OptedOut("x"), FAILED, Then.OPT_OUT),
    (LeaveInPeace("x"), FAILED, Then.REST),
    (TemplateRefused("x"), FAILED, Then.DOUBT_TEMPLATE),
    (TemplateStopped("x"), FAILED, Then.STOP_TEMPLATE),
    (RequestRefused("x"), FAILED, Then.DOUBT_TEMPLATE),
    (OutcomeUnknown("x"), MessageState.UNKNOWN, Then.NOTHING),
])
def test_each_kind_of_refusal_is_decided_once(failure, state, then):
    outcome = outcome_of(failure, tries=1)

    assert (outcome.state, outcome.then) == (state, then)


def test_a_doubt_is_never_tried_again_however_early():
    assert all(outcome_of(OutcomeUnknown("x"), tries=n).state is MessageState.UNKNOWN for n in range(1, 10))


@pytest.mark.parametrize("kind", [TooFast, NeverLeft, PairTooFast])
def test_throttling_never_becomes_a_failure(kind):
    assert outcome_of(kind("x"), tries=1000).state is QUEUED


def test_trouble_on_their_side_is_given_up_after_a_few_tries():
    assert outcome_of(TryLater("x"), tries=MOST_TRIES - 1).state is QUEUED
    assert outcome_of(TryLater("x"), tries=MOST_TRIES).state is FAILED


def test_the_carriers_own_wait_is_kept():
    assert outcome_of(TooFast("x", wait_seconds=3), tries=1, chance=0.0).wait_seconds == 3


def test_one_person_waits_at_least_six_seconds_and_longer_each_time():
    waits = [outcome_of(PairTooFast("x"), tries=n, chance=0.0).wait_seconds for n in (1, 2, 3)]

    assert waits == [6, 6, 16]


def test_code_and_words_reach_the_message():
    outcome = outcome_of(RecipientRefused("Not on WhatsApp", code="131026"), tries=1)

    assert (outcome.code, outcome.words) == ("131026", "Not on WhatsApp")


def test_what_is_given_up_does_not_say_that_it_is_tried_again():
    assert outcome_of(TryLater(f"Trouble. {AGAIN}"), tries=1).words == f"Trouble. {AGAIN}"
    assert outcome_of(TryLater(f"Trouble. {AGAIN}"), tries=MOST_TRIES).words == "Trouble. It was tried more than once."


def test_a_code_may_ask_for_fewer_tries():
    assert outcome_of(TryLater("x", most_tries=2), tries=1).state is QUEUED
    assert outcome_of(TryLater("x", most_tries=2), tries=2).state is FAILED


@pytest.mark.parametrize("tries, wait", [(1, 6), (2, 6), (3, 16), (4, 64)])
def test_a_pair_that_is_too_fast_waits_four_times_as_long_each_time_and_never_less_than_six_seconds(tries, wait):
    assert outcome_of(PairTooFast("x"), tries=tries, chance=0.0).wait_seconds == wait
