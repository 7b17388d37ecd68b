"""A step of a flow as it was typed → its raw form. The rules check it; nothing here asks the database."""

from collections.abc import Mapping, Sequence
from typing import Any

Typed = Mapping[str, str]
Raw = dict[str, Any]
SPARE = 2  # empty rows of choices and cases beyond those that are there
WHOLE = ("tries", "minutes", "timeout_minutes", "media_id", "target_id", "user_id", "flow_id")
PLAIN = ("next", "on_fail", "on_timeout", "save_as", "save_to", "label", "expects", "note")


def node_from(typed: Typed, before: Raw, languages: Sequence[str]) -> Raw:
    """The node that was `before`, as it was changed on its page. What cannot be read stays as text, for the rules to name."""
    node: Raw = {"id": before["id"], "kind": before["kind"], **{key: before[key] for key in ("x", "y") if key in before}}
    for name in PLAIN:
        if typed.get(name, "").strip():
            node[name] = typed[name].strip()
    for name in WHOLE:
        if text := typed.get(name, "").strip():
            node[name] = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else text
    for name in ("least", "most"):
        if text := typed.get(name, "").strip():
            node[name] = _figure(text)
    for name in ("texts", "retry_texts"):
        if texts := _texts(typed, name, languages):
            node[name] = texts
    if choices := _choices(typed, languages):
        node["choices"] = choices
    if cases := _cases(typed):
        node["cases"] = cases
    if typed.get("action_kind"):
        told = {key.removeprefix("action_"): value for key, value in typed.items() if key.startswith("action_")}
        node["action"] = {name: value for name, value in told.items() if name != "kind"} | {"kind": told["kind"]}
    return node


def words_from(typed: Typed, raw: Raw) -> Raw:
    """The drawing with the words, the time and the menu of its own page."""
    words = {name: [part.strip() for part in typed.get(f"words_{name}", "").split(",") if part.strip()]
             for name in ("menu", "back", "agent")}
    minutes = typed.get("timeout_minutes", "").strip()
    bye = typed.get("timeout_text", "").strip()
    return {**raw, "words": words, "menu": typed.get("menu", ""), "start": typed.get("start", raw.get("start", "")),
            "timeout_minutes": int(minutes) if minutes.isascii() and minutes.isdigit() and len(minutes) < 8 else minutes,
            "timeout_texts": {**raw.get("timeout_texts", {}), "": bye} if bye else {}}


def _figure(text: str) -> Any:
    try:
        return float(text.replace(",", "."))
    except ValueError:
        return text


def _texts(typed: Typed, name: str, languages: Sequence[str]) -> Raw:
    found = {language: typed.get(f"{name}_{language}", "").replace("\r\n", "\n").strip() for language in ("", *languages)}
    new, text = typed.get("new_language", "").strip(), typed.get(f"{name}_new", "").replace("\r\n", "\n").strip()
    return {language: words for language, words in {**found, **({new: text} if new else {})}.items() if words}


def _choices(typed: Typed, languages: Sequence[str]) -> list[Raw]:
    """The rows that hold words."""
    found = []
    for number in range(12):
        titles = {language: words for language in ("", *languages)
                  if (words := typed.get(f"choice_{number}_{language}", "").strip())}
        if titles:
            found.append({"id": typed.get(f"choice_{number}_id", "").strip() or f"choice_{number + 1}", "titles": titles,
                          "next": typed.get(f"choice_{number}_next", "")})
    return found


def _cases(typed: Typed) -> list[Raw]:
    """The rows that name what is looked at."""
    return [{"value_of": about, "test": typed.get(f"case_{number}_test", "is"),
             "value": typed.get(f"case_{number}_value", "").strip(), "next": typed.get(f"case_{number}_next", "")}
            for number in range(22) if (about := typed.get(f"case_{number}_of", "").strip())]
