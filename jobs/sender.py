"""The sender: one thread with one event loop for all channels, and one thread beside it that speaks to the database."""

import asyncio
import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from flask import Flask

from core import clock
from core.actor import SYSTEM
from core.errors import Conflict
from jobs.lane import Lane
from services import campaigns, channels, health, sending, whatsapp_service
from services.whatsapp_service import WhatsAppService

WATCH = 2.0  # seconds between two looks at the list of channels
BEAT = 5.0
ANSWERS = 7.0  # seconds a graceful stop waits for answers

log = logging.getLogger("whatsapp")


def pause_campaign(campaign_id: int, reason: str) -> None:
    """Stop a campaign whose template the carrier refuses; nothing to do when somebody was faster."""
    try:
        campaigns.pause(campaign_id, reason=reason, by=SYSTEM)
    except Conflict:
        log.info("campaign %d is not sending any more", campaign_id)


class Sender:
    """Sends whatever is queued, in the background of this process, from start() to stop()."""

    def __init__(self, app: Flask, *, on_trouble: Callable[[int, str], object] = pause_campaign,
                 on_wire: int = 0) -> None:
        self._app = app
        self._on_wire = on_wire or max(1, app.extensions["settings"].send_in_flight * 3 // 4)
        self._on_trouble = on_trouble
        self._settings = app.extensions["settings"]
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._stopped: asyncio.Event | None = None
        self._is_up = threading.Event()
        self._lanes: dict[int, Lane] = {}
        self._runs: dict[int, asyncio.Task[None]] = {}
        self._grace = ANSWERS
        self._desk_thread = ThreadPoolExecutor(1, thread_name_prefix="sender-database")

    def start(self) -> None:
        """Begin to send. Returns when the loop runs."""
        self._thread = threading.Thread(target=self._in_thread, name="sender", daemon=True)
        self._thread.start()
        self._is_up.wait()
        sending.install_nudge(self.nudge)

    def nudge(self) -> None:
        """Something was queued: look now. Safe from any thread."""
        loop = self._loop
        if loop is not None and not loop.is_closed():
            loop.call_soon_threadsafe(self._nudge_lanes)

    def stop(self, timeout: float = 9.5) -> None:
        """Give back what has not left, wait for answers, write everything down; at most `timeout` seconds."""
        sending.install_nudge(None)
        if self._thread is None or self._loop is None or self._stopped is None:
            return
        self._grace = max(0.0, min(ANSWERS, timeout - 2.0))
        self._loop.call_soon_threadsafe(self._stopped.set)
        self._thread.join(timeout)
        self._thread = None
        self._desk_thread.shutdown(wait=False)

    def _in_thread(self) -> None:
        asyncio.run(self._run())

    async def _run(self) -> None:
        """Watch the list of channels and beat, until stopped."""
        self._loop, self._stopped = asyncio.get_running_loop(), asyncio.Event()
        self._is_up.set()
        with self._app.app_context():
            engine = whatsapp_service.new_engine()
        beaten = 0.0
        while not self._stopped.is_set():
            try:
                if clock.monotonic() - beaten > BEAT:
                    await self._desk(health.beat, "sender")
                    beaten = clock.monotonic()
                await self._watch(engine)
            except Exception:
                log.exception("the sender could not look at its channels; trying again")
            await self._sleep(WATCH)
        for lane in self._lanes.values():
            lane.stop()
        await asyncio.gather(*self._runs.values(), return_exceptions=True)
        await engine.close()

    async def _sleep(self, seconds: float) -> None:
        """Until stopped, at most so long."""
        assert self._stopped is not None
        try:
            async with asyncio.timeout(seconds):
                await self._stopped.wait()
        except TimeoutError:
            return

    async def _watch(self, engine: Any) -> None:
        """A lane for every channel; a changed address or token takes effect at the next message."""
        for channel_id, line in await self._desk(channels.lines_in_use):
            run = self._runs.get(channel_id)
            if run is not None and not run.done():
                self._lanes[channel_id].service.use(line)
                continue
            if run is not None and run.exception():
                log.error("channel %d stopped by an error; starting again", channel_id, exc_info=run.exception())
            lane = Lane(channel_id, WhatsAppService(line, engine), self._desk, limit=self._settings.send_in_flight,
                        on_wire=self._on_wire,
                        timeout_seconds=line.timeout_seconds, on_trouble=self._on_trouble)
            self._lanes[channel_id] = lane
            self._runs[channel_id] = asyncio.create_task(lane.run(grace=lambda: self._grace))

    async def _desk(self, rule: Callable[..., Any], *args: Any, **values: Any) -> Any:
        """Run a rule in the database thread, in an application context of its own."""
        def call() -> Any:
            with self._app.app_context():
                return rule(*args, **values)

        return await asyncio.get_running_loop().run_in_executor(self._desk_thread, call)

    def _nudge_lanes(self) -> None:
        for lane in self._lanes.values():
            lane.nudge()
