"""Runs of rules: what a decision comes to, action by action, and what is kept of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, insert, update

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
    """Does what decisions say, inside the transaction of whoever asks; `write` keeps messages, runs and steps of all of them
    together, in one statement each.

    `is_careful`: an action that fails is undone alone and the run says why; otherwise it is raised, and all is undone.
    """

    is_careful: bool = False
    outbox: actions.Outbox = field(default_factory=actions.Outbox)
    new: list[dict[str, Any]] = field(default_factory=list)  # runs that are kept with `write`
    went_on: list[dict[str, Any]] = field(default_factory=list)  # of runs there are: what changes
    steps: list[tuple[int, int, dict[str, Any]]] = field(default_factory=list)  # the run, by its place or by its id; the step

    def run(self, decision: Decision, happening: Happening, facts: Facts) -> None:
        """Do one decision about an event. Nothing is kept of a rule that did not fit, or that another came before."""
        if decision.outcome == BEATEN or decision.outcome not in KEPT:
            return
        went = Went(RunState(decision.outcome), decision.reason)
        if decision.outcome == RunState.DONE:
            went = self.act(decision.rule, decision.rule.actions, facts, happening.contact_id, 0)
        now = clock.now()
        self.new.append({
            "rule_id": decision.rule.id, "event_id": happening.event_id, "contact_id": happening.contact_id,
            "channel_id": facts.channel_id, "message_id": happening.message_id, "period": None, "state": went.state,
            "reason": went.reason[:300], "said": decision.said[:300], "seen": decision.seen, "values": dict(facts.values),
            "actions": [dict(one) for one in decision.rule.actions], "next_place": went.next_place, "due_at": went.due_at,
            "started_at": now, "ended_at": None if went.due_at else now})
        self.steps += [(len(self.new), 0, step) for step in went.steps]

    def go_on(self, run_id: int, went: "Went", *, seen: list[list[Any]], channel_id: int | None) -> None:
        """Keep how far a run went that is there already."""
        self.went_on.append({
            "b_id": run_id, "b_state": went.state, "b_reason": went.reason[:300], "b_seen": seen, "b_next_place": went.next_place,
            "b_due_at": went.due_at, "b_channel_id": channel_id, "b_ended_at": None if went.due_at else clock.now()})
        self.steps += [(0, run_id, step) for step in went.steps]

    def act(self, rule: Ready, specs: Sequence[Mapping[str, Any]], facts: Facts, contact_id: int | None,
            place: int) -> "Went":
        """Do the actions from `place` on, until one waits or fails."""
        went = Went(RunState.DONE, next_place=len(specs))
        if contact_id is None or facts.person is None:
            return Went(RunState.FAILED, "There is nobody to do this for")
        doing = Doing(contact_id, sending.Author("rule", rule.name, rule.id), clock.now(), facts.channel_id,
                      facts.person.phone, facts.wire_id, gaps(facts), None if self.is_careful else self.outbox)
        for number in range(place, len(specs)):
            spec = specs[number]
            try:
                done = self._do(spec, doing)
            except DashboardError as error:
                if not self.is_careful:
                    raise
                went.steps.append(_step(number, spec, actions.Done(error.message), is_done=False))
                return Went(RunState.FAILED, error.message, number, None, went.steps)
            went.steps.append(_step(number, spec, done))
            if done.wait_until:
                return Went(RunState.WAITING, "", number + 1, done.wait_until, went.steps)
        return went

    def _do(self, spec: Mapping[str, Any], doing: Doing) -> actions.Done:
        if not self.is_careful:
            return actions.do(spec, doing)
        with db.session.begin_nested():
            return actions.do(spec, doing)

    def write(self) -> None:
        """Queue all messages and write all runs and steps down. Once, after the last decision."""
        self.outbox.send()
        ids = list(db.session.scalars(_KEEP, self.new)) if self.new else []
        if self.went_on:
            db.session.connection().execute(_GO_ON, self.went_on)
        if self.steps:
            db.session.execute(insert(RuleStep.__table__), [
                self._row(ids[place - 1] if place else run_id, **step) for place, run_id, step in self.steps])

    def _row(self, run_id: int, *, in_outbox: int | None, **step: Any) -> dict[str, Any]:
        """A step as it is kept, with the id of its message, also of one that stood in the outbox."""
        return {"run_id": run_id, **step} | ({} if in_outbox is None else {"message_id": self.outbox.ids[in_outbox]})


_KEEP = insert(RuleRun.__table__).returning(_r.id, sort_by_parameter_order=True)
_CHANGES = ("state", "reason", "seen", "next_place", "due_at", "channel_id", "ended_at")
_GO_ON = update(RuleRun.__table__).where(_r.id == bindparam("b_id")).values(
    {name: bindparam(f"b_{name}", type_=_r[name].type) for name in _CHANGES})


@dataclass(slots=True)
class Went:
    """How a run went, or how far."""

    state: RunState
    reason: str = ""
    next_place: int = 0
    due_at: datetime | None = None
    steps: list[dict[str, Any]] = field(default_factory=list)

    @property
    def messages(self) -> int:
        """How many were queued."""
        return sum(1 for step in self.steps if step["message_id"] or step["in_outbox"] is not None)


def _step(place: int, spec: Mapping[str, Any], done: actions.Done, *, is_done: bool = True) -> dict[str, Any]:
    return {"place": place, "kind": str(spec.get("kind", ""))[:20], "words": done.words[:300], "message_id": done.message_id,
            "in_outbox": done.place, "is_done": is_done, "at": clock.now()}


def gaps(facts: Facts) -> dict[str, str]:
    """What fills the gaps of texts: the person's details and fields, what they wrote, what another system sent."""
    person = facts.person
    known: dict[str, str] = {}
    if person:
        known = {name: str(value) for name, value in person.fields.items() if not isinstance(value, bool)}
        known |= {"name": person.name, "first_name": person.first_name, "phone": person.phone,
                  "email": person.email, "company": person.company}
    return known | {"text": facts.said.raw} | dict(facts.values)
