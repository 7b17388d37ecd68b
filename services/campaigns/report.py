"""What happened: figures that add up, reasons in words with what to do, pace and time left."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select

from core import clock
from core.states import CampaignState, MessageState
from models import Campaign, Message, db
from services import sending
from services.campaigns import answers
from services.campaigns.queries import OUT, get_campaign

PACE_SPAN = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Reason:
    """How many messages share one reason."""

    code: str
    words: str
    count: int

    @property
    def advice(self) -> sending.Advice:
        """Whether another try can help, and what to do."""
        return sending.advice_on(self.code)

    @property
    def cause(self) -> str:
        """What went wrong, without what to do about it."""
        return sending.cause_of(self.code, self.words)


@dataclass(frozen=True, slots=True)
class Wave:
    """How many of those who wait are not due yet, and when the next of them are."""

    count: int
    next_at: datetime


@dataclass(frozen=True, slots=True)
class Report:
    """The figures of one campaign. `states` holds every row exactly once; what is said below is made from it.

    `sent`, `delivered` and `read` are cumulative: whoever read it also got it.
    """

    campaign: Campaign
    states: Mapping[MessageState, int]
    failed_by: tuple[Reason, ...]
    skipped_by: tuple[Reason, ...]
    replied: int
    per_minute: int  # messages handed over in the last minute
    opted_out: int = 0
    pressed: tuple[answers.Pressed, ...] = ()
    wave: Wave | None = None

    @property
    def total(self) -> int:
        """Everyone in the frozen audience."""
        return sum(self.states.values())

    @property
    def recipients(self) -> int:
        """Everyone who was queued."""
        return self.total - self.of(MessageState.SKIPPED)

    @property
    def waiting(self) -> int:
        """Not tried yet, or on the way at this moment."""
        return self.of(MessageState.QUEUED, MessageState.SENDING)

    @property
    def waiting_now(self) -> int:
        """Those who wait and are due already."""
        return max(0, self.waiting - (self.wave.count if self.wave else 0))

    @property
    def done(self) -> int:
        """Tried, whatever came of it; cancelled ones were never tried."""
        return self.recipients - self.waiting - self.of(MessageState.CANCELLED)

    @property
    def sent(self) -> int:
        """The carrier took it, or more."""
        return self.of(*OUT)

    @property
    def delivered(self) -> int:
        """Their phone has it, or more."""
        return self.of(MessageState.DELIVERED, MessageState.READ)

    @property
    def per_second(self) -> float:
        """The pace of the last minute."""
        return self.per_minute / PACE_SPAN.total_seconds()

    @property
    def seconds_left(self) -> int | None:
        """For those who are due, at the pace of the last minute; None when nothing moved or nobody is due."""
        if not self.waiting_now or not self.per_minute:
            return None
        return round(self.waiting_now * PACE_SPAN.total_seconds() / self.per_minute)

    @property
    def is_over(self) -> bool:
        """Whether the campaign itself does nothing more; news of single messages may still come."""
        return self.campaign.state in (CampaignState.FINISHED, CampaignState.CANCELLED)

    @property
    def waits_for_person(self) -> bool:
        """Whether everybody was tried and only sends of unknown outcome keep it open."""
        return (self.campaign.state == CampaignState.SENDING and not self.waiting
                and self.of(MessageState.UNKNOWN) > 0)

    def of(self, *states: MessageState) -> int:
        """How many messages stand in one of these states."""
        return sum(self.states.get(state, 0) for state in states)

    def figures(self) -> dict[str, Any]:
        """Everything as plain values, for machines. The ten states add up to `total`."""
        states = {str(state): self.states.get(state, 0) for state in MessageState if state != MessageState.RECEIVED}
        funnel = {"queued": self.recipients, "sent": self.sent, "delivered": self.delivered,
                  "read": self.of(MessageState.READ), "replied": self.replied}
        return {"total": self.total, "states": states, "funnel": funnel, "waiting": self.waiting, "done": self.done,
                "opted_out": self.opted_out, "answers_within_hours": answers.WINDOW // timedelta(hours=1),
                "pressed": [asdict(button) for button in self.pressed],
                "failed_by_reason": [asdict(reason) | {"advice": reason.advice.words} for reason in self.failed_by],
                "skipped_by_reason": [asdict(reason) for reason in self.skipped_by],
                "sent_in_last_minute": self.per_minute, "seconds_left": self.seconds_left}


def report(campaign_id: int, *, replied: int | None = None) -> Report:
    """The report of one campaign, running or over. Raises NotFound. At most eleven queries, whatever the size.

    `replied`: how many wrote back, where that has just been counted.
    """
    campaign = get_campaign(campaign_id)
    states = sending.counts(campaign_id)
    has_left = any(states.get(state) for state in OUT)
    is_moving = campaign.state in _MOVES
    return Report(
        campaign=campaign, states=states,
        failed_by=_reasons(campaign_id, MessageState.FAILED) if states.get(MessageState.FAILED) else (),
        skipped_by=_reasons(campaign_id, MessageState.SKIPPED) if states.get(MessageState.SKIPPED) else (),
        replied=replied if replied is not None else answers.count_replies([campaign])[campaign_id] if has_left else 0,
        per_minute=_per_minute(campaign) if is_moving else 0,
        opted_out=answers.count_opt_outs([campaign])[campaign_id] if has_left else 0,
        pressed=tuple(answers.pressed(campaign)) if has_left else (),
        wave=_wave(campaign) if is_moving and states.get(MessageState.QUEUED) else None)


_MOVES = (CampaignState.SENDING, CampaignState.PAUSED)


def _reasons(campaign_id: int, state: MessageState) -> tuple[Reason, ...]:
    """Reasons of one state, the most frequent first."""
    found = db.session.execute(
        select(Message.reason_code, Message.reason, func.count())
        .where(Message.campaign_id == campaign_id, Message.state == state)
        .group_by(Message.reason_code, Message.reason)
        .order_by(func.count().desc(), Message.reason))
    return tuple(Reason(code, words or code or "No reason was given", count) for code, words, count in found)


def _wave(campaign: Campaign) -> Wave | None:
    """Those who are not due yet: each person's own time, quiet hours, or a try that waits."""
    count, next_at = db.session.execute(
        select(func.count(), func.min(Message.due_at)).where(
            Message.channel_id == campaign.channel_id, Message.campaign_id == campaign.id,
            Message.state == MessageState.QUEUED, Message.due_at > clock.now())).one()
    return Wave(count, next_at) if count else None


def _per_minute(campaign: Campaign, now: datetime | None = None) -> int:
    """Messages that left in the last minute. Looks only at rows near the head of the queue, so size costs nothing."""
    since = (now or clock.now()) - PACE_SPAN
    of_it = Message.campaign_id == campaign.id
    head = (db.session.scalar(select(func.min(Message.id)).where(of_it, Message.state == MessageState.QUEUED))
            or db.session.scalar(select(func.max(Message.id)).where(of_it)))
    if head is None:
        return 0
    span = max(2_000, int(campaign.channel.send_rate * 90))
    return db.session.scalar(
        select(func.count()).select_from(Message)
        .where(of_it, Message.id > head - span, Message.id <= head + span, Message.attempted_at >= since)) or 0
