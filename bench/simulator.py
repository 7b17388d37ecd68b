"""How many messages a second the simulator takes in on one core, each written down before its answer: the goal is 3,000.

The load comes from raw sockets in this process; what is counted is the processor time of the simulator's own process too,
because on a busy machine the clock on the wall tells about the machine.
"""

import asyncio
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

Line = tuple[str, float, float, float, str]  # label, lowest, median, highest, note
GOAL = 3000
TOKEN, NUMBER_ID, BUSINESS_ID = "a-token-for-the-benchmark", "100000000000001", "200000000000001"
NAMES = ("simulator",)

class Caller(asyncio.Protocol):
    """One connection that asks again as soon as it is answered."""

    def __init__(self, requests: "Requests") -> None:
        self._requests, self._heard = requests, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._ask()

    def data_received(self, data: bytes) -> None:
        self._heard += data
        head, mark, body = self._heard.partition(b"\r\n\r\n")
        if not mark or len(body) < int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]):
            return
        if not head.startswith(b"HTTP/1.1 200"):
            raise RuntimeError(self._heard.decode())
        self._heard = b""
        self._requests.answered()
        self._ask()

    def _ask(self) -> None:
        if (request := self._requests.next()) is not None:
            self._transport.write(request)  # type: ignore[attr-defined]


class Requests:
    """`count` messages, each to somebody else; `done` is set when the last is answered."""

    def __init__(self, count: int) -> None:
        self._left = self._open = count
        self.done = asyncio.get_running_loop().create_future()

    def next(self) -> bytes | None:
        """The next request; None when all are on their way."""
        if not self._left:
            return None
        self._left -= 1
        return request_to(self._left)

    def answered(self) -> None:
        """One answer has come."""
        self._open -= 1
        if not self._open:
            self.done.set_result(None)


def request_to(number: int) -> bytes:
    """A template message as the engine writes it."""
    body = json.dumps({
        "messaging_product": "whatsapp", "recipient_type": "individual", "to": f"+{447700000000 + number}",
        "type": "template", "biz_opaque_callback_data": f"0123456789abcdefghij.{number}",
        "template": {"name": "offer_v1", "language": {"code": "en_GB"}, "components": [
            {"type": "body", "parameters": [{"type": "text", "parameter_name": "first_name", "text": "Ana"}]}]}}).encode()
    return _head("POST", f"/v25.0/{NUMBER_ID}/messages", len(body)) + body


def _head(method: str, path: str, size: int) -> bytes:
    return (f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {TOKEN}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {size}\r\n\r\n").encode()


async def load(port: int, count: int, connections: int) -> float:
    """Seconds until `count` messages are answered."""
    requests, loop = Requests(count), asyncio.get_running_loop()
    started = time.perf_counter()
    for _ in range(connections):
        await loop.create_connection(lambda: Caller(requests), "127.0.0.1", port)
    await requests.done
    return time.perf_counter() - started


def serve(folder: str, rate: float = 0) -> None:
    """The simulator of this bench: a process of its own that prints its port and, when told to end, its processor time."""
    from simulator import door
    from simulator.world import World

    world = World(folder=Path(folder), secret="s", token=TOKEN, phone_number_id=NUMBER_ID, business_id=BUSINESS_ID,
                  rate=rate, pair_seconds=0, speed=1000)
    door.serve(world, port=0, on_open=lambda url: print(url.rpartition(":")[2], flush=True))
    used = resource.getrusage(resource.RUSAGE_SELF)
    print(used.ru_utime + used.ru_stime, flush=True)


def approve(port: int) -> None:
    """Hand the template in and let it be approved."""
    import requests

    from transports.cloud_api.catalogue import CloudCatalogue
    from transports.port import Line as Wire

    at, headers = f"http://127.0.0.1:{port}", {"Authorization": f"Bearer {TOKEN}"}
    line = Wire(phone_number_id=NUMBER_ID, business_id=BUSINESS_ID, base_url=at, version="v25.0", token=TOKEN,
                app_secret="s", verify_token="", timeout_seconds=10.0)
    CloudCatalogue().submit(line, name="offer_v1", language="en_GB", category="utility", is_named=True, footer="",
                            body="Hello {{first_name}}, come in.", samples=(("first_name", "Ana"),))
    requests.post(f"{at}/_simulator/templates", json={"name": "offer_v1", "status": "APPROVED"}, headers=headers,
                  timeout=10).raise_for_status()


def measure(count: int, connections: int = 32) -> tuple[float, float]:
    """Messages a second by the clock, and by the processor time of the simulator alone (its start taken off)."""
    walls, used = [], []
    for size in (1, count):
        with tempfile.TemporaryDirectory(prefix="pigeonpost-bench-") as folder:
            process = subprocess.Popen([sys.executable, __file__, "serve", folder], stdout=subprocess.PIPE, text=True)
            assert process.stdout is not None
            port = int(process.stdout.readline())
            approve(port)
            walls.append(asyncio.run(load(port, size, connections)))
            process.terminate()
            used.append(float(process.stdout.readline()))
            process.wait(20)
    return count / walls[1], count / (used[1] - used[0])


def row_20(rounds: int) -> list[Line]:
    """Messages a second on one core; the goal is 3,000."""
    speeds = [measure(20_000) for _ in range(rounds)]
    cores = [core for _wall, core in speeds]
    wall = statistics.median(wall for wall, _core in speeds)
    return [("the simulator, messages a second on one core", min(cores), statistics.median(cores), max(cores),
             f"{wall:,.0f}/s by the clock, with the load on the same machine")]


ROWS = {20: row_20}


if __name__ == "__main__":
    if sys.argv[1:2] == ["serve"]:
        serve(sys.argv[2], *map(float, sys.argv[3:]))
    else:
        for line in row_20(3):
            print(line)
