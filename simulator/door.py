"""Starts the simulator: on a loopback port of its own, as a thread beside the app or as a process."""

import asyncio
import contextlib
import signal
import threading
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

from aiohttp import web

from simulator.account import Account
from simulator.approvals import Shelf
from simulator.control import Control
from simulator.customers import Customers
from simulator.files import Files
from simulator.graph import Graph
from simulator.handset import Handset
from simulator.ledger import Ledger, Pen
from simulator.people import People
from simulator.phones import Phones
from simulator.postman import Postman
from simulator.sends import Sends
from simulator.story import Chances, Story
from simulator.talk import Talk
from simulator.voice import Room, Voice
from simulator.world import World

START_SECONDS = 15.0
STOP_SECONDS = 3.0


class Running:
    """A simulator on a thread. `url` is where it answers."""

    def __init__(self, world: World, host: str, port: int) -> None:
        self.world = world
        self.url = ""
        self.story = Story(world.seed, world.chances, world.faults)
        self._loop = asyncio.new_event_loop()
        self._stop = asyncio.Event()
        self._ready = threading.Event()
        self._trouble: BaseException | None = None
        self._thread = threading.Thread(target=self._live, args=(host, port), name="simulator", daemon=True)

    def ledger(self) -> Ledger:
        """A view of the ledger of its own; close it after use."""
        return Ledger(self.world.folder)

    def set_chances(self, **chances: float) -> None:
        """From now on, people and network behave like this; chances not named are as at the start."""
        self.story.chances = _chances(chances, self.world.chances)

    def set_faults(self, *faults: str) -> None:
        """From now on these go wrong, and nothing else. Raises ValueError for one that does not exist."""
        self.story.faults.set(faults)

    def stop(self) -> None:
        """Answer nobody any more, finish what is being written, and return. News not told stays for the next start."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stop.set)
            self._thread.join(STOP_SECONDS + 5)

    def _begin(self) -> None:
        """Start the thread and wait until it answers. Raises what went wrong."""
        self._thread.start()
        if not self._ready.wait(START_SECONDS):
            raise TimeoutError("The simulator did not start")
        if self._trouble:
            raise self._trouble

    def _live(self, host: str, port: int) -> None:
        """The thread: one event loop from start to stop."""
        try:
            with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
                runner.run(_run(self.world, self.story, host, port, self._stop, self._opened))
        except BaseException as error:  # noqa: BLE001  # handed to whoever called start()
            self._trouble = error
        finally:
            self._ready.set()

    def _opened(self, url: str) -> None:
        self.url = url
        self._ready.set()


def start(folder: Path | str, *, secret: str, token: str, phone_number_id: str, business_id: str, webhook_url: str,
          verify_token: str = "", display_phone: str = "+441632960000", host: str = "127.0.0.1", port: int = 0,
          seed: int = 1, speed: float = 1.0, latency: float = 0.0, rate: float = 1000.0, pair_seconds: float = 6.0,
          pair_burst: float = 45.0, latency_most: float = 0.0, faults: Iterable[str] = (),
          **chances: float) -> Running:
    """Start a simulator on a daemon thread; returns when it answers at `Running.url`.

    Several may share a folder, also in several processes: they share templates and ledger, and one of them tells the
    news. `latency` and `pair_seconds` are seconds, `rate` messages a second (0: no limit), `port` 0 takes a free one,
    an empty `webhook_url` tells nothing; `chances` are those of simulator.story.Chances,
    `faults` those of simulator.faults. Raises ValueError for one that does not exist.
    """
    world = World(folder=Path(folder), secret=secret, token=token, phone_number_id=phone_number_id,
                  business_id=business_id, webhook_url=webhook_url, verify_token=verify_token,
                  display_phone=display_phone, seed=seed, speed=speed, latency=latency, rate=rate,
                  pair_seconds=pair_seconds, pair_burst=pair_burst, chances=_chances(chances, Chances()),
                  latency_most=latency_most, faults=tuple(faults))
    running = Running(world, host, port)
    running._begin()
    return running


def serve(world: World, *, host: str = "127.0.0.1", port: int = 9000, on_open: Callable[[str], None] = print) -> None:
    """Run a simulator in this process until SIGTERM or Ctrl-C. `on_open` is called with its address."""

    async def run() -> None:
        stop = asyncio.Event()
        for name in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(name, stop.set)
        await _run(world, Story(world.seed, world.chances, world.faults), host, port, stop, on_open)

    asyncio.run(run())


def _chances(changes: dict[str, float], base: Chances) -> Chances:
    """The chances with some changed. Raises TypeError for a name there is not."""
    return replace(base, **changes)  # type: ignore[arg-type]


async def _run(world: World, story: Story, host: str, port: int, stop: asyncio.Event,
               on_open: Callable[[str], None]) -> None:
    """One life: open the file, answer and tell until stopped, write what is left."""
    book = Ledger(world.folder)
    postman = Postman(book, world.folder, url=world.webhook_url, secret=world.secret, business_id=world.business_id,
                      display_phone=world.display_phone, size=lambda: story.chances.batch) if world.webhook_url else None
    pen = Pen(book, postman.nudge if postman else None)
    server = web.Server(_graph(world, story, book, pen).answer, handler_cancellation=True, access_log=None)
    listening = await asyncio.get_running_loop().create_server(server, host, port, backlog=1024)
    telling = asyncio.create_task(postman.run()) if postman else None
    on_open(f"http://{host}:{listening.sockets[0].getsockname()[1]}")
    try:
        await stop.wait()
    finally:
        listening.close()
        server.pre_shutdown()  # whoever asks nothing just now is let go at once
        await server.shutdown(STOP_SECONDS)
        if postman and telling:
            postman.stop()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(telling, STOP_SECONDS)
        pen.flush()
        book.close()


def _graph(world: World, story: Story, book: Ledger, pen: Pen) -> Graph:
    """The parts, put together."""
    files = Files(book, world.folder, secret=world.secret)
    customers, shelf = Customers(book), Shelf(book, speed=world.speed, is_handle=files.is_handle)
    people, talk, voice = People(book), Talk(book), Voice(world.phone_number_id, pen=pen, files=files)
    room = Room("", world.display_phone.lstrip("+"), talk, files)
    phones = Phones(book=book, pen=pen, people=people, talk=talk, voice=voice, customers=customers, story=story,
                    shelf=shelf, speed=world.speed, phone_number_id=world.phone_number_id, room=room)
    sends = Sends(world, shelf=shelf, pen=pen, customers=customers, story=story, files=files, voice=voice,
                  handset=Handset(people, talk, phones, pen, world.speed))
    account = Account(world)
    control = Control(world.business_id, pen, account, book=book, phones=phones, story=story, shelf=shelf, files=files)
    return Graph(world, account, sends=sends, shelf=shelf, pen=pen, control=control, files=files)
