"""What rules that are only imagined would have done, as far as it changes what they are asked next: what is said, tags, fields,
consent, conversations, waits. Nothing is written or sent."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from core.states import ConsentState
from services import actions
from services.automation import acting
from services.automation.happening import Facts
from services.automation.histories import Change, Line, Then

_TALKS = {"open": "open", "close": "closed", "snooze": "snoozed", "assign": "assigned"}
_CONSENTS = {"opt_in": ConsentState.GRANTED, "opt_out": ConsentState.WITHDRAWN}


@dataclass(frozen=True, slots=True)
class GoesOn:
    """A rule that waits would go on here."""

    at: datetime
    place: int
    facts: Facts


@dataclass(slots=True)
class Imagined:
    """What came of the actions: how many lines of ours leave, whether the conversation is closed, and where it would go on
    after a wait. Free text does not leave where the 24 hours have passed."""

    leaves: int = 0
    is_closed: bool = False
    goes_on: GoesOn | None = None


def imagine(specs: Sequence[Mapping[str, Any]], place: int, facts: Facts, then: Then, at: datetime) -> Imagined:
    """Do the actions from this place on, until one waits, to what is known of the person."""
    came = Imagined()
    number = facts.channel_id
    for here in range(place, len(specs)):
        spec, kind = specs[here], str(specs[here].get("kind"))
        if actions.ACTIONS[kind].sends:
            came.leaves += kind == "template" or bool(facts.window_ends_at and facts.window_ends_at > at)
            then.apply(Change(at, "queued", None, number))
        elif kind in ("tag", "untag"):
            then.set_tag(str(spec["tag"]), kind == "tag")
        elif kind == "field":
            then.values[str(spec["field"])] = actions.filled(str(spec["value"]), acting.gaps(facts))
        elif kind in _CONSENTS:
            then.ledger.append(Line(at, _CONSENTS[kind]))
        elif kind in _TALKS and facts.talk_state:
            then.apply(Change(at, _TALKS[kind], None, number))
            came.is_closed = came.is_closed or kind == "close"
        elif kind == "wait":
            came.goes_on = GoesOn(at + actions.wait_of(spec), here + 1, facts)
            return came
    return came
