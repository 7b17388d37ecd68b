"""Who may call: programs with a key, each with its scopes."""

from collections.abc import Callable
from typing import Any

from flask import g, request

from core.errors import Forbidden, NotSignedIn
from services import keys

BEARER = "bearer "


def api_key() -> None:
    """A program with a good key. Raises NotSignedIn, TooMany."""
    given = request.headers.get("Authorization", "")
    holder = keys.holder_of(given[len(BEARER):].strip()) if given[:len(BEARER)].lower() == BEARER else None
    if holder is None:
        raise NotSignedIn("Send your key as “Authorization: Bearer pp_…”; it may have expired or been revoked")
    g.api_holder = holder


def needs_scope(scope: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Declare which scope an address needs. Put it below the route decorator."""

    def door() -> None:
        api_key()
        if not holder().may(scope):
            raise Forbidden(f"This key was not made to {keys.SCOPES[scope]}")

    def declare(view: Callable[..., Any]) -> Callable[..., Any]:
        view.door = door  # type: ignore[attr-defined]
        return view

    return declare


def holder() -> keys.Holder:
    """The program of this request."""
    found: keys.Holder = g.api_holder
    return found
