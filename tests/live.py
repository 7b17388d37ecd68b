"""A whole dashboard as a person starts it: gunicorn in a process of its own, with a database of its own."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import fields
from pathlib import Path

from config import Settings
from core import clock
from tests.source import ROOT

PATIENCE_SECONDS = 60.0


class Live:
    """One installation in `folder`. It can be stopped, killed and started again; its rows stay."""

    def __init__(self, folder: Path, **settings: object) -> None:
        self.folder, self.port = folder, free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self.process: subprocess.Popen[bytes] | None = None
        ours = {"INSTANCE_DIR": folder / "instance", "PORT": self.port, "CANARY_SHARE": 0, "LOG_LEVEL": "WARNING"}
        given = ours | {name.upper(): value for name, value in settings.items()}
        unset = {field.name.upper(): "" for field in fields(Settings)}  # whatever the developer's own installation says
        self.environment = os.environ | unset | {name: str(value) for name, value in given.items()}

    def start(self) -> "Live":
        """Start it and wait until it answers."""
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "gunicorn", "-c", "gunicorn.conf.py", "bootstrap:application()"],
                cwd=ROOT, env=self.environment, stdout=log, stderr=subprocess.STDOUT, start_new_session=True)
        wait_until(self.answers, f"the dashboard did not start:\n{self.said()}")
        return self

    @property
    def log(self) -> Path:
        """What it printed."""
        return self.folder / "printed.log"

    def said(self) -> str:
        """The end of what it printed."""
        return self.log.read_text(errors="replace")[-4000:] if self.log.exists() else ""

    def answers(self) -> bool:
        """Whether it is alive."""
        if self.process is None or self.process.poll() is not None:
            raise AssertionError(f"the dashboard ended:\n{self.said()}")
        try:
            with urllib.request.urlopen(f"{self.address}/healthz", timeout=5) as answer:
                return answer.status == 200
        except OSError:
            return False

    def flask(self, *words: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run one of its commands."""
        return subprocess.run([sys.executable, "-m", "flask", *words], cwd=ROOT, env=self.environment, text=True,
                              capture_output=True, check=check, timeout=300)

    def run(self, script: str, *words: str, seconds: float = 300.0) -> subprocess.CompletedProcess[str]:
        """Run a few lines of Python on its database, as one of its processes would."""
        return subprocess.run([sys.executable, "-c", script, *words], cwd=ROOT, env=self.environment, text=True,
                              capture_output=True, check=True, timeout=seconds)

    def kill(self) -> None:
        """`kill -9` everything at once: no part gets a chance to tidy up."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """Ask it to end, as Ctrl+C does."""
        self._end(signal.SIGTERM)

    def _end(self, how: signal.Signals) -> None:
        process, self.process = self.process, None
        if process is None or process.poll() is not None:
            return
        os.killpg(process.pid, how)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(10)


def wait_until(holds, otherwise: str, seconds: float = PATIENCE_SECONDS) -> None:
    """Ask again and again until it holds; fail with these words when it never does."""
    deadline = clock.monotonic() + seconds
    while clock.monotonic() < deadline:
        if holds():
            return
        time.sleep(0.05)
    raise AssertionError(otherwise)


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return int(trial.getsockname()[1])
