"""Making and ending keys."""

import hashlib
import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select

from core import clock
from core.actor import Actor
from core.errors import Conflict, Invalid, NotFound
from core.words import one_line
from models import ApiKey, db, transaction
from services import activity

SCOPES = {"read": "read messages and conversations", "send": "send messages and mark as read",
          "admin": "everything a key can do"}
START = "pp_"
LONGEST_DAYS = 3650


@dataclass(frozen=True, slots=True)
class Made:
    """A new key; `secret` is what the program needs and is never shown again."""

    id: int
    secret: str


def make_key(*, name: str, scopes: Collection[str], days: int | None = None, by: Actor) -> Made:
    """Make a key for one program, good for so many days (None: until revoked).

    Raises Invalid naming the field: name, scopes or days.
    """
    name = one_line(name)[:80]
    if not name:
        raise Invalid("Write which program this key is for", field="name")
    if not scopes or set(scopes) - set(SCOPES):
        raise Invalid("Choose what the key may do", field="scopes")
    if days is not None and not 1 <= days <= LONGEST_DAYS:
        raise Invalid(f"Give 1 to {LONGEST_DAYS:,} days", field="days")
    secret = START + secrets.token_urlsafe(32)
    now = clock.now()
    with transaction():
        key = ApiKey(name=name, start=secret[:9], key_hash=hash_of(secret), created_by=by.name[:120], created_at=now,
                     scopes=[scope for scope in SCOPES if scope in scopes],
                     expires_at=now + timedelta(days=days) if days else None)
        db.session.add(key)
        db.session.flush()
        activity.record("key.made", by=by, subject_kind="key", subject_id=key.id, subject_name=name,
                        scopes=", ".join(key.scopes))
    return Made(key.id, secret)


def all_keys() -> Sequence[ApiKey]:
    """Every key, those in use first, the newest first among them. One query."""
    return db.session.scalars(select(ApiKey).order_by(ApiKey.revoked_at.is_not(None), ApiKey.id.desc())).all()


def get_key(key_id: int) -> ApiKey:
    """One key. Raises NotFound."""
    if key := db.session.get(ApiKey, key_id):
        return key
    raise NotFound("There is no such key")


def revoke_key(key_id: int, *, by: Actor) -> None:
    """End a key for good, from the next call on. Raises NotFound, Conflict when it was revoked before."""
    with transaction():
        key = get_key(key_id)
        if key.revoked_at is not None:
            raise Conflict("This key has been revoked already")
        key.revoked_at = clock.now()
        activity.record("key.revoked", by=by, subject_kind="key", subject_id=key.id, subject_name=key.name)


def hash_of(secret: str) -> str:
    """What is kept of a key. It is random and long, so a plain SHA-256 gives nothing away."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()
