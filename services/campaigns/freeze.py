"""Stop what uses a template that is not any more what it was, before the next message leaves."""

from collections.abc import Sequence

from sqlalchemy import select

from core.actor import SYSTEM
from core.errors import Conflict
from core.states import CampaignState
from models import Campaign, db
from services.campaigns.run import pause


def freeze(version_ids: Sequence[int], *, reason: str) -> int:
    """Pause every sending campaign that uses one of these versions; how many. Scheduled ones are looked at when they
    start. Join it to the transaction that writes down why, so that no claim falls between the two."""
    if not version_ids:
        return 0
    running = db.session.scalars(
        select(Campaign.id).where(Campaign.version_id.in_(version_ids), Campaign.state == CampaignState.SENDING)).all()
    return sum(_paused(campaign_id, reason) for campaign_id in running)


def _paused(campaign_id: int, reason: str) -> bool:
    try:
        pause(campaign_id, reason=reason, by=SYSTEM)
    except Conflict:
        return False  # somebody was faster
    return True
