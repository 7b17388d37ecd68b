"""The table of actions: every kind once, in the order in which they are offered. Later subjects add theirs."""

from collections.abc import Mapping, Sequence
from typing import Any

from core.errors import Conflict, DashboardError, Invalid
from core.words import listed
from services import message_templates
from services.actions import calling, messages, others, people, talks
from services.actions.base import Action, Doing, Done, Spec

MOST = 12  # actions of one rule

ACTIONS: dict[str, Action] = {one.kind: one for one in (
    messages.SendText(), messages.SendButtons(), messages.SendList(), messages.SendMedia(), messages.SendTemplate(),
    people.AddTag(), people.TakeTag(), people.SetField(), people.OptIn(), people.OptOut(),
    talks.Assign(), talks.Open(), talks.Close(), talks.Snooze(), talks.Note(),
    others.Wait(), calling.Call(), others.Log(), others.StopOthers())}


def add(action: Action) -> None:
    """Offer one more kind: how flows bring “start a flow” and “stop a flow”."""
    ACTIONS[action.kind] = action


def action_of(spec: Spec) -> Action:
    """The kind an action is of. Raises Invalid for one nobody knows."""
    if found := ACTIONS.get(str(spec.get("kind", ""))):
        return found
    raise Invalid("Choose what is done", field="kind")


def check_all(specs: Sequence[Spec]) -> list[dict[str, Any]]:
    """Actions as they are kept. Raises ActionInvalid, which says of which one."""
    if not specs:
        raise Invalid("Add at least one thing that is done", field="actions")
    if len(specs) > MOST:
        raise Invalid(f"A rule does {MOST} things at most", field="actions")
    kept = []
    for place, spec in enumerate(specs):
        try:
            kept.append(action_of(spec).check(spec))
        except DashboardError as error:
            raise ActionInvalid(error.message, place=place, field=error.field) from None
    return kept


class ActionInvalid(Invalid):
    """One of the actions cannot be as it is; `place` counts from 0."""

    def __init__(self, message: str, *, place: int, field: str) -> None:
        super().__init__(message, field=field)
        self.place = place


def words_of(specs: Sequence[Spec]) -> list[str]:
    """Each action in words."""
    return [ACTIONS[spec["kind"]].said(spec) if spec.get("kind") in ACTIONS else "something unknown" for spec in specs]


def sentence_of(specs: Sequence[Spec]) -> str:
    """All of them in one sentence."""
    return listed(words_of(specs))


def sends(specs: Sequence[Mapping[str, Any]]) -> int:
    """How many messages they send, each time."""
    return sum(ACTIONS[spec["kind"]].sends for spec in specs if spec.get("kind") in ACTIONS)


def versions_in(specs: Sequence[Mapping[str, Any]]) -> set[int]:
    """The template versions they send."""
    return {int(spec["version_id"]) for spec in specs if spec.get("kind") == "template" and spec.get("version_id")}


def check_templates(specs: Sequence[Mapping[str, Any]]) -> None:
    """Raises Conflict, in words, when a template they send may not be sent now."""
    for version_id in sorted(versions_in(specs)):
        if why := message_templates.why_not(version_id):
            raise Conflict(why, field="actions")


def do(spec: Spec, doing: Doing) -> Done:
    """Do one action. Raises a DashboardError when it cannot be done."""
    action = action_of(spec)
    if doing.outbox is not None and action.sends_itself:
        doing.outbox.send()
    return action.do(spec, doing)
