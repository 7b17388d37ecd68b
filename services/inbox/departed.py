"""Messages of ours have left: their conversations show them, and wait no longer. Whoever wrote them: a person for later, a
rule, a flow, a program. The sender calls this by itself, so nobody who queues a message can forget it.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, func, or_, select, update

from core import clock
from core.states import ConversationState, MessageState
from models import Conversation, Message, TemplateVersion, db, transaction
from services import message_templates
from services.inbox import lines

_v, _m = Conversation.__table__.c, Message.__table__.c
_l = Message.__table__.alias("later").c
_OURS = and_(_m.direction == "out", _m.campaign_id.is_(None), _m.test_of.is_(None), _m.kind.not_in(lines.QUIET))
_JOINED = Conversation.__table__.join(
    Message.__table__, and_(_v.contact_id == _m.contact_id, _v.channel_id == _m.channel_id))
_AFTER = and_(_l.contact_id == _m.contact_id, _l.channel_id == _m.channel_id, _l.id > _m.id)
_BY_ITSELF = ("rule", "flow")
_LEFT = (MessageState.ACCEPTED, MessageState.SENT, MessageState.DELIVERED, MessageState.READ)
_LOST = (MessageState.FAILED, MessageState.SKIPPED, MessageState.CANCELLED)
_IS_OPEN = _v.state == ConversationState.OPEN
_LEFT_AT = func.coalesce(_m.accepted_at, _m.sent_at)  # by the receipt, or by what was heard when that was lost
BACK = timedelta(minutes=10)  # so long after a try its outcome may have been written
BY_NOW = timedelta(seconds=3)  # whoever wrote a receipt so long ago has told the chat, or never will
AT_ONCE = 200


def departed(message_ids: Sequence[int]) -> None:
    """Bring the conversations of these messages up to date, where there are any. Twice is once. Four statements, and one
    for each message.

    What came in after a message was written still waits; so does whoever a flow handed over to the team. What stands
    later in the thread stays the line that the list shows.
    """
    mine = (_m.id.in_(message_ids), _OURS)
    with transaction():
        held = db.session.scalars(select(_v.id).select_from(_JOINED).where(*mine).order_by(
            _v.contact_id, _v.channel_id).with_for_update(of=Conversation.__table__)).all()
        rows = db.session.execute(_asked().where(*mine).order_by(_m.id)).all() if held else []
        versions = _versions({row.version_id for row in rows} - {None})
        for row in rows:
            db.session.execute(update(Conversation).where(_v.id == row.talk_id).values(**_changes(row, versions)))


def undelivered(message_ids: Sequence[int]) -> None:
    """Answers that will not arrive are none: whoever wrote before them waits again, where nothing else has answered since.

    Ids of other messages, and of those that are on their way after all, change nothing. Safe to repeat.
    """
    lost = (_m.id.in_(message_ids), _OURS, _m.state.in_(_LOST), _v.waiting_since.is_(None), _IS_OPEN)
    with transaction():
        for talk_id, contact_id, channel_id in db.session.execute(
                select(_v.id, _v.contact_id, _v.channel_id).select_from(_JOINED).where(*lost).distinct()
                .order_by(_v.contact_id, _v.channel_id)).all():
            both = (_m.contact_id == contact_id, _m.channel_id == channel_id)
            stands = select(func.coalesce(func.max(_m.id), 0)).where(*both, _OURS, _m.state.not_in(_LOST))
            since = db.session.scalar(select(func.min(_m.created_at)).where(
                *both, _m.direction == "in", _m.kind.not_in(lines.QUIET), _m.id > stands.scalar_subquery()))
            if since is not None:
                db.session.execute(update(Conversation).where(_v.id == talk_id, _v.waiting_since.is_(None), _IS_OPEN)
                                   .values(waiting_since=since))


def tell_missed(now: datetime, *, since: datetime) -> int:
    """Chats that were never told of a message of ours, because a process died in between or its receipt was lost: tell them.

    Looks at what was tried from ten minutes before the last try before `since`; how many messages those were. Two small
    queries while nothing was missed. Safe to repeat.
    """
    tried = (_m.campaign_id.is_(None), _m.attempted_at.is_not(None))
    last = db.session.scalar(select(func.max(_m.attempted_at)).where(*tried, _m.attempted_at <= since))
    missed = db.session.scalars(select(_m.id).select_from(_JOINED).where(
        *tried, _OURS, _m.attempted_at >= (last or since) - BACK, _m.state.in_(_LEFT), now - BY_NOW > _LEFT_AT,
        or_(_v.last_out_at.is_(None), _v.last_out_at < _LEFT_AT)).order_by(_m.id)).all()
    for start in range(0, len(missed), AT_ONCE):
        departed(missed[start:start + AT_ONCE])
    return len(missed)


def _asked() -> Any:
    """Each message with what its conversation is, and what came after it."""
    unanswered = select(func.min(_l.created_at)).where(_AFTER, _l.direction == "in", _l.kind.not_in(lines.QUIET))
    newest = select(func.max(_l.created_at)).where(_AFTER, or_(_l.direction == "in", _l.author_kind == "app"))
    return select(
        _m.kind, _m.text, _m.content, _m.version_id, _m.variables, _LEFT_AT.label("left_at"), _m.author_kind,
        _v.id.label("talk_id"), _v.last_at, _v.last_out_at, _v.waiting_since, _v.taken_over_at,
        unanswered.scalar_subquery().label("unanswered"), newest.scalar_subquery().label("newest")).select_from(_JOINED)


def _changes(row: Any, versions: Mapping[int, TemplateVersion]) -> dict[str, Any]:
    """What this message changes about its conversation."""
    at = row.left_at or clock.now()
    changes: dict[str, Any] = {"last_at": max(row.last_at, at), "last_out_at": max(row.last_out_at or at, at)}
    if row.newest is None or _second(row.newest) < _second(at):
        version = versions.get(row.version_id)
        words = message_templates.rendered(version, row.variables or {}) if version else row.text
        changes |= {"preview": lines.in_words("text" if version else row.kind, words, row.content or {}),
                    "preview_is_ours": True}
    is_handed_over = row.author_kind in _BY_ITSELF and row.taken_over_at is not None
    if row.waiting_since is not None and not is_handed_over:
        changes["waiting_since"] = max(row.waiting_since, row.unanswered) if row.unanswered else None
    return changes


def _second(at: datetime) -> datetime:
    """The carrier tells whole seconds; within one, the thread is in order of ids."""
    return at.replace(microsecond=0)


def _versions(ids: set[Any]) -> dict[int, TemplateVersion]:
    wanted = select(TemplateVersion).where(TemplateVersion.id.in_(ids))
    return {one.id: one for one in db.session.scalars(wanted)} if ids else {}
