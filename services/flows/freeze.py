"""Flows stop when a template they send is not any more what it was."""

from collections.abc import Sequence

from sqlalchemy import select

from core.actor import SYSTEM
from models import Flow, db, transaction
from services import actions, activity
from services.flows.edit import newest_version


def freeze(version_ids: Sequence[int], reason: str) -> int:
    """Let nobody begin a flow whose published form sends one of these versions, and say why on it; how many. Whoever is in
    the middle goes on, and a message that may not be sent is left out with its reason. Joins the caller's transaction."""
    count = 0
    with transaction():
        for flow in db.session.scalars(select(Flow).where(Flow.is_on, Flow.deleted_at.is_(None)).order_by(Flow.id)).all():
            last = newest_version(flow.id)
            nodes = last.drawing.get("nodes", ()) if last else ()
            if actions.versions_in([node.get("action") or {} for node in nodes]) & set(version_ids):
                flow.is_on, flow.stopped_why, count = False, reason[:300], count + 1
                activity.record("flow.stopped", by=SYSTEM, subject_kind="flow", subject_id=flow.id, subject_name=flow.name,
                                reason=reason)
    return count
