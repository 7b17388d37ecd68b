"""One trip to the database: write down what became of the last messages, claim the next ones, with one full sync.

Sending itself happens between trips, outside any transaction (jobs/lane.py).
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, bindparam, case, exists, func, literal_column, select, update

from core import clock
from core.states import MessageState
from models import Channel, Message, db, is_sqlite, transaction
from services import channels, settings
from services.sending import (
    asleep,
    consequences,
    departed,
    files_first,
    free,
    holding,
    news,
    pacing,
    results,
    spacing,
    telling,
    tier,
)
from services.sending import claim as claims
from services.sending.claim import Claim, Queued
from services.sending.outcomes import outcome_of
from services.sending.results import Result
from services.sending.wording import words_of
from services.whatsapp_service import WhatsAppService
from transports.port import SendFailed

NO_SLOTS = (0.0, 0.0)
_ch = Channel.__table__.c
_m = Message.__table__.c


@dataclass(slots=True)
class Trip:
    """What a trip brought back. `is_full`: there may be more, not before `again_at` (Unix seconds).

    `rate` and `is_paused` are the channel's own.
    """

    claims: list[Claim] = field(default_factory=list)
    is_full: bool = False
    again_at: float = 0.0
    is_paused: bool = False
    rate: float = 1.0


def exchange(channel_id: int, *, done: Sequence[Result] = (), want: int = 0, replies: int = 0, hold_back: float = 0.0,
             lead: float = 0.0) -> Trip:
    """Write `done`, then claim up to `want` messages and up to `replies` beyond them that overtake campaigns, in one
    durable transaction.

    `hold_back` seconds keep the whole channel silent, in every process; `lead` seconds from now is the earliest
    departure. Claims come with their departure times; not one leaves before this has returned. The chats of single
    messages that left are told after that.
    """
    consequences.of_results(channel_id, done)
    with transaction(durable=True):
        accepted_at = None
        if done:
            results.write(done)
            telling.tell(telling.refused_of(done))
            accepted_at = _after_receipts(channel_id, done)
        if (want or replies) and not hold_back:
            trip, following = _claim(channel_id, want, replies, clock.now(), lead)
        else:
            trip, following = _look(channel_id), (clock.seconds() + hold_back,) * 2 if hold_back else NO_SLOTS
        if accepted_at or following != NO_SLOTS:
            db.session.execute(_NOTE, {"b_id": channel_id, "b_slot": following[0], "b_reply": following[1],
                                       "b_at": accepted_at})
    departed.tell_departed(done)
    return trip


_slot, _reply = bindparam("b_slot", type_=_ch.next_slot.type), bindparam("b_reply", type_=_ch.reply_slot.type)
_NOTE = update(Channel.__table__).where(_ch.id == bindparam("b_id")).values(
    next_slot=case((_ch.next_slot < _slot, _slot), else_=_ch.next_slot),  # only ever later
    reply_slot=case((_ch.reply_slot < _reply, _reply), else_=_ch.reply_slot),
    last_accepted_at=func.coalesce(bindparam("b_at", type_=_ch.last_accepted_at.type), _ch.last_accepted_at))


def claim(channel_id: int, *, want: int) -> list[Claim]:
    """Only claim; for whoever has nothing to write."""
    return exchange(channel_id, want=want).claims


def _claim(channel_id: int, want: int, replies: int, now: datetime, lead: float) -> tuple[Trip, tuple[float, float]]:
    """Claim within the pace of the channel; also its next free slots, in line and of replies, 0 when they stay."""
    channel = _channel(channel_id, holds=True)
    if channel is None or channel.paused_at is not None:
        return Trip(is_paused=True), NO_SLOTS
    rate = channel.send_rate * pacing.share_now(channel.slow_share, channel.slowed_at, now.timestamp())
    times = pacing.Timetable(now.timestamp() + lead, next_slot=channel.next_slot, reply_slot=channel.reply_slot, rate=rate,
                             share=settings.start_up().reply_share)
    places = times.places(want)
    first = claims.overtakers(channel_id, now, times.reply_places(want + replies))
    places -= max(0, len(first) - replies)
    trip = Trip(is_full=True, rate=rate)
    if want and times.places(1) == 0:  # the pace, not the queue, says no
        trip.again_at = times.again_at()
    limit = channels.limit_of(channel.tier)
    room = tier.room(channel.business_id, limit, now) if limit and (first or places > 0) else None
    others = _of_campaigns(channel_id, now, places, room) if places > 0 else []
    trip.claims = _take(channel_id, first + others, now)
    trip.is_full = len(others) >= places
    if room and (opening := sum(one.campaign_id is not None for one in trip.claims)):
        tier.spend(channel.business_id, opening)
    overtaking = {row.id for row in first}
    for one in trip.claims:
        one.is_urgent = one.message_id in overtaking
        one.leaves_at = times.reply() if one.is_urgent else times.in_line()
    return trip, (times.next_slot, times.reply_slot) if trip.claims else NO_SLOTS


_CHANNEL = select(_ch.next_slot, _ch.reply_slot, _ch.send_rate, _ch.paused_at, _ch.slow_share, _ch.slowed_at,
                  _ch.tier, _ch.business_id).where(_ch.id == bindparam("id"))
_CHANNEL_HELD = _CHANNEL.with_for_update()


def _channel(channel_id: int, *, holds: bool) -> Row[Any] | None:
    """Pace and pause of the channel; `holds` keeps other senders out until this transaction ends."""
    return db.session.execute(_CHANNEL_HELD if holds and not is_sqlite() else _CHANNEL, {"id": channel_id}).first()


def _look(channel_id: int) -> Trip:
    """A trip that claims nothing."""
    channel = _channel(channel_id, holds=False)
    return Trip(is_full=True, is_paused=channel is None or channel.paused_at is not None,
                rate=channel.send_rate if channel else 1.0)


def _of_campaigns(channel_id: int, now: datetime, count: int, room: int | None = None) -> list[Queued]:
    """What leaves next of the running campaigns in turn, beginning with any of them; at most `room`, and of one that
    waits for news of its first share no more than that share."""
    rows: list[Queued] = []
    running = claims.running_campaigns(channel_id)
    start = random.randrange(len(running)) if running else 0
    for campaign_id, canary in running[start:] + running[:start]:
        most = count - len(rows) if room is None else min(room, count - len(rows))
        if canary:
            most = min(most, canary - claims.tried(campaign_id))
        if most <= 0:
            continue
        found = claims.of_campaign(channel_id, campaign_id, now, most)
        rows.extend(found)
        room = None if room is None else room - len(found)
    return rows


def _take(channel_id: int, rows: Sequence[Queued], now: datetime) -> list[Claim]:
    """Judge once more, refuse or take."""
    if not rows:
        return []
    words = words_of(rows, channel_id)
    extras = free.extras_of(rows, channel_id, now)
    whole, unsendable = holding.hold(files_first.put_off(rows, words, extras, now), words)
    good, refused = claims.judged(whole, words, extras)
    claims.refuse(refused + unsendable)
    singles = {row.id for row in rows if row.campaign_id is None}
    departed.tell_lost([number for number, _ in refused + unsendable if number in singles])
    good = spacing.apart(asleep.awake(good, words, now), channel_id, now)
    claims.keep_numbers(good)
    lease = timedelta(seconds=settings.start_up().lease_seconds)
    return claims.take(good, words, now, lease, extras) if good else []


def _after_receipts(channel_id: int, done: Sequence[Result]) -> datetime | None:
    """Join news that came before its receipt was written; when the last message was accepted."""
    wires = [result.receipt.wire_id for result in done if result.receipt]
    if not wires:
        return None
    news.join_receipts(channel_id, wires)
    return clock.from_seconds(max(result.at for result in done if result.receipt))


async def hand_over(service: WhatsAppService, one: Claim) -> Result:
    """Send one claimed message, outside any transaction, and say what became of it. Never raises a refusal."""
    try:
        receipt = await service.send(one.outgoing)
    except SendFailed as failure:
        return Result(one, None, outcome_of(failure, one.tries), clock.seconds())
    return Result(one, receipt, None, clock.seconds())


def has_work(channel_id: int) -> bool:
    """Whether the channel may send and something is due. One cheap query, for idle moments."""
    return claims.anything_due(channel_id, clock.now())


def has_replies(channel_id: int) -> bool:
    """Whether something that overtakes campaigns is due. One cheap query, for moments when campaigns fill every place."""
    return bool(db.session.scalar(select(exists().where(
        _m.state == literal_column("'queued'"), _m.priority == literal_column("0"), _m.channel_id == channel_id,
        _m.due_at <= clock.now()))))


def sweep(now: datetime) -> int:
    """Claims whose lease is over belong to nobody: they may have been sent, so they become unknown. How many."""
    with transaction():
        return int(db.session.execute(
            update(Message.__table__)
            .where(_m.state == literal_column("'sending'"), _m.lease_until < now)
            .values(state=MessageState.UNKNOWN, lease_until=None, reason_code="lost_sender",
                    reason="The sender stopped while this message was on its way; it may have been sent")).rowcount)
