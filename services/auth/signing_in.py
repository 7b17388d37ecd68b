"""Signing in: counted, compared in constant time, written down."""

from typing import Any

from sqlalchemy import select

from core.actor import SYSTEM, Actor
from core.errors import Invalid
from models import User, db, transaction
from services import activity
from services.auth.attempts import forget_tries, take_try
from services.auth.passwords import check_password
from services.auth.sessions import start_session

WRONG = "The e-mail or the password is wrong"


def sign_in(*, email: str, password: str, address: str = "", browser: str = "") -> str:
    """The token of a new session. Raises Invalid (the same sentence whatever was wrong) and TooMany.

    An unknown account costs the same work as a known one.
    """
    email = email.strip().lower()[:254]
    is_last_try = take_try(email, address)
    user = None if "\0" in email else db.session.scalar(select(User).where(User.email == email))
    may_enter = user is not None and user.disabled_at is None
    is_right = check_password(user.password_hash if user and may_enter else "", password)
    if not is_right or user is None:
        _note_refusal(user, is_last_try)
        raise Invalid(WRONG)
    user_id, name = user.id, user.name
    forget_tries(email, address)
    with transaction():
        token = start_session(user_id=user_id, address=address, browser=browser)
        activity.record("user.signed_in", by=Actor("user", name, user_id), subject_kind="user", subject_id=user_id,
                        subject_name=name)
    return token


def _note_refusal(user: User | None, is_last_try: bool) -> None:
    """Write it down without repeating what was typed: people type passwords into the wrong field."""
    subject: dict[str, Any] = {}
    if user:
        subject = {"subject_kind": "user", "subject_id": user.id, "subject_name": user.name}
    with transaction():
        activity.record("user.sign_in_failed", by=SYSTEM, **subject)
        if is_last_try:
            activity.record("user.sign_in_locked", by=SYSTEM, **subject)
