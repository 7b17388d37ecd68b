"""Passwords: which are good enough, how they are kept, how they are compared."""

from functools import lru_cache

from werkzeug.security import check_password_hash, generate_password_hash

from core.common_passwords import COMMON_PASSWORDS
from core.errors import Invalid

SHORTEST_PASSWORD = 10
LONGEST_PASSWORD = 200
METHOD = "scrypt:32768:8:1"


def refuse_weak(password: str, *, email: str = "", field: str = "password") -> None:
    """Raise Invalid with the reason when this password would be guessed too easily."""
    plain = password.strip().lower()
    if len(password) < SHORTEST_PASSWORD:
        raise Invalid(f"Use at least {SHORTEST_PASSWORD} characters; a few words make a good password", field=field)
    if len(password) > LONGEST_PASSWORD:
        raise Invalid(f"Use at most {LONGEST_PASSWORD} characters", field=field)
    if plain in COMMON_PASSWORDS or len(set(plain)) < 4:
        raise Invalid("This password is one of the first that anybody would try; choose another", field=field)
    if email and plain in {email, email.partition("@")[0]}:
        raise Invalid("Do not use your e-mail address as the password", field=field)


def hash_password(password: str) -> str:
    """The form that is kept: scrypt with a salt of its own. Takes about 0.1 s, on purpose."""
    return generate_password_hash(password, METHOD)


def check_password(kept: str, typed: str) -> bool:
    """Whether `typed` is the password kept as `kept`. An empty `kept` costs the same time and is never right."""
    if len(typed) > LONGEST_PASSWORD:
        return False
    is_right = check_password_hash(kept or _nobodys(), typed)
    return is_right and bool(kept)


@lru_cache(maxsize=1)
def _nobodys() -> str:
    """A hash to compare with when there is no account, so that nobody can tell from the time it takes."""
    return hash_password("a password that nobody has")
