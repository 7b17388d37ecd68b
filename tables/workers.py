"""Signs of life of the parts that work in the background."""

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from tables.session import db
from tables.types import UtcDateTime


class WorkerBeat(db.Model):
    """When a part of a process was last seen working."""

    __tablename__ = "worker_beats"

    part: Mapped[str] = mapped_column(String(20), primary_key=True)  # scheduler | sender
    process: Mapped[str] = mapped_column(String(60), primary_key=True)  # host:pid
    beat_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
