"""A rule as a page without scripts can send it: its name, its trigger, conditions in groups, actions in order."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from forms.segments import MOST_GROUPS, Groups, groups_of

MOST_ACTIONS = 12
_ACTION = re.compile(r"a-([0-9]{1,2})-([a-z_]{1,30})")


@dataclass(frozen=True)
class RuleDraft:
    """What was typed, whether it makes sense or not."""

    name: str = ""
    trigger: Mapping[str, Any] = field(default_factory=dict)
    groups: Groups = field(default_factory=list)
    is_any: bool = False
    actions: tuple[Mapping[str, Any], ...] = ()
    channel_id: str = ""
    tolerance_hours: str = "24"
    new_action: str = ""  # chosen to be added, and not added yet

    def with_action(self, kind: str) -> "RuleDraft":
        """With one more thing that is done."""
        return replace(self, actions=(*self.actions, {"kind": kind}))

    def with_files(self, kept: Mapping[int, int]) -> "RuleDraft":
        """With files that came along, by the number their action was sent with."""
        if not kept:
            return self
        return replace(self, actions=tuple(
            {**one, "media_id": str(kept[int(one["number"])])} if int(one.get("number", -1)) in kept else one
            for one in self.actions))


def draft_of(sent: Mapping[str, str]) -> RuleDraft:
    """The draft as it was sent; rows that were taken away or moved are, here, already."""
    trigger = {name.removeprefix("t-"): value[:2000] for name, value in sent.items() if name.startswith("t-")}
    groups = groups_of(sent)
    if "group" in sent and len(groups) < MOST_GROUPS:
        groups.append((False, []))
    return RuleDraft(sent.get("name", "")[:200], {"kind": sent.get("kind", "")[:20], **trigger}, groups,
                     sent.get("any") == "any", tuple(_actions(sent)), sent.get("channel_id", "")[:9],
                     sent.get("tolerance_hours", "24")[:6], "" if sent.get("add_action") else sent.get("new_action", "")[:20])


def _actions(sent: Mapping[str, str]) -> list[dict[str, str]]:
    """Actions by their numbers; `drop_action` and `up_action` say which one goes or moves up."""
    rows: dict[int, dict[str, str]] = {}
    for name, value in sent.items():
        if found := _ACTION.fullmatch(name):
            rows.setdefault(int(found[1]), {})[found[2]] = value[:5000]
    for number, row in rows.items():
        row["number"] = str(number)  # as it was sent: files that come along name it
    kept = [row for number, row in sorted(rows.items()) if row.get("kind") and sent.get("drop_action") != str(number)]
    up = sent.get("up_action", "")
    if up.isdecimal() and 0 < int(up[:3]) < len(kept):
        place = int(up[:3])
        kept[place - 1], kept[place] = kept[place], kept[place - 1]
    if sent.get("add_action") and sent.get("new_action") and len(kept) < MOST_ACTIONS:
        kept.append({"kind": sent["new_action"][:20]})
    return kept


def whole(text: str, usual: int = 0) -> int:
    """A whole number from an address or a form, or what is usual."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else usual
