"""What free messages hold, and people without a number: asked for the few rows of a claim that need it, so that campaigns
pay nothing for it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, select

from core.errors import Invalid
from models import Contact, Conversation, Message, db
from services import media
from services.sending.claim import Extra, Queued
from services.sending.content_shape import check_shape
from services.sending.contents import FileFor, content_of, media_in
from services.sending.wording import NO_FILE

_m, _c, _v = Message.__table__.c, Contact.__table__.c, Conversation.__table__.c
_ASKED = (
    select(_m.id, _m.kind, _m.text, _m.content, _m.reply_to, _c.user_id, _v.window_ends_at)
    .select_from(Message.__table__.outerjoin(Contact.__table__, _c.id == _m.contact_id).outerjoin(
        Conversation.__table__, and_(_v.contact_id == _m.contact_id, _v.channel_id == _m.channel_id))))


@dataclass(frozen=True, slots=True)
class _Row:
    """One free message as it is kept."""

    id: int
    kind: str
    text: str
    content: dict[str, object]
    reply_to: str
    user_id: str | None
    window_ends_at: datetime | None


def extras_of(rows: Sequence[Queued], channel_id: int, now: datetime) -> dict[int, Extra]:
    """By message id, for those without a template and those without a number. Two queries at most, none for campaigns."""
    ids = [row.id for row in rows if row.version_id is None or not row.phone]
    if not ids:
        return {}
    found = [_Row(*row) for row in db.session.execute(_ASKED.where(_m.id.in_(ids)))]
    files = [number for row in found if (number := media_in(row.content or {}))]
    known = media.known_files(channel_id, files) if files else {}
    return {row.id: _extra(row, known, now) for row in found}


def _extra(row: _Row, known: dict[int, media.Known], now: datetime) -> Extra:
    """One row; with a reason where it cannot be sent as it is."""
    is_open = row.window_ends_at is not None and row.window_ends_at > now
    extra = Extra(user_id=row.user_id or "", reply_to=row.reply_to, is_window_open=is_open)
    if row.kind == "template":
        return extra
    number = media_in(row.content or {})
    file = known.get(number) if number else None
    if number and file is None:
        return extra._replace(trouble=NO_FILE)
    try:
        check_shape(row.kind, row.content or {})  # what was queued before shapes were looked at stops nobody else
        content = content_of(row.kind, row.text, row.content or {}, reply_to=row.reply_to,
                             file=FileFor(file.wire_id, file.kind) if file else None)
    except Invalid as error:
        return extra._replace(trouble=error.message)
    return extra._replace(content=content)
