"""How a conversation goes on: a drawing, where somebody stands, what happened → what is said and done, where they stand
then. Pure: the same happenings always tell the same story, in the try-out as for real."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from core import placeholders
from core.errors import Invalid
from core.words import folded
from services.flows.answers import Answer, Heard, answer_to, in_language, wire_id
from services.flows.drawing import Drawing, Node

MOST_STEPS = 60  # nodes passed without waiting; a checked drawing never comes near
ANSWER, TIME, CALL = "answer", "time", "call"  # what is waited for
DONE, HANDED_OVER, TIMED_OUT, WENT_ON, BROKEN = "done", "handed_over", "timed_out", "went_on", "broken"

Known = Mapping[str, str]  # of the person: name, first_name, language, country, tags, field:<key> …


@dataclass(frozen=True, slots=True)
class Stand:
    """Where somebody is: at which node, what is remembered, which questions they passed."""

    node: str = ""
    memory: Mapping[str, str] = field(default_factory=dict)
    trail: tuple[str, ...] = ()
    tries: int = 0


@dataclass(frozen=True, slots=True)
class Say:
    """A message to the person."""

    text: str
    media_id: int | None = None
    choices: tuple[tuple[str, str], ...] = ()  # id, words
    label: str = ""


@dataclass(frozen=True, slots=True)
class Keep:
    """A detail of the person becomes known."""

    name: str
    value: str
    expects: str


@dataclass(frozen=True, slots=True)
class Act:
    """One of the actions rules have, too."""

    spec: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class CallOut:
    """Another system is asked; the flow waits for its answer."""

    target_id: int
    memory: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class HandOver:
    """A person of the team goes on."""

    note: str
    user_id: int | None


@dataclass(frozen=True, slots=True)
class GoOn:
    """Another flow goes on."""

    flow_id: int


Effect = Say | Keep | Act | CallOut | HandOver | GoOn


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happened at one node: entered, answered, asked_again, failed, timed_out, back, menu, agent."""

    node: str
    what: str
    words: str = ""


@dataclass(slots=True)
class Outcome:
    """What came of it. `waits_for` is empty once it has `ended`; `minutes` says when to look again."""

    stand: Stand
    effects: list[Effect] = field(default_factory=list)
    nodes: list[str] = field(default_factory=list)  # at which each effect comes about
    steps: list[Step] = field(default_factory=list)
    waits_for: str = ""
    minutes: int = 0
    ended: str = ""

    def add(self, effect: Effect) -> None:
        """One more, where they stand now."""
        self.effects.append(effect)
        self.nodes.append(self.stand.node)


def begin(drawing: Drawing, known: Known, memory: Mapping[str, str] | None = None) -> Outcome:
    """Start at the beginning, perhaps with what another flow remembered."""
    return _go(drawing, Outcome(Stand(memory=dict(memory or {}))), drawing.start, known)


def hear(drawing: Drawing, stand: Stand, heard: Heard, known: Known) -> Outcome:
    """They wrote while a question waits for them."""
    node, outcome = drawing.nodes[stand.node], Outcome(stand)
    if word := _word(drawing, heard):
        return _by_word(drawing, outcome, word, known)
    try:
        answer = answer_to(node, heard, country=known.get("country", ""))
    except Invalid as error:
        return _ask_again(drawing, outcome, node, error.message, known)
    return _answered(drawing, outcome, node, answer, known)


def wake(drawing: Drawing, stand: Stand, known: Known, *, has_failed: bool = False, value: str = "") -> Outcome:
    """The time of a wait has come, a call was answered (`value`) or failed, or nobody answered a question in time."""
    node, outcome = drawing.nodes[stand.node], Outcome(stand)
    if node.kind == "wait":
        return _go(drawing, outcome, node.next, known)
    if node.kind == "call":
        outcome.steps.append(Step(node.id, "failed" if has_failed else "answered", value[:200]))
        if node.save_as and not has_failed:
            outcome.stand = replace(stand, memory={**stand.memory, node.save_as: value[:1000]})
        return _go(drawing, outcome, node.on_fail if has_failed else node.next, known)
    outcome.steps.append(Step(node.id, "timed_out"))
    if node.on_timeout:
        return _go(drawing, outcome, node.on_timeout, known)
    if drawing.timeout_texts:
        outcome.add(Say(_filled(in_language(drawing.timeout_texts, known.get("language", "")), outcome, known)))
    return _end(outcome, TIMED_OUT)


