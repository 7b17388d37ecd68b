"""Which rules meet a happening, in order, and which of them do something. Pure: the live run, the back-test and the
sentence that is tried all ask here."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from core.states import RunState
from services.automation import conditions
from services.automation.compiled import Ready
from services.automation.happening import Facts, Happening

MODES = {"answer": "The first rule that answers, answers; what else rules do, they all do",
         "first": "Only the first rule that fits does anything", "all": "Every rule that fits does all it says"}
TOO_MANY = "Too many automatic messages"
STOP_WORDS = "What is done when somebody says STOP"  # above all rules
NOT_MET, BEATEN = "not_met", "beaten"  # of a trigger; by a rule above. These two leave no run behind


@dataclass(frozen=True, slots=True)
class Decision:
    """What becomes of one rule. `outcome` is done (it acts), unmet, held, beaten or not_met."""

    rule: Ready
    outcome: str
    said: str = ""
    reason: str = ""
    seen: list[list[Any]] = field(default_factory=list)


def decide(rules: Sequence[Ready], happening: Happening, facts: Facts, *, mode: str, most_an_hour: int,
           all_of_them: bool = False) -> list[Decision]:
    """In the order of the rules. Those whose trigger is not met are left out, unless `all_of_them` are asked for."""
    found: list[Decision] = []
    answered = STOP_WORDS if facts.says_stop else ""
    stopped: Ready | None = None
    sent = facts.automatic
    for rule in rules:
        one = _one(rule, happening, facts, stopped, answered, mode, most_an_hour - sent)
        if one.outcome == RunState.DONE:
            sent += rule.sends
            answered = answered or (f"“{rule.name}”" if rule.answers or mode == "first" else "")
            stopped = stopped or (rule if rule.stops_others else None)
        if one.outcome != NOT_MET or all_of_them:
            found.append(one)
    return found


def _one(rule: Ready, happening: Happening, facts: Facts, stopped: Ready | None, answered: str, mode: str,
         room: int) -> Decision:
    """One rule, knowing what those above it did."""
    if rule.channel_id and rule.channel_id != facts.channel_id:
        return Decision(rule, NOT_MET, reason="another number")
    said = rule.meets(happening, facts)
    if not said:
        return Decision(rule, NOT_MET, reason="no match")
    seen, held = conditions.judge(rule.shape, facts, rule.id)
    if not held:
        failed = next((f"{words}: {saw}" for words, saw, ok in seen if not ok), "")
        return Decision(rule, RunState.UNMET, said, failed[:300], seen)
    if stopped:
        return Decision(rule, BEATEN, said, f"“{stopped.name}” stops the rules below", seen)
    if answered and mode == "first":
        return Decision(rule, BEATEN, said, f"{answered} came first", seen)
    if answered and mode == "answer" and rule.answers:
        return Decision(rule, BEATEN, said, f"{answered} answers first", seen)
    return guarded(rule, facts, said, seen, room)


def guarded(rule: Ready, facts: Facts, said: str, seen: list[list[Any]], room: int) -> Decision:
    """Whether a rule whose time has come may act: not over a person's head, and not too often."""
    if rule.answers and facts.taken_over_at and facts.talk_state != "closed":
        return Decision(rule, RunState.HELD, said, "Somebody of the team answers this conversation: rules keep silent until "
                        "it is closed", seen)
    if rule.sends > room:
        return Decision(rule, RunState.HELD, said, f"{TOO_MANY} to one person within an hour: it may be another machine that "
                        "answers", seen)
    return Decision(rule, RunState.DONE, said, "", seen)


def due(rule: Ready, facts: Facts, said: str, room: int) -> Decision:
    """A rule whose moment has come by a clock: its conditions, then the guards. Other rules do not come before it."""
    seen, held = conditions.judge(rule.shape, facts, rule.id)
    if not held:
        failed = next((f"{words}: {saw}" for words, saw, ok in seen if not ok), "")
        return Decision(rule, RunState.UNMET, said, failed[:300], seen)
    return guarded(rule, facts, said, seen, room)
