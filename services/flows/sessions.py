"""People in flows: started, led on by what they write, woken when their time has come, let go. What a flow says and does
leaves in the transaction that moves its person on, so a process that dies has done both or neither."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol

from sqlalchemy import and_, func, select, tuple_, update

from core import clock
from core.actor import Actor
from core.errors import Conflict
from core.states import CallState, ConsentState
from models import (
    Conversation,
    Flow,
    FlowSession,
    FlowStep,
    FlowVersion,
    Message,
    OutgoingCall,
    db,
    is_sqlite,
    transaction,
)
from services import inbox
from services.flows import doing, engine
from services.flows import drawing as drawings
from services.flows.answers import Heard
from services.flows.edit import get_flow, newest_version
from services.flows.engine import Outcome, Stand

MOST_AN_HOUR = 60  # messages of flows to one person: more is two machines talking
AT_ONCE = 100
SILENT = ("reaction", "edit", "revoke", "system", "request_welcome")  # nothing a question could be answered with
STOPPED = "stopped"


class Happened(Protocol):
    """Something that happened, as services/automation hands it on."""

    @property
    def kind(self) -> str:
        """message.received and others."""

    @property
    def contact_id(self) -> int | None:
        """To whom."""

    @property
    def channel_id(self) -> int | None:
        """At which number."""

    @property
    def message_id(self) -> int | None:
        """The message."""


def start(flow_id: int, *, contact_id: int, channel_id: int, by: Actor, memory: Mapping[str, str] | None = None) -> int:
    """Lead somebody into a flow; its session. One they are in already is left. Raises NotFound, Conflict when it is off."""
    with transaction():
        flow = get_flow(flow_id)
        version = newest_version(flow_id)
        if version is None or not flow.is_on:
            raise Conflict(f"The flow {flow.name} is not switched on")
        _let_go(and_(FlowSession.contact_id == contact_id, FlowSession.channel_id == channel_id),
                f"The flow {flow.name} began")
        session = FlowSession(flow_id=flow_id, version_id=version.id, contact_id=contact_id, channel_id=channel_id,
                              started_by=by.name[:120], memory=dict(memory or {}))
        db.session.add(session)
        db.session.flush()
        outcome = engine.begin(drawings.read(version.drawing), doing.known_of(contact_id), session.memory)
        _carry_out(session, flow.name, outcome)
    return session.id


def stop(*, contact_id: int, channel_id: int | None, reason: str) -> int:
    """Let somebody go; how many sessions ended."""
    mine = FlowSession.contact_id == contact_id
    with transaction():
        return _let_go(mine if channel_id is None else and_(mine, FlowSession.channel_id == channel_id), reason)


def take(happenings: Sequence[Happened], _facts: Sequence[Any] = ()) -> set[int]:
    """Lead on whoever's flow waits for what they wrote; the places of the happenings that were taken. Join it to the
    transaction in which the events are handled."""
    heard = {place: one for place, one in enumerate(happenings)
             if one.kind == "message.received" and one.contact_id and one.channel_id and one.message_id}
    if not heard:
        return set()
    pairs = {(one.contact_id, one.channel_id) for one in heard.values()}
    waiting = {(row.contact_id, row.channel_id): row for row in db.session.scalars(
        _held(select(FlowSession).where(FlowSession.ended_at.is_(None), FlowSession.waits_for == engine.ANSWER, tuple_(
            FlowSession.contact_id, FlowSession.channel_id).in_(pairs))))}
    if not waiting:
        return set()
    return {place for place, one in heard.items()
            if (session := waiting.get((one.contact_id or 0, one.channel_id or 0))) and _lead_on(session, one.message_id or 0)}


def _lead_on(session: FlowSession, message_id: int) -> bool:
    """One message to the flow that waits for it; False when it does not belong to it."""
    message = db.session.get(Message, message_id)
    if message is None or message.kind in SILENT or session.ended_at is not None:
        return False
    if _is_taken_over(session):
        _end(session, STOPPED, "Somebody of the team took over")
        return False
    if inbox.asked_by(message.text, message.kind, inbox.meanings()) == ConsentState.WITHDRAWN:
        _end(session, STOPPED, "They said STOP")
        return False
    version = db.session.get_one(FlowVersion, session.version_id)
    choice = (message.content or {}).get("choice") or {}
    heard = Heard(message.text, message.kind, str(choice.get("id", "")), message.content, message.id)
    outcome = engine.hear(drawings.read(version.drawing), _stand(session), heard, doing.known_of(session.contact_id))
    _carry_out(session, _name_of(session.flow_id), outcome, heard=message.id)
    return True


def wake_due(now: datetime) -> int:
    """Go on with everybody whose time has come or whose call was answered, each in a transaction of its own; how many."""
    count = 0
    for session_id in _due(now):
        with transaction():
            session = db.session.scalars(_held(select(FlowSession).where(
                FlowSession.id == session_id, FlowSession.ended_at.is_(None)))).first()
            if session is not None and _is_due(session, now):
                _wake(session)
                count += 1
    return count


def _due(now: datetime) -> list[int]:
    """Sessions to look at."""
    timed = select(FlowSession.id).where(FlowSession.ended_at.is_(None), FlowSession.due_at <= now).order_by(
        FlowSession.due_at).limit(AT_ONCE)
    called = select(FlowSession.id).join(OutgoingCall, OutgoingCall.id == FlowSession.call_id).where(
        FlowSession.ended_at.is_(None), FlowSession.waits_for == engine.CALL,
        OutgoingCall.state != CallState.WAITING).limit(AT_ONCE)
    return [*db.session.scalars(timed), *db.session.scalars(called)]


def _is_due(session: FlowSession, now: datetime) -> bool:
    """Whether it still is, now that nobody else moves it."""
    if session.waits_for == engine.CALL:
        call = db.session.get(OutgoingCall, session.call_id) if session.call_id else None
        return call is None or call.state != CallState.WAITING
    return session.due_at is not None and session.due_at <= now


def _wake(session: FlowSession) -> None:
    """Go on with one person."""
    if _is_taken_over(session):
        _end(session, STOPPED, "Somebody of the team took over")
        return
    version = db.session.get_one(FlowVersion, session.version_id)
    call = db.session.get(OutgoingCall, session.call_id) if session.waits_for == engine.CALL and session.call_id else None
    has_failed = session.waits_for == engine.CALL and (call is None or call.state != CallState.DONE)
    outcome = engine.wake(drawings.read(version.drawing), _stand(session), doing.known_of(session.contact_id),
                          has_failed=has_failed, value=doing.value_of(call))
    _carry_out(session, _name_of(session.flow_id), outcome)


def _carry_out(session: FlowSession, name: str, outcome: Outcome, *, heard: int | None = None) -> None:
    """Write down where they stand now, and do what the flow says; `heard` is the message it took. Joins the transaction."""
    now = clock.now()
    stand = outcome.stand
    session.node, session.memory, session.trail, session.tries = stand.node, dict(stand.memory), list(stand.trail), stand.tries
    session.waits_for, session.moved_at = outcome.waits_for, now
    session.due_at = now + timedelta(minutes=outcome.minutes) if outcome.minutes and outcome.waits_for else None
    db.session.add_all([FlowStep(session_id=session.id, version_id=session.version_id, node=step.node, what=step.what,
                                 words=step.words[:300], message_id=heard if place == 0 else None, at=now)
                        for place, step in enumerate(outcome.steps)])
    if outcome.ended:
        _end(session, outcome.ended)
    db.session.flush()
    if doing.counts(outcome.effects) and _sent_lately(session, now) >= MOST_AN_HOUR:
        _end(session, STOPPED, f"More than {MOST_AN_HOUR} messages within an hour: two machines may be talking")
        return
    following = doing.do_all(session, name, outcome, now)
    for flow_id in following:
        _go_on(session, flow_id, name)


def _go_on(session: FlowSession, flow_id: int, name: str) -> None:
    """The flow that follows, with what this one remembers; a chain that comes back to where it was stops."""
    chain = session.started_by.count("›")
    if chain >= 4:
        _note(session, "Flows lead to flows without end; stopped")
        return
    try:
        start(flow_id, contact_id=session.contact_id, channel_id=session.channel_id, memory=session.memory,
              by=Actor("flow", f"{session.started_by}›{name}"[-110:]))
    except Exception as error:  # noqa: BLE001  # only the following flow is missing; said in the trace
        _note(session, f"The next flow did not begin: {error}")


def _note(session: FlowSession, words: str) -> None:
    db.session.add(FlowStep(session_id=session.id, version_id=session.version_id, node=session.node, what="failed",
                            words=words[:300], at=clock.now()))


def _end(session: FlowSession, how: str, reason: str = "") -> None:
    session.ended, session.reason, session.ended_at, session.due_at, session.waits_for = (
        how, reason[:300], clock.now(), None, "")


def _let_go(which: Any, reason: str) -> int:
    return int(db.session.execute(update(FlowSession).where(which, FlowSession.ended_at.is_(None)).values(
        ended=STOPPED, reason=reason[:300], ended_at=clock.now(), due_at=None, waits_for="")).rowcount)


def _held(wanted: Any) -> Any:
    """The rows, kept from other processes until the transaction ends; SQLite's writers take turns anyway."""
    return wanted if is_sqlite() else wanted.with_for_update(skip_locked=True)


def _stand(session: FlowSession) -> Stand:
    return Stand(session.node, {name: str(value) for name, value in session.memory.items()}, tuple(session.trail), session.tries)


def _name_of(flow_id: int) -> str:
    return db.session.scalar(select(Flow.name).where(Flow.id == flow_id)) or "Flow"


def _is_taken_over(session: FlowSession) -> bool:
    """Whether a person of the team answers them now."""
    return db.session.scalar(select(Conversation.taken_over_at).where(
        Conversation.contact_id == session.contact_id, Conversation.channel_id == session.channel_id)) is not None


def _sent_lately(session: FlowSession, now: datetime) -> int:
    return db.session.scalar(select(func.count()).where(
        Message.contact_id == session.contact_id, Message.author_kind == "flow", Message.direction == "out",
        Message.created_at > now - timedelta(hours=1))) or 0


def going(contact_id: int) -> Sequence[Any]:
    """(session, name of the flow) of what somebody is in the middle of. One query."""
    return db.session.execute(
        select(FlowSession, Flow.name).join(Flow, Flow.id == FlowSession.flow_id)
        .where(FlowSession.contact_id == contact_id, FlowSession.ended_at.is_(None))
        .order_by(FlowSession.id)).all()

