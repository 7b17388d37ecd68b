"""Messages that would come later than is useful: they wait, the campaign stops, and a person says what becomes of them."""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select, update

from core import clock
from core.actor import SYSTEM, Actor
from core.errors import Conflict
from core.states import WHY_NOT, CampaignState, MessageState
from core.words import plural
from models import Campaign, Message, db, transaction
from services import activity, sending
from services.campaigns.queries import get_campaign

WORDS = "Would have come after its latest useful time"


def hold_late(now: datetime) -> int:
    """Pause every campaign that has messages in its queue which are of no use any more; how many were paused.

    Safe to call from any number of processes: the old state lets one pause it. One query when nothing is late.
    """
    late = db.session.execute(
        select(Message.campaign_id, func.count()).join(Campaign, Campaign.id == Message.campaign_id)
        .where(Campaign.state == CampaignState.SENDING, Message.state == MessageState.QUEUED,
               Message.latest_at.is_not(None), _useless(Message.latest_at, now))
        .group_by(Message.campaign_id)).all()
    db.session.rollback()
    return sum(_hold(campaign_id, count) for campaign_id, count in late if campaign_id)


def _hold(campaign_id: int, count: int) -> bool:
    """True when this call paused it."""
    with transaction():
        won = db.session.execute(
            update(Campaign).where(Campaign.id == campaign_id, Campaign.state == CampaignState.SENDING)
            .values(state=CampaignState.PAUSED, paused_reason=question(count)[:300])).rowcount
        if won:
            _note("campaign.late", get_campaign(campaign_id), SYSTEM, count)
    return bool(won)


def late(campaign: Campaign) -> int:
    """How many people of a paused campaign wait longer than is useful. One query, none in other states."""
    if campaign.state is not CampaignState.PAUSED:
        return 0
    return db.session.scalar(select(func.count()).select_from(Message).where(_waiting(campaign))) or 0


def question(count: int) -> str:
    """What a person is asked."""
    return (f"{plural(count, 'person waits', 'people wait')} past the latest useful time. "
            "Choose: send to them anyway, or leave them out")


def send_late(campaign_id: int, *, by: Actor) -> int:
    """They get it all the same, and the campaign goes on; how many they are. Raises Conflict unless it is paused."""
    return _decide(campaign_id, "campaign.late_sent", by, {"latest_at": None}, {"latest_at": None})


def leave_out_late(campaign_id: int, *, by: Actor) -> int:
    """They do not get it, with the reason, and the campaign goes on; how many they are. Raises Conflict."""
    return _decide(campaign_id, "campaign.late_left", by,
                   {"state": MessageState.SKIPPED, "reason_code": "too_late", "reason": WORDS}, {})


def _decide(campaign_id: int, verb: str, by: Actor, values: dict[str, Any], kept: dict[str, Any]) -> int:
    """Claim the campaign from paused to sending and decide about those who are late; both happen or neither."""
    with transaction():
        campaign = get_campaign(campaign_id)
        waiting = _waiting(campaign)  # by the latest moment it has now
        won = db.session.execute(
            update(Campaign).where(Campaign.id == campaign_id, Campaign.state == CampaignState.PAUSED)
            .values(state=CampaignState.SENDING, paused_reason="", **kept)).rowcount
        if not won:
            raise Conflict(WHY_NOT[get_campaign(campaign_id).state])
        count = db.session.execute(update(Message).where(waiting).values(**values)).rowcount
        _note(verb, campaign, by, count)
        sending.nudge()
    return count


def _waiting(campaign: Campaign) -> ColumnElement[bool]:
    """Of a message: that it waits in this campaign's queue and is of no use any more."""
    latest = func.coalesce(Message.latest_at, campaign.latest_at) if campaign.latest_at else Message.latest_at
    return and_(Message.campaign_id == campaign.id, Message.state == MessageState.QUEUED, _useless(latest, clock.now()))


def _useless(latest: Any, now: datetime) -> ColumnElement[bool]:
    """Past already, or put off until after it."""
    return or_(latest < now, and_(Message.latest_at.is_not(None), Message.due_at > Message.latest_at))


def _note(verb: str, campaign: Campaign, by: Actor, count: int) -> None:
    activity.record(verb, by=by, subject_kind="campaign", subject_id=campaign.id, subject_name=campaign.name, count=count)
