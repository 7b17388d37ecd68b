"""One look at the rehearsals: begin what waits, watch what runs, keep what came of it.

The rehearsal itself happens in a process of its own (jobs/rehearsal.py) in a folder of its own. A lease says that
somebody watches; whoever finds it run out makes the copy anew and starts from the beginning, because nothing of a
half-made one counts. The child ends by itself when its parent is gone.
"""

import json
import logging
import shutil
import subprocess
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import or_, select, update

from core import clock
from core.errors import DashboardError
from core.states import RehearsalState
from models import Rehearsal, db, transaction
from services import campaigns, settings
from services.rehearsals import child
from services.rehearsals.copying import copy_into
from services.rehearsals.queries import mark_of

LEASE = timedelta(seconds=30)
LEASE_OF_COPYING = timedelta(minutes=5)
LONGEST = 1800.0  # seconds one rehearsal may take

log = logging.getLogger("app")


@dataclass(slots=True)
class _Own:
    """A rehearsal this process watches. `lease` is what we wrote last: another value there means it is not ours."""

    id: int
    process: subprocess.Popen[bytes]
    folder: Path
    lease: datetime
    began: float
    figures: dict[str, Any]


_own: dict[int, _Own] = {}


def look(now: datetime) -> bool:
    """One look; True while this process has a rehearsal in hand. Quick, but for the moment when a copy is made."""
    for one in list(_own.values()):
        _watch(one, now)
    if not _own and (claimed := _claim(now)):
        _begin(*claimed)
    return bool(_own)


def stop_own() -> None:
    """End the processes of this one's rehearsals; whoever looks next begins them anew."""
    for one in list(_own.values()):
        _forget(one)


def _claim(now: datetime) -> tuple[int, datetime] | None:
    """The oldest that waits, or whose watcher is gone; the value that was written as its lease."""
    waits = or_(Rehearsal.state == RehearsalState.QUEUED,
                (Rehearsal.state == RehearsalState.RUNNING) & (Rehearsal.lease_until < now))
    chosen = db.session.scalar(select(Rehearsal.id).where(waits).order_by(Rehearsal.id).limit(1))
    if chosen is None:
        return None
    lease = now + LEASE_OF_COPYING
    with transaction():
        won = db.session.execute(update(Rehearsal).where(Rehearsal.id == chosen, waits).values(
            state=RehearsalState.RUNNING, lease_until=lease, total=0, done=0, figures={}, reason="")).rowcount
    return (chosen, lease) if won else None


def _begin(rehearsal_id: int, lease: datetime) -> None:
    """Make the copy and start the process; what goes wrong is said on the rehearsal."""
    folder = _folder_of(rehearsal_id)
    _sweep()
    try:
        shutil.rmtree(folder, ignore_errors=True)
        campaign = campaigns.get_campaign(_campaign_of(rehearsal_id))
        if reason := campaigns.why_not(campaign):
            raise _Refused(reason)
        figures = {"mark": mark_of(campaign), "rate": campaign.channel.send_rate, "is_now": not campaign.wall_time}
        began = clock.monotonic()
        starts_at = copy_into(folder, campaign)
        campaign_id = campaign.id
        db.session.rollback()  # nothing was written; the next look sees fresh rows
        process = child.begin(folder, campaign_id=campaign_id, starts_at=starts_at)
    except Exception as error:
        db.session.rollback()
        if not isinstance(error, DashboardError):
            log.exception("rehearsal %d could not begin", rehearsal_id)
        words = error.message if isinstance(error, DashboardError) else "Something unexpected happened; the log says what"
        shutil.rmtree(folder, ignore_errors=True)
        _end(rehearsal_id, lease, RehearsalState.FAILED, words)
        return
    _own[rehearsal_id] = _Own(rehearsal_id, process, folder, lease, began, figures)


class _Refused(DashboardError):
    """The campaign cannot be sent as it is any more."""


