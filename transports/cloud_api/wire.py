"""Kept connections for one kind of call: POST a few hundred bytes, read a small answer, thousands of times a second.

A general HTTP client spends two thirds of a message's time on what no message needs (cookies, redirects, codings, streams),
so the bytes are written here. DNS, TLS and the sockets themselves are asyncio's.
"""

import asyncio
import ssl
from functools import cache
from typing import NamedTuple

from transports.cloud_api import answer
from transports.cloud_api.answer import Answer, NoAnswer

LARGEST_ANSWER = 1_000_000
IDLE_SECONDS = 5.0  # shorter than most servers keep theirs: an idle connection they close under us costs a doubt


class Unreached(Exception):
    """There is no connection, or it ended before the request was written: nobody has the whole of it."""


class Lost(Exception):
    """The connection ended before the answer did."""


class Origin(NamedTuple):
    """Where connections lead."""

    host: str
    port: int
    is_tls: bool


class Wire(asyncio.Protocol):
    """One connection; one call at a time."""

    def __init__(self) -> None:
        self._transport: asyncio.WriteTransport
        self._waiting: asyncio.Future[Answer] | None = None
        self._heard = b""
        self._is_written = True  # false while a part of the request is still here
        self.is_usable = False
        self.idle_since = 0.0

    async def ask(self, request: bytes, seconds: float) -> Answer:
        """Write a request and wait for its answer. Raises Unreached, TimeoutError, Lost or NoAnswer, and shuts it."""
        loop = asyncio.get_running_loop()
        self._waiting = waiting = loop.create_future()
        timer = loop.call_later(seconds, self._fail, TimeoutError())
        try:
            self._transport.write(request)
            return await waiting
        except BaseException as error:
            self.shut()
            if not self._is_written and not self._heard and isinstance(error, TimeoutError | Lost):
                raise Unreached("it ended while the request was written") from None
            raise
        finally:
            timer.cancel()
            self._waiting = None

    def stands(self) -> bool:
        """Whether it may be written to; not while its end is on the way to us."""
        return self.is_usable and not self._transport.is_closing()

    def shut(self) -> None:
        """End it at once."""
        self.is_usable = False
        self._transport.abort()

    # called by the event loop

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """It stands."""
        assert isinstance(transport, asyncio.WriteTransport)
        self._transport, self.is_usable = transport, True
        transport.set_write_buffer_limits(high=1, low=0)

    def pause_writing(self) -> None:
        """The system did not take all of the request at once."""
        self._is_written = False

    def resume_writing(self) -> None:
        """Now it has taken the rest."""
        self._is_written = True

    def data_received(self, data: bytes) -> None:
        """A part of an answer, usually all of it. What nobody asked for ends the connection."""
        if self._waiting is None or self._waiting.done():
            self.shut()
            return
        self._heard = heard = self._heard + data if self._heard else data
        if len(heard) > LARGEST_ANSWER:
            self._fail(NoAnswer("too large to be an answer"))
        else:
            self._read(heard, is_over=False)

    def connection_lost(self, error: Exception | None) -> None:
        """The other side, the network or we ended it."""
        self.is_usable = False
        if self._waiting is not None and not self._waiting.done() and error is None:
            self._read(self._heard, is_over=True)
        self._fail(Lost("the connection ended"))

    def _read(self, heard: bytes, *, is_over: bool) -> None:
        """Give the answer to whoever waits for it, when it is whole."""
        try:
            found = answer.read(heard, is_over=is_over)
        except NoAnswer as error:
            self._fail(error)
            return
        if found is not None and self._waiting is not None:
            self._heard = b""
            self.is_usable = self.is_usable and not found.is_last
            self._waiting.set_result(found)

    def _fail(self, error: Exception) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_exception(error)


class Wires:
    """The connections of one event loop: as many as there are calls at the same moment, kept for the next ones."""

    def __init__(self) -> None:
        self._idle: dict[Origin, list[Wire]] = {}
        self._reaper: asyncio.TimerHandle | None = None

    async def ask(self, origin: Origin, request: bytes, *, seconds: float, connect_seconds: float) -> Answer:
        """One call, `seconds` at most. Raises Unreached (it was never written whole), TimeoutError, Lost or NoAnswer."""
        loop = asyncio.get_running_loop()
        wire = self._kept(origin, loop.time())
        if wire is None:
            started = loop.time()
            wire = await _connected(origin, connect_seconds)
            seconds -= loop.time() - started
        found = await wire.ask(request, seconds)
        if wire.is_usable:
            wire.idle_since = loop.time()
            self._idle.setdefault(origin, []).append(wire)
            self._reaper = self._reaper or loop.call_later(IDLE_SECONDS, self._reap)
        else:
            wire.shut()
        return found

    def close(self) -> None:
        """End every connection that waits for a call."""
        if self._reaper is not None:
            self._reaper.cancel()
        for wires in self._idle.values():
            for wire in wires:
                wire.shut()
        self._idle.clear()

    def _kept(self, origin: Origin, now: float) -> Wire | None:
        """The connection that was used last, if it still stands."""
        wires = self._idle.get(origin)
        while wires:
            wire = wires.pop()
            if wire.stands() and now - wire.idle_since < IDLE_SECONDS:
                return wire
            wire.shut()
        return None

    def _reap(self) -> None:
        """End what has been idle for long."""
        loop = asyncio.get_running_loop()
        long_ago = loop.time() - IDLE_SECONDS
        for origin, wires in list(self._idle.items()):
            for wire in wires:
                if wire.idle_since <= long_ago:
                    wire.shut()
            self._idle[origin] = [wire for wire in wires if wire.is_usable]
        has_some = any(self._idle.values())
        self._reaper = loop.call_later(IDLE_SECONDS, self._reap) if has_some else None


async def _connected(origin: Origin, seconds: float) -> Wire:
    """A new connection. Raises Unreached."""
    try:
        async with asyncio.timeout(seconds):
            _transport, wire = await asyncio.get_running_loop().create_connection(
                Wire, origin.host, origin.port, ssl=_tls() if origin.is_tls else None, happy_eyeballs_delay=0.25)
    except (OSError, ValueError) as error:  # TLS and time-outs are OSErrors, names that cannot be ValueErrors
        raise Unreached(type(error).__name__) from None
    return wire


@cache
def _tls() -> ssl.SSLContext:
    """Certificates and names are checked."""
    context = ssl.create_default_context()
    context.set_alpn_protocols(["http/1.1"])
    return context
