"""The people who act in the tests, and how they are signed in without the cost of a password."""

from models import User, db, transaction
from services import auth
from tests.client import Browser


def person(role: str, *, may_send: bool = False, name: str = "") -> User:
    """A person of the team with this role. Several of one role may exist."""
    with transaction():
        number = db.session.query(User).count() + 1
        known = User(email=f"{role}{number}@example.org", name=name or f"{role.title()} {number}", role=role,
                     may_send=may_send, password_hash="!", timezone="")
        db.session.add(known)
    return known


def signed_in(browser: Browser, user: User) -> Browser:
    """This browser with a live sign-in of `user`."""
    token = auth.start_session(user_id=user.id, address="127.0.0.1", browser="a test")
    with browser.session() as kept:
        kept.update(_user_id=token, _fresh=True)
    browser.person = user
    return browser