def waits(drawing: Drawing, stand: Stand) -> bool:
    """Whether somebody's next message belongs to the flow."""
    node = drawing.nodes.get(stand.node)
    return node is not None and node.kind == "ask"


def _word(drawing: Drawing, heard: Heard) -> str:
    """menu, back or agent, when that is the whole message."""
    said = folded(heard.text.strip().strip(".!?").strip())
    return next((name for name, words in drawing.words.items()
                 if said and said in {folded(word) for word in words}), "")


def _by_word(drawing: Drawing, outcome: Outcome, word: str, known: Known) -> Outcome:
    """The words that work at every question."""
    stand = outcome.stand
    outcome.steps.append(Step(stand.node, word))
    if word == "agent":
        return _to_a_person(drawing, outcome, "They asked for a person", known)
    if word == "menu":
        outcome.stand = replace(stand, trail=(), tries=0)
        return _go(drawing, outcome, drawing.menu or drawing.start, known)
    passed = [name for name in stand.trail if name in drawing.nodes]
    outcome.stand = replace(stand, trail=tuple(passed[:-1]), tries=0)
    return _go(drawing, outcome, passed[-1] if passed else stand.node, known)


def _ask_again(drawing: Drawing, outcome: Outcome, node: Node, why: str, known: Known) -> Outcome:
    """An answer that is none: once more, or the way out."""
    tries = outcome.stand.tries + 1
    outcome.steps.append(Step(node.id, "asked_again" if tries < node.tries else "failed", why))
    if tries < node.tries:
        outcome.stand = replace(outcome.stand, tries=tries)
        outcome.add(_question(node, outcome, known, texts=node.retry_texts or node.texts))
        return _wait(drawing, outcome, node)
    if node.on_fail:
        return _go(drawing, outcome, node.on_fail, known)
    return _to_a_person(drawing, outcome, f"No usable answer after {node.tries} tries", known)


def _to_a_person(drawing: Drawing, outcome: Outcome, note: str, known: Known) -> Outcome:
    """Hand over from a question: the person is told what the first step says that hands over, and is given to whom it says."""
    first = next((one for one in drawing.nodes.values() if one.kind == "hand_over"), None)
    if first is not None:
        _say_goodbye(outcome, first, known)
    outcome.add(HandOver(note, first.user_id if first else None))
    return _end(outcome, HANDED_OVER)


def _answered(drawing: Drawing, outcome: Outcome, node: Node, answer: Answer, known: Known) -> Outcome:
    """Keep the answer and go where it leads."""
    memory = {**outcome.stand.memory, **({node.save_as: answer.value} if node.save_as else {})}
    outcome.stand = Stand(node.id, memory, (*outcome.stand.trail, node.id)[-50:])
    outcome.steps.append(Step(node.id, "answered", answer.value[:200]))
    if node.save_to:
        outcome.add(Keep(node.save_to, answer.value, node.expects))
    return _go(drawing, outcome, (answer.choice.next if answer.choice else "") or node.next, known)


def _go(drawing: Drawing, outcome: Outcome, name: str, known: Known) -> Outcome:
    """From node to node until one waits or ends."""
    for _ in range(MOST_STEPS):
        node = drawing.nodes.get(name)
        if node is None:
            return _end(outcome, BROKEN)
        outcome.stand = replace(outcome.stand, node=node.id, tries=0)
        outcome.steps.append(Step(node.id, "entered"))
        if node.kind in _STOPS:
            return _STOPS[node.kind](drawing, outcome, node, known)
        if node.kind == "say":
            outcome.add(_question(node, outcome, known, texts=node.texts))
        elif node.kind == "do":
            outcome.add(Act(node.action))
        name = _branch(node, outcome, known) if node.kind == "branch" else node.next
    return _end(outcome, BROKEN)


