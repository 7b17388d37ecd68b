"""Row 19: how long a second `make run` takes to its first page, in seconds and beside a bare gunicorn with Flask."""

import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PATIENCE_SECONDS = 60
BARE = """
from flask import Flask

app = Flask(__name__)


@app.get("/")
def page():
    return "<!doctype html><title>Bare</title><h1>Bare</h1>"
"""


def start_rows(rounds: int) -> list[tuple[str, float, float, float, str]]:
    """Seconds to the first page, and how many times those of the barest page under the same server."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "bare.py").write_text(BARE)
        _ours(folder)  # the first start makes the database
        pairs = [(_ours(folder), _bare(folder)) for _ in range(rounds)]
    seconds = [ours for ours, _ in pairs]
    ratios = [ours / bare for ours, bare in pairs]
    return [("second start to the first page, seconds", *_spread(seconds), ""),
            ("the same / bare gunicorn and Flask", *_spread(ratios), "no goal of its own")]


def _spread(values: list[float]) -> tuple[float, float, float]:
    """Least, median, most."""
    return min(values), statistics.median(values), max(values)


def _ours(folder: str) -> float:
    """One start of the dashboard as a person does it."""
    settings = {"INSTANCE_DIR": f"{folder}/instance", "DATABASE_URL": f"sqlite:///{folder}/ours.sqlite"}
    return _timed(lambda port: [sys.executable, str(ROOT / "run.py")], settings, ROOT)


def _bare(folder: str) -> float:
    """One start of the barest page."""
    like_ours = ["--worker-class", "gthread", "--threads", "40", "--preload", "--no-control-socket"]
    return _timed(lambda port: [sys.executable, "-m", "gunicorn", "--bind", f"127.0.0.1:{port}", *like_ours, "bare:app"],
                  {}, Path(folder))


def _timed(command: Callable[[int], list[str]], settings: dict[str, str], folder: Path) -> float:
    """Seconds from the start of a program to its first answered page; it is stopped again."""
    port = _free_port()
    began = time.monotonic()
    process = subprocess.Popen(command(port), cwd=folder, env=os.environ | settings | {"PORT": str(port)},
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    try:
        return _first_page(f"http://127.0.0.1:{port}/", began, process)
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(30)


def _first_page(address: str, began: float, process: subprocess.Popen[bytes]) -> float:
    """Ask until there is an answer."""
    while time.monotonic() - began < PATIENCE_SECONDS and process.poll() is None:
        try:
            with urllib.request.urlopen(address, timeout=10) as answer:
                answer.read()
            return time.monotonic() - began
        except urllib.error.HTTPError:
            raise
        except OSError:
            time.sleep(0.01)
    raise RuntimeError(f"{address} gave no page")


def _free_port() -> int:
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return int(trial.getsockname()[1])


NAMES = ("start",)
ROWS = {19: start_rows}
