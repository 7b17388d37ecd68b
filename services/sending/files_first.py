"""Files of single messages go up before the message leaves: whoever queued it (a rule, a flow, a program) need not wait."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import literal_column, select, update

from core import clock
from core.background import Job, enqueue
from core.errors import NotFound
from core.states import MessageState
from models import Message, TemplateVersion, after_commit, db, transaction
from services import channels, media
from services.sending import departed
from services.sending.claim import Extra, Queued
from services.sending.contents import media_in
from services.sending.queue import nudge
from services.sending.wording import NO_FILE, Words

PATIENCE = timedelta(minutes=15)  # how long a message waits for its file
AGAIN = timedelta(seconds=3)
AT_ONCE = 200
_m = Message.__table__.c


def put_off(rows: Sequence[Queued], words: Mapping[int | None, Words], extras: Mapping[int, Extra],
            now: datetime) -> list[Queued]:
    """Those that need not wait for a file of their own; the others are put off a moment. Join it to a claim."""
    waiting = [row.id for row in rows if row.campaign_id is None and (
        words[row.version_id].trouble == NO_FILE or (row.id in extras and extras[row.id].trouble == NO_FILE))]
    if not waiting:
        return list(rows)
    patient = set(db.session.scalars(
        update(Message.__table__).where(_m.id.in_(waiting), _m.state == literal_column("'queued'"),
                                        _m.created_at > now - PATIENCE)
        .values(due_at=now + AGAIN).returning(_m.id)))
    after_commit(lambda: enqueue(Job.HAND_OVER_FILES))
    return [row for row in rows if row.id not in patient]


def hand_over() -> int:
    """Give the carrier the files of single messages in the queue; how many were given. What it will never take ends the
    message with the reason. Call it outside a transaction."""
    given = 0
    for (channel_id, media_id), message_ids in _wanted().items():
        channel = channels.get_channel(channel_id)
        try:
            media.ensure_uploaded(channel, media_id)
        except (media.NotUploaded, NotFound) as error:
            if isinstance(error, NotFound) or error.is_final:
                _give_up(message_ids, error.message)
            continue
        given += 1
        _let_go(message_ids)
    return given


def _wanted() -> dict[tuple[int, int], list[int]]:
    """(channel, file) the carrier does not know yet → the messages that carry it."""
    found: dict[tuple[int, int], list[int]] = {}
    rows = db.session.execute(
        select(_m.id, _m.channel_id, _m.content, TemplateVersion.header)
        .select_from(Message.__table__.outerjoin(TemplateVersion.__table__, TemplateVersion.__table__.c.id == _m.version_id))
        .where(_m.state == literal_column("'queued'"), _m.priority == literal_column("0"), _m.campaign_id.is_(None),
               _m.due_at <= clock.now() + AGAIN).order_by(_m.due_at).limit(AT_ONCE))
    for message_id, channel_id, content, header in rows:
        own = media_in(content or {})
        for media_id in [own] if own else media.named_in(header):
            found.setdefault((channel_id, media_id), []).append(message_id)
    db.session.rollback()
    known = {(channel_id, number) for channel_id in {pair[0] for pair in found}
             for number in media.known_files(channel_id, {pair[1] for pair in found if pair[0] == channel_id})}
    return {pair: ids for pair, ids in found.items() if pair not in known}


def _let_go(message_ids: Iterable[int]) -> None:
    """They may leave now."""
    with transaction():
        db.session.execute(update(Message.__table__).where(
            _m.id.in_(list(message_ids)), _m.state == literal_column("'queued'"), _m.due_at <= clock.now() + AGAIN)
            .values(due_at=clock.now()))
        nudge()


def _give_up(message_ids: Sequence[int], why: str) -> None:
    with transaction():
        departed.tell_lost(message_ids)
        db.session.execute(update(Message.__table__).where(
            _m.id.in_(list(message_ids)), _m.state == literal_column("'queued'"))
            .values(state=MessageState.SKIPPED, reason_code="no_wording", reason=why[:300]))