def _stop_to_ask(drawing: Drawing, outcome: Outcome, node: Node, known: Known) -> Outcome:
    outcome.add(_question(node, outcome, known, texts=node.texts))
    return _wait(drawing, outcome, node)


def _stop_to_wait(drawing: Drawing, outcome: Outcome, node: Node, known: Known) -> Outcome:
    outcome.waits_for, outcome.minutes = TIME, node.minutes
    return outcome


def _stop_to_call(drawing: Drawing, outcome: Outcome, node: Node, known: Known) -> Outcome:
    outcome.add(CallOut(node.target_id or 0, dict(outcome.stand.memory)))
    outcome.waits_for = CALL
    return outcome


def _hand_over(drawing: Drawing, outcome: Outcome, node: Node, known: Known) -> Outcome:
    _say_goodbye(outcome, node, known)
    outcome.add(HandOver(_filled(node.note, outcome, known), node.user_id))
    return _end(outcome, HANDED_OVER)


def _go_on(drawing: Drawing, outcome: Outcome, node: Node, known: Known) -> Outcome:
    outcome.add(GoOn(node.flow_id or 0))
    return _end(outcome, WENT_ON)


def _close(drawing: Drawing, outcome: Outcome, node: Node, known: Known) -> Outcome:
    _say_goodbye(outcome, node, known)
    return _end(outcome, DONE)


_STOPS = {"ask": _stop_to_ask, "wait": _stop_to_wait, "call": _stop_to_call, "hand_over": _hand_over, "flow": _go_on,
          "end": _close}


def _say_goodbye(outcome: Outcome, node: Node, known: Known) -> None:
    if text := in_language(node.texts, known.get("language", "")):
        outcome.add(Say(_filled(text, outcome, known)))


def _wait(drawing: Drawing, outcome: Outcome, node: Node) -> Outcome:
    outcome.waits_for, outcome.minutes = ANSWER, node.timeout_minutes or drawing.timeout_minutes
    return outcome


def _end(outcome: Outcome, how: str) -> Outcome:
    outcome.ended, outcome.waits_for = how, ""
    return outcome


def _question(node: Node, outcome: Outcome, known: Known, *, texts: Mapping[str, str]) -> Say:
    """The words of a node for this person, with what can be tapped."""
    language = known.get("language", "")
    choices = tuple((wire_id(node, one), in_language(one.titles, language)) for one in node.choices)
    return Say(_filled(in_language(texts, language), outcome, known), node.media_id, choices, node.label)


def _filled(text: str, outcome: Outcome, known: Known) -> str:
    """A text with its gaps: what was answered goes before what is known of the person; unknown gaps are left out."""
    parsed = placeholders.parse(text)
    values = {**known, **outcome.stand.memory}
    return placeholders.fill(parsed, {name: values.get(name, "") for name in parsed.names})


def _branch(node: Node, outcome: Outcome, known: Known) -> str:
    """Where the first case that fits leads, else otherwise."""
    values = {**known, **outcome.stand.memory}
    return next((case.next for case in node.cases if passes(values.get(case.value_of, ""), case.test, case.value)), node.next)


def passes(value: str, test: str, wanted: str) -> bool:
    """Whether a value passes a test. Lists (tags) are comma-separated; figures are compared as figures."""
    mine, theirs = folded(value.strip()), folded(wanted.strip())
    if test == "known":
        return bool(mine)
    if test == "not_known":
        return not mine
    if test in ("greater", "less"):
        try:
            first, second = float(mine), float(theirs)
        except ValueError:  # dates in ISO order as texts do
            return bool(mine) and (mine > theirs if test == "greater" else mine < theirs)
        return first > second if test == "greater" else first < second
    holds = theirs in [part.strip() for part in mine.split(",")] if "," in mine else mine == theirs
    return theirs in mine if test == "contains" else holds is (test == "is")


def told(steps: Sequence[Step]) -> list[dict[str, str]]:
    """The steps as they are kept."""
    return [{"node": step.node, "what": step.what, "words": step.words} for step in steps]
