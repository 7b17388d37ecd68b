"""Why a drawing cannot run: a pure look at its nodes and ways. A flow with a problem is not published."""

from collections.abc import Iterator
from dataclasses import dataclass

from core import placeholders
from core.errors import Invalid
from services.flows.drawing import Drawing, Node

BUTTON_LIMIT, ROW_LIMIT = 20, 24  # characters Meta allows in a button, in a row of a list
MOST_BUTTONS = 3


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong, and at which node; an empty one means the whole flow."""

    node: str
    words: str


def problems_of(drawing: Drawing) -> list[Problem]:
    """Everything that keeps this flow from running, in the order of its nodes."""
    found = list(_broken_ways(drawing))
    for node in drawing.nodes.values():
        found += [Problem(node.id, words) for words in _node_problems(node)]
    if found:
        return found
    return [*_unreachable(drawing), *_endless(drawing), *_circles(drawing)]


def _broken_ways(drawing: Drawing) -> Iterator[Problem]:
    """Ways that lead nowhere."""
    if drawing.start not in drawing.nodes:
        yield Problem("", "Choose the step the flow begins with")
    if drawing.menu and drawing.menu not in drawing.nodes:
        yield Problem("", "The word for the menu leads to a step that is not there")
    for node in drawing.nodes.values():
        for way, target in node.exits():
            if not target:
                when = "" if way == "next" else f" {_way(way)}"
                yield Problem(node.id, f"Nothing follows{when}; choose a step, or end the flow")
            elif target not in drawing.nodes:
                yield Problem(node.id, f"{_way(way).capitalize()} leads to a step that is not there")


def _way(way: str) -> str:
    return {"next": "what follows", "on_fail": "when it fails", "on_timeout": "when nobody answers"}.get(way, way)


def _node_problems(node: Node) -> Iterator[str]:
    """What is missing in one node."""
    if node.kind in ("say", "ask") and not node.texts.get("") and not (node.kind == "say" and node.media_id):
        yield "It has no text for people whose language is not known"
    if node.kind == "ask" and node.expects == "choice" and not node.choices:
        yield "There is nothing to choose from"
    if node.kind == "branch" and not node.cases:
        yield "It has no case"
    if node.kind == "do" and not node.action:
        yield "Say what is done"
    if node.kind == "wait" and not node.minutes:
        yield "Say how long"
    if node.kind == "call" and not node.target_id:
        yield "Choose which system is called"
    if node.kind == "flow" and not node.flow_id:
        yield "Choose the flow that goes on"
    if node.least is not None and node.most is not None and node.least > node.most:
        yield "No number is both at least and at most this"
    for case in node.cases:
        if not case.value_of or (not case.value and case.test not in ("known", "not_known")):
            yield "A case lacks what it looks at, or what it is compared with"
    yield from _too_long(node)


def _too_long(node: Node) -> Iterator[str]:
    """Texts and titles Meta would refuse, and gaps that cannot be read."""
    most = 1024 if node.choices or node.media_id else 4096
    for text in (*node.texts.values(), *node.retry_texts.values()):
        if len(text) > most:
            yield f"A text has {len(text):,} characters; WhatsApp takes {most:,} at most here"
        try:
            placeholders.parse(text)
        except Invalid as error:
            yield error.message
    limit = BUTTON_LIMIT if len(node.choices) <= MOST_BUTTONS else ROW_LIMIT
    languages = {language for one in node.choices for language in one.titles}
    for one in node.choices:
        if not one.titles.get(""):
            yield "A choice has no words for people whose language is not known"
        if any(len(title) > limit for title in one.titles.values()):
            yield f"The words of a choice are longer than {limit} characters"
    for language in languages:
        titles = [one.titles.get(language, one.titles.get("", "")) for one in node.choices]
        if len(set(titles)) < len(titles):
            yield "Two choices read the same"


def _reached(drawing: Drawing) -> set[str]:
    """The nodes somebody can come to."""
    seen: set[str] = set()
    open_ends = [drawing.start, *([drawing.menu] if drawing.menu else [])]
    while open_ends:
        name = open_ends.pop()
        if name not in seen:
            seen.add(name)
            open_ends += [target for _, target in drawing.nodes[name].exits()]
    return seen


def _unreachable(drawing: Drawing) -> Iterator[Problem]:
    reached = _reached(drawing)
    yield from (Problem(name, "Nothing leads here; connect it or delete it") for name in drawing.nodes if name not in reached)


def _endless(drawing: Drawing) -> Iterator[Problem]:
    """Nodes from which no way leads to an end."""
    leads: dict[str, set[str]] = {name: set() for name in drawing.nodes}
    for node in drawing.nodes.values():
        for _, target in node.exits():
            leads[target].add(node.id)
    ends = [node.id for node in drawing.nodes.values() if node.kind in ("hand_over", "flow", "end")]
    good: set[str] = set()
    while ends:
        name = ends.pop()
        if name not in good:
            good.add(name)
            ends += leads[name]
    yield from (Problem(name, "From here the flow can never end; let it lead to an end or a person")
                for name in drawing.nodes if name not in good)


def _circles(drawing: Drawing) -> Iterator[Problem]:
    """Circles in which nothing is waited for: they would never stop."""
    marks = dict.fromkeys(drawing.nodes, 0)  # 0: not seen, 1: on the way, 2: done

    def walk(name: str) -> bool:
        marks[name] = 1
        node = drawing.nodes[name]
        for _, target in () if node.waits else tuple(node.exits()):
            if marks[target] == 1 or (marks[target] == 0 and walk(target)):
                return True
        marks[name] = 2
        return False

    for name in drawing.nodes:
        if marks[name] == 0 and walk(name):
            yield Problem(name, "This goes round in a circle without waiting for anybody")
            return
