"""Signs news with the app secret and posts it to the webhook: at least once, in batches, for seven days."""

import asyncio
import contextlib
import fcntl
import hashlib
import hmac
import json
import logging
import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path

import aiohttp

from core import clock
from simulator import ledger
from simulator.ledger import Ledger
from simulator.notices import Notice, body_of

log = logging.getLogger("whatsapp.simulator")

HANDS = 4  # bodies on their way at once
LOOK_SECONDS = 0.25  # how often it looks for news of other processes
LOCK_SECONDS = 0.5
GIVE_UP_SECONDS = 7 * 24 * 3600
LONGEST_WAIT = 15.0
LOGGED_TRIES = 5  # of news about a held phone; more would only repeat themselves
LONGEST_LOGGED = 16_384
_ARRIVED = "UPDATE talk SET arrives_at = ? WHERE wamid = ? AND side = 'person' AND arrives_at IS NULL"
_DUE = ("SELECT id, born, tries, owner, kind, recipient, payload, contact FROM news WHERE due <= ? "
        "ORDER BY due, id LIMIT ?")


class Postman:
    """The one who tells. Of several processes on one folder only the holder of the lock does."""

    def __init__(self, book: Ledger, folder: Path, *, url: str, secret: str, business_id: str,
                 display_phone: str, size: Callable[[], int] = lambda: 50) -> None:
        """`size` says how many pieces of news go into one body."""
        self._book = book
        self._lock = open(folder / "simulator.lock", "a")  # noqa: SIM115  # held as long as we live
        self._holds_lock = False
        self._url = url
        self._size = size
        self._secret = secret.encode()
        self._business_id = business_id
        self._display_phone = display_phone
        self._wake = asyncio.Event()
        self._wakes_at = 0.0
        self._stopped = False

    def nudge(self, due: float) -> None:
        """Say that something is due at this moment (Unix seconds)."""
        if due < self._wakes_at:
            self._wake.set()

    def stop(self) -> None:
        """Tell nothing more after the round that is under way."""
        self._stopped = True
        self._wake.set()

    async def run(self) -> None:
        """Tell news until stopped."""
        timeout = aiohttp.ClientTimeout(total=20)
        try:
            async with aiohttp.ClientSession(trust_env=False, timeout=timeout) as session:
                while not self._stopped:
                    await self._look(session)
        finally:
            self._lock.close()

    async def _look(self, session: aiohttp.ClientSession) -> None:
        """One round, or a rest when there is nothing to tell. A busy or full disk only costs time."""
        try:
            if not self._has_lock():
                await self._rest(LOCK_SECONDS)
            elif not await self._round(session):
                await self._rest(LOOK_SECONDS)
        except sqlite3.Error:
            log.warning("The simulator's file could not be read or written; trying again")
            await asyncio.sleep(LOCK_SECONDS)

    async def _round(self, session: aiohttp.ClientSession) -> bool:
        """Tell what is due. False when nothing was."""
        now, size = clock.seconds(), max(1, int(self._size()))
        due = [Notice(*row) for row in self._book.rows(_DUE, (now, size * HANDS))]
        if not due:
            return False
        bodies = [due[at:at + size] for at in range(0, len(due), size)]
        answers = await asyncio.gather(*(self._post(session, body) for body in bodies))
        self._settle([n for body, answer in zip(bodies, answers, strict=True) if answer == 200 for n in body],
                     [n for body, answer in zip(bodies, answers, strict=True) if answer != 200 for n in body])
        return True

    async def _post(self, session: aiohttp.ClientSession, notices: Sequence[Notice]) -> int:
        """Post one body. The status of the answer, 0 when there was none."""
        body = body_of(notices, business_id=self._business_id, display_phone=self._display_phone)
        signature = "sha256=" + hmac.new(self._secret, body, hashlib.sha256).hexdigest()
        headers = {"Content-Type": "application/json", "X-Hub-Signature-256": signature,
                   "User-Agent": "facebookexternalua"}
        try:
            async with session.post(self._url, data=body, headers=headers, allow_redirects=False) as answer:
                status = answer.status
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            log.info("The webhook did not answer (%s); it is told again later", type(error).__name__)
            status = 0
        if any(notice.contact for notice in notices):
            self._log(notices, body, status)
        return status

    def _log(self, notices: Sequence[Notice], body: bytes, status: int) -> None:
        """Keep the calls about phones somebody holds, to be looked at."""
        now, rows = clock.seconds(), []
        for notice in notices:
            if not notice.contact or (status != 200 and notice.tries >= LOGGED_TRIES):
                continue
            told = json.loads(notice.payload)
            what = f"{notice.kind} {told.get('type') or told.get('status') or told.get('value') or ''}".strip()
            text = body.decode() if len(body) <= LONGEST_LOGGED else notice.payload
            rows.append((now, notice.recipient, "in", what, str(told.get("id", "")), status, text))
        self._book.write([(ledger.CALL, rows)])

    def _settle(self, heard: Sequence[Notice], unheard: Sequence[Notice]) -> None:
        """Forget what was heard; tell the rest again, less and less often, until it is too old."""
        now = clock.seconds()
        old = [n for n in unheard if now - n.born > GIVE_UP_SECONDS]
        again = [(now + min(0.25 * 2 ** min(n.tries, 10), LONGEST_WAIT), n.id) for n in unheard if n not in old]
        said = [(now, json.loads(n.payload)["id"]) for n in heard if n.kind == "message"]
        self._book.write([("DELETE FROM news WHERE id = ?", [(n.id,) for n in (*heard, *old)]), (_ARRIVED, said),
                          ("UPDATE news SET tries = tries + 1, due = ? WHERE id = ?", again)])

    async def _rest(self, longest: float) -> None:
        """Wait for the next news, a nudge, or a while."""
        now = clock.seconds()
        next_due = self._book.rows("SELECT min(due) FROM news")[0][0] if self._holds_lock else None
        self._wakes_at = min(now + longest, next_due if next_due is not None else now + longest)
        self._wake.clear()
        if self._stopped:
            return
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._wake.wait(), max(self._wakes_at - now, 0.001))
        self._wakes_at = 0.0

    def _has_lock(self) -> bool:
        """Whether this process is the one who tells."""
        if not self._holds_lock:
            try:
                fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                self._holds_lock = True
            except OSError:
                return False
        return True
