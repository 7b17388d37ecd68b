"""Carriers knock here: check, keep, answer 200. Reading comes later.

What they send passes a thin door in front of Flask: a campaign brings three notices a message, and none of them needs
sessions, routing or pages.
"""

import logging
import threading
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from flask import Blueprint, Flask, request
from flask.typing import ResponseReturnValue

from core import clock
from services import webhooks
from views import assets

ADDRESS = "/webhook"
BODY_LIMIT = 3 * 1024 * 1024  # Meta sends up to 3 MB
QUIET = 10.0  # seconds between two lines of the log about refused bodies
HEADERS = [("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", "0"), ("Cache-Control", "no-store"),
           *assets.HEADERS.items()]
STATUS = {200: "200 OK", 400: "400 Bad Request", 401: "401 Unauthorized", 413: "413 Content Too Large",
          500: "500 Internal Server Error"}

log = logging.getLogger("whatsapp")
pages = Blueprint("webhooks", __name__)

Answer = Callable[..., Any]
Wsgi = Callable[[dict[str, Any], Answer], Iterable[bytes]]


@pages.get("")
def handshake() -> ResponseReturnValue:
    """Meta asks once whether this address is ours: give the challenge back to whoever knows our word."""
    word = request.args.get("hub.verify_token", "")
    is_ours = request.args.get("hub.mode") == "subscribe" and webhooks.knows_our_word(word)
    if not is_ours:
        return "", 403, {"Content-Type": "text/plain; charset=utf-8"}
    challenge = request.args.get("hub.challenge", "")
    return challenge, 200, {"Content-Type": "text/plain; charset=utf-8"}


def install(app: Flask) -> None:
    """Put the door in front of the application."""
    door = Door(app, app.wsgi_app)
    app.wsgi_app, app.extensions["webhook_door"] = door, door  # type: ignore[method-assign]


class Door:
    """Answers what carriers post; everything else goes on to the application."""

    headers = HEADERS

    def __init__(self, app: Flask, inner: Wsgi) -> None:
        self._inner = inner
        self._desk = webhooks.Desk(app)
        self._refusals = _Refusals()

    def __call__(self, environ: dict[str, Any], start_response: Answer) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] != "POST" or environ.get("PATH_INFO", "").rstrip("/") != ADDRESS:
            return self._inner(environ, start_response)
        start_response(STATUS[self._receive(environ)], HEADERS)
        return []

    def status_line(self, status: int) -> str:
        """The code with its words."""
        return STATUS[status]

    def receive_all(self, knocks: Sequence[tuple[bytes, str]]) -> list[int]:
        """The status of the answer to each body with its signature, all written together. Never raises."""
        try:
            fates = self._desk.take_all(knocks)
        except Exception as error:
            fates = [error] * len(knocks)
        return [self._status(fate, len(body)) for fate, (body, _) in zip(fates, knocks, strict=True)]

    def _status(self, fate: bool | Exception, size: int) -> int:
        if isinstance(fate, Exception):
            log.error("a webhook body could not be kept; its sender will try again", exc_info=fate)
            return 500
        if not fate:
            self._refusals.note(size)
        return 200 if fate else 401

    def _receive(self, environ: dict[str, Any]) -> int:
        """The status of the answer: 200 only once the body is safe on the disk."""
        length = environ.get("CONTENT_LENGTH") or ""
        if length and not (length.isascii() and length.isdigit()):
            return 400
        if length and (len(length) > 10 or int(length) > BODY_LIMIT):
            return 413
        try:
            body = environ["wsgi.input"].read(int(length) if length else BODY_LIMIT + 1)
            if len(body) > BODY_LIMIT:
                return 413
            if len(body) < int(length or 0):
                return 400  # whoever sent it went away in the middle
            if self._desk.take(body, environ.get("HTTP_X_HUB_SIGNATURE_256", "")):
                return 200
        except Exception:
            log.exception("a webhook body could not be kept; its sender will try again")
            return 500
        self._refusals.note(len(body))
        return 401


class _Refusals:
    """One line of the log for many refused bodies: without body, header or expected digest."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._count, self._said = 0, -QUIET

    def note(self, size: int) -> None:
        """Count one, and say so when it was quiet for a while."""
        with self._lock:
            self._count += 1
            now = clock.monotonic()
            if now - self._said < QUIET:
                return
            count, self._count, self._said = self._count, 0, now
        log.warning("refused %d webhook bodies, the last of %d bytes: not signed by the carrier", count, size)
