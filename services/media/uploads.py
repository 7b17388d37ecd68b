"""A file as a channel's carrier knows it: handed over once, used until the carrier forgets it."""

import fcntl
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import NamedTuple

from sqlalchemy import delete, select

from core import clock
from core.errors import CarrierTrouble
from models import Channel, MediaFile, MediaUpload, db, transaction
from services import channels, settings, whatsapp_service
from services.media.files import get_media, open_file
from transports.port import FileToSend, Line, OutcomeUnknown, RequestRefused, SendFailed

LASTS = timedelta(days=30)  # how long the carrier keeps a file
_MARGIN = timedelta(days=2)  # a campaign that starts now must end before the carrier forgets
_LEAST = timedelta(minutes=10)  # left at the moment of sending


class NotUploaded(CarrierTrouble):
    """The carrier does not have the file. `is_final`: trying again will not help, the file or the setup is wrong."""

    def __init__(self, message: str, *, is_final: bool) -> None:
        super().__init__(message)
        self.is_final = is_final


def ensure_uploaded(channel: Channel, media_id: int) -> str:
    """The carrier's id of this file, handed over first when it must be. Call it outside a transaction.

    Many processes may ask at the same moment; one uploads, the others wait for it. Raises NotUploaded, NotFound.
    """
    channel_id = channel.id
    if known := _wire_id(channel_id, media_id, _MARGIN):
        return known
    file, line = get_media(media_id), channels.line_of(channel)
    with _alone(f"{media_id}-{channel_id}"):
        db.session.rollback()  # what another process has written in the meantime
        if known := _wire_id(channel_id, media_id, _MARGIN):
            return known
        wire_id = _handed_over(file, line, is_sample=False)
        with transaction():
            upload = _upload_of(channel_id, media_id)
            upload.wire_id, upload.at, upload.expires_at = wire_id, clock.now(), clock.now() + LASTS
    return wire_id


def handle_of(channel: Channel, media_id: int) -> str:
    """The carrier's handle of this file as the sample of a template. As `ensure_uploaded` otherwise."""
    channel_id = channel.id
    file, line = get_media(media_id), channels.line_of(channel)
    with _alone(f"{media_id}-{channel_id}-sample"):
        db.session.rollback()
        known = db.session.scalar(select(MediaUpload.handle).where(
            MediaUpload.media_id == media_id, MediaUpload.channel_id == channel_id))
        if known:
            return known
        handle = _handed_over(file, line, is_sample=True)
        with transaction():
            _upload_of(channel_id, media_id).handle = handle
    return handle


class Known(NamedTuple):
    """A file as the carrier knows it now."""

    wire_id: str
    kind: str
    name: str


def known_files(channel_id: int, media_ids: Iterable[int]) -> dict[int, Known]:
    """These files as this channel's carrier knows them now; those it does not know are not there. One query."""
    rows = db.session.execute(
        select(MediaUpload.media_id, MediaUpload.wire_id, MediaFile.kind, MediaFile.name)
        .join(MediaFile, MediaFile.id == MediaUpload.media_id)
        .where(MediaUpload.channel_id == channel_id, MediaUpload.media_id.in_(list(media_ids)),
               MediaUpload.wire_id != "", MediaUpload.expires_at > clock.now() + _LEAST))
    return {media_id: Known(*rest) for media_id, *rest in rows}


def forget_upload(channel_id: int, media_id: int) -> None:
    """The carrier says it does not know this file: hand it over anew the next time."""
    with transaction():
        db.session.execute(delete(MediaUpload).where(
            MediaUpload.channel_id == channel_id, MediaUpload.media_id == media_id))


def _wire_id(channel_id: int, media_id: int, left: timedelta) -> str:
    """The id that is good for so long; empty when there is none."""
    return db.session.scalar(select(MediaUpload.wire_id).where(
        MediaUpload.media_id == media_id, MediaUpload.channel_id == channel_id,
        MediaUpload.expires_at > clock.now() + left)) or ""


def _upload_of(channel_id: int, media_id: int) -> MediaUpload:
    """The row of this file and channel, made when it is not there."""
    found = db.session.scalars(select(MediaUpload).where(
        MediaUpload.media_id == media_id, MediaUpload.channel_id == channel_id)).first()
    if found is None:
        found = MediaUpload(media_id=media_id, channel_id=channel_id)
        db.session.add(found)
    return found


def _handed_over(file: MediaFile, line: Line, *, is_sample: bool) -> str:
    """Give the bytes to the carrier; its id or handle. Raises NotUploaded."""
    name, mime, size = file.name, file.mime, file.size
    store = whatsapp_service.media_store()
    with open_file(file.id) as stream:
        sent = FileToSend(stream=stream, name=name, mime=mime, size=size)
        db.session.rollback()  # no connection is held while the carrier is waited for
        try:
            return store.sample(line, sent) if is_sample else store.upload(line, sent)
        except OutcomeUnknown as error:
            raise NotUploaded(f"WhatsApp did not answer while “{name}” was handed over; try again",
                              is_final=False) from error
        except SendFailed as error:
            raise NotUploaded(f"WhatsApp did not take “{name}”: {error.words}",
                              is_final=isinstance(error, RequestRefused)) from error


@contextmanager
def _alone(what: str) -> Iterator[None]:
    """One at a time among all threads and processes of this machine. On several machines a file may go up twice,
    which costs a moment and harms nothing."""
    folder = settings.start_up().instance / "media"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with open(folder / f".{what}.lock", "ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
