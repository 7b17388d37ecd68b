"""While it repeats: each planned time makes one campaign, exactly once under any number of processes, or is said to be missed.

The claim on the schedule (UPDATE … WHERE next_for is the one that was seen), the campaign it makes and the step to the
next time are one transaction; the pair of pattern and planned time is unique besides. What was made is `scheduled`
like any other, and starts like any other.
"""

import logging
from collections.abc import Sequence
from datetime import datetime
from functools import partial
from itertools import takewhile

from sqlalchemy import exists, insert, literal, select, update

from core import clock, wall_time
from core.actor import SYSTEM, Actor
from core.background import Job, enqueue
from core.errors import Conflict
from core.states import WHY_NOT, CampaignState
from models import Campaign, CampaignList, CampaignListRow, Schedule, after_commit, db, transaction
from services import activity
from services.campaigns import own_time, places
from services.campaigns.edit import NAME_LIMIT
from services.campaigns.queries import get_campaign
from services.campaigns.repeat_start import Coming, columns, coming, kept

MOST_MISSED = 5  # so many planned times of one long downtime ask one by one; older ones are counted together

log = logging.getLogger("app")
_COPIED = ("channel_id", "version_id", "audience", "variables", "unknown_policy", "created_by")


def make_due(now: datetime) -> int:
    """Make the campaign of every planned time that has come; how many were made by this call. They start as others do."""
    due = db.session.execute(
        select(Schedule.campaign_id, Schedule.next_for).join(Campaign, Campaign.id == Schedule.campaign_id)
        .where(Schedule.next_at <= now, Schedule.paused_at.is_(None), Campaign.state == CampaignState.REPEATING)
        .order_by(Schedule.next_at, Schedule.id)).all()
    db.session.rollback()
    return sum(_guarded(campaign_id, seen, now) for campaign_id, seen in due)


def _guarded(campaign_id: int, seen: str, now: datetime) -> int:
    """Make what is due of one; trouble with it must not keep the others. It stays due and is tried again."""
    try:
        return _make(campaign_id, seen, now)
    except Exception:
        db.session.rollback()
        log.exception("the next run of campaign %d could not be made", campaign_id)
        return 0


def _make(campaign_id: int, seen: str, now: datetime) -> int:
    """How many campaigns this call made: the one that is due, and those whose time passed while nobody looked."""
    with transaction():
        if not _claim(campaign_id, seen):
            return 0
        pattern, row = get_campaign(campaign_id), kept(campaign_id)
        if row is None or row.next_at is None:
            return 0
        just_before = row.next_at - clock.TICK
        due = list(takewhile(lambda run: run.at <= now, coming(row, local_time=pattern.local_time, after=just_before)))
        useful = [run for run in due if run.useful_until >= now]
        _move_on(pattern, row, now)
        made = [_add(pattern, row, run) for run in useful]
        made += _miss(pattern, row, [run for run in due if run.useful_until < now])
        after_commit(partial(enqueue, Job.LAUNCH_DUE_CAMPAIGNS))
    return len(made)


def _claim(campaign_id: int, seen: str) -> bool:
    """Whether we are the one who makes this run. The row stays ours until the transaction ends."""
    return bool(db.session.execute(
        update(Schedule).where(Schedule.campaign_id == campaign_id, Schedule.next_for == seen,
                               Schedule.paused_at.is_(None), exists().where(
                                   Campaign.id == campaign_id, Campaign.state == CampaignState.REPEATING))
        .values(next_for="")).rowcount)


def _move_on(pattern: Campaign, row: Schedule, now: datetime) -> None:
    """To the first run after now; the pattern is finished when there is none."""
    following = next(coming(row, local_time=pattern.local_time, after=now), None)
    db.session.execute(
        update(Schedule).where(Schedule.id == row.id)
        .values(next_for=following.planned_for if following else "", next_at=following.at if following else None))
    if following is None:
        db.session.execute(update(Campaign).where(Campaign.id == pattern.id)
                           .values(state=CampaignState.FINISHED, finished_at=now))
        _note("campaign.repeats_ended", pattern, SYSTEM)
    else:
        db.session.execute(update(Campaign).where(Campaign.id == pattern.id)
                           .values(**columns(following, row, local_time=pattern.local_time)))


def _add(pattern: Campaign, row: Schedule, run: Coming) -> int:
    """The campaign of one run, with the people, words and version of its pattern; its id."""
    name = f" · {wall_time.day(run.wall.date())}"
    campaign = Campaign(name=f"{pattern.name[:NAME_LIMIT - len(name)]}{name}", state=CampaignState.SCHEDULED,
                        pattern_id=pattern.id, planned_for=run.planned_for,
                        **{column: getattr(pattern, column) for column in _COPIED},
                        **columns(run, row, local_time=pattern.local_time))
    if pattern.local_time:  # it was made when the day began on earth; it starts with the first of its own people
        people_in = [(place.zone, place.country) for place in places.of_audience(pattern)]
        campaign.start_at = own_time.span(run.wall, row.zone, people_in, run.at)[0]
    db.session.add(campaign)
    db.session.flush()
    if pattern.audience.get("list"):
        _copy_list(pattern.id, campaign.id)
    return campaign.id


