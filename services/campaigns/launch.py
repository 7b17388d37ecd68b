"""What is due starts exactly once: the claim, the frozen audience and its messages are one transaction.

However many processes look, the UPDATE on the old state lets one win; a death in the middle leaves the campaign
scheduled, as if nothing had happened, and the next look starts it. What may take long, or waits for a carrier, is done
before and may be done twice: unknown numbers of its list become contacts, its picture is made known to the carrier.
"""

import logging
from datetime import datetime
from functools import partial

from sqlalchemy import select, update

from core import clock, wall_time
from core.actor import SYSTEM
from core.errors import Invalid, NotFound
from core.states import CampaignState, MessageState
from models import Campaign, db, transaction
from services import activity, sending, settings
from services.campaigns import audience_freeze, canary
from services.campaigns.files import hand_over_file
from services.campaigns.queries import get_campaign
from services.campaigns.readiness import NOBODY, why_not, why_not_at_all
from services.campaigns.repeat_start import overlap

log = logging.getLogger("app")


class _NobodyLeft(Exception):
    """The audience was frozen and nobody in it may get the message."""


def launch_due(now: datetime) -> int:
    """Start every scheduled campaign whose time has come, or mark it missed; how many were started by this call."""
    due = db.session.scalars(
        select(Campaign.id).where(Campaign.state == CampaignState.SCHEDULED, Campaign.start_at <= now)
        .order_by(Campaign.start_at, Campaign.id)).all()
    db.session.rollback()
    return sum(map(partial(_guarded, now=now), due))


def _guarded(campaign_id: int, *, now: datetime) -> bool:
    """Start one; trouble with it must not keep the others from starting. It stays due and is tried again, unless it
    could never start: then it is missed, with the reason."""
    try:
        _prepare(campaign_id, now=now)
        return _start_or_miss(campaign_id, now=now)
    except _NobodyLeft:
        return _give_up(campaign_id, why_not(get_campaign(campaign_id)) or NOBODY, now=now)
    except (Invalid, NotFound) as error:
        db.session.rollback()
        return _give_up(campaign_id, error.message, now=now)
    except Exception:
        db.session.rollback()
        log.exception("campaign %d could not be started", campaign_id)
        return False


def _prepare(campaign_id: int, *, now: datetime) -> None:
    """What must be there before it starts, in transactions of its own; nothing for what will be missed."""
    campaign = get_campaign(campaign_id)
    if campaign.state is not CampaignState.SCHEDULED or _is_too_late(campaign, now) or why_not_at_all(campaign):
        return
    audience_freeze.add_strangers(campaign)
    hand_over_file(campaign)


def _start_or_miss(campaign_id: int, *, now: datetime) -> bool:
    """True when this call started it."""
    with transaction():
        if not _claim(campaign_id, now=now):
            return False
        campaign = get_campaign(campaign_id)
        if _is_too_late(campaign, now):
            _miss(campaign, f"It was due {_when(campaign)}, and its latest useful time had passed")
            return False
        if reason := overlap(campaign) or why_not_at_all(campaign):
            _miss(campaign, reason)
            return False
        _freeze(campaign, now)
    return True


def _freeze(campaign: Campaign, now: datetime) -> None:
    """Write one message a person, with the verdict and values of this moment. Raises _NobodyLeft when none may leave:
    then nothing is written."""
    counts = sending.counts(campaign.id) if audience_freeze.freeze(campaign, now) else {}
    if not counts.get(MessageState.QUEUED):
        raise _NobodyLeft
    canary.begin(campaign, counts[MessageState.QUEUED])
    activity.record("campaign.started", by=SYSTEM, subject_kind="campaign", subject_id=campaign.id,
                    subject_name=campaign.name, queued=counts[MessageState.QUEUED],
                    skipped=counts[MessageState.SKIPPED])


def _give_up(campaign_id: int, reason: str, *, now: datetime) -> bool:
    """It cannot start, now or later: ask a person."""
    with transaction():
        if _claim(campaign_id, now=now):
            _miss(get_campaign(campaign_id), reason)
    return False


def _claim(campaign_id: int, *, now: datetime) -> bool:
    """Whether we are the one who moves it: the old state lets one win."""
    return bool(db.session.execute(
        update(Campaign)
        .where(Campaign.id == campaign_id, Campaign.state == CampaignState.SCHEDULED, Campaign.start_at <= now)
        .values(state=CampaignState.SENDING, paused_reason="", started_at=now)).rowcount)


def _miss(campaign: Campaign, reason: str) -> None:
    """We hold the claim: do not send, ask a person."""
    db.session.execute(
        update(Campaign).where(Campaign.id == campaign.id)
        .values(state=CampaignState.MISSED, started_at=None, paused_reason=reason[:300]))
    activity.record("campaign.missed", by=SYSTEM, subject_kind="campaign", subject_id=campaign.id,
                    subject_name=campaign.name, due=_when(campaign), reason=reason)


def _is_too_late(campaign: Campaign, now: datetime) -> bool:
    """Whether its latest useful time has passed."""
    return campaign.latest_at is not None and campaign.latest_at < now


def _when(campaign: Campaign) -> str:
    """When it was due, in its own zone, or ours where this machine knows no such zone."""
    zone = campaign.zone if campaign.zone in clock.zone_names() else settings.time_zone()
    return wall_time.words(campaign.start_at, zone)  # type: ignore[arg-type]
