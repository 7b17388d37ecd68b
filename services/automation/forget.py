"""Runs of rules that ended long ago go, with their steps; what they sent stays."""

from datetime import datetime

from sqlalchemy import delete, select

from models import RuleRun, db, transaction

AT_ONCE = 1000


def forget_runs(before: datetime) -> int:
    """Delete runs that began before this moment and have ended, a thousand a transaction; how many. No clock looks back that
    far, so none of them is made again."""
    old = (select(RuleRun.id).where(RuleRun.started_at < before, RuleRun.ended_at.is_not(None))
           .order_by(RuleRun.id).limit(AT_ONCE))
    count = 0
    while ids := list(db.session.scalars(old)):
        with transaction():
            count += int(db.session.execute(delete(RuleRun).where(RuleRun.id.in_(ids))).rowcount)
    return count
