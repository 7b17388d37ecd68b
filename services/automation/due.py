"""Runs whose time has come: those a clock made, and those that waited in the middle. Each goes on in a transaction."""

import logging
from collections.abc import Sequence
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.exc import OperationalError

from core import clock
from core.collector import held_back
from core.states import RunState
from models import Rule, RuleRun, db, is_sqlite, transaction
from services import settings
from services.automation import acting, compiled, decide, gather
from services.automation.acting import Went
from services.automation.compiled import Ready
from services.automation.happening import Facts, Happening
from services.automation.periods import NOT_ASKED

log = logging.getLogger("app")
AT_ONCE = 200
_r = RuleRun.__table__
OFF = "The rule was switched off before its time came"


def go_on() -> int:
    """Do what is due, some hundred runs at once, of each person one: the next sees what it did. How many there were."""
    waiting = select(RuleRun.id, RuleRun.contact_id).where(RuleRun.state == RunState.WAITING, RuleRun.due_at <= clock.now())
    found = db.session.execute(waiting.order_by(RuleRun.due_at, RuleRun.id).limit(AT_ONCE)).all()
    ids = list({row.contact_id or -row.id: row.id for row in reversed(found)}.values())
    if not ids:
        return 0
    try:
        return _do(ids)
    except OperationalError as error:  # the database is busy or away, and no run is at fault: the next look takes them
        log.warning("runs of rules wait for the database: %s", error.orig)
        return 0
    except Exception:  # noqa: BLE001  # one of them cannot be done: find out which, so that the others are
        log.exception("a set of runs could not be done together")
    return sum(_alone(run_id) for run_id in ids)


def _do(ids: Sequence[int], *, is_careful: bool = False) -> int:
    """Claim these runs and take them as far as they go, or do nothing at all."""
    with held_back(), transaction():
        wanted = select(_r).where(gather.among(_r.c.id, ids), _r.c.state == RunState.WAITING).order_by(_r.c.due_at, _r.c.id)
        rows = db.session.execute(wanted if is_sqlite() else wanted.with_for_update(skip_locked=True)).all()
        rules = _rules(rows)
        asked = [one for rule in rules.values() for one in rule.shape.conditions]
        now = clock.now()
        happenings = [Happening("due", now, row.contact_id, row.channel_id, row.message_id, {"values": row.values})
                      for row in rows]
        facts = gather.facts_of(
            happenings, book_segments={int(one.value) for one in asked if one.what.startswith("segment.")},
            rules=list(rules) if any(one.what.startswith("ran.") for one in asked) else ())
        stopped = {rule.id: rule.stopped_why for rule in db.session.scalars(_wanted(rows).where(Rule.stopped_why != ""))}
        doing = acting.Acting(is_careful=is_careful)
        for row, seen in zip(rows, facts, strict=True):
            _one(row, rules.get(row.rule_id) or stopped.get(row.rule_id, OFF), seen, doing)
        doing.write()
    return len(rows)


def _rules(rows: Sequence[Any]) -> dict[int, Ready]:
    """The rules of these runs that are still on, ready."""
    found = db.session.scalars(_wanted(rows).where(Rule.deleted_at.is_(None)))
    by_hand = {row.rule_id for row in rows if (row.period or "").startswith("hand:")}
    return {rule.id: one for rule in found if (rule.is_on or rule.id in by_hand) and (one := compiled.ready(rule))}


def _wanted(rows: Sequence[Any]) -> Any:
    return select(Rule).where(Rule.id.in_({row.rule_id for row in rows}))


def _one(row: Any, rule: Ready | str, facts: Facts, doing: acting.Acting) -> None:
    """One run: its conditions if they have not been asked, the guards, then its actions from where it was. In place of a
    rule that is off stands why."""
    seen, went = row.seen, Went(RunState.HELD, "" if isinstance(rule, Ready) else rule, row.next_place)
    if isinstance(rule, Ready):
        room = settings.get("automatic_an_hour") - facts.automatic
        decision = _decide(row, rule, facts, room)
        seen = decision.seen or row.seen
        went = Went(RunState(decision.outcome), decision.reason, row.next_place)
        if decision.outcome == RunState.DONE:
            went = doing.act(rule, row.actions, facts, row.contact_id, max(0, row.next_place))
    doing.go_on(row.id, went, seen=seen, channel_id=facts.channel_id)


def _decide(row: Any, rule: Ready, facts: Facts, room: int) -> decide.Decision:
    """Whether the run goes on."""
    if row.next_place != NOT_ASKED:
        return decide.guarded(rule, facts, row.said, [], room)
    return decide.due(rule, facts, row.said, room)


def _alone(run_id: int) -> int:
    """One run in a transaction of its own; one that breaks is ended, with the reason."""
    try:
        return _do([run_id], is_careful=True)
    except OperationalError as error:
        log.warning("run %s of a rule waits for the database: %s", run_id, error.orig)
        return 0
    except Exception:  # noqa: BLE001
        log.exception("run %s of a rule could not be done", run_id)
    with transaction():
        return db.session.execute(update(RuleRun).where(RuleRun.id == run_id, RuleRun.state == RunState.WAITING).values(
            state=RunState.FAILED, reason="Something went wrong; the log says what", due_at=None,
            ended_at=clock.now())).rowcount
