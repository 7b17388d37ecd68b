"""Status news to messages: each fact kept once, applied forward only, in whatever order and however often told."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cache
from operator import attrgetter
from typing import Any

from sqlalchemy import String, bindparam, case, exists, func, literal_column, null, select, update
from sqlalchemy.dialects import postgresql, sqlite

from core import clock
from core.delivery import PROVES, RANK
from core.states import MessageState
from models import DeliveryNews, Message, db, is_sqlite, transaction
from services import channels
from services.sending import consequences, matching
from services.sending.consequences import Refused
from services.sending.many import as_kept, run_many
from services.sending.matching import Found
from services.sending.outcomes import Then, then_of
from services.sending.telling import joined_of, tell, told_of
from transports.port import SendFailed, StatusNews

KIND = "kind"  # of a failure, among the details that are kept
AT_ONCE = 1000
JOIN_WITHIN = timedelta(hours=1)

_m = Message.__table__.c
_n = DeliveryNews.__table__.c


@dataclass(slots=True)
class Report:
    """What a set of news came to: applied to a message, kept until its message is known, not about our numbers."""

    applied: int = 0
    waiting: int = 0
    foreign: int = 0


@dataclass(slots=True)
class Step:
    """Where all news of one message together take it: the furthest state, and the first time of each."""

    message_id: int
    state: MessageState = MessageState.QUEUED
    times: dict[MessageState, datetime] = field(default_factory=dict)
    code: str = ""
    words: str = ""
    wire_id: str | None = None
    failed_at: datetime | None = None


def apply_news(items: Sequence[StatusNews], *, event_id: int | None = None) -> Report:
    """Keep every status and move its message forward. A fixed number of statements for each thousand.

    Safe to repeat. News of numbers that are not ours change nothing; news whose message is not known wait.
    `event_id` is the notice they came in, for the log of the caller.
    """
    report = Report()
    ours = {channel.phone_number_id: channel.id for channel in channels.all_channels()}
    by_channel: dict[int, list[StatusNews]] = {}
    for item in items:
        channel_id = ours.get(item.phone_number_id)
        if channel_id is None or not item.wire_id:
            report.foreign += 1
        else:
            by_channel.setdefault(channel_id, []).append(_fitted(item))
    for channel_id, heard in sorted(by_channel.items()):
        for start in range(0, len(heard), AT_ONCE):
            with transaction():
                _apply(channel_id, _once(heard[start:start + AT_ONCE]), report)
    return report


_ANYTHING_WAITS = select(exists().where(_n.message_id.is_(None)))


def join_receipts(channel_id: int, wire_ids: Sequence[str]) -> None:
    """News that came before these receipts were written find their messages now. Joins the caller's transaction."""
    if not db.session.scalar(_ANYTHING_WAITS):
        return
    _join(select(DeliveryNews.__table__).where(
        _n.message_id.is_(None), _n.channel_id == channel_id, _n.wire_id.in_(wire_ids)))


def join_waiting(now: datetime) -> int:
    """Look once more for the messages of recent news that had none; how many found theirs."""
    with transaction():
        return _join(select(DeliveryNews.__table__).where(_n.message_id.is_(None), _n.heard_at > now - JOIN_WITHIN)
                     .order_by(_n.id.desc()).limit(AT_ONCE))


def _join(waiting: Any) -> int:
    """Match kept news again and apply what found its message."""
    by_channel: dict[int, list[Any]] = {}
    for row in db.session.execute(waiting).all():
        by_channel.setdefault(row.channel_id, []).append(row)
    joined = 0
    for channel_id, rows in by_channel.items():
        found = matching.find(channel_id, rows)
        known = [row for row in rows if row.wire_id in found]
        if known:
            db.session.execute(
                update(DeliveryNews.__table__).where(_n.id == bindparam("b_id")).values(message_id=bindparam("b_to")),
                [{"b_id": row.id, "b_to": found[row.wire_id].message_id} for row in known])
            _move(channel_id, steps(known, found), found)
            tell(joined_of(known, found))
            joined += len(known)
            if told := _kept_kinds(known, found):
                consequences.of_news(channel_id, told)
    return joined


