"""What became of tries, written down in groups. Each result applies to its own attempt only."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import String, and_, bindparam, case, literal_column, null, or_, select, text, update

from core import clock
from core.states import MessageState
from models import Message, MessageAttempt, db, is_sqlite
from services.sending.claim import Claim
from services.sending.outcomes import Outcome
from transports.port import Receipt

Accepted = tuple[int, str, str]  # message id, attempt id, wire id

_m = Message.__table__.c


def _is(*states: MessageState) -> Any:
    """The state is one of these, written as literals so that partial indexes apply."""
    return _m.state.in_([literal_column(f"'{state}'") for state in states])


@dataclass(slots=True)
class Result:
    """How one claimed message ended: a receipt, or an outcome without one. `at` is Unix seconds."""

    claim: Claim
    receipt: Receipt | None
    outcome: Outcome | None
    at: float


_this_try = and_(_m.id == bindparam("b_id"), _m.attempt_id == bindparam("b_attempt"))

# one statement for a batch: the database works through it without the interpreter's lock, beside the event loop
_ACCEPT = """
    UPDATE messages SET
        state = CASE WHEN state IN ('queued', 'sending', 'unknown') THEN 'accepted' ELSE state END,
        reason_code = CASE WHEN state IN ('queued', 'sending', 'unknown') THEN '' ELSE reason_code END,
        reason = CASE WHEN state IN ('queued', 'sending', 'unknown') THEN '' ELSE reason END,
        wire_id = batch.wire_id, accepted_at = :at, lease_until = NULL
    FROM {batch} AS batch WHERE messages.id = batch.id AND messages.attempt_id = batch.attempt_id"""
_at = bindparam("at", type_=_m.accepted_at.type)
_ACCEPT_SQLITE = text(_ACCEPT.replace("{batch}", """(
    SELECT json_extract(value, '$[0]') AS id, json_extract(value, '$[1]') AS attempt_id,
           json_extract(value, '$[2]') AS wire_id FROM json_each(:batch))""")).bindparams(_at)
_ACCEPT_POSTGRES = text(_ACCEPT.replace("{batch}", """(
    SELECT unnest(CAST(:ids AS integer[])) AS id, unnest(CAST(:attempts AS text[])) AS attempt_id,
           unnest(CAST(:wires AS text[])) AS wire_id)""")).bindparams(_at)

_state = bindparam("b_state", type_=String)
_settles_a_doubt = and_(_is(MessageState.UNKNOWN), _state != literal_column("'unknown'"))
_SETTLE = update(Message.__table__).where(_this_try, or_(_is(MessageState.SENDING), _settles_a_doubt)).values(
    state=_state, reason_code=bindparam("b_code"), reason=bindparam("b_words"),
    due_at=bindparam("b_due"), failed_at=bindparam("b_failed_at"), tries=_m.tries - bindparam("b_uncounted"),
    attempt_id=case((bindparam("b_uncounted") == 1, null()), else_=_m.attempt_id), lease_until=None)


def write(results: Sequence[Result]) -> None:
    """Write every result, in the order of message ids. Call it inside a transaction."""
    ordered = sorted(results, key=lambda result: result.claim.message_id)
    if accepted := [(result.claim.message_id, result.claim.attempt_id, result.receipt.wire_id)
                    for result in ordered if result.receipt]:
        at = clock.from_seconds(max(result.at for result in ordered if result.receipt))
        if _accept(accepted, at) < len(accepted):
            _write_late(accepted, at)
    if others := [_settled(result, result.outcome) for result in ordered if result.outcome]:
        db.session.execute(_SETTLE, others)


def _accept(accepted: Sequence[Accepted], at: datetime) -> int:
    """Write receipts as one statement; how many found their try."""
    if is_sqlite():
        return int(db.session.execute(_ACCEPT_SQLITE, {"batch": json.dumps(accepted), "at": at}).rowcount)
    ids, attempts, wires = (list(column) for column in zip(*accepted, strict=True))
    return int(db.session.execute(
        _ACCEPT_POSTGRES, {"ids": ids, "attempts": attempts, "wires": wires, "at": at}).rowcount)


def _settled(result: Result, outcome: Outcome) -> dict[str, Any]:
    """The values of one outcome without a receipt."""
    at = clock.from_seconds(result.at)
    return {"b_id": result.claim.message_id, "b_attempt": result.claim.attempt_id, "b_state": str(outcome.state),
            "b_code": outcome.code[:40], "b_words": outcome.words[:300],
            "b_due": clock.from_seconds(result.at + outcome.wait_seconds),
            "b_failed_at": at if outcome.state is MessageState.FAILED else None, "b_uncounted": int(not outcome.counts)}


def _write_late(accepted: Sequence[Accepted], at: datetime) -> None:
    """Receipts of tries that were given up meanwhile: keep the wire id; a message queued again needs no second send."""
    wires = {attempt_id: wire_id for _, attempt_id, wire_id in accepted}
    for attempt in db.session.execute(select(MessageAttempt.attempt_id, MessageAttempt.message_id)
                                      .where(MessageAttempt.attempt_id.in_(wires))).all():
        db.session.execute(update(MessageAttempt.__table__).where(MessageAttempt.attempt_id == attempt.attempt_id)
                           .values(wire_id=wires[attempt.attempt_id], outcome="accepted"))
        db.session.execute(update(Message.__table__).where(_m.id == attempt.message_id, _is(MessageState.QUEUED))
                           .values(state=MessageState.ACCEPTED, accepted_at=at))

