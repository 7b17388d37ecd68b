"""Runs the benches and prints `row label ratio (min-max) goal`. It never fails for being slow: it tells.

A bench is a module of this folder with `ROWS`: the row's number → a function that takes the number of rounds and gives
`(label, least, median, most, note)` for each line. Both sides run interleaved, so that a busy machine disturbs both.
"""

import argparse
import importlib
import pkgutil
import platform
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType

import bench

HERE = Path(__file__).resolve().parent
Line = tuple[str, float, float, float, str]
GOALS = {
    1: ("durable send / bare aiohttp, 0 ms server, 32 in flight", ">= 0.75, better 0.9"),
    2: ("the same at 150 ms, 192 in flight", ">= 0.95, better 0.99"),
    3: ("durable send / pywa, the best of its ways, at 0 and at 150 ms", ">= 3 and >= 4, better 5"),
    4: ("1,000 messages a second at 150 ms from one process: cores", "<= 0.5, better 0.3"),
    5: ("share of 80/s and of 1,000/s that is used; throttling 0", ">= 0.95, better 0.99"),
    6: ("durable webhook answer / a bare WSGI 200 under the same server, one core", ">= 0.6, better 0.8"),
    7: ("durable webhook answer / a bare Flask 200; / pywa's own webhook", ">= 0.9, better 1.2; pywa >= 2.5, better 4"),
    8: ("single events, durable, two cores, thousands a second", ">= 2, better 3"),
    9: ("durable events in notices of 50, thousands a second", ">= 20, better 40; lost or twice 0"),
    10: ("applying stored events / a bare loop of the same statements", ">= 0.7, better 0.95"),
    11: ("phone stage of the import / the library number by number", ">= 4, better 8"),
    12: ("check-only pass over a file / a model importer", ">= 10, better 20"),
    13: ("import of a whole file / csv.reader + raw upsert", "<= 2.5, better 1.6"),
    14: ("database stage of the import / raw executemany upsert", ">= 0.9, better 1.1"),
    15: ("contacts page at row 900,000 / first page", "<= 3, better 1.2"),
    17: ("rendering 1,000,000 bodies / split and join by hand", "<= 2, better 1.2"),
    16: ("freezing 300,000 people with verdicts / one bare INSERT..SELECT", "<= 2, better 1.2"),
    18: ("contacts page as shipped / bare Flask view of the table", ">= 0.6, better 1.2"),
    26: ("inbox pages with 1,000,000 messages in 50,000 conversations, p95 in ms", "<= 200"),
    20: ("the simulator, messages a second of one core", ">= 3,000"),
    125: ("one message against 500 rules, microseconds", "<= 1,000"),
    126: ("store, match and act / the bare drain; messages a second", ">= 0.3; >= 1,000"),
    127: ("birthday sweep over 1,000,000 people, seconds", "<= 2"),
    21: ("draining stored messages of people / a bare loop of the same statements", ">= 0.7, better 0.95"),
    22: ("every question to the list of 1,000,000 people, ms", "<= 200"),
    116: ("the check page of a campaign to 300,000 people over HTTP, seconds", "<= 2"),
    19: ("second cold start of `make run` to the first page", "<= 3 s, better 1.5 s"),
}


def main() -> None:
    """Run every row that was asked for, print it, and keep it if wanted."""
    wishes = _wishes()
    lines = [f"{'row':>4} {'what':<58} {'ratio':>8} {'(min-max)':<18} goal"]
    print(lines[0], flush=True)
    for number, measure in sorted(_rows(wishes.only)):
        for line in measure(wishes.rounds):
            lines.append(_shown(number, line))
            print(lines[-1], flush=True)
    if len(lines) == 1:
        sys.exit(f"Nothing is called {wishes.only}. There are: {', '.join(name for name, _ in _benches())}")
    if wishes.keep:
        _keep(lines, wishes.rounds)


def _wishes() -> argparse.Namespace:
    reader = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    reader.add_argument("--only", default="", help="one bench by name (sending), or one row by number (14)")
    reader.add_argument("--rounds", type=int, default=5)
    reader.add_argument("--keep", action="store_true", help="write the figures down in RESULTS.md")
    return reader.parse_args()


def _benches() -> Iterator[tuple[str, ModuleType]]:
    """Every module of this folder that has rows."""
    for found in sorted(pkgutil.iter_modules(bench.__path__), key=lambda module: module.name):
        if found.name != "run":
            module = importlib.import_module(f"bench.{found.name}")
            if hasattr(module, "ROWS"):
                yield found.name, module


def _rows(only: str) -> Iterator[tuple[int, Callable[[int], list[Line]]]]:
    """The rows of the benches that were asked for."""
    for name, module in _benches():
        words = {name, *(str(word) for word in getattr(module, "NAMES", ()))}
        for number, measure in module.ROWS.items():
            if not only or only in words or only == str(number):
                yield number, measure


def _shown(number: int, line: Line) -> str:
    """One line of the table."""
    label, least, median, most, note = line
    goal = "" if note.startswith("no goal") else GOALS.get(number, ("", ""))[1]
    return (f"{number:>4} {label:<58} {median:>8.2f} {f'({least:.2f}-{most:.2f})':<18} {goal}"
            + (f"   {note}" if note else ""))


def _keep(lines: list[str], rounds: int) -> None:
    """Add this run to the history."""
    when = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    head = f"\n## {when}, Python {platform.python_version()}, {rounds} rounds\n\n"
    with open(HERE / "RESULTS.md", "a", encoding="utf-8") as file:
        file.write(head + "```\n" + "\n".join(lines) + "\n```\n")


if __name__ == "__main__":
    main()
