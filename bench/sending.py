"""Rows 1 and 2: a durable campaign send (claimed, intent synced, sent, result stored) against a bare client."""

import asyncio
import contextlib
import json
import logging
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import aiohttp

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

Line = tuple[str, float, float, float, str]  # label, lowest, median, highest ratio, note
TOKEN = "a-token-for-the-benchmark"
NUMBER_ID = "100000000000001"
AHEAD = 64  # messages ours claims beyond those on the wire: fewer cost more trips to the disk, more leave more doubts


@contextlib.contextmanager
def bare_graph(delay: float) -> Iterator[str]:
    """A bare server in a process of its own; gives its address."""
    process = subprocess.Popen([sys.executable, str(ROOT / "bench" / "bare_graph.py"), str(delay)],
                               stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield f"http://127.0.0.1:{process.stdout.readline().strip()}"
    finally:
        process.kill()
        process.wait()


Speed = tuple[float, float]  # messages a second, and microseconds of processor time for each


def floor(url: str, count: int, in_flight: int) -> Speed:
    """How fast a bare aiohttp client is: so many workers, one POST after the other, the id read."""
    async def run() -> Speed:
        numbers = iter(range(count))
        address = f"{url}/v25.0/{NUMBER_ID}/messages"
        headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}

        async def work(session: aiohttp.ClientSession) -> None:
            for number in numbers:
                body = json.dumps(_payload(number)).encode()
                async with session.post(address, data=body, headers=headers) as answer:
                    json.loads(await answer.read())["messages"][0]["id"]

        connector = aiohttp.TCPConnector(limit=0)
        async with aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar()) as session:
            started, used = time.perf_counter(), time.process_time()
            await asyncio.gather(*(work(session) for _ in range(in_flight)))
            return _speed(count, started, used)

    return asyncio.run(run())


def _payload(number: int) -> dict[str, object]:
    """The same message ours sends."""
    return {"messaging_product": "whatsapp", "recipient_type": "individual", "to": f"+{447700000000 + number}",
            "type": "template", "biz_opaque_callback_data": f"0123456789abcdefghij.{number}",
            "template": {"name": "offer_v1", "language": {"code": "en_GB"}, "components": [
                {"type": "body", "parameters": [{"type": "text", "parameter_name": "first_name", "text": "Ana"}]}]}}


def _speed(count: int, started: float, used: float) -> Speed:
    """`count` messages since these readings of the two clocks."""
    return count / (time.perf_counter() - started), (time.process_time() - used) / count * 1e6


def ours(url: str, count: int, in_flight: int, claimed: int) -> Speed:
    """How fast the sender as shipped is, on a fresh database, until the last result is on the disk."""
    from bench import bare_app
    from jobs.sender import Sender
    from models import db

    with tempfile.TemporaryDirectory(prefix="pigeonpost-bench-") as folder:
        app = bare_app.make(folder, GRAPH_API_URL=url, WHATSAPP_TOKEN=TOKEN, SEND_RATE="1000000", CANARY_SHARE="0",
                            SEND_IN_FLIGHT=str(claimed))
        with app.app_context():
            _fill(count)
        sender = Sender(app, on_wire=in_flight)
        started, used = time.perf_counter(), time.process_time()
        sender.start()
        try:
            wait_until_all_are_written(app, count)
            speed = _speed(count, started, used)
        finally:
            sender.stop()
        with app.app_context():
            db.engine.dispose()
    return speed


def _fill(count: int) -> None:
    """A running campaign with `count` people."""
    from tests.factories import sending as make

    make.make_campaign(count, channel=make.make_channel(rate=1e6, number_id=NUMBER_ID))


def wait_until_all_are_written(app: object, count: int, pause: float = 0.01) -> None:
    """Until no message is queued or on its way; complains when one was not accepted."""
    import sqlite3

    path = Path(app.extensions["settings"].instance) / "pigeonpost.sqlite"  # type: ignore[attr-defined]
    with contextlib.closing(sqlite3.connect(path)) as look:
        open_rows = "SELECT EXISTS (SELECT 1 FROM messages WHERE state = 'queued' OR state = 'sending')"
        last = "SELECT state IN ('queued', 'sending') FROM messages ORDER BY id DESC LIMIT 1"
        while look.execute(last).fetchone()[0] or look.execute(open_rows).fetchone()[0]:
            time.sleep(pause)
        accepted = look.execute("SELECT count(*) FROM messages WHERE state = 'accepted'").fetchone()[0]
    if accepted != count:
        raise RuntimeError(f"{count - accepted} of {count} messages were not accepted")


def _compare(label: str, rounds: int, *, delay: float, in_flight: int, claimed: int, count: int) -> list[Line]:
    """Floor and ours in turn, on one server. Ours keeps `claimed` messages in hand, `in_flight` of them on the wire."""
    logging.disable(logging.WARNING)
    rounds_of_ours, rounds_of_floor = [], []
    with bare_graph(delay) as url:
        floor(url, count // 4, in_flight)
        for _ in range(rounds):
            rounds_of_floor.append(floor(url, count, in_flight))
            rounds_of_ours.append(ours(url, count, in_flight, claimed))
    ratios = [mine[0] / bare[0] for mine, bare in zip(rounds_of_ours, rounds_of_floor, strict=True)]
    note = f"ours {_shown(rounds_of_ours)}, bare aiohttp {_shown(rounds_of_floor)}; {claimed} claimed"
    return [(label, min(ratios), statistics.median(ratios), max(ratios), note)]


def _shown(speeds: list[Speed]) -> str:
    """The median speed."""
    rates, costs = zip(*speeds, strict=True)
    return f"{statistics.median(rates):,.0f}/s at {statistics.median(costs):.0f} us of CPU"


def row_1(rounds: int) -> list[Line]:
    """0 ms server, 32 in flight; the goal is 0.75."""
    return _compare("durable send / bare aiohttp, 0 ms, 32 in flight (goal 0.75)", rounds, delay=0.0, in_flight=32,
                    claimed=32 + AHEAD, count=24_000)


def row_2(rounds: int) -> list[Line]:
    """150 ms server, 192 in flight; the goal is 0.95."""
    return _compare("durable send / bare aiohttp, 150 ms, 192 in flight (goal 0.95)", rounds, delay=0.15,
                    in_flight=192, claimed=192 + AHEAD, count=9600)


ROWS = {1: row_1, 2: row_2}


if __name__ == "__main__":
    for number, row in ROWS.items():
        for label, low, middle, high, note in row(5):
            print(f"{number:>3}  {middle:.2f} ({low:.2f}-{high:.2f})  {label}: {note}")
