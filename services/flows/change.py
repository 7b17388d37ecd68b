"""Changes of a drawing, node by node: plain values in, the new drawing out. Pure."""

from collections.abc import Mapping
from typing import Any

from core.errors import Invalid, NotFound

Raw = dict[str, Any]
STARTS: Mapping[str, Raw] = {
    "say": {"texts": {"": "Hello"}}, "ask": {"expects": "text", "texts": {"": "What is your name?"}, "save_as": "answer"},
    "branch": {"cases": [{"value_of": "answer", "test": "is", "value": "yes", "next": ""}]}, "do": {"action": {}},
    "wait": {"minutes": 60}, "call": {}, "hand_over": {"note": "Wants to talk to somebody"}, "flow": {}, "end": {}}
NAMES = {"say": "Say", "ask": "Ask", "branch": "Branch", "do": "Change something", "wait": "Wait", "call": "Ask another system",
         "hand_over": "Hand over to a person", "flow": "Go on with another flow", "end": "End"}


def node_in(raw: Raw, name: str) -> Raw:
    """One node. Raises NotFound."""
    for node in raw["nodes"]:
        if node["id"] == name:
            return dict(node)
    raise NotFound("There is no such step in this flow")


def with_node(raw: Raw, name: str, node: Raw) -> Raw:
    """The drawing with this node in place of the one of that name. Raises NotFound."""
    node_in(raw, name)
    return {**raw, "nodes": [dict(node, id=name) if one["id"] == name else one for one in raw["nodes"]]}


def with_new(raw: Raw, kind: str, *, after: str = "") -> tuple[Raw, str]:
    """The drawing with one more node, put in behind `after` where that has one way out; and its id. Raises Invalid."""
    if kind not in STARTS:
        raise Invalid("Choose what the step does", field="kind")
    taken = {node["id"] for node in raw["nodes"]}
    name = next(f"{kind}{number}" for number in range(1, len(taken) + 2) if f"{kind}{number}" not in taken)
    node: Raw = {"id": name, "kind": kind, **STARTS[kind]}
    nodes = []
    for one in raw["nodes"]:
        if one["id"] == after and one["kind"] not in ("hand_over", "flow", "end"):
            if kind not in ("hand_over", "flow", "end"):
                node["next"] = one.get("next", "")
            one = {**one, "next": name}
        nodes.append(one)
        if one["id"] == after:
            nodes.append(node)
    return {**raw, "nodes": nodes if node in nodes else [*nodes, node]}, name


def without(raw: Raw, name: str) -> Raw:
    """The drawing without this node; what led to it leads to what followed it. Raises NotFound, Invalid for the last one."""
    gone = node_in(raw, name)
    if len(raw["nodes"]) == 1:
        raise Invalid("A flow needs at least one step")
    follows = gone.get("next", "") if gone.get("next") != name else ""
    nodes = [_led_past(node, name, follows) for node in raw["nodes"] if node["id"] != name]
    start = follows or nodes[0]["id"] if raw["start"] == name else raw["start"]
    return {**raw, "nodes": nodes, "start": start, "menu": "" if raw.get("menu") == name else raw.get("menu", "")}


def _led_past(node: Raw, name: str, follows: str) -> Raw:
    """A node whose ways no longer lead to `name`."""
    changed: Raw = {key: follows if key in ("next", "on_fail", "on_timeout") and value == name else value
                    for key, value in node.items()}
    for part in ("choices", "cases"):
        if part in changed:
            changed[part] = [{**one, "next": follows if one.get("next") == name else one.get("next", "")}
                             for one in changed[part]]
    return changed


def moved(raw: Raw, name: str, x: int, y: int) -> Raw:
    """The drawing with a node at another place of the canvas. Raises NotFound."""
    return with_node(raw, name, node_in(raw, name) | {"x": x, "y": y})


def connected(raw: Raw, name: str, target: str) -> Raw:
    """The drawing in which a node leads to another. Raises NotFound, Invalid for one that leads nowhere."""
    node = node_in(raw, name)
    node_in(raw, target)
    if node["kind"] in ("hand_over", "flow", "end"):
        raise Invalid("Nothing follows this step")
    return with_node(raw, name, node | {"next": target})


def languages_of(raw: Raw) -> list[str]:
    """The languages the flow speaks, besides everybody's."""
    found = {language for node in raw["nodes"] for texts in (node.get("texts"), node.get("retry_texts"),
             *(one.get("titles") for one in node.get("choices", ()))) if isinstance(texts, dict) for language in texts}
    return sorted(found - {""})