def _miss(pattern: Campaign, row: Schedule, runs: Sequence[Coming]) -> list[int]:
    """Those whose latest useful time passed while nobody looked: the newest ask one by one, older ones are counted."""
    made = []
    for run in runs[-MOST_MISSED:]:
        campaign_id = _add(pattern, row, run)
        campaign = get_campaign(campaign_id)
        campaign.state = CampaignState.MISSED
        due = f"{wall_time.day(run.wall.date())}, {run.wall:%H:%M}"
        campaign.paused_reason = f"It was due {due}, and its latest useful time had passed"
        activity.record("campaign.missed", by=SYSTEM, subject_kind="campaign", subject_id=campaign_id,
                        subject_name=campaign.name, due=due, reason=campaign.paused_reason)
        made.append(campaign_id)
    if older := runs[:-MOST_MISSED]:
        _note("campaign.runs_missed", pattern, SYSTEM, count=len(older), first=wall_time.day(older[0].wall.date()),
              last=wall_time.day(older[-1].wall.date()))
    return made


def _copy_list(from_id: int, to_id: int) -> None:
    """The pattern's own list, as one set."""
    for table in (CampaignList.__table__, CampaignListRow.__table__):
        names = [column.name for column in table.c if column.name not in ("id", "campaign_id")]
        rows = select(literal(to_id), *(table.c[name] for name in names)).where(table.c.campaign_id == from_id)
        db.session.execute(insert(table).from_select(["campaign_id", *names], rows))


def pause_repeat(campaign_id: int, *, by: Actor) -> Campaign:
    """Make no more runs until it is resumed; a run that waits for its start is taken back. Raises Conflict."""
    return _act(campaign_id, "campaign.repeats_paused", by, values={"paused_at": clock.now()})


def resume_repeat(campaign_id: int, *, by: Actor) -> Campaign:
    """Go on with the first run after now; what passed meanwhile was left out on purpose. Raises Conflict."""
    with transaction():
        pattern, row = get_campaign(campaign_id), kept(campaign_id)
        if pattern.state is not CampaignState.REPEATING or row is None:
            raise Conflict(WHY_NOT[pattern.state])
        won = db.session.execute(update(Schedule).where(Schedule.id == row.id, Schedule.paused_at.is_not(None))
                                 .values(paused_at=None)).rowcount
        if not won:
            raise Conflict("It is not paused")
        _move_on(pattern, row, clock.now())
        _note("campaign.repeats_resumed", pattern, by)
    return get_campaign(campaign_id)


def stop_repeat(campaign_id: int, *, by: Actor) -> Campaign:
    """No more runs, for good; those under way go on. When this returns, none is started any more. Raises Conflict."""
    return _act(campaign_id, "campaign.repeats_stopped", by, values={"next_for": "", "next_at": None},
                state=CampaignState.FINISHED)


def change_repeat(campaign_id: int, *, by: Actor) -> Campaign:
    """Back to draft, to be changed and started again; no run starts meanwhile. Raises Conflict."""
    return _act(campaign_id, "campaign.unscheduled", by, values={"next_for": "", "next_at": None, "paused_at": None},
                state=CampaignState.DRAFT)


def end(campaign_id: int) -> None:
    """Call it first in the transaction that cancels a campaign: no run of it is made after that, and those that wait for
    their start are taken back. Nothing happens to one that does not repeat.
    """
    if db.session.execute(update(Schedule).where(Schedule.campaign_id == campaign_id, Schedule.next_for != "")
                          .values(next_for="", next_at=None)).rowcount:
        _take_back(campaign_id)


def _act(campaign_id: int, verb: str, by: Actor, *, values: dict[str, object],
         state: CampaignState = CampaignState.REPEATING) -> Campaign:
    """Hold the schedule first, so that a run is either made before, and taken back here, or not made at all."""
    with transaction():
        db.session.execute(update(Schedule).where(Schedule.campaign_id == campaign_id).values(**values))
        over = {"finished_at": clock.now()} if state is CampaignState.FINISHED else {}
        won = db.session.execute(update(Campaign).where(
            Campaign.id == campaign_id, Campaign.state == CampaignState.REPEATING).values(state=state, **over)).rowcount
        pattern = get_campaign(campaign_id)
        if not won:
            raise Conflict(WHY_NOT[pattern.state])
        _take_back(campaign_id)
        _note(verb, pattern, by)
    return get_campaign(campaign_id)


def _take_back(campaign_id: int) -> None:
    """Runs that were made and have not started."""
    db.session.execute(
        update(Campaign).where(Campaign.pattern_id == campaign_id, Campaign.state == CampaignState.SCHEDULED)
        .values(state=CampaignState.CANCELLED, finished_at=clock.now()))


def _note(verb: str, pattern: Campaign, by: Actor, **details: object) -> None:
    activity.record(verb, by=by, subject_kind="campaign", subject_id=pattern.id, subject_name=pattern.name, **details)
