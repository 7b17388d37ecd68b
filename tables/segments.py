"""Groups of people that keep themselves: saved conditions."""

from datetime import datetime
from typing import Any

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from core import clock
from tables.session import db
from tables.types import JsonColumn, UtcDateTime


class Segment(db.Model):
    """Conditions with a name. Who is in it is asked anew each time; it holds no people."""

    __tablename__ = "segments"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(80))
    key: Mapped[str] = mapped_column(String(80), unique=True)  # case-folded
    conditions: Mapped[dict[str, Any]] = mapped_column(JsonColumn, default=dict)  # as services/segments/shape.py writes it
    created_by: Mapped[str] = mapped_column(String(120), default="")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now, onupdate=clock.now)
