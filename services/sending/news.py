"""Status news to messages: each fact kept once, applied forward only, in whatever order and however often told."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, exists, select, update

from core import clock
from models import DeliveryNews, db, transaction
from services import channels
from services.sending import consequences, departed, forward, matching
from services.sending.consequences import Refused
from services.sending.forward import KIND
from services.sending.matching import Found
from services.sending.outcomes import Then, then_of
from services.sending.telling import joined_of, tell, told_of
from transports.port import SendFailed, StatusNews

AT_ONCE = 1000
JOIN_WITHIN = timedelta(hours=1)

_n = DeliveryNews.__table__.c


@dataclass(slots=True)
class Report:
    """What a set of news came to: applied to a message, kept until its message is known, not about our numbers."""

    applied: int = 0
    waiting: int = 0
    foreign: int = 0


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
            by_channel.setdefault(channel_id, []).append(item)
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
            _move(channel_id, known, found)
            joined += len(known)
            if told := _kept_kinds(known, found):
                consequences.of_news(channel_id, told)
            tell(joined_of(known, found))
            departed.tell_lost(_failed(known, found))
    return joined


def _failed(heard: Sequence[Any], found: Mapping[str, Found]) -> list[int]:
    """The messages whose last try is said to have failed."""
    return [match.message_id for item in heard if item.status == "failed" and (match := found.get(item.wire_id))
            and not match.is_earlier_try]


def _move(channel_id: int, heard: Sequence[Any], found: Mapping[str, Found]) -> None:
    """Move messages forward, and note that the number is heard of."""
    forward.move(forward.steps(heard, found))
    channels.heard(channel_id, at=clock.now(), of_attempt_at=matching.newest_of(found.values()))


def _apply(channel_id: int, heard: Sequence[StatusNews], report: Report) -> None:
    """One set of one channel."""
    found = matching.find(channel_id, heard)
    fresh = _first_told(channel_id, heard)
    told = told_of(channel_id, heard, found)
    forward.keep(channel_id, heard, found)
    _move(channel_id, heard, found)
    if fresh:
        consequences.of_news(channel_id, [_refused(item.refusal, item, found.get(item.wire_id))  # type: ignore[arg-type]
                                          for item in fresh])
    tell(told)
    departed.tell_lost(_failed(heard, found))
    applied = sum(item.wire_id in found for item in heard)
    report.applied += applied
    report.waiting += len(heard) - applied


_MOST = {"wire_id": 255, "status": 20, "attempt_id": 512, "recipient": 40, "code": 20, "reason": 300}


def _once(heard: Sequence[StatusNews]) -> list[StatusNews]:
    """Each (message, status) once, with its first time, cut to what the table holds."""
    if not _fit(heard):
        heard = [item._replace(**{name: getattr(item, name).replace("\0", "")[:most] for name, most in _MOST.items()})
                 for item in heard]
    first: dict[tuple[str, str], StatusNews] = {}
    for item in heard:
        known = first.setdefault((item.wire_id, item.status), item)
        if item.at < known.at:
            first[item.wire_id, item.status] = item
    return [first[key] for key in sorted(first)]  # one order for all: two readers never wait for each other in a ring


def _fit(heard: Sequence[StatusNews]) -> bool:
    """Whether the table holds all of these as they are; asked for whole columns, which is quick."""
    columns = dict(zip(StatusNews._fields, zip(*heard, strict=True), strict=True))
    return all(max(map(len, columns[name])) <= most and "\0" not in "".join(columns[name]) for name, most in _MOST.items())


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
