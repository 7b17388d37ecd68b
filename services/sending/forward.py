"""What news come to, written down: each status once, each message forward only. One statement for a set; the statement
itself compares with what is there, so that no race takes a message back.

These run for every status of every message, so they are written by hand: SQLite is given plain rows, as text where it
keeps text, and PostgreSQL whole columns.
"""

import json
import marshal
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import text

from core import clock
from core.delivery import PROVES, RANK
from core.states import MessageState
from models import db, is_sqlite
from services.sending.many import as_kept
from services.sending.matching import Found
from transports.port import SendFailed, StatusNews

KIND = "kind"  # of a failure, among the details that are kept: its message may come later
FAILED = str(MessageState.FAILED)
_PROOFS = {word: (RANK[state], str(state)) for word, state in PROVES.items()}
_KNOWN_DETAILS = 1000
EMPTY = "''"


@dataclass(slots=True)
class Step:
    """Where all news of one message together take it: the furthest state, and the first time of each."""

    message_id: int
    rank: int = -1
    state: str = ""
    sent: datetime | None = None
    delivered: datetime | None = None
    read: datetime | None = None
    failed: datetime | None = None
    code: str = ""
    words: str = ""
    wire_id: str | None = None  # the id to keep, where the message may have none yet


def steps(heard: Iterable[Any], found: Mapping[str, Found]) -> list[Step]:
    """Pure: one step for each message that these news speak of, in the order of their ids."""
    by_message: dict[int, Step] = {}
    for item in heard:
        match, proof = found.get(item.wire_id), _PROOFS.get(item.status)
        if match is None or proof is None:
            continue
        rank, state = proof
        if match.is_earlier_try and state == FAILED:
            continue  # that try failed; the one after it is another matter
        step = by_message.get(match.message_id)
        if step is None:
            step = by_message[match.message_id] = Step(match.message_id)
        if step.wire_id is None and not match.has_wire_id and not match.is_earlier_try:
            step.wire_id = item.wire_id
        known = getattr(step, state)
        if known is None or item.at < known:
            setattr(step, state, item.at)
            if state == FAILED:
                step.code, step.words = item.code, item.reason
        if rank > step.rank:
            step.rank, step.state = rank, state
    return sorted(by_message.values(), key=lambda step: step.message_id)


_NEWS = ("channel_id", "wire_id", "status", "at", "attempt_id", "recipient", "code", "reason", "details", "heard_at",
         "message_id")
_KEEP = f"""
    INSERT INTO delivery_news ({", ".join(_NEWS)}) {{rows}}
    ON CONFLICT (channel_id, wire_id, status) DO UPDATE SET
        at = CASE WHEN excluded.at < delivery_news.at THEN excluded.at ELSE delivery_news.at END,
        message_id = coalesce(delivery_news.message_id, excluded.message_id)"""  # noqa: S608  # our own words
_KEEP_SQLITE = _KEEP.format(rows=f"VALUES ({', '.join('?' * len(_NEWS))})")
_KEEP_POSTGRES = text(_KEEP.format(rows="""
    SELECT :channel, wire, status, at, attempt, recipient, code, reason, CAST(details AS jsonb), :now, message
    FROM unnest(CAST(:wire AS text[]), CAST(:status AS text[]), CAST(:at AS timestamptz[]), CAST(:attempt AS text[]),
                CAST(:recipient AS text[]), CAST(:code AS text[]), CAST(:reason AS text[]), CAST(:details AS text[]),
                CAST(:message AS integer[]))
         AS news (wire, status, at, attempt, recipient, code, reason, details, message)"""))


def keep(channel_id: int, heard: Sequence[StatusNews], found: Mapping[str, Found]) -> None:
    """Store each status, of which none stands here twice; one that is known keeps its first time and learns its message."""
    messages = {wire_id: match.message_id for wire_id, match in found.items()}
    if is_sqlite():
        moment = as_kept(is_lite=True)
        now = moment(clock.now())
        _run(_KEEP_SQLITE, [
            (channel_id, wire_id, status, moment(at), attempt_id, recipient, code, reason,
             _json(details, refusal), now, messages.get(wire_id))
            for _, wire_id, status, at, attempt_id, recipient, _, code, reason, details, refusal in heard])
        return
    _, wires, states, ats, attempts, recipients, _, codes, reasons, details, refusals = map(list, zip(*heard, strict=True))
    db.session.execute(_KEEP_POSTGRES, {
        "channel": channel_id, "now": clock.now(), "wire": wires, "status": states, "at": ats, "attempt": attempts,
        "recipient": recipients, "code": codes, "reason": reasons, "details": list(map(_json, details, refusals)),
        "message": list(map(messages.get, wires))})


_texts: dict[bytes, str] = {}


