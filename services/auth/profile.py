"""What people change about themselves: name, zone and password; and the invitation by which they choose one."""

import hashlib
from datetime import timedelta

from itsdangerous import BadData, URLSafeTimedSerializer
from sqlalchemy import select

from core import clock
from core.actor import Actor
from core.errors import Invalid, NotFound
from core.phone import Phone
from core.words import one_line
from models import User, db, transaction
from services import activity, settings
from services.auth.passwords import check_password, hash_password, refuse_weak
from services.auth.people import get_user
from services.auth.sessions import end_all_sessions, start_session

INVITATION_LASTS = timedelta(days=3)


def own_phone(user_id: int) -> str:
    """Where one's own test messages go, as E.164; empty when nothing is kept. One query."""
    return db.session.scalar(select(User.phone).where(User.id == user_id)) or ""


def change_profile(*, user_id: int, name: str, timezone: str, phone: Phone | None = None, by: Actor) -> None:
    """A new name, zone (empty: the installation's) or number for one's own tests (None: none).

    Raises Invalid for a name or zone that cannot be.
    """
    if not (name := one_line(name)):
        raise Invalid("Write the name your colleagues know you by", field="name")
    if timezone and timezone not in clock.zone_names():
        raise Invalid("Choose a time zone from the list, such as Europe/London", field="timezone")
    with transaction():
        user = get_user(user_id)
        user.name, user.timezone = name[:120], timezone
        user.phone = phone.e164 if phone else ""


def change_own_password(*, user_id: int, present: str, wanted: str, by: Actor, address: str = "",
                        browser: str = "") -> str:
    """Change the password and end every session; the token of a fresh one comes back.

    Raises Invalid (field present or password).
    """
    user = get_user(user_id)
    if not check_password(user.password_hash, present):
        raise Invalid("This is not your present password", field="present")
    refuse_weak(wanted, email=user.email)
    return _set_password(user, wanted, by=by, address=address, browser=browser)


def invitation_for(user_id: int) -> str:
    """A token with which this person chooses a password, once, within three days. Raises NotFound."""
    user = get_user(user_id)
    return _signer().dumps([user.id, _mark(user)])


def user_of_invitation(token: str) -> User:
    """The person an invitation is for. Raises NotFound when it was used, is too old or was never ours."""
    try:
        user_id, mark = _signer().loads(token, max_age=int(INVITATION_LASTS.total_seconds()))
        user = db.session.get(User, user_id)
    except (BadData, ValueError, TypeError):
        user, mark = None, ""
    if user is None or user.disabled_at is not None or mark != _mark(user):
        raise NotFound("This invitation was used already or is too old; ask for a new one")
    return user


def choose_password(*, token: str, password: str, address: str = "", browser: str = "") -> str:
    """Use an invitation: set the password, end other sessions, begin one. Raises NotFound and Invalid."""
    user = user_of_invitation(token)
    refuse_weak(password, email=user.email)
    return _set_password(user, password, by=Actor("user", user.name, user.id), address=address, browser=browser)


def _set_password(user: User, password: str, *, by: Actor, address: str, browser: str) -> str:
    hashed, user_id, known = hash_password(password), user.id, user.password_hash
    with transaction():
        fresh = get_user(user_id)
        if fresh.password_hash != known:
            raise NotFound("The password was changed a moment ago; start again")
        fresh.password_hash = hashed
        end_all_sessions(user_id)
        activity.record("user.password_changed", by=by, subject_kind="user", subject_id=user_id,
                        subject_name=fresh.name)
        return start_session(user_id=user_id, address=address, browser=browser)


def _mark(user: User) -> str:
    """Changes with the password, so that an invitation works once."""
    return hashlib.sha256(user.password_hash.encode()).hexdigest()[:20]


def _signer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(settings.start_up().secret_key, salt="invitation to choose a password")
