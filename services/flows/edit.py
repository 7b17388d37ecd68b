"""Drawing, publishing, switching on and off, handing over as a file."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import func, select, update

from core import clock
from core.actor import Actor
from core.errors import Conflict, Invalid, NotFound
from core.words import one_line, plural
from models import Flow, FlowSession, FlowVersion, db, transaction
from services import actions, activity
from services.flows import drawing as drawings
from services.flows.check import Problem, problems_of
from services.flows.drawing import Drawing

BLANK: Mapping[str, Any] = {
    "schema": drawings.SCHEMA, "start": "hello", "menu": "", "timeout_minutes": 1440, "timeout_texts": {},
    "words": {"menu": ["menu"], "back": ["back"], "agent": ["agent"]},
    "nodes": [{"id": "hello", "kind": "say", "texts": {"": "Hello {{first_name}}"}, "next": "end"}, {"id": "end", "kind": "end"}]}
LARGEST_FILE = 512 * 1024  # bytes of an exported flow


class Unready(Conflict):
    """A flow that cannot run, with everything that keeps it from it."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__(f"{problems[0].words} ({problems[0].node or 'the whole flow'})")
        self.problems = problems


def add_flow(*, name: str, by: Actor, drawing: Mapping[str, Any] = BLANK) -> Flow:
    """Begin a flow; it is off. Raises Invalid for a name or drawing that cannot be kept."""
    plain = drawings.write(drawings.read(dict(drawing)))
    with transaction():
        flow = Flow(name=_name(name), drawing=plain, created_by=by.name[:120])
        db.session.add(flow)
        db.session.flush()
        activity.record("flow.added", by=by, subject_kind="flow", subject_id=flow.id, subject_name=flow.name)
    return flow


def get_flow(flow_id: int) -> Flow:
    """One flow. Raises NotFound."""
    flow = db.session.get(Flow, flow_id)
    if flow is None or flow.deleted_at is not None:
        raise NotFound("There is no such flow; it may have been deleted")
    return flow


def change_flow(flow_id: int, *, by: Actor, name: str | None = None, drawing: Mapping[str, Any] | None = None) -> Flow:
    """Keep another name or drawing; whoever is in the middle of the flow notices nothing until it is published.

    Raises NotFound, Invalid.
    """
    plain = None if drawing is None else drawings.write(drawings.read(dict(drawing)))
    with transaction():
        flow = get_flow(flow_id)
        flow.name = flow.name if name is None else _name(name)
        flow.drawing = flow.drawing if plain is None else plain
    return flow


def publish(flow_id: int, *, by: Actor) -> FlowVersion:
    """Make the drawing what people go through from now on, and switch it on. Raises NotFound, Unready."""
    with transaction():
        flow = get_flow(flow_id)
        if problems := problems_of(drawings.read(flow.drawing)):
            raise Unready(problems)
        last = newest_version(flow_id)
        if last is None or last.drawing != flow.drawing:
            last = FlowVersion(flow_id=flow_id, number=(last.number if last else 0) + 1, drawing=flow.drawing,
                               published_by=by.name[:120])
            db.session.add(last)
            db.session.flush()
            activity.record("flow.published", by=by, subject_kind="flow", subject_id=flow_id, subject_name=flow.name,
                            number=last.number)
        actions.check_templates([node.get("action") or {} for node in flow.drawing.get("nodes", ())])
        flow.is_on, flow.stopped_why = True, ""
    return last


def newest_version(flow_id: int) -> FlowVersion | None:
    """What was published last, if anything was. One query."""
    return db.session.scalars(select(FlowVersion).where(FlowVersion.flow_id == flow_id)
                              .order_by(FlowVersion.number.desc()).limit(1)).first()


def switch(flow_id: int, *, is_on: bool, by: Actor) -> None:
    """Let it be started, or not any more; whoever is in the middle goes on. Raises NotFound, Conflict before publishing."""
    with transaction():
        flow = get_flow(flow_id)
        if is_on and newest_version(flow_id) is None:
            raise Conflict("Publish the flow first")
        if is_on and (last := newest_version(flow_id)):
            actions.check_templates([node.get("action") or {} for node in last.drawing.get("nodes", ())])
        flow.is_on, flow.stopped_why = is_on, "" if is_on else flow.stopped_why
        activity.record("flow.switched_on" if is_on else "flow.switched_off", by=by, subject_kind="flow", subject_id=flow_id,
                        subject_name=flow.name)


def delete_flow(flow_id: int, *, by: Actor) -> int:
    """Delete it; those in the middle of it are let go. How many there were. Raises NotFound."""
    with transaction():
        flow = get_flow(flow_id)
        flow.deleted_at, flow.is_on = clock.now(), False
        let_go = db.session.execute(update(FlowSession).where(
            FlowSession.flow_id == flow_id, FlowSession.ended_at.is_(None)).values(
            ended="stopped", reason="The flow was deleted", ended_at=clock.now(), due_at=None, waits_for="")).rowcount
        activity.record("flow.deleted", by=by, subject_kind="flow", subject_id=flow_id, subject_name=flow.name)
    return int(let_go)


def problems(flow_id: int) -> list[Problem]:
    """What keeps the drawing from running. Raises NotFound."""
    return problems_of(drawings.read(get_flow(flow_id).drawing))


def drawing_of(flow_id: int) -> Drawing:
    """The drawing as it is being worked on. Raises NotFound."""
    return drawings.read(get_flow(flow_id).drawing)


def exported(flow_id: int) -> str:
    """The flow as a file for another installation: JSON of the published form, with its name. Raises NotFound."""
    flow = get_flow(flow_id)
    return json.dumps({"name": flow.name, **flow.drawing}, ensure_ascii=False, indent=2, sort_keys=False) + "\n"


def imported(text: str, *, by: Actor) -> Flow:
    """A flow from such a file; it is off, and what belongs to the other installation (files, people, systems, flows) is
    left to be chosen anew. Raises Invalid, in words."""
    if len(text.encode("utf-8", "replace")) > LARGEST_FILE:
        raise Invalid(f"A flow has {LARGEST_FILE // 1024} KB at most", field="file")
    try:
        raw = json.loads(text)
    except (ValueError, RecursionError):
        raise Invalid("This file is no JSON", field="file") from None
    if not isinstance(raw, dict):
        raise Invalid("This file holds no flow", field="file")
    name = raw.pop("name", "") or "Imported flow"
    foreign = ("media_id", "target_id", "user_id", "flow_id")
    nodes = raw.get("nodes")
    if isinstance(nodes, list):
        raw["nodes"] = [{key: value for key, value in node.items() if key not in foreign} if isinstance(node, dict) else node
                        for node in nodes]
    return add_flow(name=str(name), drawing=raw, by=by)


def people_inside(flow_id: int) -> int:
    """How many are in the middle of it. One query."""
    return db.session.scalar(select(func.count()).where(FlowSession.flow_id == flow_id, FlowSession.ended_at.is_(None))) or 0


def words_of_people(count: int) -> str:
    """3 people are in the middle of it."""
    return f"{plural(count, 'person is', 'people are')} in the middle of it"


def _name(name: str) -> str:
    text = one_line(name)[:80]
    if not text:
        raise Invalid("Give the flow a name", field="name")
    return text
