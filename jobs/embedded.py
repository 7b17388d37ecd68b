"""APScheduler inside the process. It only ticks: every claim is decided by the database, so several are harmless."""

import logging
from collections.abc import Callable
from datetime import timedelta

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.jobstores.base import JobLookupError
from apscheduler.schedulers.background import BackgroundScheduler
from flask import Flask

from core import background, clock
from core.background import Job
from jobs.registry import JOBS

log = logging.getLogger("app")
_scheduler: BackgroundScheduler | None = None


def start(app: Flask, *, nudge_sender: Callable[[], None] | None = None) -> None:
    """Tick every job of the registry in this process until stop()."""
    global _scheduler
    logging.getLogger("apscheduler").setLevel(logging.ERROR)  # a tick that finds the last one still working is fine
    _scheduler = BackgroundScheduler(
        timezone="UTC", executors={"default": ThreadPoolExecutor(len(JOBS))},
        job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None})
    for number, (job, row) in enumerate(JOBS.items()):
        _scheduler.add_job(run, "interval", seconds=row.every, args=(app, job, nudge_sender), id=job,
                           next_run_time=clock.now() + timedelta(milliseconds=50 * number))
    _scheduler.start()
    background.install(nudge)


def stop() -> None:
    """End the ticking; work in hand is waited for."""
    global _scheduler
    background.install(None)
    if _scheduler is not None:
        _scheduler.shutdown(wait=True)
        _scheduler = None


def nudge(job: Job) -> None:
    """Run this job now rather than at its next tick."""
    scheduler = _scheduler
    if scheduler is None:
        return
    try:
        scheduler.modify_job(job, next_run_time=clock.now())
    except JobLookupError:
        log.debug("nudged a job that is not scheduled: %s", job)


def run(app: Flask, job: Job, nudge_sender: Callable[[], None] | None = None) -> None:
    """One look at one job. What goes wrong is logged and tried again at the next tick."""
    with app.app_context():
        try:
            JOBS[job].call()
        except Exception:
            log.exception("job %s failed", job)
    if nudge_sender and job in (Job.LAUNCH_DUE_CAMPAIGNS, Job.SETTLE_UNKNOWN):
        nudge_sender()
