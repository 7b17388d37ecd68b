"""The parts a story is made of: what the answer is, what the phone does, what the person says."""

from dataclasses import dataclass, field

from simulator.answers import Refusal


@dataclass(frozen=True, slots=True)
class Step:
    """One status, so many seconds after the message was taken in."""

    after: float
    word: str  # sent, delivered, read, failed, or a word nobody knows
    code: int = 0  # for failed
    times: int = 1  # how often it is told
    told_after: float | None = None  # when it is told, where that is not when it happened
    has_echo: bool = True  # whether biz_opaque_callback_data comes back
    is_strange: bool = False  # told of a message id that nobody was given


@dataclass(frozen=True, slots=True)
class Saying:
    """Something the person writes, or a switch they flip, so many seconds after the message was taken in."""

    after: float
    kind: str  # text, button, image, stop_marketing, resume_marketing
    text: str = ""
    is_anonymous: bool = False  # a username and no number


@dataclass(frozen=True, slots=True)
class Fault:
    """What goes wrong on the wire."""

    how: str  # reset, hang, half, broken, empty, html, no_id, giant, trickle, page, redirect, slow
    is_accepted: bool = True  # whether the message was taken in all the same
    seconds: float = 0.0
    status: int = 502  # of a page that is no answer of Meta


@dataclass(frozen=True, slots=True)
class Plot:
    """The whole story of one message."""

    steps: tuple[Step, ...] = ()
    sayings: tuple[Saying, ...] = ()
    refusal: Refusal | None = None
    refused_times: int = 0  # how many tries are refused before one is taken in; 0: all
    fault: Fault | None = None
    is_held: bool = False
    other_wa_id: bool = False
    news_first: bool = False  # the news is told before the answer is written


@dataclass(frozen=True, slots=True)
class Magic:
    """A published number: what it does, in words, and its story."""

    words: str
    plot: Plot = field(default_factory=Plot)
