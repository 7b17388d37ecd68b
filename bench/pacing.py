"""Rows 4 and 5: what one sender process costs at 1,000 messages a second, and how much of a rate it uses without being
throttled. The sender is a process of its own, so that its processor time and memory are its alone.
"""

import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from bench.sending import NUMBER_ID, TOKEN, Line, bare_graph, wait_until_all_are_written  # noqa: E402  # the path first

SECONDS = 60  # of row 4, as the goal says
IN_FLIGHT, CLAIMED = 256, 384
NAMES = ("pacing",)


def _app(folder: str, url: str, **changes: str):
    from bench import bare_app

    return bare_app.make(folder, GRAPH_API_URL=url, WHATSAPP_TOKEN=TOKEN, CANARY_SHARE="0", SEND_IN_FLIGHT=str(CLAIMED),
                         **changes)


def _fill(folder: str, url: str, count: int, rate: float) -> None:
    """A running campaign of a number with this rate."""
    from models import db
    from tests.factories import sending as make

    app = _app(folder, url)
    with app.app_context():
        make.make_campaign(count, channel=make.make_channel(rate=rate, number_id=NUMBER_ID))
        db.session.remove()
        db.engine.dispose()


def send(folder: str, url: str, count: int, reply_share: str) -> None:
    """The process that is measured: sends everything, prints seconds, processor seconds and the most memory in MiB."""
    import logging

    from jobs.sender import Sender

    logging.disable(logging.WARNING)
    app = _app(folder, url, REPLY_SHARE=reply_share)
    sender = Sender(app, on_wire=IN_FLIGHT)
    started, used = time.perf_counter(), time.process_time()
    sender.start()
    wait_until_all_are_written(app, count, pause=0.25)
    wall, cpu = time.perf_counter() - started, time.process_time() - used
    sender.stop()
    print(json.dumps([wall, cpu, _peak_mib()]), flush=True)


def _peak_mib() -> float:
    """The most memory this process has held; the system's own count of a child begins with its parent's."""
    [line] = [line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM")]
    return int(line.split()[1]) / 1024


def _measure(folder: str, url: str, count: int, *, reply_share: float) -> tuple[float, float, float]:
    """What `send` prints, from a process of its own."""
    done = subprocess.run([sys.executable, __file__, "send", folder, url, str(count), str(reply_share)], check=True,
                          stdout=subprocess.PIPE, text=True, cwd=ROOT)
    wall, cpu, peak = json.loads(done.stdout)
    return wall, cpu, peak


def row_4(_rounds: int) -> list[Line]:
    """1,000 messages a second for a minute at 150 ms, once: cores used, and memory."""
    count = 1000 * SECONDS
    with bare_graph(0.15) as url, tempfile.TemporaryDirectory(prefix="pigeonpost-bench-") as folder:
        _fill(folder, url, count, 1000.0)
        wall, cpu, peak = _measure(folder, url, count, reply_share=0.0)
    note = f"{count / wall:,.0f}/s for {wall:.0f} s, {cpu / count * 1e6:.0f} us a message"
    return [("1,000/s at 150 ms from one process: cores", *[cpu / wall] * 3, note),
            ("the same: peak memory, MiB", *[peak] * 3, "no goal here: <= 120 MiB")]


def _used(rate: int, seconds: int) -> tuple[float, int]:
    """The share of the rate that was used, and how often the answer was: too fast."""
    count = rate * seconds
    graph = subprocess.Popen([sys.executable, str(ROOT / "bench" / "bare_graph.py"), "0.15", str(rate)],
                             stdout=subprocess.PIPE, text=True)
    assert graph.stdout is not None
    try:
        url = f"http://127.0.0.1:{graph.stdout.readline().strip()}"
        with tempfile.TemporaryDirectory(prefix="pigeonpost-bench-") as folder:
            _fill(folder, url, count, float(rate))
            _measure(folder, url, count, reply_share=0.02)
    finally:
        graph.terminate()
        told = graph.stdout.readline().split()
        graph.wait(20)
    return (int(told[0]) - 1) / float(told[1]) / rate, int(told[2])


def row_5(rounds: int) -> list[Line]:
    """At 80 and at 1,000 a second and 150 ms, as shipped: 2 % are kept for replies."""
    lines = []
    for rate, seconds in ((80, 20), (1000, 12)):
        found = [_used(rate, seconds) for _ in range(min(rounds, 3))]
        shares = [share for share, _ in found]
        lines.append((f"share of {rate:,}/s that is used", min(shares), statistics.median(shares), max(shares),
                      f"throttling answers {sum(throttled for _, throttled in found)}"))
    return lines


ROWS = {4: row_4, 5: row_5}


if __name__ == "__main__":
    send(sys.argv[2], sys.argv[3], int(sys.argv[4]), sys.argv[5])
