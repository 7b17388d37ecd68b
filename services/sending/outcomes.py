"""Pure: what becomes of a message after one try. The only place that decides whether a refusal is tried again."""

from dataclasses import dataclass
from enum import Enum, auto

from core import retry
from core.states import MessageState
from transports.port import (
    AGAIN,
    AccountRefused,
    ChannelRefused,
    LeaveInPeace,
    NeverLeft,
    OptedOut,
    OutcomeUnknown,
    PairTooFast,
    RequestRefused,
    SendFailed,
    TemplateRefused,
    TemplateStopped,
    TooFast,
    TryLater,
)

MOST_TRIES = 5  # of those the carrier refused for the moment
THROTTLE_SECONDS = 2.0  # when the carrier does not say how long to wait
PAIR_SECONDS = 6.0  # Meta: one message a person every six seconds
LOST_CODE = "lost_answer"
GAVE_UP = "The carrier was in trouble each time we tried ({tries} times)"
NO_MORE = "It was tried more than once."  # in the place of AGAIN


class Then(Enum):
    """What must follow beyond the message itself."""

    NOTHING = auto()
    SLOW_DOWN = auto()  # nothing leaves this channel before `wait_seconds` are over
    STOP_CHANNEL = auto()
    STOP_ACCOUNT = auto()  # every number of the business account
    DOUBT_TEMPLATE = auto()  # several in a row stop the campaign
    STOP_TEMPLATE = auto()  # every campaign that uses this version
    OPT_OUT = auto()
    REST = auto()  # no marketing to this person for a day
    NOT_REACHED = auto()  # many in a row: the carrier is away, the channel rests


@dataclass(frozen=True, slots=True)
class Outcome:
    """Where a try leaves its message. `wait_seconds` counts from now; `counts` says whether it was a try at all."""

    state: MessageState
    code: str = ""
    words: str = ""
    wait_seconds: float = 0.0
    counts: bool = True
    then: Then = Then.NOTHING


# what each kind of refusal means beyond its message; the first that fits holds
THEN: tuple[tuple[type[SendFailed], Then], ...] = (
    (NeverLeft, Then.NOT_REACHED), (TooFast, Then.SLOW_DOWN), (AccountRefused, Then.STOP_ACCOUNT),
    (ChannelRefused, Then.STOP_CHANNEL), (TemplateStopped, Then.STOP_TEMPLATE), (TemplateRefused, Then.DOUBT_TEMPLATE),
    (RequestRefused, Then.DOUBT_TEMPLATE), (OptedOut, Then.OPT_OUT), (LeaveInPeace, Then.REST),
)
GIVEN_BACK = Outcome(MessageState.QUEUED, counts=False)
STOPPED = Outcome(MessageState.UNKNOWN, LOST_CODE,
                  "The sender was stopped before an answer came; it may have been sent")


def outcome_of(failure: SendFailed, tries: int, *, chance: float | None = None) -> Outcome:
    """What a try that ended without a receipt means. `tries` counts this one; `chance` replaces the dice in tests.

    Throttling is never a failure; what may have been accepted is never tried again.
    """
    code, words = failure.code, failure.words
    if isinstance(failure, OutcomeUnknown):
        return Outcome(MessageState.UNKNOWN, code or LOST_CODE, words)
    if isinstance(failure, NeverLeft):
        wait = 0.5 + retry.full_jitter(4, base=1.0, cap=8.0, chance=chance)
        return Outcome(MessageState.QUEUED, code, words, wait, counts=False, then=Then.NOT_REACHED)
    if isinstance(failure, TooFast):
        wait = retry.at_least(failure.wait_seconds or THROTTLE_SECONDS, chance=chance)
        return Outcome(MessageState.QUEUED, code, words, wait, counts=False, then=Then.SLOW_DOWN)
    if isinstance(failure, PairTooFast):
        growing = retry.growing(tries, first=1.0, factor=4.0, cap=3600.0)
        wait = max(PAIR_SECONDS, failure.wait_seconds, growing)
        return Outcome(MessageState.QUEUED, code, words, retry.at_least(wait, chance=chance))
    if isinstance(failure, TryLater):
        return _later(failure, tries, chance)
    if isinstance(failure, ChannelRefused):
        return Outcome(MessageState.QUEUED, code, words, counts=False, then=then_of(type(failure)))
    return Outcome(MessageState.FAILED, code, words, then=then_of(type(failure)))


def then_of(kind: type[SendFailed]) -> Then:
    """What a kind of refusal means beyond its message, whether it came as an answer or as a notice."""
    return next((then for base, then in THEN if issubclass(kind, base)), Then.NOTHING)


def _later(failure: SendFailed, tries: int, chance: float | None) -> Outcome:
    """A few more tries, then give up with the carrier's own reason."""
    if tries >= (failure.most_tries or MOST_TRIES):
        words = failure.words.replace(AGAIN, NO_MORE)
        return Outcome(MessageState.FAILED, failure.code, words or GAVE_UP.replace("{tries}", str(tries)))
    wait = failure.wait_seconds + 0.5 + retry.full_jitter(tries, base=2.0, cap=300.0, chance=chance)
    return Outcome(MessageState.QUEUED, failure.code, failure.words, wait)
