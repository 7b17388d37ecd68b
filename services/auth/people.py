"""The people of the team: the first one, those who join, what they may do, whose account is closed."""

import re
import secrets
from collections.abc import Sequence

from sqlalchemy import func, select

from core import clock
from core.actor import SYSTEM, Actor
from core.errors import Conflict, Invalid, NotFound
from core.rights import RIGHTS
from core.words import one_line
from models import User, db, transaction
from services import activity, settings
from services.auth.attempts import one_at_a_time
from services.auth.passwords import hash_password, refuse_weak
from services.auth.sessions import end_all_sessions

_EMAIL = re.compile(r"[^@\s,;<>\"'()\\\x00-\x20]+@[^@\s,;<>\"'()\\\x00-\x20]+\.[^@\s.,;<>\"'()\\\x00-\x20]{2,}")
_LOCK = 7_230_152


def has_users() -> bool:
    """Whether anybody has an account; while nobody has, the first visitor sets this installation up."""
    return db.session.scalar(select(User.id).limit(1)) is not None


def all_users() -> Sequence[User]:
    """The whole team by name, closed accounts last. One query."""
    by_name = (User.disabled_at.is_not(None), func.lower(User.name), User.id)
    return db.session.scalars(select(User).order_by(*by_name)).all()


def get_user(user_id: int) -> User:
    """One person of the team. Raises NotFound."""
    if user := db.session.get(User, user_id):
        return user
    raise NotFound("There is no such person in the team")


def normal_email(text: str) -> str:
    """The address in lower case. Raises Invalid for what cannot be one."""
    email = text.strip().lower()
    if len(email) > 254 or not _EMAIL.fullmatch(email) or not email.isprintable():
        raise Invalid("This is not an e-mail address; write it like name@example.org", field="email")
    return email


def create_first_admin(*, email: str, password: str, name: str = "") -> int:
    """The first person, who may do everything. Raises Conflict when there is one already; two at once: one wins."""
    email = normal_email(email)
    refuse_weak(password, email=email)
    hashed = hash_password(password)
    with transaction():
        one_at_a_time(_LOCK)
        if has_users():
            raise Conflict("Somebody has set up this dashboard already; sign in instead")
        user = _add(email, name, "admin", True, hashed, by=SYSTEM)
    return user.id


def ensure_first_admin() -> bool:
    """Make the first admin from ADMIN_EMAIL and ADMIN_PASSWORD when they are set and nobody has an account yet.

    True when it did. Raises Invalid for an address or a password that is not good enough.
    """
    start = settings.start_up()
    if not start.admin_email or not start.admin_password or has_users():
        return False
    try:
        create_first_admin(email=start.admin_email, password=start.admin_password)
    except Conflict:
        return False
    return True


def add_user(*, email: str, name: str = "", role: str = "viewer", may_send: bool = False, password: str = "",
             by: Actor) -> int:
    """Add one person; without a password they choose one by an invitation. Says the new number.

    Raises Invalid (field email, role or password) and Conflict when the address is taken.
    """
    email = normal_email(email)
    _check_role(role)
    if password:
        refuse_weak(password, email=email)
    hashed = hash_password(password or secrets.token_urlsafe(32))
    with transaction():
        if db.session.scalar(select(User.id).where(User.email == email)):
            raise Conflict(f"{email} is in the team already", field="email")
        return _add(email, name, role, may_send, hashed, by=by).id


def change_user(*, user_id: int, name: str, role: str, may_send: bool, by: Actor) -> None:
    """Change what somebody may do. Their sessions end when their rights change.

    Raises Invalid, NotFound, and Conflict when nobody would be left to manage.
    """
    _check_role(role)
    with transaction():
        one_at_a_time(_LOCK)
        user = get_user(user_id)
        if role != "admin":
            _keep_one_admin(user)
        rights_change = (user.role, user.may_send) != (role, may_send)
        if not rights_change and user.name == _name(name, user.email):
            return
        user.name, user.role, user.may_send = _name(name, user.email), role, may_send
        if rights_change:
            end_all_sessions(user_id)
        _record("user.changed", user, by)


def disable_user(*, user_id: int, by: Actor) -> None:
    """Close an account: its sessions end at once and nobody can sign in with it. Raises NotFound and Conflict."""
    with transaction():
        one_at_a_time(_LOCK)
        user = get_user(user_id)
        if user.disabled_at is not None:
            return
        if user_id == by.user_id:
            raise Conflict("You cannot close your own account; ask another admin")
        _keep_one_admin(user)
        user.disabled_at = clock.now()
        end_all_sessions(user_id)
        _record("user.disabled", user, by)


def enable_user(*, user_id: int, by: Actor) -> None:
    """Open a closed account again. Raises NotFound."""
    with transaction():
        user = get_user(user_id)
        if user.disabled_at is None:
            return
        user.disabled_at = None
        _record("user.enabled", user, by)


def _add(email: str, name: str, role: str, may_send: bool, hashed: str, *, by: Actor) -> User:
    user = User(email=email, name=_name(name, email), role=role, may_send=may_send, password_hash=hashed)
    db.session.add(user)
    db.session.flush()
    _record("user.added", user, by, role=role)
    return user


def _name(name: str, email: str) -> str:
    """What the person is called; without a name, the part before the @."""
    return (one_line(name) or email.partition("@")[0])[:120]


def _check_role(role: str) -> None:
    if role not in RIGHTS:
        raise Invalid(f"Choose a role: {', '.join(RIGHTS)}", field="role")


def _keep_one_admin(user: User) -> None:
    """Raise Conflict when this is the last person who may manage."""
    others = db.session.scalar(
        select(User.id).where(User.role == "admin", User.disabled_at.is_(None), User.id != user.id).limit(1))
    if user.role == "admin" and user.disabled_at is None and others is None:
        raise Conflict("Nobody would be left to manage the team; make somebody else an admin first", field="role")


def _record(verb: str, user: User, by: Actor, **details: object) -> None:
    activity.record(verb, by=by, subject_kind="user", subject_id=user.id, subject_name=user.name, **details)
