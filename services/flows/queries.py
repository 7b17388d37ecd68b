"""Flows in a list, what happened at each node, and the way of one person. Never writes."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import case, func, select

from core.errors import NotFound
from models import Contact, Flow, FlowSession, FlowStep, FlowVersion, db

LEFT = ("timed_out", "stopped", "broken")  # ends that nobody meant


@dataclass(frozen=True, slots=True)
class FlowRow:
    """One flow in the list."""

    id: int
    name: str
    is_on: bool
    version: int  # 0: never published
    has_changes: bool
    inside: int
    started: int
    finished: int
    last_at: datetime | None


@dataclass(slots=True)
class NodeFigures:
    """What happened at one node: people who came, who answered, and those for whom it ended here unmeant."""

    entered: int = 0
    answered: int = 0
    left: int = 0
    inside: int = 0


@dataclass(frozen=True, slots=True)
class Trace:
    """The way of one person through one flow."""

    session: FlowSession
    flow_name: str
    person: Contact
    version: int
    steps: Sequence[FlowStep] = field(default_factory=list)


def all_flows() -> list[FlowRow]:
    """Every flow by name, with figures. Three queries."""
    flows = db.session.scalars(select(Flow).where(Flow.deleted_at.is_(None)).order_by(func.lower(Flow.name), Flow.id)).all()
    newest = _newest([flow.id for flow in flows])
    figures = {row.flow_id: row for row in db.session.execute(
        select(FlowSession.flow_id, func.count().label("started"), func.max(FlowSession.moved_at).label("last_at"),
               func.count(case((FlowSession.ended_at.is_(None), 1))).label("inside"),
               func.count(case((FlowSession.ended.in_(("done", "handed_over", "went_on")), 1))).label("finished"))
        .group_by(FlowSession.flow_id))}
    found = []
    for flow in flows:
        number, drawing = newest.get(flow.id, (0, None))
        row = figures.get(flow.id)
        found.append(FlowRow(flow.id, flow.name, flow.is_on, number, drawing != flow.drawing, row.inside if row else 0,
                             row.started if row else 0, row.finished if row else 0, row.last_at if row else None))
    return found


def _newest(flow_ids: Sequence[int]) -> dict[int, tuple[int, Any]]:
    """Number and drawing of the newest version of each."""
    last = select(FlowVersion.flow_id, func.max(FlowVersion.number).label("number")).where(
        FlowVersion.flow_id.in_(flow_ids)).group_by(FlowVersion.flow_id).subquery()
    rows = db.session.execute(select(FlowVersion.flow_id, FlowVersion.number, FlowVersion.drawing).join(
        last, (last.c.flow_id == FlowVersion.flow_id) & (last.c.number == FlowVersion.number)))
    return {flow_id: (number, drawing) for flow_id, number, drawing in rows}


def choices_of_flows() -> list[tuple[int, str]]:
    """Flows that may be started, by name. One query."""
    return [(row.id, row.name) for row in db.session.execute(select(Flow.id, Flow.name).where(
        Flow.deleted_at.is_(None), Flow.is_on.is_(True)).order_by(func.lower(Flow.name)))]


def figures_of(flow_id: int) -> dict[str, NodeFigures]:
    """What happened at each node, over all versions. Two queries."""
    found: dict[str, NodeFigures] = {}
    steps = db.session.execute(
        select(FlowStep.node, FlowStep.what, func.count(func.distinct(FlowStep.session_id)))
        .join(FlowVersion, FlowVersion.id == FlowStep.version_id)
        .where(FlowVersion.flow_id == flow_id, FlowStep.what.in_(("entered", "answered"))).group_by(FlowStep.node, FlowStep.what))
    for node, what, count in steps:
        setattr(found.setdefault(node, NodeFigures()), what, count)
    stands = db.session.execute(
        select(FlowSession.node, func.count(case((FlowSession.ended.in_(LEFT), 1))),
               func.count(case((FlowSession.ended_at.is_(None), 1))))
        .where(FlowSession.flow_id == flow_id).group_by(FlowSession.node))
    for node, left, inside in stands:
        figure = found.setdefault(node, NodeFigures())
        figure.left, figure.inside = left, inside
    return found


def sessions_of(flow_id: int, *, node: str = "", only: str = "", limit: int = 100) -> Sequence[Any]:
    """(session, person) of those who went through a flow, the newest first; `only` is inside, finished or left. One query."""
    wanted = select(FlowSession, Contact).join(Contact, Contact.id == FlowSession.contact_id).where(
        FlowSession.flow_id == flow_id)
    if node:
        wanted = wanted.where(FlowSession.node == node)
    if only == "inside":
        wanted = wanted.where(FlowSession.ended_at.is_(None))
    elif only == "left":
        wanted = wanted.where(FlowSession.ended.in_(LEFT))
    elif only == "finished":
        wanted = wanted.where(FlowSession.ended_at.is_not(None), FlowSession.ended.not_in(LEFT))
    return db.session.execute(wanted.order_by(FlowSession.id.desc()).limit(limit)).all()


def trace_of(session_id: int) -> Trace:
    """The way of one person, step by step. Three queries. Raises NotFound."""
    row = db.session.execute(
        select(FlowSession, Flow.name, Contact, FlowVersion.number).join(Flow, Flow.id == FlowSession.flow_id)
        .join(Contact, Contact.id == FlowSession.contact_id).join(FlowVersion, FlowVersion.id == FlowSession.version_id)
        .where(FlowSession.id == session_id)).first()
    if row is None:
        raise NotFound("There is no such way through a flow")
    steps = db.session.scalars(select(FlowStep).where(FlowStep.session_id == session_id).order_by(FlowStep.id)).all()
    return Trace(row[0], row[1], row[2], row[3], steps)


def session_of_message(message_id: int) -> int | None:
    """The way through a flow that sent this message, if one did. One query."""
    return db.session.scalar(select(FlowStep.session_id).where(FlowStep.message_id == message_id))
