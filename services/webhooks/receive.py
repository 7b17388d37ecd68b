"""At the door: who signed this, and the body onto the disk before anybody is thanked."""

import hashlib
import hmac
import threading
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from flask import Flask
from sqlalchemy.dialects import postgresql, sqlite

from core import clock
from core.background import Job, enqueue
from core.states import EventState
from models import WebhookEvent, after_commit, db, is_sqlite, transaction
from services import channels, whatsapp_service
from transports.port import Line, Reader

Row = dict[str, Any]

FRESH = 2.0  # seconds for which the secrets of our numbers are known without asking the database


def is_theirs(body: bytes, headers: Mapping[str, str]) -> bool:
    """Whether one of our channels' carriers signed this body. False when no secret is set."""
    return _is_signed(whatsapp_service.reader(), channels.lines_to_hear(), body, headers)


def knows_our_word(word: str) -> bool:
    """Whether `word` is the verify token of one of our channels, compared in constant time."""
    tokens = {line.verify_token for line in channels.lines_to_hear()}
    return any([hmac.compare_digest(token.encode(), word.encode()) for token in tokens if token])


def keep(*bodies: bytes) -> None:
    """Store bodies, each once by digest, on the disk before this returns. One transaction, whatever their number."""
    now = clock.now()
    _store([_row(body, now) for body in bodies])


def _row(body: bytes, now: datetime) -> Row:
    return {"digest": hashlib.sha256(body).hexdigest(), "body": body, "state": EventState.NEW, "received_at": now,
            "error": "", "tries": 0}


def _store(rows: Sequence[Row]) -> None:
    """One transaction, on the disk when this returns."""
    with transaction(durable=True):
        db.session.execute(_ONCE[is_sqlite()], rows)
        after_commit(lambda: enqueue(Job.READ_WEBHOOK_EVENTS))


_ONCE = {
    is_lite: made(WebhookEvent.__table__).on_conflict_do_nothing(index_elements=["digest"])
    for is_lite, made in ((True, sqlite.insert), (False, postgresql.insert))
}  # an insert that leaves a body we know alone


def _is_signed(reader: Reader, lines: Sequence[Line], body: bytes, headers: Mapping[str, str]) -> bool:
    return any(reader.is_theirs(line, body, headers) for line in lines)


class _Waiting:
    """One body on its way to the disk. `turn` opens when it is there, or when it is up to this one to write."""

    __slots__ = ("error", "is_done", "row", "turn")

    def __init__(self, row: Row) -> None:
        self.row = row
        self.error: Exception | None = RuntimeError("the writing was broken off")  # until it is known to be there
        self.is_done = False
        self.turn = threading.Lock()
        self.turn.acquire()


class Desk:
    """Takes bodies from many threads of one process. Whoever comes first writes for all who wait: while one full sync is
    under way the next bodies gather, so that a hundred at once cost a few syncs and one alone waits for nobody."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._list = threading.Lock()
        self._waiting: list[_Waiting] = []
        self._is_writing = False
        self._known: tuple[float, Reader | None, list[Line]] = (-FRESH, None, [])

    def take(self, body: bytes, signature: str) -> bool:
        """Keep the body if it is signed by one of our carriers; False when it is not. Returns once it is safe.

        Raises whatever the database raises when it could not be kept.
        """
        if not self._is_theirs(body, {"X-Hub-Signature-256": signature}):
            return False
        mine = _Waiting(_row(body, clock.now()))
        with self._list:
            self._waiting.append(mine)
            is_first, self._is_writing = not self._is_writing, True
        if not is_first:
            mine.turn.acquire()
        if not mine.is_done:
            self._write()
        if mine.error is not None:
            raise mine.error
        return True

    def take_all(self, knocks: Sequence[tuple[bytes, str]]) -> list[bool | Exception]:
        """Keep each body that is signed, all of them together: True once it is safe, False when it is not signed, or why
        it could not be kept."""
        now = clock.now()
        fates: list[bool | Exception] = [self._is_theirs(body, {"X-Hub-Signature-256": signature}) for body, signature in knocks]
        batch = [_Waiting(_row(body, now)) for (body, _), is_theirs in zip(knocks, fates, strict=True) if is_theirs]
        if batch:
            self._keep_each(batch)
        kept = iter(batch)
        return [(next(kept).error or True) if is_theirs else False for is_theirs in fates]

    def _write(self) -> None:
        """Write everything that waits, tell each, and hand the pen to the first of those who came meanwhile."""
        with self._list:
            batch, self._waiting = self._waiting, []
        try:
            self._keep_each(batch)
        finally:
            with self._list:
                following = self._waiting[0] if self._waiting else None
                self._is_writing = following is not None
            if following is not None:
                following.turn.release()
            for one in batch:
                one.is_done = True
                one.turn.release()

    def _keep_each(self, batch: Sequence[_Waiting]) -> None:
        """Together; when the set is refused, one by one, so that each learns its own fate."""
        try:
            self._keep(batch)
        except Exception as error:
            for one in batch:
                one.error = error if len(batch) == 1 else self._fate_of(one)
        else:
            for one in batch:
                one.error = None

    def _fate_of(self, one: _Waiting) -> Exception | None:
        try:
            self._keep([one])
        except Exception as error:
            return error
        return None

    def _keep(self, batch: Sequence[_Waiting]) -> None:
        with self._app.app_context():
            _store([one.row for one in batch])

    def _is_theirs(self, body: bytes, headers: Mapping[str, str]) -> bool:
        """Asks the database for the secrets now and then, and at once when none that we remember fits."""
        looked, reader, lines = self._known
        if reader and clock.monotonic() - looked < FRESH and _is_signed(reader, lines, body, headers):
            return True
        with self._app.app_context():
            found = channels.lines_to_hear()
            reader = whatsapp_service.reader()
        lines = list({line.app_secret: line for line in found if line.app_secret}.values())
        self._known = clock.monotonic(), reader, lines
        return _is_signed(reader, lines, body, headers)
