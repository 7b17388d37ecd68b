"""Trying a drawing without anybody: it is played from its beginning with what was said so far. Nothing is kept or sent."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from services.flows import engine
from services.flows.answers import Heard
from services.flows.drawing import Drawing
from services.flows.engine import Act, CallOut, GoOn, HandOver, Keep, Outcome, Say

MOST_SAID = 60
TIME, ANSWERED, FAILED = "⏰", "✓", "✗"  # instead of words: the time came, the other system answered, it did not


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the try-out: said by us, by them, or something that would be done."""

    who: str  # we | they | note
    text: str
    choices: Sequence[tuple[str, str]] = ()
    media_id: int | None = None


@dataclass(slots=True)
class Play:
    """How far the try-out has come."""

    lines: list[Line] = field(default_factory=list)
    node: str = ""
    waits_for: str = ""
    minutes: int = 0
    ended: str = ""
    memory: Mapping[str, str] = field(default_factory=dict)
    passed: list[str] = field(default_factory=list)  # nodes, in order


def play(drawing: Drawing, said: Sequence[str], known: Mapping[str, str]) -> Play:
    """What happens when somebody says all this, one after the other."""
    outcome = engine.begin(drawing, known)
    shown = Play()
    _show(shown, outcome)
    for words in said[:MOST_SAID]:
        if outcome.ended:
            break
        outcome = _next(drawing, outcome, words, known, shown)
        _show(shown, outcome)
    shown.node, shown.waits_for, shown.minutes = outcome.stand.node, outcome.waits_for, outcome.minutes
    shown.ended, shown.memory = outcome.ended, outcome.stand.memory
    return shown


def _next(drawing: Drawing, outcome: Outcome, words: str, known: Mapping[str, str], shown: Play) -> Outcome:
    """One thing that was said, or that happened."""
    if words in (TIME, ANSWERED, FAILED) or outcome.waits_for != engine.ANSWER:
        shown.lines.append(Line("note", {ANSWERED: "The other system answered", FAILED: "The other system did not answer"}.get(
            words, "The time came")))
        return engine.wake(drawing, outcome.stand, known, has_failed=words == FAILED, value="42")
    node = drawing.nodes[outcome.stand.node]
    title = next((one.titles.get("", one.id) for one in node.choices if f"{node.id}:{one.id}" == words), words)
    shown.lines.append(Line("they", title))
    return engine.hear(drawing, outcome.stand, Heard(title, choice_id=words if title != words else ""), known)


def _show(shown: Play, outcome: Outcome) -> None:
    """What an outcome adds."""
    shown.passed += [step.node for step in outcome.steps if step.what == "entered"]
    for effect in outcome.effects:
        match effect:
            case Say():
                shown.lines.append(Line("we", effect.text, effect.choices, effect.media_id))
            case Keep():
                shown.lines.append(Line("note", f"Keeps {effect.name}: {effect.value}"))
            case Act():
                shown.lines.append(Line("note", f"Does: {effect.spec.get('kind', '')}"))
            case HandOver():
                shown.lines.append(Line("note", f"Hands over to the team: {effect.note}"))
            case CallOut():
                shown.lines.append(Line("note", "Asks another system"))
            case GoOn():
                shown.lines.append(Line("note", "Another flow goes on"))