def _watch(one: _Own, now: datetime) -> None:
    """Say how far it is, and keep what came of it once it has ended."""
    has_ended = one.process.poll() is not None  # asked first: what it wrote before is there now
    told = child.told(one.folder)
    if not _renew(one, now, told):
        _forget(one)
    elif has_ended:
        _settle(one)
    elif clock.monotonic() - one.began > LONGEST:
        _forget(one)
        _end(one.id, one.lease, RehearsalState.FAILED, "It took more than half an hour, so it was stopped")


def _renew(one: _Own, now: datetime, told: dict[str, Any]) -> bool:
    """Hold on to it. False when somebody stopped it, or another process has it by now."""
    lease = now + LEASE
    with transaction():
        is_ours = bool(db.session.execute(
            update(Rehearsal).where(Rehearsal.id == one.id, Rehearsal.state == RehearsalState.RUNNING,
                                    Rehearsal.lease_until == one.lease)
            .values(lease_until=lease, total=told.get("total", 0), done=told.get("done", 0))).rowcount)
    one.lease = lease
    return is_ours


def _settle(one: _Own) -> None:
    """The process has ended: its figures, or why there are none."""
    result, printed = child.result_of(one.folder), child.printed(one.folder)
    took = round(clock.monotonic() - one.began, 1)
    _forget(one)
    if printed and (not result or result.get("trouble")):
        log.error("rehearsal %d said: %s", one.id, printed)
    if not result:
        log.error("the process of rehearsal %d ended with %s and no figures", one.id, one.process.returncode)
        _end(one.id, one.lease, RehearsalState.FAILED, "It ended before its time; start it again")
    elif result.get("trouble"):
        _end(one.id, one.lease, RehearsalState.FAILED, str(result["trouble"]))
    else:
        _end(one.id, one.lease, RehearsalState.FINISHED, "", one.figures | result | {"took_seconds": took}
             | times_of(result["waves"], one.figures["rate"]))


def times_of(waves: list[tuple[str, int]], rate: float) -> dict[str, Any]:
    """When the first and the last message would leave at the real number's rate, and for how many seconds it sends."""
    if not waves:
        return {"ends_at": "", "seconds": 0}
    moment = datetime.fromisoformat(min(at for at, _ in waves))
    busy = 0.0
    for at, count in sorted(waves):
        moment = max(moment, datetime.fromisoformat(at)) + timedelta(seconds=count / rate)
        busy += count / rate
    return {"ends_at": moment.isoformat(), "seconds": round(busy)}


def _end(rehearsal_id: int, lease: datetime, state: RehearsalState, reason: str,
         figures: dict[str, Any] | None = None) -> None:
    """Write the last word, unless somebody else has it by now."""
    values: dict[str, Any] = {"state": state, "reason": reason[:300], "lease_until": None, "finished_at": clock.now()}
    if figures is not None:
        report = figures["report"]
        values |= {"figures": json.loads(json.dumps(figures)), "total": report["total"], "done": report["total"]}
    with transaction():
        db.session.execute(update(Rehearsal).where(
            Rehearsal.id == rehearsal_id, Rehearsal.state == RehearsalState.RUNNING, Rehearsal.lease_until == lease)
            .values(**values))


def _forget(one: _Own) -> None:
    """Let go of it: no process, no folder."""
    child.end(one.process)
    shutil.rmtree(one.folder, ignore_errors=True)
    _own.pop(one.id, None)


def _sweep() -> None:
    """Remove what dead processes left of rehearsals that are over."""
    place = _place()
    if not place.is_dir():
        return
    running = {str(one) for one in db.session.scalars(
        select(Rehearsal.id).where(Rehearsal.state == RehearsalState.RUNNING))}
    for folder in place.iterdir():
        if folder.name not in running:
            shutil.rmtree(folder, ignore_errors=True)


def _campaign_of(rehearsal_id: int) -> int:
    return db.session.scalars(select(Rehearsal.campaign_id).where(Rehearsal.id == rehearsal_id)).one()


def _place() -> Path:
    return Path(settings.start_up().instance).resolve() / "rehearsals"


def _folder_of(rehearsal_id: int) -> Path:
    return _place() / str(rehearsal_id)
