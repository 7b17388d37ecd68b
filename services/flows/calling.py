"""A flow asks another system: a call in the one queue of outgoing calls, signed and tried again as those of rules."""

import json
import secrets
from collections.abc import Sequence

from sqlalchemy import select

from core import clock
from core.errors import Conflict
from core.states import CallState
from models import CallTarget, FlowSession, OutgoingCall, db


def queue(target_id: int, *, session: FlowSession, author: str) -> int:
    """Queue the call with what is remembered; its id. Raises Conflict when the system is not there or switched off."""
    target = db.session.get(CallTarget, target_id)
    if target is None or target.off_since is not None:
        raise Conflict("The other system is not there any more, or switched off")
    now = clock.now()
    call = OutgoingCall(
        target_id=target_id, wire_id=f"msg_{secrets.token_urlsafe(18)}", contact_id=session.contact_id, author=author[:120],
        body=json.dumps({"type": "flow.asked", "timestamp": now.isoformat(), "data": {
            "flow_id": session.flow_id, "session_id": session.id, "contact_id": session.contact_id,
            "memory": dict(session.memory)}}), state=CallState.WAITING, due_at=now, created_at=now)
    db.session.add(call)
    db.session.flush()
    return call.id


def targets() -> Sequence[CallTarget]:
    """The systems that may be asked, by name. One query."""
    return db.session.scalars(select(CallTarget).where(CallTarget.off_since.is_(None)).order_by(CallTarget.name)).all()
