"""What goes wrong on purpose: each fault for a share of the calls, for one person, or from a number of calls on."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from simulator.answers import Refusal
from simulator.plot import Fault

_TEXT = re.compile(r"([a-z0-9-]+?)(?::([0-9.]+))?=(\S+)")
_CODE = re.compile(r"code-([1-9][0-9]{0,5})")
_PERSON = re.compile(r"(\+[1-9][0-9]{5,14})(?:\*([1-9][0-9]{0,5}))?")
_COUNT = re.compile(r"[0-9]{1,9}")
_SHARE = re.compile(r"([0-9]{1,3}(?:\.[0-9]+)?)(%?)")
DAILY_LIMIT, TOKEN_GONE = Refusal(131048), Refusal(190, subcode=463)

# name: what happens
WIRE: dict[str, tuple[str, Fault]] = {
    "http-500": ("HTTP 500 without a word from Meta, not taken in", Fault("page", False, status=500)),
    "http-502": ("HTTP 502 from a proxy, not taken in", Fault("page", False, status=502)),
    "http-503": ("HTTP 503 from a proxy, not taken in", Fault("page", False, status=503)),
    "http-500-after-accepting": ("taken in, the answer is HTTP 500", Fault("page", status=500)),
    "http-502-after-accepting": ("taken in, the answer is HTTP 502", Fault("page", status=502)),
    "http-503-after-accepting": ("taken in, the answer is HTTP 503", Fault("page", status=503)),
    "hang": ("no answer, not taken in", Fault("hang", False)),
    "hang-after-accepting": ("taken in, no answer", Fault("hang")),
    "reset-after-reading": ("closed without an answer, not taken in", Fault("reset", False)),
    "reset-after-accepting": ("taken in, closed without an answer", Fault("reset")),
    "reset-mid-answer": ("taken in, closed in the middle of the answer", Fault("half")),
    "broken-json": ("taken in, the answer is broken JSON", Fault("broken")),
    "empty": ("taken in, the answer is empty", Fault("empty")),
    "html": ("taken in, the answer is a web page", Fault("html")),
    "no-id": ("taken in, the answer has no message id", Fault("no_id")),
    "giant": ("taken in, the answer is 10 MB long", Fault("giant")),
    "trickled": ("taken in, the answer comes one byte a second", Fault("trickle")),
    "late": ("taken in, the answer comes so many seconds late", Fault("slow", seconds=2.0)),
    "redirect": ("the answer sends you elsewhere (307), not taken in", Fault("redirect", False)),
}
OTHER = {
    "ok": "nothing goes wrong; for one person among others",
    "code-N": "an error of Meta by its code, such as code-131026; the seconds become Retry-After",
    "http-429": "HTTP 429 without a word from Meta; the seconds become Retry-After",
    "reset-before-reading": "closed before the request is read; for a share of the calls only",
}
COUNTED = {
    "token-dies": "the token is refused (190) after so many sends",
    "daily-limit": "131048 after so many messages were taken in",
}
MEDIA = {
    "media-wrong-type": "a file comes with another type than announced",
    "media-wrong-size": "a file is longer than announced",
    "media-slow": "a file comes so many seconds late",
    "media-expired": "the address of a file is no longer good",
    "media-redirect": "the address of a file sends you elsewhere",
}


@dataclass(frozen=True, slots=True)
class Rule:
    """One fault and when it is played."""

    name: str
    seconds: float | None = None
    share: float = 0.0
    recipient: str = ""
    times: int = 0  # for a person: how many tries; 0: every one
    after: int = 0  # for what is counted


def table() -> dict[str, str]:
    """Every fault by name, with what it does in words."""
    return OTHER | {name: words for name, (words, _fault) in WIRE.items()} | COUNTED | MEDIA


def rule_of(text: str) -> Rule:
    """`NAME[:SECONDS]=WHEN` as a rule; WHEN is a share (1% or 0.01), +44…, +44…*2 or a count. Raises ValueError."""
    found = _TEXT.fullmatch(text)
    if not found:
        raise ValueError(f"{text[:80]}: write it as NAME=1%, NAME:SECONDS=1%, NAME=+447700900001 or NAME=500")
    name, given, when = found.groups()
    if name not in table() and not _CODE.fullmatch(name):
        raise ValueError(f"{name} is no fault. There are: {', '.join(table())}")
    seconds = float(given) if given else None
    if name in COUNTED:
        if not _COUNT.fullmatch(when):
            raise ValueError(f"{text[:80]}: {name} needs a number of messages")
        return Rule(name, seconds, after=int(when))
    if person := _PERSON.fullmatch(when):
        if name in MEDIA or name == "reset-before-reading":
            raise ValueError(f"{name} goes by share: it does not know who a call is for")
        return Rule(name, seconds, recipient=person[1], times=int(person[2] or 0))
    return Rule(name, seconds, share=_share(text, when))


def _share(text: str, when: str) -> float:
    """A share from 0 to 1."""
    found = _SHARE.fullmatch(when)
    share = float(found[1]) / (100 if found[2] else 1) if found else -1.0
    if not 0 <= share <= 1:
        raise ValueError(f"{text[:80]}: a share is 0% to 100%, or 0 to 1")
    return share


class Faults:
    """Which fault a call meets. Draws come from outside, so that the same seed plays the same faults."""

    def __init__(self, rules: Iterable[str] = ()) -> None:
        self.accepted = self.sends = 0
        self.set(rules)

    def set(self, rules: Iterable[str]) -> None:
        """From now on these, and no others. What is counted begins anew. Raises ValueError for one that is wrong."""
        texts = tuple(rules)
        made = [rule_of(text) for text in texts]
        self.texts = texts
        self.accepted = self.sends = 0
        self._tries: dict[str, int] = {}
        self._people = {rule.recipient: rule for rule in made if rule.recipient}
        self._shares = [rule for rule in made if rule.share and rule.name not in MEDIA
                        and rule.name != "reset-before-reading"]
        self._counted = {rule.name: rule.after for rule in made if rule.name in COUNTED}
        self._media = [rule for rule in made if rule.share and rule.name in MEDIA]
        self.resets_unread = sum(rule.share for rule in made if rule.name == "reset-before-reading")

    @property
    def draws(self) -> bool:
        """Whether `of` needs a draw."""
        return bool(self._shares)

    def token_is_dead(self) -> bool:
        """Whether the token was good for so many sends only, and those were made."""
        return bool(self._counted) and self.sends >= self._counted.get("token-dies", self.sends + 1)

    def over_the_day(self) -> bool:
        """Whether so many messages were taken in as a day allows."""
        return bool(self._counted) and self.accepted >= self._counted.get("daily-limit", self.accepted + 1)

    def of_person(self, recipient: str) -> Rule | None:
        """The fault meant for this person, as long as it has tries left."""
        rule = self._people.get(recipient)
        if rule is None or not rule.times:
            return rule
        tries = self._tries[recipient] = self._tries.get(recipient, 0) + 1
        return rule if tries <= rule.times else None

    def of_share(self, draw: float) -> Rule | None:
        """The fault this draw (0 to 1) falls on."""
        return _fallen_on(self._shares, draw)

    def of_media(self, draw: float) -> Rule | None:
        """The fault that meets a file coming down."""
        return _fallen_on(self._media, draw)


def _fallen_on(rules: Iterable[Rule], draw: float) -> Rule | None:
    edge = 0.0
    for rule in rules:
        edge += rule.share
        if draw < edge:
            return rule
    return None


def played(rule: Rule) -> Mapping[str, Refusal | Fault | None]:
    """What of a plot the rule changes."""
    if rule.name in WIRE:
        fault = WIRE[rule.name][1]
        seconds = fault.seconds if rule.seconds is None else rule.seconds
        return {"refusal": None, "fault": Fault(fault.how, fault.is_accepted, seconds, fault.status)}
    if rule.name == "ok":
        return {"refusal": None, "fault": None}
    wait = round(rule.seconds or 0)
    if rule.name == "http-429":
        return {"refusal": Refusal(0, status=429, retry_after=wait)}
    if code := _CODE.fullmatch(rule.name):
        return {"refusal": Refusal(int(code[1]), retry_after=wait)}
    return {}
