#!/usr/bin/env python3
"""Checks everything with nothing but Python: makes the environment, finds a PostgreSQL and a Chromium, runs all parts.

python3 test.py                     everything, as before a commit
python3 test.py --quick             rules and the suite on SQLite
python3 test.py tests/views -k sign only these, on both databases
python3 test.py --only browser      one part: rules, sqlite, postgres or browser
"""

import argparse
import os
import re
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import run
from tests import machine

ROOT = Path(__file__).resolve().parent
IN_CI = os.environ.get("CI", "").lower() in ("1", "true", "yes")
PYTEST = [run.PYTHON, "-m", "pytest", "-q"]
TYPED = ["core", "services", "transports", "jobs"]
NO_DATABASE = ["tests/unit", "tests/guards", "tests/transports", "tests/simulator", "tests/browser"]
PARTS = ("rules", "sqlite", "postgres", "browser")
COUNT = re.compile(r"(\d+) (passed|failed|errors?|skipped|xfailed|xpassed)\b")


@dataclass
class Tally:
    """What came out of all parts."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0
    left_out: list[str] = field(default_factory=list)
    times: list[str] = field(default_factory=list)

    def add(self, name: str, began: float, passed: int, failed: int, skipped: int = 0) -> None:
        """Count one part's outcome."""
        self.passed, self.failed, self.skipped = self.passed + passed, self.failed + failed, self.skipped + skipped
        outcome = f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else "")
        self.times.append(f"{name:<28} {outcome:<40} {time.monotonic() - began:5.0f} s")

    def leave_out(self, name: str, why: str) -> None:
        """Note loudly that a part could not be run here. In CI that is a failure."""
        self.left_out.append(f"{name}: {why}")
        self.skipped += 1
        self.failed += IN_CI


def main() -> int:
    """Run what was asked for; the last line sums it all up."""
    wishes, more = _wishes()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that servers we started are stopped
    run.right_python()
    run.environment("requirements-dev.txt", "requirements.txt")
    if wishes.setup_only:
        return 0
    os.chdir(ROOT)
    tally, selected = Tally(), wishes.paths + more
    if "rules" in wishes.parts and not selected:
        check_rules(tally)
    if "sqlite" in wishes.parts:
        run_suite(tally, "suite on SQLite", _except_browser(wishes.paths, []), more, {})
    if "postgres" in wishes.parts:
        on_postgres(tally, wishes.paths, more)
    if "browser" in wishes.parts:
        in_browser(tally, wishes.paths, more)
    return close(tally, bool(selected))


def _wishes() -> tuple[argparse.Namespace, list[str]]:
    """What was asked for; what we do not know goes to pytest."""
    reader = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    reader.add_argument("paths", nargs="*")
    reader.add_argument("--quick", action="store_true", help="rules and the suite on SQLite only")
    reader.add_argument("--only", dest="parts", action="append", choices=PARTS)
    reader.add_argument("--setup-only", action="store_true", help="only make the environment in .venv")
    reader.add_argument("-k", dest="words", help="only tests whose name holds these words")
    wishes, more = reader.parse_known_args()
    wishes.parts = wishes.parts or (PARTS[:2] if wishes.quick else PARTS)
    return wishes, more + (["-k", wishes.words] if wishes.words else [])


def check_rules(tally: Tally) -> None:
    """Lint and types."""
    for name, command in (("lint", ["ruff", "check", "."]), ("types", ["mypy", *TYPED])):
        headline(name)
        began = time.monotonic()
        good = subprocess.run([run.PYTHON, "-m", *command]).returncode == 0
        tally.add(name, began, int(good), int(not good))


def on_postgres(tally: Tally, paths: list[str], more: list[str]) -> None:
    """Everything that touches a database, on a real PostgreSQL."""
    try:
        address = machine.postgres_address()
    except machine.NotHere as error:
        tally.leave_out("suite on PostgreSQL", str(error))
        return
    run_suite(tally, "suite on PostgreSQL", _except_browser(paths, NO_DATABASE), more,
              {"PIGEONPOST_TEST_DATABASE": address})


def in_browser(tally: Tally, paths: list[str], more: list[str]) -> None:
    """The stories a person would tell, in a real Chromium."""
    wanted = [path for path in paths if path.startswith("tests/browser")] if paths else ["tests/browser"]
    if not wanted:
        return
    try:
        found = machine.chromium()
    except machine.NotHere as error:
        tally.leave_out("browser stories", str(error))
        return
    run_suite(tally, "browser stories", wanted, more, {"PIGEONPOST_CHROMIUM": found})


def _except_browser(paths: list[str], left_out: list[str]) -> list[str]:
    """The paths to run without those that have a part of their own; None of them means nothing to do."""
    if paths:
        return [path for path in paths if not path.startswith(tuple(left_out or ["tests/browser"]))]
    return ["tests", *(f"--ignore={path}" for path in left_out or ["tests/browser"])]


def run_suite(tally: Tally, name: str, paths: list[str], more: list[str], changes: dict[str, str]) -> None:
    """One pytest run on both cores, its output shown as it comes, its closing line counted."""
    if not paths:
        return
    headline(name)
    began, counts = time.monotonic(), {}
    process = subprocess.Popen([*PYTEST, "-n", "2", "--dist", "worksteal", *paths, *more], text=True, stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, env=environment() | changes)
    for line in process.stdout or ():
        print(line, end="", flush=True)
        if " in " in line and (found := COUNT.findall(line)):
            counts = {word.rstrip("s") if word.startswith("error") else word: int(number) for number, word in found}
    code = process.wait()
    failed = counts.get("failed", 0) + counts.get("error", 0)
    if code not in (0, 1, 5) or (code == 1 and not failed):
        failed += 1  # pytest itself fell over
    tally.add(name, began, counts.get("passed", 0), failed, counts.get("skipped", 0))


def environment() -> dict[str, str]:
    """Ours without the settings of an installation: its database is none of the tests' business."""
    ours = (ROOT / ".env.example").read_text().splitlines()
    settings = {line.lstrip("# ").split("=")[0] for line in ours if "=" in line}
    return {name: value for name, value in os.environ.items() if name not in settings}


def headline(words: str) -> None:
    """Say which part begins."""
    print(f"\n=== {words} ".ljust(100, "="), flush=True)


def close(tally: Tally, selected: bool) -> int:
    """Tell what came out, and loudly what could not be run."""
    headline("what came out")
    print("\n".join(tally.times))
    if tally.left_out:
        edge = "!" * 100
        print(f"\n{edge}\n!! NOT RUN ON THIS MACHINE{' (in CI that is a failure)' if IN_CI else ''}")
        print("\n".join(f"!! {line}" for line in tally.left_out) + f"\n{edge}")
    if IN_CI and tally.skipped and not selected:
        tally.failed += tally.skipped - len(tally.left_out)
    skipped = f", {tally.skipped} skipped" if tally.skipped else ""
    print(f"\ntotal: {tally.passed} passed, {tally.failed} failed{skipped}", flush=True)
    return 1 if tally.failed or not tally.passed else 0


if __name__ == "__main__":
    sys.exit(main())
