"""Sends whose outcome nobody knows: settled by the echo, by a policy that asks for proof, or by a person."""

from bisect import bisect_left
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import exists, literal_column, select, update

from core import clock
from core.actor import Actor
from core.errors import Conflict, NotFound
from core.states import CampaignState, MessageState
from models import Campaign, Channel, Message, WebhookEvent, db, transaction
from services import activity, settings
from services.sending import news, queries
from services.sending.again import queue_again
from services.sending.queue import nudge

AT_ONCE = 1000
RESEND = "resend"
TREATED = "treated_as_sent"  # a person said so; nothing will be heard of it
CANCELLED = "The campaign was cancelled, so nothing of it is sent any more"
READ_WITHIN = timedelta(seconds=30)  # a notice is read within so long, or notices wait
BESIDE = timedelta(seconds=60)  # accepted so near to a doubt: their echoes came when its own would have come
MOST_UNHEARD = 20_000  # more of those say that the way back is broken

_m = Message.__table__.c


def settle_unknown(now: datetime, *, listening_since: datetime) -> int:
    """Look again for news of open messages, then queue those that are proven silent; how many were queued.

    Only campaigns that ask for it are sent again, and only when we have listened for so long (never at start-up: what
    was told meanwhile is still on its way), every notice is read, a status of a later message was heard, and those
    accepted at the same time were heard of: then the way back works, and silence means it was never accepted.
    """
    news.join_waiting(now)
    silent_since = now - timedelta(seconds=settings.start_up().unknown_silence)
    if listening_since > silent_since or _notices_wait(now):
        return 0
    unheard = [channel.id for channel in queries.unheard_channels(now)]  # silence of a broken way back proves nothing
    with transaction():
        ids = _without_unheard_neighbours(db.session.execute(
            select(Message.id, Message.campaign_id, Message.attempted_at)
            .join(Campaign, Campaign.id == Message.campaign_id).join(Channel, Channel.id == Message.channel_id)
            .where(Campaign.state == CampaignState.SENDING, Campaign.unknown_policy == RESEND,
                   Message.state == MessageState.UNKNOWN, Message.attempted_at < silent_since,
                   Channel.news_of_attempt_at > Message.attempted_at, Channel.paused_at.is_(None),
                   Channel.id.not_in(unheard))
            .order_by(Message.id).limit(AT_ONCE)).all())
        if ids:
            queue_again(ids, now, states=[MessageState.UNKNOWN])
            nudge()
    return len(ids)


def _without_unheard_neighbours(doubts: Sequence[Any]) -> list[int]:
    """Ids of those beside whom nobody of their campaign was accepted and not heard of: an echo can be late for all of a
    minute. One query."""
    if not doubts:
        return []
    times = [row.attempted_at for row in doubts]
    unheard: dict[int | None, list[datetime]] = {}
    for campaign_id, at in db.session.execute(
            select(_m.campaign_id, _m.attempted_at).where(
                _m.campaign_id.in_({row.campaign_id for row in doubts}), _m.state == MessageState.ACCEPTED,
                _m.reason_code != TREATED, _m.attempted_at.between(min(times) - BESIDE, max(times) + BESIDE))
            .order_by(_m.attempted_at).limit(MOST_UNHEARD)):
        unheard.setdefault(campaign_id, []).append(at)
    if sum(map(len, unheard.values())) >= MOST_UNHEARD:
        return []
    return [row.id for row in doubts if not _is_near(row.attempted_at, unheard.get(row.campaign_id, []))]


def _is_near(moment: datetime, sorted_times: Sequence[datetime]) -> bool:
    """Whether one of the times is within BESIDE of this moment."""
    first = bisect_left(sorted_times, moment - BESIDE)
    return first < len(sorted_times) and sorted_times[first] <= moment + BESIDE


def _notices_wait(now: datetime) -> bool:
    """Whether notices of a carrier wait to be read: one of them may be the echo."""
    return bool(db.session.scalar(select(exists().where(
        WebhookEvent.state == literal_column("'new'"), WebhookEvent.received_at < now - READ_WITHIN))))


def treat_as_sent(message_id: int, *, by: Actor) -> None:
    """A person decides that an unknown message went out. Raises NotFound, and Conflict when it is not unknown."""
    _check_id(message_id)
    with transaction():
        changed = db.session.execute(
            update(Message.__table__).where(_m.id == message_id, _m.state == MessageState.UNKNOWN)
            .values(state=MessageState.ACCEPTED, accepted_at=_m.attempted_at, reason_code=TREATED,
                    reason=f"{by.name} decided that this message was sent"[:300])).rowcount
        _note("message.settled", message_id, changed, by, outcome="sent")


def send_again(message_id: int, *, by: Actor) -> None:
    """A person has an unknown or failed message tried once more: a new attempt, linked to the one before, to the
    number the person has by now.

    Raises NotFound, and Conflict when it is neither, or when its campaign was cancelled: nothing of that leaves any more.
    """
    _check_id(message_id)
    with transaction():
        if db.session.scalar(select(Campaign.state).join(Message, Message.campaign_id == Campaign.id)
                             .where(Message.id == message_id)) == CampaignState.CANCELLED:
            raise Conflict(CANCELLED, field="campaign")
        changed = queue_again([message_id], clock.now(), states=[MessageState.UNKNOWN, MessageState.FAILED],
                              overtakes=True)
        _note("message.resent", message_id, changed, by)
        nudge()


def _check_id(message_id: int) -> None:
    """Ids beyond what a table can hold are nobody's."""
    if not 0 < message_id < 2**31:
        raise NotFound("There is no such message")


def _note(verb: str, message_id: int, changed: int, by: Actor, **details: str) -> None:
    """Say who did it, or why it cannot be done."""
    message = db.session.get(Message, message_id)
    if message is None:
        raise NotFound("There is no such message")
    if not changed:
        raise Conflict(f"This message is {message.state}, so nothing has to be decided about it")
    person = message.contact
    activity.record(verb, by=by, subject_kind="message", subject_id=message_id,
                    subject_name=(person.name or person.phone or "") if person else message.phone, **details)
