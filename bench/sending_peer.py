"""Row 3: a durable campaign send beside pywa, sync and async, on one server in one run, each in whichever of its ways is best."""

import logging
import statistics
import subprocess
import tempfile
from typing import Any

from bench.sending import AHEAD, ROOT, Line, bare_graph, ours
from bench.webhooks import pywa_in

NAMES = ("sending",)
WAYS = {0.0: (("sync", 4), ("sync", 16), ("async", 4)),
        0.15: (("sync", 64), ("sync", 128), ("sync", 192), ("async", 64), ("async", 192))}
IN_FLIGHT = {0.0: (32,), 0.15: (192, 320)}  # the ways of ours: at a far server it is how many are under way that sets the speed


def _pywa(python: str, url: str, how: str, count: int, in_flight: int) -> float:
    """Messages a second."""
    done = subprocess.run([python, str(ROOT / "bench" / "peers" / "pywa_sender.py"), how, url, str(count), str(in_flight)],
                          check=True, stdout=subprocess.PIPE, text=True)
    return float(done.stdout)


def _compare(rounds: int, python: str, *, delay: float, count: int, of_peer: int) -> Line:
    """Ours and pywa in turn; before the first round each way of both is tried, and the best ones go on."""
    ratios, mine, theirs = [], [], []
    with bare_graph(delay) as url:
        tried = {way: _pywa(python, url, way[0], of_peer, way[1]) for way in WAYS[delay]}
        how, at_once = max(tried, key=lambda way: tried[way])
        ways = {number: ours(url, count, number, number + AHEAD)[0] for number in IN_FLIGHT[delay]}
        in_flight = max(ways, key=lambda way: ways[way])
        for _ in range(rounds):
            theirs.append(_pywa(python, url, how, of_peer, at_once))
            mine.append(ours(url, count, in_flight, in_flight + AHEAD)[0])
            ratios.append(mine[-1] / theirs[-1])
    note = (f"ours {statistics.median(mine):,.0f}/s with {in_flight} in flight ({_each(ways)}), "
            f"pywa {statistics.median(theirs):,.0f}/s {how}, {at_once} at once ({_each(tried)})")
    return (f"durable send / pywa, {delay * 1000:.0f} ms", min(ratios), statistics.median(ratios), max(ratios), note)


def _each(rates: dict[Any, float]) -> str:
    """What each way came to."""
    return ", ".join(f"{way if isinstance(way, int) else ' '.join(map(str, way))}: {rate:,.0f}/s" for way, rate in rates.items())


def row_3(rounds: int) -> list[Line]:
    """0 ms, goal 3; 150 ms, goal 4."""
    logging.disable(logging.WARNING)
    with tempfile.TemporaryDirectory(prefix="pigeonpost-pywa-") as place:
        if (python := pywa_in(place)) is None:
            return []
        return [_compare(rounds, python, delay=0.0, count=12_000, of_peer=1_000),
                _compare(rounds, python, delay=0.15, count=9_600, of_peer=1_500)]


ROWS = {3: row_3}
