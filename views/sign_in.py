"""Who is asking: joins the signed cookie, the sessions in the database and Flask-Login."""

from datetime import timedelta
from urllib.parse import unquote, urlsplit

from flask import Flask, current_app, request, session
from flask_login import LoginManager, UserMixin, login_user, logout_user
from werkzeug.exceptions import MethodNotAllowed, NotFound
from werkzeug.routing import RequestRedirect

from core.actor import Actor
from core.rights import Right
from services import auth


class SignedIn(UserMixin):
    """The person of this request, as the database knew them when it began."""

    def __init__(self, token: str, person: auth.Person) -> None:
        self.token = token
        self.id = person.id
        self.session_id = person.session_id
        self.name = person.name
        self.email = person.email
        self.role = person.role
        self.timezone = person.timezone
        self.actor: Actor = person.actor
        self.person = person

    def get_id(self) -> str:
        """What the cookie carries: the session's token, not the person's number."""
        return self.token

    def may(self, right: Right) -> bool:
        """Whether this person has a right."""
        return self.person.may(right)


def install(app: Flask) -> None:
    """Tell Flask-Login how to find the person of a request."""
    app.config["PERMANENT_SESSION_LIFETIME"] = timedelta(days=auth.LONGEST_DAYS)
    app.config["SESSION_REFRESH_EACH_REQUEST"] = False
    manager = LoginManager(app)
    manager.session_protection = None  # our sessions live in the database; a changed address does not end them
    manager.user_loader(person_of_token)


def person_of_token(token: str) -> SignedIn | None:
    """The person a session belongs to while it lasts, or None."""
    person = auth.person_of(token)
    return SignedIn(token, person) if person else None


def begin(token: str) -> None:
    """Start afresh with this session: nothing of the visitor's cookie survives."""
    person = auth.person_of(token)
    if person is None:
        return
    session.clear()
    session.permanent = True
    login_user(SignedIn(token, person))


def end() -> None:
    """Forget who this was."""
    logout_user()
    session.clear()


def address() -> str:
    """Where the request comes from; proxies are believed only as far as TRUSTED_PROXIES says."""
    return request.remote_addr or "unknown"


def own_path(wanted: str, otherwise: str = "/") -> str:
    """`wanted` when it is the address of one of our own pages, else `otherwise`. Nothing else may be redirected to."""
    plain = unquote(wanted)
    if not plain.startswith("/") or plain.startswith("//") or not plain.isprintable():
        return otherwise
    if "\\" in plain or wanted != wanted.strip() or not wanted.isprintable():
        return otherwise
    parts = urlsplit(wanted)
    if parts.scheme or parts.netloc:
        return otherwise
    return wanted if _is_page(unquote(parts.path)) else otherwise


def _is_page(path: str) -> bool:
    """Whether a GET of this path is answered by a page of ours."""
    if "//" in path:
        return False
    try:
        endpoint, _ = current_app.url_map.bind("").match(path, method="GET")
    except RequestRedirect:
        return True
    except (NotFound, MethodNotAllowed):
        return False
    return endpoint not in ("static", "vendor")
