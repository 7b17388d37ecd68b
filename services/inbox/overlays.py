"""Messages as lines: with what they quote, what was said about them later, their files and templates. Never writes."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import literal_column, select

from core.states import FileState, MessageState
from models import Campaign, Conversation, MediaFile, Message, ReceivedFile, TemplateVersion, User, db
from services import message_templates, sending
from services.inbox.lines import in_words
from services.inbox.shapes import FILES, OVERLAYS, File, Line, Quote, Reaction, Who

_m, _f, _k = Message.__table__.c, ReceivedFile.__table__.c, MediaFile.__table__.c
_REFERS = _m.reply_to != literal_column("''")  # a literal: the index is partial
_LOST = (MessageState.FAILED, MessageState.SKIPPED, MessageState.CANCELLED)


def lines_of(rows: Sequence[Any], conversation: Conversation) -> list[Line]:
    """These rows as lines, in their order. Six queries at most, whatever their number."""
    channel_id = conversation.channel_id
    quoted = _quoted(channel_id, {row.reply_to for row in rows if row.reply_to})
    about = _about(channel_id, [row.wire_id for row in rows if row.wire_id])
    files = _files([*rows, *quoted.values()])
    versions = _versions({row.version_id for row in rows if row.version_id})
    versions |= _versions({row.version_id for row in quoted.values() if row.version_id} - set(versions))
    campaigns = _campaigns({row.campaign_id or row.test_of for row in (*rows, *quoted.values())} - {None})
    return [_line(row, quoted, about.get(row.wire_id, ()), files, versions, campaigns) for row in rows]


def _line(row: Any, quoted: Mapping[str, Any], about: Sequence[Any], files: Mapping[int, File],
          versions: Mapping[int, TemplateVersion], campaigns: Mapping[int, str]) -> Line:
    """One row with everything that belongs to it."""
    is_ours = row.direction == "out"
    edits = [one for one in about if one.kind == "edit" and one.direction == row.direction]
    version = versions.get(row.version_id or 0)
    return Line(
        id=row.id, kind=row.kind, is_ours=is_ours, at=row.at, who=_who(row, campaigns), state=row.state,
        text=_edited(edits[-1]) if edits else row.text, content=row.content or {}, wire_id=row.wire_id or "",
        sent_at=row.sent_at, delivered_at=row.delivered_at, read_at=row.read_at, due_at=row.due_at,
        reason_code=row.reason_code, reason=row.reason, is_edited=bool(edits), text_before=row.text if edits else "",
        is_deleted=any(one.kind == "revoke" and one.direction == row.direction for one in about),
        quote=_quote(row.reply_to, quoted, files, versions, campaigns) if row.kind not in OVERLAYS else None,
        reactions=_reactions(about), file=files.get(row.id), campaign_id=row.campaign_id, is_test=row.test_of is not None,
        shown=message_templates.shown(version, row.variables or {}) if version else None)


def _who(row: Any, campaigns: Mapping[int, str]) -> Who:
    """Who wrote it."""
    if row.direction == "in":
        return Who("person")
    if campaign_id := row.campaign_id or row.test_of:
        return Who("campaign", campaigns.get(campaign_id, ""), campaign_id)
    return Who(row.author_kind, row.author_name, row.author_id)


def _edited(edit: Any) -> str:
    """The words after an edit."""
    told = (edit.content or {}).get("edit")
    return str(told.get("text") or edit.text) if isinstance(told, Mapping) else str(edit.text)


def _quote(wire_id: str, quoted: Mapping[str, Any], files: Mapping[int, File], versions: Mapping[int, TemplateVersion],
           campaigns: Mapping[int, str]) -> Quote | None:
    """What a line answers to, in words."""
    if not wire_id:
        return None
    row = quoted.get(wire_id)
    if row is None:
        return Quote(Who("person"), False, "A message we do not have")
    version = versions.get(row.version_id or 0)
    words = message_templates.shown(version, row.variables or {}).body if version else in_words(
        row.kind, row.text, row.content or {})
    return Quote(_who(row, campaigns), row.direction == "out", words[:300], row.id, files.get(row.id))


def _reactions(about: Sequence[Any]) -> tuple[Reaction, ...]:
    """The newest sign of each side, where it was not taken away again."""
    newest: dict[str, Any] = {one.direction: one for one in about if one.kind == "reaction" and one.state not in _LOST}
    return tuple(Reaction(one.text[:16], direction == "out", one.author_name)
                 for direction, one in sorted(newest.items()) if one.text.strip())


def _quoted(channel_id: int, wire_ids: set[str]) -> dict[str, Any]:
    """The messages that are quoted, by wire id. One query."""
    if not wire_ids:
        return {}
    rows = db.session.execute(
        select(_m.id, _m.direction, _m.kind, _m.text, _m.content, _m.author_kind, _m.author_id, _m.author_name,
               _m.version_id, _m.variables, _m.campaign_id, _m.test_of, _m.wire_id)
        .where(_m.channel_id == channel_id, _m.wire_id.in_(wire_ids)))
    return {row.wire_id: row for row in rows}


def _about(channel_id: int, wire_ids: Sequence[str]) -> dict[str, list[Any]]:
    """Reactions, edits and deletions of these messages, oldest first. One query over a small index."""
    found: dict[str, list[Any]] = {}
    if wire_ids:
        rows = db.session.execute(
            select(_m.reply_to, _m.kind, _m.text, _m.content, _m.direction, _m.author_name, _m.state)
            .where(_m.channel_id == channel_id, _m.reply_to.in_(wire_ids), _REFERS, _m.kind.in_(OVERLAYS))
            .order_by(_m.created_at, _m.id))
        for row in rows:
            found.setdefault(row.reply_to, []).append(row)
    return found


def _files(rows: Sequence[Any]) -> dict[int, File]:
    """The file of each message that has one: received ones with their state, ours as they are kept. Two queries."""
    received = [row.id for row in rows if row.direction == "in" and row.kind in FILES]
    found = _received(received) if received else {}
    ours = {row.id: media_id for row in rows
            if row.id not in found and (media_id := sending.media_in(row.content or {}))}
    kept = {row.id: row for row in db.session.execute(
        select(_k.id, _k.kind, _k.name, _k.mime, _k.size).where(_k.id.in_(set(ours.values()))))} if ours else {}
    voices = {row.id for row in rows if (row.content or {}).get("is_voice")}
    for message_id, media_id in ours.items():
        if file := kept.get(media_id):
            kind = "voice" if message_id in voices else file.kind
            found[message_id] = File(kind, FileState.FETCHED, media_id, file.name, file.mime, file.size)
    return found


def _received(message_ids: Sequence[int]) -> dict[int, File]:
    """Files people sent us, by message; a picture that cannot be drawn is a document. One query."""
    rows = db.session.execute(
        select(_f.message_id, _f.kind, _f.state, _f.media_id, _f.name, _f.mime, _f.reason, _k.name.label("kept_name"),
               _k.mime.label("kept_mime"), _k.kind.label("kept_as"), _k.size)
        .select_from(ReceivedFile.__table__.outerjoin(MediaFile.__table__, _k.id == _f.media_id))
        .where(_f.message_id.in_(message_ids)))
    return {row.message_id: File("document" if row.kept_as == "document" else row.kind, row.state, row.media_id,
                                 row.name or row.kept_name or "", row.kept_mime or row.mime, row.size or 0, row.reason)
            for row in rows}


def _versions(ids: set[int]) -> dict[int, TemplateVersion]:
    if not ids:
        return {}
    return {one.id: one for one in db.session.scalars(select(TemplateVersion).where(TemplateVersion.id.in_(ids)))}


def _campaigns(ids: set[Any]) -> dict[int, str]:
    if not ids:
        return {}
    return {number: name for number, name in db.session.execute(
        select(Campaign.id, Campaign.name).where(Campaign.id.in_(ids)))}


def team() -> list[tuple[int, str]]:
    """Whom a conversation may be given to, by name. One query."""
    rows = db.session.execute(select(User.id, User.name).where(User.disabled_at.is_(None), User.role != "viewer")
                              .order_by(User.name, User.id))
    return [(number, name) for number, name in rows]
