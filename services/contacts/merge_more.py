"""What hangs on people beside their messages and their ledger, when two become one or one becomes two again: conversations
with their notes and drafts, what happened to them, runs of rules, calls of other systems, further addresses.

Where both have a conversation with one number of ours, one is made of two; undoing makes two of it again, as they were, each
with the lines that came since.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, exists, func, insert, or_, select, true, update

from core.words import shortened
from models import (
    ContactAddress,
    Conversation,
    ConversationNote,
    Event,
    FlowSession,
    HookCall,
    Message,
    OutgoingCall,
    ReplyDraft,
    RuleRun,
    User,
    db,
)
from services.contacts import merge_clashes

PLAIN: dict[str, Any] = {"events": Event, "runs": RuleRun, "flows": FlowSession, "called": HookCall,
                         "calls": OutgoingCall, "addresses": ContactAddress}
_talks = Conversation.__table__
_LATEST = ("last_at", "last_in_at", "last_out_at", "window_ends_at", "taken_over_at")
_EARLIEST = ("waiting_since", "created_at")
_TIMES = (*_LATEST, *_EARLIEST, "read_up_to", "snoozed_until", "closed_at")
_QUIET = ("reaction", "revoke", "system", "request_welcome")  # nobody waits for an answer to these
_AT_ONCE = 5_000


def join(keep_id: int, other_id: int) -> dict[str, Any]:
    """Give the first what is the other's; by kind the ids of what was moved, and what it takes to part talks again."""
    moved: dict[str, Any] = {"talks": [_join_talk(keep_id, row) for row in _talks_of(other_id)]}
    for kind, table in PLAIN.items():
        wanted = and_(table.contact_id == other_id, _has_room(table, keep_id))
        moved[kind] = sorted(db.session.scalars(select(table.id).where(wanted)))
        _give(table, moved[kind], keep_id)
    return moved | {"clashes": merge_clashes.join(keep_id, other_id)}


def part(moved: Mapping[str, Any], keep_id: int, other_id: int) -> None:
    """Give back what `join` moved; what came since goes to whoever has its messages now."""
    merge_clashes.part(moved.get("clashes", {}), keep_id, other_id)
    for kind, table in PLAIN.items():
        _give(table, moved.get(kind, ()), other_id, whose=keep_id)
    known_as = moved.get("known_as", ())
    db.session.execute(delete(ContactAddress).where(ContactAddress.id.in_(known_as), ContactAddress.contact_id == keep_id))
    for told in moved.get("talks", ()):
        _part_talk(told, keep_id, other_id)
    for owner in (keep_id, other_id):
        _catch_up(owner)


def _has_room(table: Any, keep_id: int) -> ColumnElement[bool]:
    """What the first person may have beside what they have: one run of a period, one flow at a time with a number."""
    mine = table.__table__.alias()
    if table is RuleRun:
        return or_(RuleRun.period.is_(None), ~exists().where(
            mine.c.rule_id == RuleRun.rule_id, mine.c.period == RuleRun.period, mine.c.contact_id == keep_id))
    if table is FlowSession:
        return or_(FlowSession.ended_at.is_not(None), ~exists().where(
            mine.c.channel_id == FlowSession.channel_id, mine.c.ended_at.is_(None), mine.c.contact_id == keep_id))
    return true()


def _give(table: Any, ids: Sequence[int], owner: int, *, whose: int | None = None) -> None:
    for start in range(0, len(ids), _AT_ONCE):
        theirs = table.id.in_(ids[start:start + _AT_ONCE])
        db.session.execute(update(table).where(theirs, *([table.contact_id == whose] if whose else []))
                           .values(contact_id=owner).execution_options(synchronize_session=False))


def _talks_of(contact_id: int) -> Sequence[Any]:
    return db.session.execute(select(_talks).where(_talks.c.contact_id == contact_id).order_by(_talks.c.id)).all()


def _join_talk(keep_id: int, theirs: Any) -> dict[str, Any]:
    """Move one conversation, or pour it into the one the first has with the same number of ours."""
    mine = db.session.execute(select(_talks).where(
        _talks.c.contact_id == keep_id, _talks.c.channel_id == theirs.channel_id).with_for_update()).first()
    if mine is None:
        db.session.execute(update(_talks).where(_talks.c.id == theirs.id).values(contact_id=keep_id))
        return {"id": theirs.id}
    notes = list(db.session.scalars(select(ConversationNote.id).where(ConversationNote.conversation_id == theirs.id)))
    db.session.execute(update(ConversationNote).where(ConversationNote.id.in_(notes)).values(conversation_id=mine.id))
    has_draft = select(ReplyDraft.user_id).where(ReplyDraft.conversation_id == mine.id)
    db.session.execute(update(ReplyDraft).where(
        ReplyDraft.conversation_id == theirs.id, ReplyDraft.user_id.not_in(has_draft.scalar_subquery()))
        .values(conversation_id=mine.id).execution_options(synchronize_session=False))
    db.session.execute(delete(_talks).where(_talks.c.id == theirs.id))
    db.session.execute(update(_talks).where(_talks.c.id == mine.id).values(_poured(mine._mapping, theirs._mapping)))
    return {"id": theirs.id, "into": mine.id, "mine": _plain(mine), "theirs": _plain(theirs), "notes": notes}


