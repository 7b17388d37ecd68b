"""While it runs: pause, resume, cancel, stop after too many failures, finish exactly once."""

from datetime import datetime

from sqlalchemy import Exists, exists, func, select, update

from core import clock
from core.actor import SYSTEM, Actor
from core.errors import Conflict
from core.states import WHY_NOT, CampaignState, MessageState, check_campaign_move
from models import Campaign, Message, db, transaction
from services import activity, sending
from services.campaigns import canary, lateness, readiness, repeat
from services.campaigns.files import hand_over_file
from services.campaigns.queries import OUT, get_campaign

# a row in one of these may still change by itself or by a person's decision, so the campaign is not finished
NOT_FINAL = (MessageState.QUEUED, MessageState.SENDING, MessageState.UNKNOWN)
TOO_MANY = 20  # so many failures, if they are most of what was tried, pause the campaign once

_CANCELLABLE = (CampaignState.DRAFT, CampaignState.SCHEDULED, CampaignState.SENDING, CampaignState.PAUSED,
                CampaignState.MISSED, CampaignState.REPEATING)


def pause(campaign_id: int, *, reason: str = "", by: Actor) -> Campaign:
    """Let nothing more leave; what is on its way may still arrive. Raises Conflict unless it is sending."""
    why = reason.strip()[:300]
    return _move(campaign_id, CampaignState.SENDING, CampaignState.PAUSED, "campaign.paused", by, reason=why,
                 shown=why or f"Paused by {by.name}")


def resume(campaign_id: int, *, by: Actor) -> Campaign:
    """Go on with those who wait. Raises Conflict unless it is paused, and when some of them waited longer than is useful:
    then a person says whether they get it all the same (lateness.py). Nor while its template may not be sent. Raises
    Invalid or CarrierTrouble when WhatsApp does not take the file of its message.
    """
    if late := lateness.late(get_campaign(campaign_id)):
        raise Conflict(lateness.question(late))
    if get_campaign(campaign_id).state is CampaignState.PAUSED:
        if why := readiness.template_trouble(get_campaign(campaign_id)):
            raise Conflict(why)
        hand_over_file(get_campaign(campaign_id))
    return _move(campaign_id, CampaignState.PAUSED, CampaignState.SENDING, "campaign.resumed", by)


def cancel(campaign_id: int, *, by: Actor) -> int:
    """Stop for good; how many messages were taken back. When this returns, nothing more is claimed for it.

    Messages on their way may still arrive; their outcome is written down. Raises Conflict when it is over already.
    """
    with transaction():
        repeat.end(campaign_id)
        changed = db.session.execute(
            update(Campaign).where(Campaign.id == campaign_id, Campaign.state.in_(_CANCELLABLE))
            .values(state=CampaignState.CANCELLED, finished_at=clock.now(), paused_reason="")).rowcount
        campaign = get_campaign(campaign_id)
        if not changed:
            check_campaign_move(campaign.state, CampaignState.CANCELLED)
        stopped = sending.cancel_queued(campaign_id)
        _note("campaign.cancelled", campaign, by, stopped=stopped)
    return stopped


def finish_done(now: datetime) -> int:
    """Close every sending campaign whose every row is final; how many were closed by this call.

    Safe to call from any number of processes. Also pauses what fails too often, and takes back messages that came
    back to the queue after their campaign was cancelled.
    """
    _stop_leftovers()
    for campaign in db.session.scalars(select(Campaign).where(Campaign.state == CampaignState.SENDING)).all():
        _pause_if_failing(campaign)
        canary.stop_if_many_left(campaign)
    canary.look(now)
    ready = db.session.scalars(
        select(Campaign.id).where(Campaign.state == CampaignState.SENDING, ~_has_open_rows())).all()
    return sum(_finish(campaign_id, now) for campaign_id in ready)


def _finish(campaign_id: int, now: datetime) -> bool:
    """True when this call closed it."""
    with transaction():
        # held first, so that the rows are looked at after whoever has just put some of them back into the queue
        db.session.execute(select(Campaign.id).where(Campaign.id == campaign_id).with_for_update())
        won = db.session.execute(
            update(Campaign)
            .where(Campaign.id == campaign_id, Campaign.state == CampaignState.SENDING, ~_has_open_rows())
            .values(state=CampaignState.FINISHED, finished_at=now)).rowcount
        if won:
            _note("campaign.finished", get_campaign(campaign_id), SYSTEM)
    return bool(won)


def _has_open_rows() -> Exists:
    """Whether a campaign has a message that is not final."""
    return exists().where(Message.campaign_id == Campaign.id, Message.state.in_(NOT_FINAL)).correlate(Campaign)


def _stop_leftovers() -> None:
    """Messages that were on their way when their campaign was cancelled and came back to the queue."""
    left = db.session.scalars(
        select(Campaign.id).where(Campaign.state == CampaignState.CANCELLED,
                                  exists().where(Message.campaign_id == Campaign.id,
                                                 Message.state == MessageState.QUEUED).correlate(Campaign))).all()
    for campaign_id in left:
        sending.cancel_queued(campaign_id)


def _pause_if_failing(campaign: Campaign) -> None:
    """Stop and ask when most of what was tried failed: the rest would very likely fail, too.

    Only once: when a person has resumed it, they have seen the reason and it is theirs to decide.
    """
    if campaign.failures_seen or _count(campaign.id, MessageState.FAILED) < TOO_MANY:
        return
    counts = sending.counts(campaign.id)
    failed = counts[MessageState.FAILED]
    tried = failed + sum(counts[state] for state in OUT)
    if failed * 2 <= tried or not counts[MessageState.QUEUED]:
        return
    try:
        with transaction():
            pause(campaign.id, reason=f"{failed:,} of the {tried:,} messages tried so far failed", by=SYSTEM)
            campaign.failures_seen = True
    except Conflict:
        return  # somebody paused or cancelled it first


def _count(campaign_id: int, state: MessageState) -> int:
    return db.session.scalar(
        select(func.count()).select_from(Message)
        .where(Message.campaign_id == campaign_id, Message.state == state)) or 0


def _move(campaign_id: int, old: CampaignState, new: CampaignState, verb: str, by: Actor, *,
          reason: str = "", shown: str = "") -> Campaign:
    """Claim the campaign from `old` to `new` and note it; `shown` stands on its page meanwhile. Raises Conflict."""
    with transaction():
        changed = db.session.execute(
            update(Campaign).where(Campaign.id == campaign_id, Campaign.state == old)
            .values(state=new, paused_reason=shown)).rowcount
        campaign = get_campaign(campaign_id)
        if not changed:
            raise Conflict(WHY_NOT[campaign.state])
        _note(verb, campaign, by, **({"reason": reason} if reason else {}))
    return campaign


def _note(verb: str, campaign: Campaign, by: Actor, **details: object) -> None:
    activity.record(verb, by=by, subject_kind="campaign", subject_id=campaign.id, subject_name=campaign.name,
                    **details)
