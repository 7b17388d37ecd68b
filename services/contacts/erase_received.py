"""A person who is erased takes along what they sent as files: the bytes on our disk, small pictures of them, and their rows."""

from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import delete, select

from models import MediaFile, ReceivedFile, after_commit, db
from services import settings


def forget_files_of(message_ids: Sequence[int]) -> int:
    """Delete the files that came with these messages. Inside a transaction; the bytes go when it is safe. How many."""
    theirs = ReceivedFile.message_id.in_(message_ids)
    kept = dict(db.session.execute(select(MediaFile.id, MediaFile.stored_as).join(
        ReceivedFile, ReceivedFile.media_id == MediaFile.id).where(theirs)).all())
    db.session.execute(delete(ReceivedFile).where(theirs))
    if kept:
        db.session.execute(delete(MediaFile).where(MediaFile.id.in_(kept)))
        instance = settings.start_up().instance
        after_commit(lambda: _remove(instance, list(kept.values())))
    return len(kept)


def _remove(instance: Path, names: Sequence[str]) -> None:
    for name in names:
        (instance / "media" / name).unlink(missing_ok=True)
        (instance / "thumbnails" / f"{Path(name).stem}.webp").unlink(missing_ok=True)
