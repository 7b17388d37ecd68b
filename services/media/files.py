"""The files themselves: checked by what they hold, kept once, shown only where that is safe."""

import secrets
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

from sqlalchemy import ColumnElement, delete, exists, select

from core import media_types
from core.actor import Actor
from core.errors import Invalid, NotFound
from core.media_types import KINDS
from models import MediaFile, MediaUpload, Message, ReceivedFile, TemplateVersion, after_commit, db, transaction
from services.media import shelf, thumbnails
from services.media.named import named_in

# what a browser may show or play on a page of ours, by the kind of the file
_INLINE = {"image": ("image/jpeg", "image/png", "image/webp"), "sticker": ("image/webp",),
           "video": ("video/mp4", "video/3gpp"), "audio": ("audio/ogg", "audio/mpeg", "audio/mp4", "audio/aac")}


def keep(stream: BinaryIO, *, name: str, kind: str, by: Actor) -> MediaFile:
    """Check a file by what it holds and keep it; a file that is kept already is not kept twice.

    `kind` is one of KINDS. Raises Invalid, in words, for what WhatsApp would not take as this kind.
    """
    if kind not in KINDS:
        raise Invalid("Choose a picture, a film, a document, a sound or a sticker", field="kind")
    with shelf.waiting_file() as file:
        digest, size = shelf.copied(stream, file, KINDS[kind])
        mime = media_types.check(file, kind)
        called = shelf.clean_name(name, KINDS[kind].endings[mime])
        if known := _known(digest, kind, called):
            return known
        return _kept(Path(file.name), MediaFile(
            kind=kind, name=called, mime=mime, size=size, digest=digest, created_by=by.name[:120],
            stored_as=secrets.token_hex(16) + KINDS[kind].endings[mime]))


def newest_files(count: int = 100) -> Sequence[MediaFile]:
    """Files that were kept last. One query."""
    return db.session.scalars(select(MediaFile).where(MediaFile.created_by != "")
                              .order_by(MediaFile.id.desc()).limit(count)).all()


def get_media(media_id: int) -> MediaFile:
    """One kept file. Raises NotFound."""
    if found := db.session.get(MediaFile, media_id):
        return found
    raise NotFound("There is no such file; choose it again")


def open_file(media_id: int) -> BinaryIO:
    """Its bytes, open for reading; the caller closes it. Raises NotFound."""
    return open(path_of(media_id), "rb")


def path_of(media_id: int) -> Path:
    """Where its bytes lie. Raises NotFound."""
    path = shelf.folder() / get_media(media_id).stored_as
    if not path.exists():
        raise NotFound("This file is gone from the disk; bring it again")
    return path


def is_shown_inline(file: MediaFile) -> bool:
    """Whether a browser may show it on a page; everything else is only handed out as a download."""
    return file.mime in _INLINE.get(file.kind, ())


def forget_unused(before: datetime) -> int:
    """Delete files kept before this moment that no version of a template, no message of ours and no row of any other
    table uses; how many."""
    with transaction():
        held = [~exists().where(column == MediaFile.id) for column in _holding()]
        old = dict(db.session.execute(
            select(MediaFile.id, MediaFile.stored_as).where(MediaFile.created_at < before, *held)).all())
        used = _used() if old else set()
        unused = {number: stored_as for number, stored_as in old.items() if number not in used}
        forget(unused)
    _sweep(before)
    return len(unused)


def _holding() -> list[ColumnElement[Any]]:
    """Every column that says a row needs a file; that a carrier knows it is no need of ours."""
    return [key.parent for table in MediaFile.metadata.sorted_tables for key in table.foreign_keys
            if key.column.table is MediaFile.__table__ and table is not MediaUpload.__table__]


def _used() -> set[int]:
    """Files that the heads of templates and our messages name."""
    of_templates = {number for header in db.session.scalars(
        select(TemplateVersion.header).where(TemplateVersion.header.is_not(None))) for number in named_in(header)}
    named = Message.content["media_id"].as_integer()
    of_messages = db.session.scalars(select(named).where(
        Message.direction == "out", Message.campaign_id.is_(None), Message.kind != "text", named.is_not(None)).distinct())
    return {number for number in (*of_templates, *of_messages) if number}


def forget(files: Mapping[int, str]) -> None:
    """Delete these files, by id what they are stored as. Inside a transaction; the bytes go when it is safe."""
    if files:
        db.session.execute(delete(MediaFile).where(MediaFile.id.in_(files)))
        after_commit(lambda: _remove(files.values()))


def _remove(names: Iterable[str]) -> None:
    for name in names:
        (shelf.folder() / name).unlink(missing_ok=True)
        thumbnails.place_of(name).unlink(missing_ok=True)


def _sweep(before: datetime) -> None:
    """Remove what lies in the folders and belongs to no row: of a crash between a row and its bytes."""
    known = set(db.session.scalars(select(MediaFile.stored_as)))
    thumbs = {thumbnails.place_of(name).name for name in known}
    for kept, place in ((known, shelf.folder()), (thumbs, thumbnails.folder())):
        for path in place.iterdir():
            if path.name not in kept and not path.name.startswith(".") and path.stat().st_mtime < before.timestamp():
                path.unlink(missing_ok=True)


def _known(digest: str, kind: str, name: str) -> MediaFile | None:
    """The same content kept before. People see the name of a document, so another name is another file."""
    is_received = exists().where(ReceivedFile.media_id == MediaFile.id)  # those go with the person who sent them
    asked = select(MediaFile).where(MediaFile.digest == digest, MediaFile.kind == kind, ~is_received).order_by(MediaFile.id)
    if kind == "document":
        asked = asked.where(MediaFile.name == name)
    known = db.session.scalars(asked.limit(1)).first()
    return known if known is not None and (shelf.folder() / known.stored_as).exists() else None


def _kept(path: Path, file: MediaFile) -> MediaFile:
    """Put the bytes in their place, then the row. The same bytes under another name lie on the disk once."""
    twin = db.session.scalars(select(MediaFile.stored_as).where(MediaFile.digest == file.digest).limit(1)).first()
    shelf.put(shelf.folder() / twin if twin and (shelf.folder() / twin).exists() else path, file.stored_as)
    with transaction():
        db.session.add(file)
    return file
