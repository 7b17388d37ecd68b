"""Messages that could only leave by half: their campaign pauses itself with the reason, and nothing leaves."""

from collections.abc import Mapping, Sequence

from sqlalchemy import select, update

from core.actor import SYSTEM
from core.states import CampaignState
from models import Campaign, db
from services import activity
from services.sending.claim import NO_WORDING, Queued
from services.sending.verdict import Verdict
from services.sending.wording import Words


def hold(rows: Sequence[Queued], words: Mapping[int | None, Words]) -> tuple[list[Queued], list[tuple[int, Verdict]]]:
    """Those whose words are whole, and those that no campaign can keep waiting, with the reason. Inside a transaction."""
    held: dict[int, bool] = {}
    whole, refused = [], []
    for row in rows:
        trouble = words[row.version_id].trouble
        if not trouble:
            whole.append(row)
            continue
        if row.campaign_id is not None and row.campaign_id not in held:
            held[row.campaign_id] = _pause(row.campaign_id, trouble)
        if row.campaign_id is None or not held[row.campaign_id]:
            refused.append((row.id, Verdict(False, NO_WORDING, trouble)))
    return whole, refused


def _pause(campaign_id: int, reason: str) -> bool:
    """True when the campaign waits now; one that is over has nothing to wait with."""
    paused = db.session.execute(
        update(Campaign).where(Campaign.id == campaign_id, Campaign.state == CampaignState.SENDING)
        .values(state=CampaignState.PAUSED, paused_reason=reason[:300])).rowcount
    if paused:
        name = db.session.scalar(select(Campaign.name).where(Campaign.id == campaign_id))
        activity.record("campaign.paused", by=SYSTEM, subject_kind="campaign", subject_id=campaign_id,
                        subject_name=name or "", reason=reason)
    return bool(paused)
