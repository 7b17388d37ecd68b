"""The published form of a flow as JSON Schema, made from the same tables the reader uses."""

from typing import Any

from services.flows import drawing as d

TEXTS = {"type": "object", "additionalProperties": {"type": "string", "maxLength": 4096},
         "description": "By language; the empty one is for everybody else"}


def json_schema() -> dict[str, Any]:
    """JSON Schema 2020-12 of a flow file."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema", "title": "A Pigeonpost flow", "type": "object",
        "required": ["start", "nodes"], "properties": {
            "schema": {"const": d.SCHEMA}, "name": {"type": "string", "maxLength": 80}, "start": _id(), "menu": _id(),
            "timeout_minutes": _whole(1, d.LONGEST_WAIT), "timeout_texts": TEXTS,
            "words": {"type": "object", "properties": {name: {"type": "array", "maxItems": 20, "items": {
                "type": "string", "maxLength": 40}} for name in d.WORDS}},
            "nodes": {"type": "array", "minItems": 1, "maxItems": d.MOST_NODES, "items": _node()}}}


def _node() -> dict[str, Any]:
    row = {"titles": TEXTS, "id": {"type": "string", "maxLength": 200}, "next": _id()}
    case = {"value_of": {"type": "string", "maxLength": 60}, "test": {"enum": list(d.TESTS)},
            "value": {"type": "string", "maxLength": 200}, "next": _id()}
    members: dict[str, Any] = {
        "id": _id(), "kind": {"enum": list(d.KINDS)}, "next": _id(), "on_fail": _id(), "on_timeout": _id(), "texts": TEXTS,
        "retry_texts": TEXTS, "label": {"type": "string", "maxLength": 20}, "expects": {"enum": list(d.EXPECTS)},
        "save_as": {"type": "string", "maxLength": 40}, "save_to": {"type": "string", "maxLength": 40},
        "tries": _whole(1, d.MOST_TRIES), "timeout_minutes": _whole(0, d.LONGEST_WAIT), "minutes": _whole(1, d.LONGEST_WAIT),
        "least": {"type": ["number", "null"]}, "most": {"type": ["number", "null"]},
        "note": {"type": "string", "maxLength": 1000},
        "choices": {"type": "array", "maxItems": d.MOST_CHOICES, "items": {"type": "object", "properties": row}},
        "cases": {"type": "array", "maxItems": d.MOST_CASES, "items": {"type": "object", "properties": case}},
        "action": {"type": "object", "description": "As rules keep their actions"},
        **{name: {"type": ["integer", "null"]} for name in ("media_id", "target_id", "user_id", "flow_id", "x", "y")}}
    return {"type": "object", "required": ["id", "kind"], "additionalProperties": False, "properties": members}


def _id() -> dict[str, Any]:
    return {"type": "string", "maxLength": 40}


def _whole(least: int, most: int) -> dict[str, Any]:
    return {"type": "integer", "minimum": least, "maximum": most}
