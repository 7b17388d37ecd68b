"""Every question about messages. Never writes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, and_, exists, false, func, or_, select

from core import clock
from core.pages import Page
from core.states import MessageState
from models import Campaign, Channel, Contact, Message, MessageAttempt, db
from services import settings

RECIPIENT = (Message.id, Message.contact_id, Message.phone, Message.state, Message.reason_code, Message.reason,
             Message.tries, Message.variables, Message.attempted_at, Message.accepted_at, Message.sent_at,
             Message.delivered_at, Message.read_at, Message.failed_at, Message.wire_id, Contact.name)
LISTED = (Message.id, Message.campaign_id, Message.contact_id, Message.phone, Message.state, Message.reason_code,
          Message.reason, Message.tries, Message.attempt_id, Message.wire_id, Message.created_at, Message.attempted_at,
          Message.accepted_at, Message.sent_at, Message.delivered_at, Message.read_at, Message.failed_at)
RECENT = timedelta(days=14)
DEAF_AFTER = timedelta(minutes=10)  # accepted messages and no status for so long: the way back is broken


@dataclass(frozen=True, slots=True)
class ReasonCount:
    """How many people share one reason. `words` is one of theirs."""

    code: str
    words: str
    count: int


def counts(campaign_id: int) -> dict[MessageState, int]:
    """How many recipients of a campaign are in each state; states without anybody are 0. One query."""
    rows = db.session.execute(
        select(Message.state, func.count()).where(Message.campaign_id == campaign_id).group_by(Message.state))
    return dict.fromkeys(MessageState, 0) | {state: count for state, count in rows}


def counts_of(campaign_ids: Sequence[int]) -> dict[int, dict[MessageState, int]]:
    """`counts` of several campaigns, for lists. One query."""
    found: dict[int, dict[MessageState, int]] = {one: dict.fromkeys(MessageState, 0) for one in campaign_ids}
    for campaign_id, state, count in db.session.execute(
            select(Message.campaign_id, Message.state, func.count()).where(Message.campaign_id.in_(campaign_ids))
            .group_by(Message.campaign_id, Message.state)):
        found[campaign_id or 0][state] = count
    return found


def is_done(campaign_id: int) -> bool:
    """Whether nothing of this campaign can leave any more by itself. One query.

    Unknown messages keep a campaign open only under the policy that may send them again.
    """
    may_be_resent = exists().where(Campaign.id == campaign_id, Campaign.unknown_policy == "resend")
    is_open = Message.state.in_([MessageState.QUEUED, MessageState.SENDING]) | (
        (Message.state == MessageState.UNKNOWN) & may_be_resent)
    return not db.session.scalar(select(exists().where(Message.campaign_id == campaign_id, is_open)))


def recipients(campaign_id: int, *, state: str = "", reason_code: str = "", page: int = 1,
               size: int = 50) -> Page[Row[Any]]:
    """The people of a campaign, each with state, reason and times. A state nobody knows finds nobody. Two queries."""
    wanted = select(*RECIPIENT).outerjoin(Contact, Contact.id == Message.contact_id).where(
        Message.campaign_id == campaign_id)
    if state:
        wanted = wanted.where(Message.state == state) if state in set(MessageState) else wanted.where(false())
    if reason_code:
        wanted = wanted.where(Message.reason_code == reason_code)
    total = db.session.scalar(select(func.count()).select_from(wanted.order_by(None).subquery())) or 0
    number = max(1, min(page, -(-total // size) or 1))
    rows = db.session.execute(wanted.order_by(Message.id).limit(size).offset((number - 1) * size)).all()
    return Page(rows, number, size, total)


def reasons(campaign_id: int, state: MessageState) -> list[ReasonCount]:
    """Why recipients are in `state` (failed, skipped, unknown …), the most frequent reason first. One query."""
    rows = db.session.execute(
        select(Message.reason_code, func.min(Message.reason), func.count())
        .where(Message.campaign_id == campaign_id, Message.state == state)
        .group_by(Message.reason_code).order_by(func.count().desc(), Message.reason_code))
    return [ReasonCount(code, words, count) for code, words, count in rows]


def failures(campaign_id: int) -> list[ReasonCount]:
    """Why messages failed."""
    return reasons(campaign_id, MessageState.FAILED)


def skips(campaign_id: int) -> list[ReasonCount]:
    """Why people got no message."""
    return reasons(campaign_id, MessageState.SKIPPED)


def unknown_messages(*, campaign_id: int | None = None, page: int = 1, size: int = 50) -> Page[Row[Any]]:
    """Messages whose outcome nobody knows, oldest first. Two queries."""
    wanted = select(*RECIPIENT, Message.campaign_id, Campaign.name.label("campaign_name")).outerjoin(
        Contact, Contact.id == Message.contact_id).outerjoin(Campaign, Campaign.id == Message.campaign_id).where(
        Message.state == MessageState.UNKNOWN)
    if campaign_id is not None:
        wanted = wanted.where(Message.campaign_id == campaign_id)
    total = db.session.scalar(select(func.count()).select_from(wanted.order_by(None).subquery())) or 0
    number = max(1, min(page, -(-total // size) or 1))
    rows = db.session.execute(wanted.order_by(Message.id).limit(size).offset((number - 1) * size)).all()
    return Page(rows, number, size, total)


def messages_list(*, campaign_id: int | None = None, state: str | None = None, limit: int = 100,
                  after_id: int = 0) -> list[Mapping[str, object]]:
    """Messages we sent, as plain rows for machines, by id after `after_id`. One query."""
    wanted: Any = select(*LISTED).where(Message.direction == "out", Message.id > after_id)
    if campaign_id is not None:
        wanted = wanted.where(Message.campaign_id == campaign_id)
    if state:
        wanted = wanted.where(Message.state == state) if state in set(MessageState) else wanted.where(false())
    return [dict(row) for row in db.session.execute(wanted.order_by(Message.id).limit(limit)).mappings()]


def attempts_of(message_id: int) -> Sequence[Any]:
    """The tries of a message that were followed by another, oldest first. One query."""
    return db.session.execute(
        select(MessageAttempt.attempt_id, MessageAttempt.attempted_at, MessageAttempt.outcome,
               MessageAttempt.reason_code, MessageAttempt.reason, MessageAttempt.wire_id)
        .where(MessageAttempt.message_id == message_id).order_by(MessageAttempt.id)).all()


def pace(campaign_id: int) -> float:
    """Messages a second over the last minute. One query."""
    since = clock.now() - timedelta(seconds=60)
    count = db.session.scalar(select(func.count()).where(
        Message.campaign_id == campaign_id, Message.attempted_at > since)) or 0
    return count / 60.0


def has_no_receipt(state: MessageState | str, accepted_at: datetime | None, now: datetime) -> bool:
    """Whether a message was accepted long ago and nothing has been heard of it since."""
    return state == MessageState.ACCEPTED and accepted_at is not None and accepted_at < now - receipt_after()


def receipt_after() -> timedelta:
    """How long after it was accepted a message nothing was heard of has no receipt."""
    return timedelta(hours=settings.start_up().receipt_hours)


def without_receipt(now: datetime) -> int:
    """How many messages of the last two weeks have no receipt. One query."""
    return db.session.scalar(select(func.count()).where(
        Message.created_at > now - RECENT, Message.state == MessageState.ACCEPTED,
        Message.accepted_at < now - receipt_after())) or 0


def unheard_channels(now: datetime) -> list[Channel]:
    """Numbers whose messages are accepted while no status has come for ten minutes: the way back is broken. One query,
    and one for each number that looks like it."""
    quiet_since = now - DEAF_AFTER
    suspects = db.session.scalars(select(Channel).where(
        Channel.last_accepted_at.is_not(None), Channel.switched_off_at.is_(None),
        or_(Channel.last_news_at.is_(None),
            and_(Channel.last_news_at < quiet_since, Channel.last_news_at < Channel.last_accepted_at)))).all()
    return [one for one in suspects if _waits_for_news(one, quiet_since)]


def _waits_for_news(channel: Channel, quiet_since: datetime) -> bool:
    """Whether a message was accepted after the last news of this number, and before this moment."""
    after = channel.last_news_at or quiet_since - RECENT
    return bool(db.session.scalar(select(exists().where(
        Message.channel_id == channel.id, Message.state == MessageState.ACCEPTED, Message.created_at > after - RECENT,
        Message.accepted_at > after, Message.accepted_at < quiet_since))))
