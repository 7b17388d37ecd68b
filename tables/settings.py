"""What the operator may change while we run."""

from datetime import datetime
from typing import Any

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from core import clock
from tables.session import db
from tables.types import JsonColumn, UtcDateTime


class Setting(db.Model):
    """One setting by name; absent means its default."""

    __tablename__ = "settings"

    name: Mapped[str] = mapped_column(String(60), primary_key=True)
    value: Mapped[Any] = mapped_column(JsonColumn)
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now, onupdate=clock.now)
