"""Who works here, and how they are signed in."""

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core import clock
from tables.session import db
from tables.types import UtcDateTime


class User(db.Model):
    """A person of the team. `may_send` is a right of its own, whatever the role."""

    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(254), unique=True)  # lower case
    name: Mapped[str] = mapped_column(String(120))
    role: Mapped[str] = mapped_column(String(20))  # viewer | agent | manager | admin
    may_send: Mapped[bool] = mapped_column(default=False)
    password_hash: Mapped[str] = mapped_column(String(255))
    timezone: Mapped[str] = mapped_column(String(60), default="")
    phone: Mapped[str] = mapped_column(String(20), default="")  # E.164: where their test messages go
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    disabled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class UserSession(db.Model):
    """One sign-in. The cookie holds the token, the table only its hash; ending it here ends it everywhere."""

    __tablename__ = "user_sessions"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    address: Mapped[str] = mapped_column(String(64), default="")
    browser: Mapped[str] = mapped_column(String(200), default="")

    user: Mapped[User] = relationship(lazy="joined")


class SignInAttempt(db.Model):
    """A try to sign in, counted by account and by address; survives restarts."""

    __tablename__ = "sign_in_attempts"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(100), index=True)  # account:<hash> or address:<ip>
    at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now, index=True)
