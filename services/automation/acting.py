"""Runs of rules: what a decision comes to, action by action, and what is kept of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import insert

from core import clock
from core.errors import DashboardError
from core.states import RunState
from models import RuleRun, RuleStep, db
from services import actions, sending
from services.actions import Doing
from services.automation.compiled import Ready
from services.automation.decide import BEATEN, Decision
from services.automation.happening import Facts, Happening

_r = RuleRun.__table__.c
KEPT = (RunState.DONE, RunState.HELD, RunState.FAILED)  # of events; a rule that did not fit leaves no run behind


@dataclass(slots=True)
class Acting:
    """Does what decisions say, inside the transaction of whoever asks, and writes the steps of all together at the end.

    `is_careful`: an action that fails is undone alone and the run says why; otherwise it is raised, and all is undone.
    """

    is_careful: bool = False
    steps: list[dict[str, Any]] = field(default_factory=list)

    def run(self, decision: Decision, happening: Happening, facts: Facts) -> int | None:
        """Do one decision about an event; the id of the run, None when nothing is kept of it."""
        if decision.outcome == BEATEN or decision.outcome not in KEPT:
            return None
        went = Went(RunState(decision.outcome), decision.reason)
        if decision.outcome == RunState.DONE:
            went = self.act(decision.rule, decision.rule.actions, facts, happening.contact_id, 0)
        now = clock.now()
        run_id = db.session.execute(insert(RuleRun.__table__).values(
            rule_id=decision.rule.id, event_id=happening.event_id, contact_id=happening.contact_id,
            channel_id=facts.channel_id, message_id=happening.message_id, period=None, state=went.state,
            reason=went.reason[:300], said=decision.said[:300], seen=decision.seen, values=dict(facts.values),
            actions=[dict(one) for one in decision.rule.actions], next_place=went.next_place, due_at=went.due_at,
            started_at=now, ended_at=None if went.due_at else now).returning(_r.id)).scalar_one()
        self.keep(run_id, went)
        return int(run_id)

    def act(self, rule: Ready, specs: Sequence[Mapping[str, Any]], facts: Facts, contact_id: int | None,
            place: int) -> "Went":
        """Do the actions from `place` on, until one waits or fails."""
        went = Went(RunState.DONE, next_place=len(specs))
        if contact_id is None or facts.person is None:
            return Went(RunState.FAILED, "There is nobody to do this for")
        doing = Doing(contact_id, sending.Author("rule", rule.name, rule.id), clock.now(), facts.channel_id,
                      facts.person.phone, facts.wire_id, gaps(facts))
        for number in range(place, len(specs)):
            spec = specs[number]
            try:
                done = self._do(spec, doing)
            except DashboardError as error:
                if not self.is_careful:
                    raise
                went.steps.append(_step(number, spec, error.message, is_done=False))
                return Went(RunState.FAILED, error.message, number, None, went.steps)
            went.steps.append(_step(number, spec, done.words, message_id=done.message_id))
            if done.wait_until:
                return Went(RunState.WAITING, "", number + 1, done.wait_until, went.steps)
        return went

    def _do(self, spec: Mapping[str, Any], doing: Doing) -> actions.Done:
        if not self.is_careful:
            return actions.do(spec, doing)
        with db.session.begin_nested():
            return actions.do(spec, doing)

    def keep(self, run_id: int, went: "Went") -> None:
        """Remember the steps of a run for `write`."""
        self.steps += [{"run_id": run_id, **step} for step in went.steps]

    def write(self) -> None:
        """Write down all steps, in one statement."""
        if self.steps:
            db.session.execute(insert(RuleStep.__table__), self.steps)
        self.steps = []


@dataclass(slots=True)
class Went:
    """How a run went, or how far."""

    state: RunState
    reason: str = ""
    next_place: int = 0
    due_at: datetime | None = None
    steps: list[dict[str, Any]] = field(default_factory=list)


def _step(place: int, spec: Mapping[str, Any], words: str, *, message_id: int | None = None,
          is_done: bool = True) -> dict[str, Any]:
    return {"place": place, "kind": str(spec.get("kind", ""))[:20], "words": words[:300], "message_id": message_id,
            "is_done": is_done, "at": clock.now()}


def gaps(facts: Facts) -> dict[str, str]:
    """What fills the gaps of texts: the person's details and fields, what they wrote, what another system sent."""
    person = facts.person
    known: dict[str, str] = {}
    if person:
        known = {name: str(value) for name, value in person.fields.items() if not isinstance(value, bool)}
        known |= {"name": person.name, "first_name": person.first_name, "phone": person.phone,
                  "email": person.email, "company": person.company}
    return known | {"text": facts.said.raw} | dict(facts.values)
