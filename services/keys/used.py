"""Whose key this is, and whether it may call again so soon: counted in the database, for all processes together."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import case, or_, select, update

from core import clock
from core.actor import Actor
from core.errors import TooMany
from models import ApiKey, db, transaction
from services.keys.made import START, hash_of

RATE = 20.0  # calls a second and key, on average
BURST = 40  # calls that may come at once
_USED_EVERY = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Holder:
    """The program that calls, as values."""

    key_id: int
    name: str
    scopes: Collection[str]

    @property
    def actor(self) -> Actor:
        """Who acts, for services that record it."""
        return Actor("api", self.name)

    def may(self, scope: str) -> bool:
        """Whether the key was made for this; admin may everything."""
        return scope in self.scopes or "admin" in self.scopes


def holder_of(secret: str) -> Holder | None:
    """Whose key this is while it is good, else None; counts the call. Raises TooMany when it calls too often.

    Two statements: the key, and one UPDATE that only succeeds while calls are left.
    """
    if not secret.startswith(START) or len(secret) > 200:
        return None
    now = clock.now()
    row = db.session.execute(select(ApiKey.id, ApiKey.name, ApiKey.scopes).where(
        ApiKey.key_hash == hash_of(secret), ApiKey.revoked_at.is_(None),
        or_(ApiKey.expires_at.is_(None), ApiKey.expires_at > now))).first()
    if row is None:
        return None
    _take_turn(row.id)
    return Holder(row.id, row.name, tuple(row.scopes))


def _take_turn(key_id: int) -> None:
    """Use one call up. Raises TooMany with the seconds to wait."""
    seconds, moment = clock.seconds(), clock.now()
    began = case((ApiKey.free_at > seconds, ApiKey.free_at), else_=seconds)
    with transaction():
        taken = db.session.execute(
            update(ApiKey).where(ApiKey.id == key_id, ApiKey.free_at <= seconds + (BURST - 1) / RATE)
            .values(free_at=began + 1.0 / RATE, last_used_at=case(
                (or_(ApiKey.last_used_at.is_(None), ApiKey.last_used_at < moment - _USED_EVERY), moment),
                else_=ApiKey.last_used_at))).rowcount
    if not taken:
        raise TooMany(f"This key calls more than {RATE:g} times a second. Wait a second and go on", wait_seconds=1)
