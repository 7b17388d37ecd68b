"""The filters of the list as an address carries them: q, tag, consent, where and segment."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from werkzeug.datastructures import MultiDict

from core.errors import DashboardError, Invalid
from core.states import ConsentState
from core.words import one_line, shortened
from services import segments
from services.segments import Condition, Shape

MOST = 20
LONGEST_TEXT = 200


@dataclass(frozen=True, slots=True)
class Filters:
    """What a list is narrowed by. `wrong` are sentences about what was left out because it cannot be."""

    text: str = ""
    conditions: tuple[Condition, ...] = ()
    segment: Any = None
    wrong: tuple[str, ...] = ()

    @property
    def is_any(self) -> bool:
        """Whether anything narrows the list."""
        return bool(self.text or self.conditions or self.segment)

    @property
    def shapes(self) -> tuple[Shape, ...]:
        """What the rules take: `segments.ids_matching(*filters.shapes)`."""
        typed = (Condition("text.holds", self.text),) if self.text else ()
        plain = segments.all_of((*typed, *self.conditions))
        return (plain, segments.shape_of(self.segment)) if self.segment else (plain,)

    def address(self, *, without: Condition | None = None, more: Iterable[Condition] = ()) -> dict[str, Any]:
        """The address arguments of the same filters, without one or with more of them."""
        kept = [one.text for one in (*self.conditions, *more) if one != without]
        wanted = {"q": self.text, "where": list(dict.fromkeys(kept)), "segment": self.segment and self.segment.id}
        return {name: value for name, value in wanted.items() if value}


def filters_of(args: MultiDict[str, str]) -> Filters:
    """Read an address, or a form that carries its query string apart. What cannot be is left out and said."""
    wanted = [*_short_forms(args), *map(segments.condition_in, args.getlist("where"))]
    tests = segments.tests_for(wanted)
    kept: dict[Condition, None] = {}
    wrong = _wrong_consent(args.get("consent", ""))
    for one in wanted:
        try:
            kept[segments.check(one, tests)] = None
        except Invalid as error:
            wrong.append(error.message)
    if len(kept) > MOST:
        wrong.append(f"There can be {MOST} filters at most")
    segment, said = _segment(args.get("segment", ""))
    text = one_line(args.get("q", ""))[:LONGEST_TEXT].strip()
    return Filters(text, tuple(kept)[:MOST], segment, (*wrong, *said))


def filters_in(query: str) -> Filters:
    """The filters of a query string that a form or an act carries."""
    return filters_of(MultiDict(parse_qsl(query[:8000].lstrip("?"))))


def _short_forms(args: MultiDict[str, str]) -> list[Condition]:
    """`tag=patient` and `consent=granted`, as other pages and older bookmarks write them."""
    tags = [Condition("tag.is", name) for name in args.getlist("tag") if name]
    consent = args.get("consent", "")
    return [*tags, Condition(f"marketing.{consent}")] if consent in set(ConsentState) else tags


def _wrong_consent(word: str) -> list[str]:
    is_known = not word or word in set(ConsentState)
    return [] if is_known else [f"There is no consent state “{shortened(word)}”"]


def _segment(text: str) -> tuple[Any, list[str]]:
    """The segment of this number, and what is wrong with it."""
    if not text:
        return None, []
    try:
        number = int(text) if text.isascii() and text.isdecimal() and len(text) < 11 else 0
        return segments.get_segment(number), []
    except DashboardError as error:
        return None, [error.message]
