"""Sessions on the server: the cookie holds a random token, the table its hash. Ending a row ends it everywhere."""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, or_, select, update

from core import clock
from core.actor import Actor
from core.rights import Right, may
from models import User, UserSession, db, transaction
from services import activity
from services.auth.attempts import sweep_attempts

IDLE_HOURS = 12
LONGEST_DAYS = 7
_SEEN_EVERY = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who is signed in, as values: safe to keep for the whole request."""

    id: int
    session_id: int
    name: str
    email: str
    role: str
    may_send: bool
    timezone: str

    @property
    def actor(self) -> Actor:
        """Who acts, for services that record it."""
        return Actor("user", self.name, self.id)

    def may(self, right: Right) -> bool:
        """Whether this person has a right."""
        return may(self.role, right, may_send=self.may_send)


def start_session(*, user_id: int, address: str = "", browser: str = "") -> str:
    """Begin a session for a person whose password was right; the token goes into the cookie and nowhere else."""
    token = secrets.token_urlsafe(32)
    with transaction():
        db.session.add(UserSession(user_id=user_id, token_hash=_hash(token), address=address[:64],
                                   browser=_printable(browser)))
    return token


def person_of(token: str) -> Person | None:
    """Who this token belongs to while the session lasts and the account is open, else None. One query.

    Now and then it also notes that the session was used.
    """
    row = db.session.execute(
        select(UserSession.id, UserSession.seen_at, User.id, User.name, User.email, User.role, User.may_send,
               User.timezone)
        .join(User, User.id == UserSession.user_id)
        .where(UserSession.token_hash == _hash(token), User.disabled_at.is_(None), _is_alive(clock.now()))).first()
    if row is None:
        return None
    if clock.now() - row.seen_at > _SEEN_EVERY:
        with transaction():
            db.session.execute(update(UserSession).where(UserSession.id == row[0]).values(seen_at=clock.now()))
    return Person(id=row[2], session_id=row[0], name=row.name, email=row.email, role=row.role, may_send=row.may_send,
                  timezone=row.timezone)


def sessions_of(user_id: int) -> Sequence[UserSession]:
    """The living sessions of one person, last used first. One query."""
    return db.session.scalars(
        select(UserSession).where(UserSession.user_id == user_id, _is_alive(clock.now()))
        .order_by(UserSession.seen_at.desc())).all()


def sign_out(*, session_id: int, by: Actor) -> None:
    """End the session somebody is using."""
    with transaction():
        _end(UserSession.id == session_id)
        activity.record("user.signed_out", by=by, subject_kind="user", subject_id=by.user_id, subject_name=by.name)


def end_session(*, session_id: int, user_id: int) -> bool:
    """End one session of this person; False when it is not theirs or has ended."""
    with transaction():
        return bool(_end(UserSession.id == session_id, UserSession.user_id == user_id))


def end_other_sessions(*, user_id: int, keep: int, by: Actor) -> int:
    """End every session of this person but one; says how many."""
    with transaction():
        count = _end(UserSession.user_id == user_id, UserSession.id != keep)
        activity.record("user.sessions_ended", by=by, subject_kind="user", subject_id=user_id, subject_name=by.name)
    return count


def end_all_sessions(user_id: int) -> int:
    """End every session of this person; says how many. For changes of password, role and access."""
    with transaction():
        return _end(UserSession.user_id == user_id)


def sweep_sessions() -> int:
    """Remove sessions that ended a month ago and tries to sign in that no longer count; says how many rows."""
    old = clock.now() - timedelta(days=30)
    with transaction():
        gone = db.session.execute(
            delete(UserSession).where(or_(UserSession.ended_at < old, UserSession.seen_at < old))).rowcount
        return int(gone) + sweep_attempts()


def _end(*which: ColumnElement[bool]) -> int:
    ending = update(UserSession).where(UserSession.ended_at.is_(None), *which)
    return int(db.session.execute(ending.values(ended_at=clock.now())).rowcount)


def _is_alive(now: datetime) -> ColumnElement[bool]:
    """Not ended, used lately, and not older than a session may get."""
    return (UserSession.ended_at.is_(None)
            & (UserSession.seen_at > now - timedelta(hours=IDLE_HOURS))
            & (UserSession.created_at > now - timedelta(days=LONGEST_DAYS)))


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def _printable(text: str) -> str:
    """What a browser calls itself, without anything that could harm a page or a log."""
    return "".join(c for c in text if c.isprintable())[:200]
