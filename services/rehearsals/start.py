"""Ask for a rehearsal, or stop one. Nothing but the row of the rehearsal is written."""

from sqlalchemy import exists, select, update

from core import clock
from core.actor import Actor
from core.background import Job, enqueue
from core.errors import Conflict
from core.states import RehearsalState
from models import Rehearsal, after_commit, db, transaction
from services import campaigns
from services.rehearsals.queries import AT_WORK


def start(campaign_id: int, *, by: Actor) -> Rehearsal:
    """Have the campaign as it stands now rehearsed soon, in the background.

    Raises NotFound, and Conflict with the reason when it could not be sent as it is, or is being rehearsed already.
    """
    campaign = campaigns.get_campaign(campaign_id)
    if reason := campaigns.why_not(campaign):
        raise Conflict(reason)
    with transaction():
        if db.session.scalar(select(exists().where(
                Rehearsal.campaign_id == campaign_id, Rehearsal.state.in_(AT_WORK)))):
            raise Conflict("This campaign is being rehearsed already; wait for it, or stop it first")
        row = Rehearsal(campaign_id=campaign_id, created_by=by.name)
        db.session.add(row)
        db.session.flush()
        after_commit(lambda: enqueue(Job.RUN_REHEARSALS))
    return row


def stop(campaign_id: int) -> bool:
    """End the rehearsal of this campaign that waits or runs. False when there was none."""
    with transaction():
        return bool(db.session.execute(
            update(Rehearsal).where(Rehearsal.campaign_id == campaign_id, Rehearsal.state.in_(AT_WORK))
            .values(state=RehearsalState.STOPPED, reason="Somebody stopped it", lease_until=None,
                    finished_at=clock.now())).rowcount)
