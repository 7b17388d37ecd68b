"""What changed between two versions, in words and word by word. Pure."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from core.words import listed
from services.message_templates.cards import CARDS
from services.message_templates.limits import HEADERS
from services.message_templates.offers import hours_of as _hours
from services.message_templates.offers import is_offer
from services.message_templates.words import Words

_TOKENS = re.compile(r"\{\{.*?\}\}|\w+|\s+|[^\w\s]", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of text: same, added or taken."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Change:
    """One part that is not the same. `pieces` show it word by word where it is a text."""

    part: str  # Header, Text, Last line, Buttons, a gap
    words: str
    pieces: tuple[Piece, ...] = ()


def changes(old: Words, new: Words) -> list[Change]:
    """Everything that differs, in the order of the message; empty when both say the same."""
    found = [*_header(old.header, new.header), *_text("Text", old.body, new.body),
             *_text("Last line", old.footer, new.footer), *_buttons(old.buttons, new.buttons)]
    return [*found, *_variables(old.variables, new.variables)]


def pieces(old: str, new: str) -> tuple[Piece, ...]:
    """Both texts laid over each other, cut at words and gaps; changed words that only spaces part stay together."""
    left, right = _TOKENS.findall(old), _TOKENS.findall(new)
    runs = [(what == "equal", "".join(left[a:b]), "".join(right[c:d]))
            for what, a, b, c, d in SequenceMatcher(None, left, right, autojunk=False).get_opcodes()]
    found: list[Piece] = []
    taken = added = ""
    for place, (is_same, before, after) in enumerate(runs):
        is_between = is_same and before.isspace() and 0 < place < len(runs) - 1
        if is_between or not is_same:
            taken, added = taken + before, added + after
            continue
        found += [*_changed(taken, added), Piece("same", before)]
        taken = added = ""
    return (*found, *_changed(taken, added))


def _changed(taken: str, added: str) -> list[Piece]:
    """What went, then what came in its place."""
    return [Piece(kind, text) for kind, text in (("taken", taken), ("added", added)) if text]


def _text(part: str, old: str, new: str) -> Iterator[Change]:
    """A text that was added, taken away or written anew."""
    if old == new:
        return
    words = "was added" if not old else "was taken away" if not new else _how_much(old, new)
    yield Change(part, words, pieces(old, new))


def _how_much(old: str, new: str) -> str:
    """How many characters longer or shorter."""
    grown = len(new) - len(old)
    if not grown:
        return "was changed"
    return f"was changed and is {abs(grown):,} character{'' if abs(grown) == 1 else 's'} " \
           f"{'longer' if grown > 0 else 'shorter'}"


def _header(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Change]:
    """Another kind, another line or another file."""
    before, after = str(old.get("kind") or ""), str(new.get("kind") or "")
    if before != after:
        yield Change("Header", f"was “{HEADERS.get(before, before)}” and is “{HEADERS.get(after, after)}” now",
                     pieces(str(old.get("text") or ""), str(new.get("text") or "")))
    elif before == "text":
        yield from _text("Header", str(old.get("text")), str(new.get("text")))
    elif before == CARDS:
        if old != new:
            yield Change("Header", "has other cards")
    elif old.get("media_id") != new.get("media_id"):
        yield Change("Header", "has another file")


def _buttons(old: Sequence[Mapping[str, Any]], new: Sequence[Mapping[str, Any]]) -> Iterator[Change]:
    """Buttons that came, went, changed their place, or lead elsewhere."""
    if list(old) == list(new):
        return
    before, after = {_known_as(one): one for one in old}, {_known_as(one): one for one in new}
    said = []
    if came := [one["text"] for key, one in after.items() if key not in before]:
        said.append(f"{_quoted(came)} came")
    if went := [one["text"] for key, one in before.items() if key not in after]:
        said.append(f"{_quoted(went)} went")
    if moved := [one["text"] for key, one in after.items() if key in before and before[key] != one and not is_offer(one)]:
        said.append(f"{_quoted(moved)} leads elsewhere" if len(moved) == 1 else f"{_quoted(moved)} lead elsewhere")
    if _hours(old) and _hours(new) and _hours(old) != _hours(new):
        said.append(f"the offer is open {_hours(new)} hours instead of {_hours(old)}")
    yield Change("Buttons", "; ".join(said) or "stand in another order")


def _variables(old: Sequence[Mapping[str, str]], new: Sequence[Mapping[str, str]]) -> Iterator[Change]:
    """Samples and fallbacks of gaps that both have."""
    before = {one["name"]: one for one in old}
    for one in new:
        had = before.get(one["name"])
        if had is None:
            continue
        for key, words in (("sample", "Sample"), ("fallback", "Instead of it")):
            if had.get(key, "") != one.get(key, ""):
                yield Change(f"{words}, {one['name']}", "was changed", pieces(had.get(key, ""), one.get(key, "")))


def _known_as(button: Mapping[str, Any]) -> tuple[str, str]:
    return str(button.get("kind")), str(button.get("text"))


def _quoted(texts: Sequence[str]) -> str:
    return listed([f"“{text}”" for text in texts])
