"""Calls to other systems: queued with what caused them, signed as Standard Webhooks says, tried again, logged."""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, or_, select, update

from core import clock
from core.errors import Conflict, DashboardError
from core.pages import Page
from core.retry import at_least
from core.states import CallState
from models import CallTarget, CallTry, OutgoingCall, db, is_sqlite, transaction
from services import channels, settings
from services.hooks import wire
from services.hooks.targets import get_target
from transports.port.web import CallFailed, WebAnswer, WebCaller

SCHEDULE = (5, 300, 1800, 7200, 18_000, 36_000, 36_000)  # seconds between the tries
LEASE = timedelta(minutes=2)
AT_ONCE = 16
GONE = 410  # they want no more calls


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One call, ready to leave."""

    id: int
    url: str
    body: bytes
    headers: dict[str, str]
    tries: int


@dataclass(frozen=True, slots=True)
class Heard:
    """What one try came to."""

    answer: WebAnswer | None
    words: str
    is_refused: bool
    milliseconds: int


def call(target_id: int, *, body: str, contact_id: int | None, author: str) -> int:
    """Queue a call; its id. Join it to the transaction of its cause. Raises NotFound, Conflict for one switched off."""
    target = get_target(target_id)
    if target.off_since is not None:
        raise Conflict(f"“{target.name}” is switched off: {target.off_reason or 'it wants no more calls'}")
    now = clock.now()
    with transaction():
        queued = OutgoingCall(target_id=target.id, wire_id=f"msg_{secrets.token_urlsafe(18)}", contact_id=contact_id,
                              author=author[:120], body=body, state=CallState.WAITING, due_at=now, created_at=now)
        db.session.add(queued)
        db.session.flush()
    return queued.id


def signature(secret: str, wire_id: str, timestamp: int, body: bytes) -> str:
    """v1, and the HMAC-SHA256 of id, time and body, as Standard Webhooks says."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{wire_id}.{timestamp}.".encode() + body
    return f"v1,{base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()}"


def make_calls() -> int:
    """Make the calls that are due, several at once, outside any transaction; how many."""
    claimed = _claim(clock.now())
    if not claimed:
        return 0
    caller, allowed = wire.caller(), str(settings.start_up().call_private_hosts)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        heard = list(pool.map(lambda one: _try(one, caller, allowed), claimed))
    for one, came in zip(claimed, heard, strict=True):
        _note(one, came)
    return len(claimed)


def _claim(now: datetime) -> list[Outgoing]:
    """Calls that are due, leased to this process; each with its headers."""
    with transaction():
        wanted = select(OutgoingCall.id).join(CallTarget).where(
            OutgoingCall.state == CallState.WAITING, OutgoingCall.due_at <= now, CallTarget.off_since.is_(None),
            or_(OutgoingCall.lease_until.is_(None), OutgoingCall.lease_until < now))
        wanted = wanted.order_by(OutgoingCall.due_at, OutgoingCall.id).limit(AT_ONCE)
        ids = list(db.session.scalars(wanted if is_sqlite() else wanted.with_for_update(
            skip_locked=True, of=OutgoingCall)))
        db.session.execute(update(OutgoingCall).where(OutgoingCall.id.in_(ids)).values(
            lease_until=now + LEASE, tries=OutgoingCall.tries + 1))
        rows = db.session.execute(select(OutgoingCall, CallTarget).join(CallTarget).where(OutgoingCall.id.in_(ids))
                                  .order_by(OutgoingCall.id).execution_options(populate_existing=True)).all()
        return [_ready(queued, target, now) for queued, target in rows]


def _ready(queued: OutgoingCall, target: CallTarget, now: datetime) -> Outgoing:
    body, timestamp = queued.body.encode(), int(now.timestamp())
    try:
        signed = signature(channels.opened(target.sealed_secret), queued.wire_id, timestamp, body)
    except DashboardError:
        signed = ""
    headers = {"Content-Type": "application/json", "User-Agent": "Pigeonpost", "webhook-id": queued.wire_id,
               "webhook-timestamp": str(timestamp), "webhook-signature": signed}
    return Outgoing(queued.id, target.url, body, headers, queued.tries)


def _try(one: Outgoing, caller: WebCaller, allowed: str) -> Heard:
    """One try, on the net."""
    started = clock.monotonic()
    try:
        answer: WebAnswer | None = caller.post(one.url, one.body, one.headers, allowed=allowed)
        words, refused = f"answered {answer.status}" if answer else "", False
    except CallFailed as error:
        answer, words, refused = None, error.words, error.is_refused
    return Heard(answer, words, refused, int((clock.monotonic() - started) * 1000))


def _note(one: Outgoing, heard: Heard) -> None:
    """Keep how a try went, and what follows: done, again at a time, given up, or the place switched off."""
    now, status = clock.now(), heard.answer.status if heard.answer else None
    with transaction():
        db.session.add(CallTry(call_id=one.id, at=now, status=status, words=heard.words[:300],
                               milliseconds=heard.milliseconds))
        queued = db.session.get_one(OutgoingCall, one.id)
        queued.lease_until, queued.status = None, status
        queued.answer = heard.answer.body if heard.answer else heard.words
        if status is not None and 200 <= status < 300:
            queued.state, queued.ended_at = CallState.DONE, now
        elif status == GONE:
            queued.state, queued.ended_at = CallState.FAILED, now
            target = db.session.get_one(CallTarget, queued.target_id)
            target.off_since, target.off_reason = now, "It answered 410: it wants no more calls"
        elif heard.is_refused or one.tries > len(SCHEDULE):
            queued.state, queued.ended_at = CallState.FAILED, now
        else:
            asked = heard.answer.retry_after_seconds if heard.answer else None
            wait = max(at_least(SCHEDULE[one.tries - 1]), asked or 0)
            queued.due_at = now + timedelta(seconds=wait)


def calls_of(target_id: int | None = None, *, page: int = 1, size: int = 50) -> Page[OutgoingCall]:
    """The log of calls, newest first. Two queries."""
    wanted = select(OutgoingCall).where(OutgoingCall.target_id == target_id) if target_id else select(OutgoingCall)
    total = db.session.scalar(select(func.count()).select_from(wanted.subquery())) or 0
    number = max(1, min(page, -(-total // size) or 1))
    return Page(db.session.scalars(wanted.order_by(OutgoingCall.id.desc()).limit(size).offset((number - 1) * size)).all(),
                number, size, total)


def tries_of(call_ids: Sequence[int]) -> dict[int, list[CallTry]]:
    """Every try of these calls, in order. One query."""
    found: dict[int, list[CallTry]] = {}
    for one in db.session.scalars(select(CallTry).where(CallTry.call_id.in_(call_ids)).order_by(CallTry.id)):
        found.setdefault(one.call_id, []).append(one)
    return found
