"""A flow as it is drawn: plain values read from JSON, and back. docs/flows.schema.json publishes the form.

Texts are kept by language: {"": "Hello", "fr": "Bonjour"}; the empty one is for everybody else. Every place a node leads
to is the id of another node.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from core.errors import Invalid

SCHEMA = "pigeonpost/flow/1"
KINDS = ("say", "ask", "branch", "do", "wait", "call", "hand_over", "flow", "end")
EXPECTS = ("text", "number", "date", "email", "phone", "choice", "location", "media")
TESTS = ("is", "is_not", "contains", "greater", "less", "known", "not_known")
WORDS = ("menu", "back", "agent")
MOST_NODES, MOST_CHOICES, MOST_CASES, MOST_TRIES = 200, 10, 20, 5
LONGEST_WAIT = 60 * 24 * 30  # minutes
Texts = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Choice:
    """One answer that can be tapped or written, and where it leads."""

    id: str
    titles: Texts
    next: str = ""  # empty: where the node leads


@dataclass(frozen=True, slots=True)
class Case:
    """One branch: when the value passes the test."""

    value_of: str  # a name that was asked for, or contact.language, contact.name, tag …
    test: str
    value: str
    next: str


@dataclass(frozen=True, slots=True)
class Node:
    """One step of a flow. Which members mean something depends on the kind."""

    id: str
    kind: str
    next: str = ""
    texts: Texts = field(default_factory=dict)  # say, ask, hand_over (to the person), end
    media_id: int | None = None  # say, ask
    choices: tuple[Choice, ...] = ()  # say, ask
    label: str = ""  # of the button that opens a list
    expects: str = "text"  # ask
    save_as: str = ""  # ask, call: the name under which it is remembered
    save_to: str = ""  # ask: the custom field, or name, email, company, birthday, of the person
    tries: int = 3  # ask: how often it is asked
    retry_texts: Texts = field(default_factory=dict)  # ask
    on_fail: str = ""  # ask: after the last try; call: when it fails
    timeout_minutes: int = 0  # ask: 0: as the flow says
    on_timeout: str = ""
    least: float | None = None  # ask number
    most: float | None = None
    cases: tuple[Case, ...] = ()  # branch; `next` is otherwise
    action: Mapping[str, Any] = field(default_factory=dict)  # do: as services/actions keeps them
    minutes: int = 0  # wait
    target_id: int | None = None  # call
    note: str = ""  # hand_over: for the team
    user_id: int | None = None  # hand_over: whom it is given to
    flow_id: int | None = None  # flow
    x: int | None = None  # where it stands on the canvas
    y: int | None = None

    def exits(self) -> Iterator[tuple[str, str]]:
        """(which way, id of a node) of every way out, also those that lead nowhere."""
        if self.kind in ("hand_over", "flow", "end"):
            return
        if self.kind == "branch":
            yield from ((f"case {number}", case.next) for number, case in enumerate(self.cases, 1))
        if self.kind == "ask" and self.expects == "choice":
            yield from ((f"choice {number}", one.next) for number, one in enumerate(self.choices, 1) if one.next)
            if self.next or not all(one.next for one in self.choices):
                yield "next", self.next
        else:
            yield "next", self.next
        if self.kind == "call" or (self.kind == "ask" and self.on_fail):
            yield "on_fail", self.on_fail
        if self.kind == "ask" and self.on_timeout:
            yield "on_timeout", self.on_timeout

    @property
    def waits(self) -> bool:
        """Whether the flow stops here until something happens."""
        return self.kind in ("ask", "wait", "call")


@dataclass(frozen=True, slots=True)
class Drawing:
    """A whole flow."""

    start: str
    nodes: Mapping[str, Node]
    words: Mapping[str, tuple[str, ...]]  # menu, back, agent → what people write for it
    menu: str = ""  # where “menu” leads; empty: the start
    timeout_minutes: int = 60 * 24
    timeout_texts: Texts = field(default_factory=dict)  # said when nobody answers; empty: nothing


def read(raw: Any) -> Drawing:
    """A drawing from JSON. Raises Invalid, `field` the id of the node, for what has not the published form."""
    if not isinstance(raw, dict):
        raise Invalid("A flow is a JSON object")
    if raw.get("schema", SCHEMA) != SCHEMA:
        raise Invalid(f"This flow is of another form than {SCHEMA}")
    listed = raw.get("nodes")
    if not isinstance(listed, list) or not 1 <= len(listed) <= MOST_NODES:
        raise Invalid(f"A flow has 1 to {MOST_NODES} nodes")
    nodes = [_node(one) for one in listed]
    if len({node.id for node in nodes}) < len(nodes):
        raise Invalid("Two nodes have the same id")
    words = _mapping(raw.get("words"), "words")
    return Drawing(
        start=_text(raw.get("start"), "start", 40), nodes={node.id: node for node in nodes},
        words={name: _words(words.get(name), name) for name in WORDS}, menu=_text(raw.get("menu"), "menu", 40),
        timeout_minutes=_whole(raw.get("timeout_minutes", 1440), "timeout_minutes", 1, LONGEST_WAIT),
        timeout_texts=_texts(raw.get("timeout_texts"), "timeout_texts"))


def write(drawing: Drawing) -> dict[str, Any]:
    """The drawing as JSON; reading it again gives the same."""
    return {"schema": SCHEMA, "start": drawing.start, "menu": drawing.menu,
            "words": {name: list(words) for name, words in drawing.words.items()},
            "timeout_minutes": drawing.timeout_minutes, "timeout_texts": dict(drawing.timeout_texts),
            "nodes": [_written(node) for node in drawing.nodes.values()]}


_USUAL = Node("", "end")
_MEMBERS = tuple(name for name in Node.__slots__ if name not in ("id", "kind"))


def _written(node: Node) -> dict[str, Any]:
    """A node with the members that say something."""
    kept: dict[str, Any] = {"id": node.id, "kind": node.kind}
    for name in _MEMBERS:
        value = getattr(node, name)
        if value == getattr(_USUAL, name):
            continue
        if name == "choices":
            value = [{"id": one.id, "titles": dict(one.titles), "next": one.next} for one in value]
        elif name == "cases":
            value = [{"value_of": one.value_of, "test": one.test, "value": one.value, "next": one.next} for one in value]
        elif isinstance(value, Mapping):
            value = dict(value)
        kept[name] = value
    return kept


def _node(raw: Any) -> Node:
    """One node. Raises Invalid."""
    if not isinstance(raw, dict):
        raise Invalid("A node is a JSON object")
    name = _text(raw.get("id"), "id", 40)
    if not name or not name.replace("_", "").replace("-", "").isalnum():
        raise Invalid("A node needs an id of letters, digits, - and _", field=name[:40])
    if unknown := sorted(set(raw) - {"id", "kind", *_MEMBERS}):
        raise Invalid(f"There is no member “{str(unknown[0])[:40]}” in a node", field=name)
    try:
        return _read_node(raw, name)
    except Invalid as error:
        raise Invalid(error.message, field=name) from None


def _read_node(raw: Mapping[str, Any], name: str) -> Node:
    """The members of one node. Raises Invalid."""
    values: dict[str, Any] = {"id": name, "kind": _one_of(raw.get("kind"), "kind", KINDS)}
    for member, reader in _READERS.items():
        if member in raw:
            values[member] = reader(raw[member])
    return Node(**values)


def _choices(raw: Any) -> tuple[Choice, ...]:
    if not isinstance(raw, list) or len(raw) > MOST_CHOICES:
        raise Invalid(f"Choices are a list of {MOST_CHOICES} at most")
    found = []
    for number, one in enumerate(raw, 1):
        part = _mapping(one, "choices")
        found.append(Choice(_text(part.get("id"), "choices", 200) or f"choice_{number}",
                            _texts(part.get("titles"), "choices"), _text(part.get("next"), "choices", 40)))
    if len({one.id for one in found}) < len(found):
        raise Invalid("Two choices have the same id")
    return tuple(found)


def _cases(raw: Any) -> tuple[Case, ...]:
    if not isinstance(raw, list) or len(raw) > MOST_CASES:
        raise Invalid(f"Cases are a list of {MOST_CASES} at most")
    parts = [_mapping(one, "cases") for one in raw]
    return tuple(Case(_text(one.get("value_of"), "cases", 60), _one_of(one.get("test", "is"), "cases", TESTS),
                      _text(one.get("value"), "cases", 200), _text(one.get("next"), "cases", 40)) for one in parts)


def _mapping(value: Any, name: str) -> dict[str, Any]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise Invalid(f"{name} is a JSON object")
    return value


def _texts(value: Any, name: str) -> dict[str, str]:
    """Texts by language; a plain text is for everybody."""
    if isinstance(value, str):
        return {"": _text(value, name, 4096)} if value else {}
    return {_text(language, name, 12): _text(text, name, 4096) for language, text in _mapping(value, name).items() if text}


def _words(value: Any, name: str) -> tuple[str, ...]:
    if value is None:
        return ()
    if not isinstance(value, list) or len(value) > 20:
        raise Invalid(f"The words for {name} are a list of 20 at most")
    return tuple(word for one in value if (word := _text(one, name, 40).strip()))


def _text(value: Any, name: str, most: int) -> str:
    if value is None:
        return ""
    if not isinstance(value, str) or len(value) > most or "\0" in value or any("\ud800" <= c <= "\udfff" for c in value):
        raise Invalid(f"{name} is a text of {most:,} characters at most")
    return value


def _name(value: Any, name: str) -> str:
    text = _text(value, name, 40)
    if text and not text.replace("_", "").isalnum():
        raise Invalid(f"{name} is a name of letters, digits and _")
    return text


def _one_of(value: Any, name: str, known: tuple[str, ...]) -> str:
    if value not in known:
        raise Invalid(f"{name} is one of {', '.join(known)}")
    return str(value)


def _whole(value: Any, name: str, least: int, most: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise Invalid(f"{name} is a whole number from {least:,} to {most:,}")
    return value


def _figure(value: Any, name: str) -> float | None:
    if value is None:
        return None
    if not isinstance(value, int | float) or isinstance(value, bool) or not abs(value) < 1e15:
        raise Invalid(f"{name} is a number")
    return float(value)


def _maybe_whole(value: Any, name: str, least: int, most: int) -> int | None:
    return None if value is None else _whole(value, name, least, most)


_READERS: dict[str, Callable[[Any], Any]] = {
    **{name: partial(_text, name=name, most=40) for name in ("next", "on_fail", "on_timeout")},
    **{name: partial(_texts, name=name) for name in ("texts", "retry_texts")},
    **{name: partial(_name, name=name) for name in ("save_as", "save_to")},
    **{name: partial(_figure, name=name) for name in ("least", "most")},
    **{name: partial(_maybe_whole, name=name, least=1, most=2**31 - 1)
       for name in ("media_id", "target_id", "user_id", "flow_id")},
    **{name: partial(_maybe_whole, name=name, least=-100_000, most=100_000) for name in ("x", "y")},
    "label": partial(_text, name="label", most=20), "note": partial(_text, name="note", most=1000),
    "expects": partial(_one_of, name="expects", known=EXPECTS), "tries": partial(_whole, name="tries", least=1, most=MOST_TRIES),
    "minutes": partial(_whole, name="minutes", least=1, most=LONGEST_WAIT),
    "timeout_minutes": partial(_whole, name="timeout_minutes", least=0, most=LONGEST_WAIT),
    "choices": _choices, "cases": _cases, "action": partial(_mapping, name="action")}
