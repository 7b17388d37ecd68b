"""Secrets of business numbers, sealed at rest: only this file knows how.

Keys come from ENCRYPTION_KEY (several with commas: the first seals, all open) or from `encryption.key` in the instance
folder, one key a line, the newest first, made at the first need and readable by its owner only.
"""

import os
import secrets
from functools import lru_cache
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from core.errors import Invalid
from services import settings

FILE = "encryption.key"


def seal(secret: str) -> str:
    """A secret as it may be kept; empty stays empty."""
    return _ring().encrypt(secret.encode()).decode() if secret else ""


def opened(sealed: str) -> str:
    """The secret; empty stays empty. Raises Invalid when no key that we have opens it."""
    if not sealed:
        return ""
    try:
        return _opened(sealed, _keys())
    except InvalidToken:
        raise Invalid("A secret of this number cannot be opened: the encryption key it was sealed with is missing. "
                      "Put the old key back, or enter the secret again") from None


def sealed_anew(sealed: str) -> str:
    """The same secret under the newest key. Raises Invalid as `opened` does."""
    return seal(opened(sealed))


def add_key() -> None:
    """Make a new key in the file and put it first; older ones stay to open what they sealed. Raises Invalid when the
    keys come from the environment, where only their owner can change them."""
    if comes_from_environment():
        raise Invalid("The keys come from ENCRYPTION_KEY: put a new key before the old one there, restart, and run this again")
    _write([Fernet.generate_key().decode(), *_keys()])


def drop_old_keys() -> None:
    """Forget all keys of the file but the newest and the one before it, which opens what somebody read just before everything
    was sealed anew; the next rotation forgets that. Only after everything was sealed anew."""
    if not comes_from_environment():
        _write(list(_keys())[:2])


def comes_from_environment() -> bool:
    """Whether the keys are given by ENCRYPTION_KEY rather than kept in the file."""
    return bool(settings.start_up().encryption_key)


def check_keys() -> None:
    """Raises Invalid, naming the place, when a key is not one."""
    _ring()


def _ring() -> MultiFernet:
    return _ring_of(_keys())


@lru_cache(maxsize=8)
def _ring_of(keys: tuple[str, ...]) -> MultiFernet:
    try:
        return MultiFernet([Fernet(key) for key in keys])
    except ValueError:
        raise Invalid("ENCRYPTION_KEY or encryption.key holds something that is no key: each is 32 bytes, written in 44 "
                      "letters (url-safe base64)") from None


@lru_cache(maxsize=256)
def _opened(sealed: str, keys: tuple[str, ...]) -> str:
    """Opening costs some ten microseconds; carriers knock thousands of times a second."""
    return _ring_of(keys).decrypt(sealed.encode()).decode()


def _keys() -> tuple[str, ...]:
    """The keys, newest first."""
    start = settings.start_up()
    if start.encryption_key:
        return tuple(key.strip() for key in start.encryption_key.split(",") if key.strip())
    path = start.instance / FILE
    try:
        return _read(str(path), path.stat().st_mtime_ns)
    except FileNotFoundError:
        _write_first(path)
        return _read(str(path), path.stat().st_mtime_ns)


@lru_cache(maxsize=8)
def _read(path: str, _changed: int) -> tuple[str, ...]:
    return tuple(line.strip() for line in Path(path).read_text().splitlines() if line.strip())


def _write_first(path: Path) -> None:
    """Of many processes that start at once, one makes the key: a hard link to a finished file wins or is too late."""
    path.parent.mkdir(parents=True, exist_ok=True)
    whole = _hidden(path, [Fernet.generate_key().decode()])
    try:
        os.link(whole, path)
    except FileExistsError:
        pass
    finally:
        whole.unlink()


def _write(keys: list[str]) -> None:
    path = settings.start_up().instance / FILE
    os.replace(_hidden(path, keys), path)


def _hidden(path: Path, keys: list[str]) -> Path:
    """A finished file beside `path` that only its owner can read."""
    whole = path.with_name(f".{FILE}.{secrets.token_hex(8)}")
    handle = os.open(whole, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write("\n".join(keys) + "\n")
        file.flush()
        os.fsync(file.fileno())
    return whole