def _json(details: Mapping[str, Any], refusal: type[SendFailed] | None) -> str:
    """Details as JSON, with the kind of a failure. Most are told thousands of times, word for word."""
    if refusal is not None:
        details = {**details, KIND: refusal.__name__}
    if not details:
        return "{}"
    told = marshal.dumps(dict(details), 2)  # tells True from 1, and costs a fifth of the JSON
    known = _texts.get(told)
    if known is None:
        if len(_texts) >= _KNOWN_DETAILS:
            _texts.clear()
        known = _texts[told] = json.dumps(details)
    return known


_RANK_NOW = " ".join(["CASE state", *(f"WHEN '{state}' THEN {rank}" for state, rank in RANK.items()), "ELSE 99 END"])


def _statement(**of: str) -> str:
    """Moves messages forward. Without `code` none of the news is a failure, and every message has its wire id already:
    so it is nearly always, and columns that are not named need no look at their indexes."""
    moves = f"{_RANK_NOW} < {of['rank']}"
    columns = {
        "state": f"CASE WHEN {moves} THEN {of['state']} ELSE state END",
        "lease_until": f"CASE WHEN {moves} THEN NULL ELSE lease_until END",
        **{f"{name}_at": _earliest(f"{name}_at", of[name]) for name in ("sent", "delivered", "read")},
        "reason_code": f"CASE WHEN {moves} THEN {of.get('code', EMPTY)} ELSE reason_code END",
        "reason": f"CASE WHEN {moves} THEN {of.get('words', EMPTY)} ELSE reason END"}
    is_failed = f"CASE WHEN {moves} THEN {of['rank']} ELSE {_RANK_NOW} END = {RANK[MessageState.FAILED]}"
    first = _earliest("failed_at", of["failed"]) if "code" in of else "failed_at"
    columns["failed_at"] = f"CASE WHEN {is_failed} THEN {first} END"
    if "wire" in of:
        columns["wire_id"] = f"coalesce(wire_id, {of['wire']})"
    return f"UPDATE messages SET {', '.join(f'{name} = {value}' for name, value in columns.items())} "  # noqa: S608  # ours


def _earliest(column: str, heard: str) -> str:
    """The first time that was heard of."""
    return f"CASE WHEN {column} IS NULL THEN {heard} WHEN {heard} < {column} THEN {heard} ELSE {column} END"


_SHORT = ("id", "rank", "state", "sent", "delivered", "read")
_TYPES = {"id": "integer", "rank": "integer", "sent": "timestamptz", "delivered": "timestamptz", "read": "timestamptz",
          "failed": "timestamptz"}
_LOCK = text("SELECT id FROM messages WHERE id = ANY(:ids) ORDER BY id FOR UPDATE")  # one order for all: no ring of waits


@cache
def _moving(is_lite: bool, names: Sequence[str]) -> Any:
    """The statement for steps with these values."""
    if is_lite:
        return _statement(**{name: f"?{number}" for number, name in enumerate(names, 1)}) + "WHERE id = ?1"
    columns = ", ".join(f"CAST(:{name} AS {_TYPES.get(name, 'text')}[])" for name in names)
    given = ", ".join(f"step_{name}" for name in names)
    return text(_statement(**{name: f"step_{name}" for name in names})
                + f"FROM unnest({columns}) AS step ({given}) WHERE id = step_id")


def move(moved: Sequence[Step]) -> None:
    """Move messages forward."""
    plain = [step for step in moved if step.failed is None and step.wire_id is None]
    others = [step for step in moved if step.failed is not None or step.wire_id is not None]
    is_lite = is_sqlite()
    if moved and not is_lite:
        db.session.execute(_LOCK, {"ids": [step.message_id for step in moved]})
    for names, group in ((_SHORT, plain), ((*_SHORT, "failed", "code", "words", "wire"), others)):
        if not group:
            continue
        rows = [_values(step, is_lite) for step in group] if names is _SHORT else [
            _values(step, is_lite) + _more(step, is_lite) for step in group]
        if is_lite:
            _run(_moving(is_lite, names), rows)
        else:
            db.session.execute(_moving(is_lite, names), dict(zip(names, map(list, zip(*rows, strict=True)), strict=True)))


def _values(step: Step, is_lite: bool) -> tuple[Any, ...]:
    """A step as the values of a statement."""
    moment = as_kept(is_lite)
    return (step.message_id, step.rank, step.state, step.sent and moment(step.sent),
            step.delivered and moment(step.delivered), step.read and moment(step.read))


def _more(step: Step, is_lite: bool) -> tuple[Any, ...]:
    """Values that few steps have."""
    has_failed = step.state == FAILED
    return (as_kept(is_lite)(step.failed), step.code if has_failed else "", step.words if has_failed else "", step.wire_id)


def _run(statement: str, rows: list[tuple[Any, ...]]) -> None:
    """Once for each row, by the driver of SQLite itself."""
    db.session.flush()
    db.session.connection().exec_driver_sql(statement, rows)