def _poured(mine: Mapping[str, Any], theirs: Mapping[str, Any]) -> dict[str, Any]:
    """Two conversations as one: the newest line is shown, the longest wait counts, what one of them leaves open is open."""
    newest = theirs if theirs["last_at"] > mine["last_at"] else mine
    times = {name: max(filter(None, (mine[name], theirs[name])), default=None) for name in _LATEST}
    times |= {name: min(filter(None, (mine[name], theirs[name])), default=None) for name in _EARLIEST}
    open_one = next((one for one in (mine, theirs) if one["state"] == "open"), mine)
    return times | {
        "preview": newest["preview"], "preview_is_ours": newest["preview_is_ours"],
        "unread": mine["unread"] + theirs["unread"], "assigned_to": mine["assigned_to"] or theirs["assigned_to"],
        **{name: open_one[name] for name in ("state", "snoozed_until", "closed_at")}}


def _part_talk(told: Mapping[str, Any], keep_id: int, other_id: int) -> None:
    """One conversation back to whose it was. What was decided about the joined one since stays with the first."""
    if "into" not in told:
        db.session.execute(update(_talks).where(_talks.c.id == told["id"], _talks.c.contact_id == keep_id)
                           .values(contact_id=other_id))
        return
    mine = _stored(told["mine"])
    db.session.execute(update(_talks).where(_talks.c.id == told["into"], _talks.c.contact_id == keep_id).values(
        {name: mine[name] for name in (*_LATEST[:4], *_EARLIEST, "preview", "preview_is_ours", "unread")}))
    theirs = _stored(told["theirs"]) | {"contact_id": other_id}
    theirs["assigned_to"] = db.session.scalar(select(User.id).where(User.id == theirs["assigned_to"]))  # may be gone
    back = db.session.scalar(insert(_talks).values(theirs).returning(_talks.c.id))
    db.session.execute(update(ConversationNote).where(ConversationNote.id.in_(told["notes"])).values(conversation_id=back))


def _catch_up(owner: int) -> None:
    """Let the conversations of a person follow all lines that are theirs now."""
    c = Message.__table__.c
    theirs = (c.contact_id == owner) & c.campaign_id.is_(None)
    rows = db.session.execute(
        select(c.channel_id, func.max(c.created_at).label("last_at"),
               func.max(c.created_at).filter(c.direction == "in").label("last_in_at"),
               func.max(c.created_at).filter(c.direction == "out").label("last_out_at"))
        .where(theirs).group_by(c.channel_id).having(func.count().filter(c.direction == "in") > 0)).all()
    for row in rows:
        talk = db.session.execute(select(_talks).where(
            _talks.c.contact_id == owner, _talks.c.channel_id == row.channel_id)).first()
        if talk is None:
            newest = db.session.execute(select(c.text, c.direction).where(theirs, c.channel_id == row.channel_id).order_by(
                c.created_at.desc(), c.id.desc()).limit(1)).one()
            db.session.execute(insert(_talks).values(
                contact_id=owner, channel_id=row.channel_id, state="open", last_at=row.last_at, last_in_at=row.last_in_at,
                last_out_at=row.last_out_at, unread=0, preview=shortened(newest.text, 200),
                preview_is_ours=newest.direction == "out", created_at=row.last_at))
            continue
        later = {name: max(filter(None, (getattr(talk, name), getattr(row, name))), default=None)
                 for name in ("last_at", "last_in_at", "last_out_at")}
        db.session.execute(update(_talks).where(_talks.c.id == talk.id).values(later | _since(talk)))


def _since(talk: Any) -> dict[str, Any]:
    """What the lines after the last one a conversation knows of change in it: it shows the newest, and who wrote waits."""
    c = Message.__table__.c
    lines = db.session.execute(select(c.text, c.kind, c.direction, c.created_at).where(
        c.contact_id == talk.contact_id, c.channel_id == talk.channel_id, c.campaign_id.is_(None), c.kind.not_in(_QUIET),
        c.created_at > talk.last_at).order_by(c.created_at, c.id)).all()
    if not lines:
        return {}
    newest, theirs = lines[-1], [line for line in lines if line.direction == "in"]
    changes: dict[str, Any] = {"preview": shortened(newest.text or newest.kind.capitalize(), 200),
                               "preview_is_ours": newest.direction == "out"}
    if theirs:
        ends = max(filter(None, (talk.window_ends_at, theirs[-1].created_at + timedelta(hours=24))))
        changes |= {"window_ends_at": ends, "state": "open", "snoozed_until": None, "closed_at": None}
    answered = max((line.created_at for line in lines if line.direction == "out"), default=None)
    waiting = [line.created_at for line in theirs if answered is None or line.created_at > answered]
    waits = waiting[0] if waiting else None
    return changes | {"unread": len(waiting) + (talk.unread if answered is None else 0),
                      "waiting_since": talk.waiting_since or waits if answered is None else waits}


def _plain(row: Any) -> dict[str, Any]:
    """A conversation as values JSON can hold, without its id."""
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in row._mapping.items()
            if name != "id"}


def _stored(row: Mapping[str, Any]) -> dict[str, Any]:
    """Columns as the database takes them."""
    return {name: datetime.fromisoformat(value) if name in _TIMES and value else value for name, value in row.items()}
