"""Limits on guessing, kept in the database: they survive restarts and hold for several processes together."""

import hashlib
from datetime import timedelta

from sqlalchemy import delete, func, select

from core import clock
from core.errors import TooMany
from models import SignInAttempt, db, is_sqlite, transaction

ACCOUNT_TRIES = 10
ADDRESS_TRIES = 30
WINDOW = timedelta(minutes=15)
_LOCK = 7_230_151  # any number of our own: the advisory lock of this rule on PostgreSQL


def take_try(email: str, address: str) -> bool:
    """Count one try before it is looked at. True when it is the last one this account has for now.

    Raises TooMany when the account or the address has used up its tries. One at a time over all processes.
    """
    account, place = _account_key(email), f"address:{address}"[:100]
    with transaction():
        one_at_a_time(_LOCK)
        used = _refuse_beyond(account, ACCOUNT_TRIES)
        _refuse_beyond(place, ADDRESS_TRIES)
        at = clock.now()
        db.session.add_all([SignInAttempt(key=account, at=at), SignInAttempt(key=place, at=at)])
    return used + 1 >= ACCOUNT_TRIES


def forget_tries(email: str, address: str) -> None:
    """After a right password: the account starts afresh, the address gets back this one try."""
    place = f"address:{address}"[:100]
    with transaction():
        db.session.execute(delete(SignInAttempt).where(SignInAttempt.key == _account_key(email)))
        newest = select(func.max(SignInAttempt.id)).where(SignInAttempt.key == place).scalar_subquery()
        db.session.execute(delete(SignInAttempt).where(SignInAttempt.id == newest))


def sweep_attempts() -> int:
    """Forget tries that no longer count; says how many."""
    with transaction():
        return db.session.execute(delete(SignInAttempt).where(SignInAttempt.at < clock.now() - WINDOW)).rowcount


def one_at_a_time(lock: int) -> None:
    """Wait until no other process is inside a block with this lock. SQLite writers already take turns."""
    if not is_sqlite():
        db.session.execute(select(func.pg_advisory_xact_lock(lock)))


def _refuse_beyond(key: str, most: int) -> int:
    """How many tries this key has used. Raises TooMany when none is left."""
    since = clock.now() - WINDOW
    tries = select(func.count(), func.min(SignInAttempt.at))
    used, oldest = db.session.execute(tries.where(SignInAttempt.key == key, SignInAttempt.at > since)).one()
    if used < most:
        return used
    wait = max(1, int((oldest + WINDOW - clock.now()).total_seconds()) + 1)
    raise TooMany(f"Too many tries to sign in. Wait {-(-wait // 60)} min and try again", wait_seconds=wait)


def _account_key(email: str) -> str:
    """The account, known or not, without its address."""
    return f"account:{hashlib.sha256(email.encode('utf-8', 'replace')).hexdigest()}"
