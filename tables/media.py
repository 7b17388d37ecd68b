"""Pictures, films and papers: files that live outside every served folder, and where carriers know them."""

from datetime import datetime

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core import clock
from tables.session import db
from tables.types import UtcDateTime


class MediaFile(db.Model):
    """One file, checked by its content. Never changed once kept."""

    __tablename__ = "media_files"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(12))  # image | video | document | audio | sticker
    name: Mapped[str] = mapped_column(String(200))  # as its owner called it
    mime: Mapped[str] = mapped_column(String(100))  # by its content
    size: Mapped[int] = mapped_column()  # bytes
    digest: Mapped[str] = mapped_column(String(64), index=True)  # SHA-256
    stored_as: Mapped[str] = mapped_column(String(64), unique=True)  # the generated name on disk
    created_by: Mapped[str] = mapped_column(String(120), default="")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)


class MediaUpload(db.Model):
    """A file as one channel's carrier knows it, until it forgets it."""

    __tablename__ = "media_uploads"
    __table_args__ = (UniqueConstraint("media_id", "channel_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    media_id: Mapped[int] = mapped_column(ForeignKey("media_files.id", ondelete="CASCADE"))
    channel_id: Mapped[int] = mapped_column(ForeignKey("channels.id", ondelete="CASCADE"))
    wire_id: Mapped[str] = mapped_column(String(80), default="")  # to send it
    handle: Mapped[str] = mapped_column(Text, default="")  # to show it as a template's sample
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # of wire_id
    at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
