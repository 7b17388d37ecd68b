"""{{name}} in a text: find the gaps, fill them, say what is missing. Text is only ever cut and joined, never run."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from core.errors import Invalid

_GAP = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)
_NAMED = re.compile(r"[a-z_][a-z0-9_]*")
_NUMBERED = re.compile(r"[1-9][0-9]{0,2}")


@dataclass(frozen=True, slots=True)
class Parsed:
    """A text cut at its gaps, ready to be filled any number of times.

    `texts` are the fixed parts, one more than `gaps`; `gaps` are the names between them, with repeats; `names` are
    the names once each: named ones as they come, numbered ones by number, as the carrier wants them.
    """

    texts: tuple[str, ...]
    gaps: tuple[str, ...]
    names: tuple[str, ...]
    _pieces: tuple[str, ...] = field(repr=False, compare=False, default=())
    _places: tuple[tuple[int, str], ...] = field(repr=False, compare=False, default=())

    @property
    def is_named(self) -> bool:
        """Whether the gaps have names rather than numbers; true for a text without gaps."""
        return not (self.names and self.names[0].isdigit())


@lru_cache(maxsize=512)
def parse(text: str) -> Parsed:
    """Cut `text` at {{name}} or {{1}}; spaces inside the braces are forgiven.

    Names are a-z, 0-9 and underscore and do not start with a digit; numbers are 1 to 999. Single braces are
    ordinary text. Raises Invalid, with a sentence, for double braces that are left open, closed twice, empty or
    hold anything else, and for a mix of names and numbers. Whether numbers run without a hole is asked of all the
    texts of a message together: `check_together`.
    """
    cut = _GAP.split(text)
    texts, gaps = tuple(cut[::2]), tuple(_name(inside) for inside in cut[1::2])
    _check_braces(texts)
    names = tuple(dict.fromkeys(gaps))
    numbers = [name for name in names if name.isdigit()]
    if numbers:
        _check_all_numbers(numbers, names)
        names = tuple(sorted(numbers, key=int))
    pieces = tuple(piece for pair in zip(texts, (*gaps, ""), strict=True) for piece in pair)
    return Parsed(texts, gaps, names, pieces, tuple((2 * at + 1, gap) for at, gap in enumerate(gaps)))


def names(text: str) -> tuple[str, ...]:
    """The names of the gaps of `text`, once each. Raises Invalid as `parse` does."""
    return parse(text).names


def fill(parsed: Parsed, values: Mapping[str, str]) -> str:
    """The text with every gap filled; values are data and are not looked into. About a microsecond.

    Raises Invalid when a gap has no value: ask `missing` first.
    """
    pieces = list(parsed._pieces)
    try:
        for place, name in parsed._places:
            pieces[place] = values[name]
    except KeyError as gap:
        raise Invalid(f"There is no value for {{{{{gap.args[0]}}}}}") from None
    return "".join(pieces)


def missing(parsed: Parsed, values: Mapping[str, str]) -> list[str]:
    """The names that have no value, or an empty one, in order."""
    return [name for name in parsed.names if not values.get(name)]


def _name(inside: str) -> str:
    """The name between two pairs of braces. Raises Invalid with what would be right."""
    name = inside.strip()
    if _NAMED.fullmatch(name) or _NUMBERED.fullmatch(name):
        return name
    if not name:
        raise Invalid("{{ }} is empty; put a name between the braces, such as {{first_name}}", field="body")
    better = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")
    is_better = _NAMED.fullmatch(better) and len(better) <= 40
    hint = f"write {{{{{better}}}}}" if is_better else "write one like {{first_name}}"
    shown = name if len(name) <= 40 else f"{name[:40]}…"
    raise Invalid(f"“{{{{{shown}}}}}” is not a name: use small letters, digits and _ only; {hint}", field="body")


def _check_braces(texts: Sequence[str]) -> None:
    """Raise Invalid when double braces are left outside the gaps, or a brace touches one."""
    last = len(texts) - 1
    for at, text in enumerate(texts):
        if "{{" in text:
            raise Invalid("A gap is opened with {{ and never closed; close it with }}", field="body")
        if "}}" in text:
            raise Invalid("There is }} without {{ before it; a gap looks like {{first_name}}", field="body")
        if (at < last and text.endswith("{")) or (at and text.startswith("}")):
            raise Invalid("There are three braces together; a gap has two on each side, as in {{first_name}}",
                          field="body")


def check_together(found: Iterable[str]) -> None:
    """Raise Invalid for names beside numbers, and for a hole in the numbers, in all the gaps of one message."""
    names = tuple(dict.fromkeys(found))
    numbers = [name for name in names if name.isdigit()]
    if not numbers:
        return
    _check_all_numbers(numbers, names)
    lacking = next((n for n in range(1, len(numbers) + 1) if str(n) not in numbers), None)
    if lacking:
        raise Invalid(f"Numbers must run 1, 2, 3 without a hole: {{{{{lacking}}}}} is missing", field="body")


def _check_all_numbers(numbers: Sequence[str], names: Sequence[str]) -> None:
    """Raise Invalid for names beside numbers."""
    if len(numbers) != len(names):
        named = next(name for name in names if not name.isdigit())
        raise Invalid(f"Use either names or numbers, not both: there is {{{{{named}}}}} and {{{{{numbers[0]}}}}}",
                      field="body")
