"""A first share of a large campaign goes ahead; the rest waits for news of it, and a bad start stops the campaign."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil

from sqlalchemy import func, select, update

from core.actor import SYSTEM
from core.errors import Conflict
from core.states import CampaignState, MessageState
from models import Campaign, ConsentEntry, Message, db, transaction
from services import activity, sending, settings
from services.campaigns.queries import OUT

LEAST, MOST = 20, 200  # people of a first share
ENOUGH = 0.5  # the share of them that was delivered when the rest may go
TOO_MANY_FAILED = 0.2  # the share of them that failed when the campaign stops
TOO_MANY_LEFT = 0.03  # the share of those delivered who said stop when the campaign stops
FEWEST = 100  # delivered before stops are counted; in a first share, as many as there are

_TRIED = (*OUT, MessageState.FAILED, MessageState.UNKNOWN, MessageState.SENDING)
_REACHED = (MessageState.DELIVERED, MessageState.READ)


@dataclass(frozen=True, slots=True)
class First:
    """How the first share of a campaign does."""

    size: int
    tried: int
    delivered: int
    failed: int


def size_for(queued: int) -> int:
    """How many go first of so many; 0 when all go at once."""
    start = settings.start_up()
    if not start.canary_share or queued <= start.canary_over:
        return 0
    return min(queued, max(LEAST, min(MOST, ceil(queued * start.canary_share))))


def begin(campaign: Campaign, queued: int) -> None:
    """Hold back all but the first share. Join it to the launching transaction."""
    if size := size_for(queued):
        db.session.execute(update(Campaign).where(Campaign.id == campaign.id).values(canary=size))


def first_of(campaign: Campaign) -> First | None:
    """How the first share does; None when nobody waits for it. One query."""
    if not campaign.canary or campaign.state is not CampaignState.SENDING:
        return None
    counts = sending.counts(campaign.id)
    return First(campaign.canary, sum(counts[one] for one in _TRIED), sum(counts[one] for one in _REACHED),
                 counts[MessageState.FAILED])


def look(now: datetime) -> None:
    """Let the rest go, or stop, wherever the news of a first share says so. Safe from any number of processes."""
    for campaign in db.session.scalars(
            select(Campaign).where(Campaign.state == CampaignState.SENDING, Campaign.canary > 0)).all():
        if first := first_of(campaign):
            _decide(campaign, first, now)


def _decide(campaign: Campaign, first: First, now: datetime) -> None:
    left = left_by(campaign)
    if first.failed >= max(2, TOO_MANY_FAILED * first.size):
        _stop(campaign, f"{first.failed:,} of the first {first.size:,} people could not be reached",
              failures_seen=first.failed * 2 > first.size)  # a few of the first say nothing of most of all
    elif left >= max(2, TOO_MANY_LEFT * first.size):
        _stop(campaign, f"{left:,} of the first {first.size:,} people said stop", opt_outs_seen=True)
    elif first.delivered >= ENOUGH * first.size:
        _go(campaign, f"{first.delivered:,} of the first {first.size:,} got it")
    elif first.tried >= first.size and _is_old(campaign, now):
        _go(campaign, f"no bad news of the first {first.size:,}")


def _is_old(campaign: Campaign, now: datetime) -> bool:
    """Whether the last of the first share left so long ago that nothing more is waited for."""
    newest = db.session.scalar(select(func.max(Message.attempted_at)).where(
        Message.campaign_id == campaign.id, Message.state.in_(_TRIED)))
    return newest is not None and newest < now - timedelta(minutes=settings.start_up().canary_minutes)


def _go(campaign: Campaign, why: str) -> None:
    with transaction():
        if db.session.execute(update(Campaign).where(Campaign.id == campaign.id, Campaign.canary > 0)
                              .values(canary=0)).rowcount:
            activity.record("campaign.went_on", by=SYSTEM, subject_kind="campaign", subject_id=campaign.id,
                            subject_name=campaign.name, reason=why)
            sending.nudge()


def _stop(campaign: Campaign, why: str, **seen: bool) -> None:
    """Pause it; whoever resumes it has `seen` why, so then everybody gets it, unless it is stopped for the other reason."""
    from services.campaigns.run import pause

    try:
        with transaction():
            pause(campaign.id, reason=f"{why}. The others wait: look at the reasons, then resume or cancel", by=SYSTEM)
            db.session.execute(update(Campaign).where(Campaign.id == campaign.id).values(
                canary=0, **seen))
    except Conflict:
        return  # somebody was faster


def left_by(campaign: Campaign) -> int:
    """How many people of this campaign said stop to marketing since it began. One query over the stops since then."""
    if campaign.started_at is None:
        return 0
    return db.session.scalar(
        select(func.count(ConsentEntry.contact_id.distinct()))
        .join(Message, (Message.contact_id == ConsentEntry.contact_id) & (Message.campaign_id == campaign.id))
        .where(ConsentEntry.state == "withdrawn", ConsentEntry.category == "marketing",
               ConsentEntry.at >= campaign.started_at, Message.attempted_at <= ConsentEntry.at)) or 0


def stop_if_many_left(campaign: Campaign) -> None:
    """Pause once when more than a small share of those it reached said stop."""
    if campaign.opt_outs_seen or not (left := left_by(campaign)):
        return
    counts = sending.counts(campaign.id)
    reached = sum(counts[state] for state in _REACHED)
    if reached >= FEWEST and left > TOO_MANY_LEFT * reached and counts[MessageState.QUEUED]:
        _stop(campaign, f"{left:,} of the {reached:,} people it reached said stop", opt_outs_seen=True)
