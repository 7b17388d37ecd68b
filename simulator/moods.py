"""Meta changes its mind about a template by itself: pauses it, rates it, counts it otherwise, holds other words."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from simulator.approvals import Template

PAUSES = {"FIRST_PAUSE": "Your template has been paused because of low quality.",
          "SECOND_PAUSE": "Your template has been paused again because of low quality.",
          "RATE_LIMITING_PAUSE": "Your template has been paused because of early feedback."}


def changed(template: "Template", told: Mapping[str, Any]) -> "Template":
    """The template as it is after what was asked: status, reason, pause, quality, category, coming_category, body."""
    values: dict[str, Any] = {}
    for key, field in (("reason", "reason"), ("pause", "pause"), ("quality", "quality"), ("category", "category"),
                       ("coming_category", "coming")):
        if isinstance(told.get(key), str):
            values[field] = told[key].upper()
    if isinstance(told.get("status"), str):
        values |= {"verdict": told["status"].upper(), "decided_at": 0.0}
    if isinstance(told.get("body"), str):
        values["components"] = tuple({**part, "text": told["body"]} if part.get("type") == "BODY" else part
                                     for part in template.components)
    return replace(template, **values)


def news_of(before: "Template", after: "Template") -> Iterator[tuple[str, str]]:
    """What is told of a change: the kind of notice and its value."""
    if (before.status, before.pause) != (after.status, after.pause):
        yield "template", verdict_of(after)
    if before.quality != after.quality:
        yield "template_quality", json.dumps(_about(after) | {
            "previous_quality_score": before.quality or "UNKNOWN", "new_quality_score": after.quality or "UNKNOWN"})
    if before.coming != after.coming and after.coming:
        yield "template_category", json.dumps(_about(after) | {
            "new_category": after.category, "correct_category": after.coming})
    if before.category != after.category:
        yield "template_category", json.dumps(_about(after) | {
            "previous_category": before.category, "new_category": after.category})
    if before.components != after.components:
        yield "template_words", json.dumps(_about(after) | {"message_template_element": after.text_of("BODY")})


def verdict_of(template: "Template") -> str:
    """The value that tells where a template stands."""
    told = {"event": template.verdict} | _about(template) | {
        "reason": template.reason, "message_template_category": template.category}
    if template.verdict == "REJECTED":
        told["rejection_info"] = {"reason": "The name asks for it: it holds “reject_me”.",
                                  "recommendation": "Choose another name."}
    if template.pause:
        told["other_info"] = {"title": template.pause, "description": PAUSES.get(template.pause, "")}
    return json.dumps(told)


def _about(template: "Template") -> dict[str, Any]:
    return {"message_template_id": int(template.id), "message_template_name": template.name,
            "message_template_language": template.language}