def _apply(channel_id: int, heard: Sequence[StatusNews], report: Report) -> None:
    """One set of one channel."""
    found = matching.find(channel_id, heard)
    fresh = _first_told(channel_id, heard)
    told = told_of(channel_id, heard, found)
    _keep(channel_id, heard, found)
    _move(channel_id, steps(heard, found), found)
    tell(told)
    if fresh:
        consequences.of_news(channel_id, [_refused(item.refusal, item, found.get(item.wire_id))  # type: ignore[arg-type]
                                          for item in fresh])
    applied = sum(item.wire_id in found for item in heard)
    report.applied += applied
    report.waiting += len(heard) - applied


_MOST = {"wire_id": 255, "status": 20, "code": 20, "attempt_id": 512, "recipient": 40, "reason": 300}
_WORDS = attrgetter(*_MOST)


def _fitted(item: StatusNews) -> StatusNews:
    """The same news, cut to what the table holds."""
    if all(len(word) <= most and "\0" not in word for word, most in zip(_WORDS(item), _MOST.values(), strict=True)):
        return item
    words = {name: word.replace("\0", "")[:most] for (name, most), word in zip(_MOST.items(), _WORDS(item), strict=True)}
    return replace(item, **words)


def _once(heard: Iterable[StatusNews]) -> list[StatusNews]:
    """Each (message, status) once, with its first time."""
    first: dict[tuple[str, str], StatusNews] = {}
    for item in heard:
        known = first.get((item.wire_id, item.status))
        if known is None or item.at < known.at:
            first[item.wire_id, item.status] = item
    return [first[key] for key in sorted(first)]  # one order for all: two readers never wait for each other in a ring


def _keep(channel_id: int, heard: Sequence[StatusNews], found: Mapping[str, Found]) -> None:
    """Store each status; one that is known keeps its first time and learns its message."""
    is_lite = is_sqlite()
    moment = as_kept(is_lite)
    now = moment(clock.now())
    rows = [{"b_channel": channel_id, "b_wire": item.wire_id, "b_status": item.status, "b_at": moment(item.at),
             "b_attempt": item.attempt_id, "b_recipient": item.recipient, "b_code": item.code, "b_reason": item.reason,
             "b_details": _json(item.details) if is_lite else dict(item.details), "b_now": now,
             "b_message": found[item.wire_id].message_id if item.wire_id in found else None} for item in heard]
    run_many(_keeping(is_lite), rows)


def _json(details: Mapping[str, Any]) -> str:
    return json.dumps(details) if details else "{}"


@cache
def _keeping(is_lite: bool) -> Any:
    """The statement that keeps one status. What SQLite keeps as text is given to it as text."""
    names = {"channel_id": "b_channel", "wire_id": "b_wire", "status": "b_status", "at": "b_at", "attempt_id": "b_attempt",
             "recipient": "b_recipient", "code": "b_code", "reason": "b_reason", "details": "b_details",
             "heard_at": "b_now", "message_id": "b_message"}
    texts = ("at", "heard_at", "details") if is_lite else ()
    made = (sqlite.insert if is_lite else postgresql.insert)(DeliveryNews.__table__).values({
        column: bindparam(name, type_=String() if column in texts else _n[column].type) for column, name in names.items()})
    first = case((made.excluded.at < _n.at, made.excluded.at), else_=_n.at)
    return made.on_conflict_do_update(
        index_elements=["channel_id", "wire_id", "status"],
        set_={"at": first, "message_id": func.coalesce(_n.message_id, made.excluded.message_id)})


def steps(heard: Iterable[Any], found: Mapping[str, Found]) -> list[Step]:
    """Pure: one step for each message that these news speak of, in the order of their ids."""
    by_message: dict[int, Step] = {}
    for item in heard:
        match = found.get(item.wire_id)
        state = PROVES.get(item.status)
        if match is None or state is None:
            continue
        if match.is_earlier_try and state is MessageState.FAILED:
            continue  # that try failed; the one after it is another matter
        step = by_message.setdefault(match.message_id, Step(match.message_id))
        if not match.is_earlier_try and step.wire_id is None:
            step.wire_id = item.wire_id
        _advance(step, state, item)
    return sorted(by_message.values(), key=lambda step: step.message_id)


def _advance(step: Step, state: MessageState, item: Any) -> None:
    """Add one status to a step."""
    if state not in step.times or item.at < step.times[state]:
        step.times[state] = item.at
        if state is MessageState.FAILED:
            step.code, step.words = item.code, item.reason
    if RANK[state] > RANK[step.state]:
        step.state = state


