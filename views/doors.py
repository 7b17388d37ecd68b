"""Who may come in. Every route has a door: its part's, from the map, or one declared on the page itself."""

from collections.abc import Callable
from typing import Any

from flask import abort, redirect, request, url_for
from flask_login import current_user

from core.errors import Forbidden
from core.rights import Right

Door = Callable[[], Any]  # None lets the caller in; anything else is the answer


def anyone() -> None:
    """Open to the world."""


def carrier() -> None:
    """Carriers sign what they send; the page itself checks the signature over the raw body."""


def signed_in() -> Any:
    """People of the team; others are led to the sign-in page and back."""
    if current_user.is_authenticated:
        return None
    if request.method == "GET":
        return redirect(url_for("auth.sign_in", next=request.full_path.rstrip("?")))
    return abort(401)


def own_pages_only() -> None:
    """Refuse what another site has a browser send here. Raises Forbidden; programs that are no browser say no origin."""
    origin = request.headers.get("Origin")
    if origin is None or request.method in ("GET", "HEAD", "OPTIONS"):
        return
    # https is ours even where we see http: a proxy in front does not always say what it speaks
    if origin.lower() not in {f"{scheme}://{request.host}".lower() for scheme in (request.scheme, "https")}:
        raise Forbidden("This was sent from a page of another site, so nothing has been changed")


def needs(right: Right) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Declare on a view that only people with this right may call it. Put it below the route decorator."""

    def door() -> Any:
        if (answer := signed_in()) is not None:
            return answer
        return None if current_user.may(right) else abort(403)

    return _with_door(door)


def open_to(door: Door) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Declare another door than the part's on one view."""
    return _with_door(door)


def door_of(view: Callable[..., Any]) -> Door | None:
    """The door declared on this view itself, if any."""
    return getattr(view, "door", None)


def _with_door(door: Door) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    def declare(view: Callable[..., Any]) -> Callable[..., Any]:
        view.door = door  # type: ignore[attr-defined]
        return view

    return declare
