"""What a segment is, as values: conditions in groups, each group all-of or any-of, and so are the groups together."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

MOST_GROUPS = 5
MOST_CONDITIONS = 20


@dataclass(frozen=True, slots=True)
class Condition:
    """One thing that must be true of a person: `what` names a test (`tag.is`), `value` is what it is compared with."""

    what: str
    value: str = ""

    @property
    def text(self) -> str:
        """As it stands in an address: tag.is:patient."""
        return f"{self.what}:{self.value}" if self.value else self.what


@dataclass(frozen=True, slots=True)
class Group:
    """Conditions of which all must be true, or any."""

    conditions: tuple[Condition, ...] = ()
    is_any: bool = False


@dataclass(frozen=True, slots=True)
class Shape:
    """Groups of which all must be true, or any. Without any condition everybody is meant."""

    groups: tuple[Group, ...] = ()
    is_any: bool = False

    @property
    def conditions(self) -> Iterator[Condition]:
        """Every condition, group by group."""
        return (condition for group in self.groups for condition in group.conditions)

    @property
    def is_plain(self) -> bool:
        """Whether all conditions must be true, so that it can stand in the address of the list."""
        return all(len(group.conditions) < 2 or not group.is_any for group in self.groups) and (
            not self.is_any or len(self.groups) < 2)


def all_of(conditions: Iterable[Condition]) -> Shape:
    """Everybody of whom all these are true."""
    kept = tuple(dict.fromkeys(conditions))
    return Shape((Group(kept),)) if kept else Shape()


def condition_in(text: str) -> Condition:
    """The condition an address holds, as `Condition.text` wrote it."""
    what, _, value = text.partition(":")
    return Condition(what, value)


def as_json(shape: Shape) -> dict[str, Any]:
    """The shape as it is stored."""
    return {"any": shape.is_any, "groups": [
        {"any": group.is_any, "conditions": [[one.what, one.value] for one in group.conditions]}
        for group in shape.groups]}


def from_json(stored: dict[str, Any]) -> Shape:
    """The shape that was stored."""
    return Shape(tuple(
        Group(tuple(Condition(what, value) for what, value in group["conditions"]), bool(group["any"]))
        for group in stored.get("groups", ())), bool(stored.get("any")))