_rank_now = case(
    *((_m.state == literal_column(f"'{state}'"), literal_column(str(rank))) for state, rank in RANK.items()),
    else_=literal_column("99"))
_moves = _rank_now < bindparam("b_rank")
_after = case((_moves, bindparam("b_rank")), else_=_rank_now)
_IS_FAILED = _after == literal_column(str(RANK[MessageState.FAILED]))


def _earliest(column: Any, name: str, is_lite: bool) -> Any:
    """The first time that was heard of."""
    heard = bindparam(name, type_=String() if is_lite else column.type)
    return case((column.is_(None), heard), (heard < column, heard), else_=column)


@cache
def _stepping(is_lite: bool) -> Any:
    """The statement that moves one message forward."""
    return update(Message.__table__).where(_m.id == bindparam("b_id")).values(
        state=case((_moves, bindparam("b_state", type_=String)), else_=_m.state),
        reason_code=case((_moves, bindparam("b_code")), else_=_m.reason_code),
        reason=case((_moves, bindparam("b_words")), else_=_m.reason),
        sent_at=_earliest(_m.sent_at, "b_sent", is_lite), delivered_at=_earliest(_m.delivered_at, "b_delivered", is_lite),
        read_at=_earliest(_m.read_at, "b_read", is_lite),
        failed_at=case((_IS_FAILED, _earliest(_m.failed_at, "b_failed", is_lite))),
        wire_id=func.coalesce(_m.wire_id, bindparam("b_wire")),
        lease_until=case((_moves, null()), else_=_m.lease_until))


def _move(channel_id: int, moved: Sequence[Step], found: Mapping[str, Found]) -> None:
    """Move messages forward; the statement itself compares with where they stand, so that no race takes one back."""
    now = clock.now()
    if moved:
        moment = as_kept(is_sqlite())
        run_many(_stepping(is_sqlite()), [_values(step, moment) for step in moved])
    attempts = [match.attempted_at for match in found.values() if match.attempted_at is not None]
    channels.heard(channel_id, at=now, of_attempt_at=max(attempts, default=None))


def _values(step: Step, moment: Callable[[datetime | None], Any]) -> dict[str, Any]:
    """One step as the values of the statement."""
    has_failed = step.state is MessageState.FAILED
    times = step.times
    return {"b_id": step.message_id, "b_rank": RANK[step.state], "b_state": str(step.state),
            "b_code": step.code if has_failed else "", "b_words": step.words if has_failed else "",
            "b_sent": moment(times.get(MessageState.SENT)), "b_delivered": moment(times.get(MessageState.DELIVERED)),
            "b_read": moment(times.get(MessageState.READ)), "b_failed": moment(times.get(MessageState.FAILED)),
            "b_wire": step.wire_id}


def _first_told(channel_id: int, heard: Sequence[StatusNews]) -> list[StatusNews]:
    """Failures with a kind that were not heard before."""
    failed = [item for item in heard if item.status == "failed" and item.refusal is not None]
    if not failed:
        return []
    known = set(db.session.scalars(select(_n.wire_id).where(
        _n.channel_id == channel_id, _n.status == "failed", _n.wire_id.in_([item.wire_id for item in failed]))))
    return [item for item in failed if item.wire_id not in known]


def _refused(kind: type[SendFailed], item: Any, match: Found | None) -> tuple[type[SendFailed], Refused]:
    """A failure with what follows from it; without a message only what is about the number."""
    retried = match is not None and not match.is_earlier_try
    return kind, Refused(match.message_id if match and retried else 0, match.contact_id if match else None,
                         then_of(kind), item.reason, item.at)


def _kept_kinds(rows: Sequence[Any], found: Mapping[str, Found]) -> list[tuple[type[SendFailed], Refused]]:
    """Failures that waited for their message, with the kind they were kept with. What concerns the whole number was
    done when they were heard."""
    told = [(kind, row) for row in rows if row.status == "failed"
            and (kind := consequences.kind_of(str(row.details.get(KIND, ""))))]
    return [_refused(kind, row, found[row.wire_id]) for kind, row in told
            if then_of(kind) not in (Then.STOP_CHANNEL, Then.STOP_ACCOUNT, Then.SLOW_DOWN)]
