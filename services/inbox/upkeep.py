"""A conversation follows its lines: newest line, window, what is unread, who waits since when. Right in any order, with
repeats and many at once: the statements themselves compare with what is there.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import String, and_, bindparam, case, func, literal, null, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from core import clock
from core.states import ConversationState
from models import Channel, Conversation, Message, db, is_sqlite
from services import sending
from services.inbox import lines
from transports.port import IncomingMessage

WINDOW = timedelta(hours=24)
_v, _m = Conversation.__table__.c, Message.__table__.c
Key = tuple[int, int]  # contact, channel
_TIMES = ("last_at", "last_in_at", "last_out_at", "window_ends_at", "waiting_since")
_TEXTS = (*_TIMES, "created_at", "closed_at", "state")  # SQLite keeps these as text


@dataclass(slots=True)
class Line:
    """A line with its number of ours and its person; `id` is its message's once it is stored."""

    message: IncomingMessage
    channel: Channel
    contact_id: int
    phone: str
    id: int = 0


@dataclass(slots=True)
class News:
    """What new lines come to for one conversation."""

    last_at: datetime
    preview: str = ""
    preview_is_ours: bool = False
    last_in_at: datetime | None = None
    last_out_at: datetime | None = None
    window_ends_at: datetime | None = None
    waiting_since: datetime | None = None
    unread: int = 0
    is_live: bool = False  # more than history
    echoes: list[datetime] = field(default_factory=list)  # answers written elsewhere


def bring_up_to_date(kept: Sequence[Line]) -> None:
    """Make or change the conversations of these lines. Inside the transaction that stored them."""
    news: dict[Key, News] = {}
    for line in kept:
        key = (line.contact_id, line.channel.id)
        add(news.setdefault(key, News(line.message.at)), line.message)
    if not news:
        return
    keys = sorted(news)
    moment = sending.as_kept(is_sqlite())
    db.session.connection().execute(_following(is_sqlite()), [_values(key, news[key], moment) for key in keys])
    _heed_answers(keys, news)


def add(news: News, told: IncomingMessage) -> None:
    """Pure: one more line."""
    if not news.preview or told.at >= news.last_at:
        news.preview = lines.in_words(told.kind, told.text, told.content)
        news.preview_is_ours, news.last_at = told.is_ours, max(news.last_at, told.at)
    news.is_live = news.is_live or not told.is_history
    if told.is_ours:
        news.last_out_at = _later(news.last_out_at, told.at)
        if not told.is_history and told.kind not in lines.QUIET:
            news.echoes.append(told.at)
        return
    news.last_in_at = _later(news.last_in_at, told.at)
    if told.is_history:
        return
    if lines.opens_window(told.kind, told.content):
        news.window_ends_at = _later(news.window_ends_at, told.at + WINDOW)
    if lines.is_counted(told.kind):
        news.unread += 1
        news.waiting_since = min(news.waiting_since or told.at, told.at)


def end_calls(calls: Iterable[Line]) -> None:
    """The second event of a call says how it ended; it belongs to the line of the first."""
    for line in calls:
        if (line.message.content.get("call") or {}).get("event") == "terminate":
            db.session.execute(update(Message).where(_m.channel_id == line.channel.id, _m.wire_id == line.message.wire_id)
                               .values(content=dict(line.message.content)))


def _later(known: datetime | None, at: datetime) -> datetime:
    return at if known is None or at > known else known


def _values(key: Key, news: News, moment: Callable[[datetime | None], Any]) -> dict[str, Any]:
    """What is new of one conversation as the values of the statement."""
    now = moment(clock.now())
    times = {f"b_{name}": moment(getattr(news, name)) for name in _TIMES}
    return times | {
        "b_contact_id": key[0], "b_channel_id": key[1], "b_unread": news.unread, "b_preview": news.preview,
        "b_preview_is_ours": news.preview_is_ours, "b_created_at": now, "b_closed_at": None if news.is_live else now,
        "b_state": str(ConversationState.OPEN if news.is_live else ConversationState.CLOSED)}


@cache
def _following(is_lite: bool) -> Any:
    """The statement that makes a conversation, or moves the one there is forward."""
    made = (sqlite.insert if is_lite else postgresql.insert)(Conversation.__table__).values({
        name: bindparam(f"b_{name}", type_=String() if is_lite and name in _TEXTS else _v[name].type)
        for name in (*_TIMES, "contact_id", "channel_id", "unread", "preview", "preview_is_ours", *_TEXTS[-3:])})
    new = made.excluded
    is_newest = new.last_at >= _v.last_at
    wakes = and_(new.unread > 0, _v.state != ConversationState.OPEN)

    def latest(name: str) -> Any:
        return case((or_(_v[name].is_(None), new[name] > _v[name]), new[name]), else_=_v[name])

    return made.on_conflict_do_update(index_elements=["contact_id", "channel_id"], set_={
        "last_at": case((is_newest, new.last_at), else_=_v.last_at),
        "preview": case((is_newest, new.preview), else_=_v.preview),
        "preview_is_ours": case((is_newest, new.preview_is_ours), else_=_v.preview_is_ours),
        **{name: latest(name) for name in ("last_in_at", "last_out_at", "window_ends_at")},
        "waiting_since": case((or_(_v.waiting_since.is_(None), new.waiting_since < _v.waiting_since), new.waiting_since),
                              else_=_v.waiting_since),
        "unread": _v.unread + new.unread,
        "state": case((wakes, ConversationState.OPEN), else_=_v.state),
        "snoozed_until": case((wakes, null()), else_=_v.snoozed_until),
        "closed_at": case((wakes, null()), else_=_v.closed_at)})


def _heed_answers(keys: Sequence[Key], news: dict[Key, News]) -> None:
    """What was answered in the carrier's own app is seen and waits no more, whichever of the two came first.

    An answer of ours from here does not count: a line may be on its way while somebody here answers an older one.
    """
    rows = db.session.execute(select(_v.id, _v.contact_id, _v.channel_id, _v.last_out_at).where(
        _v.contact_id.in_({contact_id for contact_id, _ in keys}), _v.last_out_at.is_not(None)))
    for row in rows:
        told = news.get((row.contact_id, row.channel_id))
        if told is None or row.last_out_at is None:
            continue
        if told.echoes or (told.waiting_since and row.last_out_at >= told.waiting_since):
            _answered_elsewhere(row.id, row.contact_id, row.channel_id)


def _answered_elsewhere(conversation_id: int, contact_id: int, channel_id: int) -> None:
    """Count anew from the newest answer given elsewhere, if there is one."""
    mine = and_(_m.contact_id == contact_id, _m.channel_id == channel_id)
    answered_at = db.session.scalar(select(func.max(_m.created_at)).where(
        mine, _m.direction == "out", _m.author_kind == "app", _m.kind.not_in(lines.QUIET)))
    if answered_at is None:
        return
    after = select(func.count(), func.min(_m.created_at)).where(
        mine, _m.direction == "in", _m.kind.not_in(lines.QUIET), _m.created_at > answered_at)
    count, first = db.session.execute(after).one()
    db.session.execute(update(Conversation).where(Conversation.id == conversation_id).values(
        unread=case((_v.unread > count, count), else_=_v.unread),
        waiting_since=case((or_(_v.waiting_since.is_(None), _v.waiting_since > answered_at), _v.waiting_since),
                           else_=literal(first, _m.created_at.type)),
        read_up_to=case((or_(_v.read_up_to.is_(None), _v.read_up_to < answered_at), answered_at), else_=_v.read_up_to)))
