"""A sender in a process of its own, to be killed: settings from the environment, prints `ready`, ends at SIGTERM."""

import os
import signal
import sys
import threading
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import config  # noqa: E402  # the path first
from app import create_app  # noqa: E402
from jobs.sender import Sender  # noqa: E402


def main() -> None:
    """Send until told to stop."""
    over = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: over.set())
    sender = Sender(create_app(config.read(os.environ)))
    sender.start()
    print("ready", flush=True)
    over.wait()
    sender.stop()


if __name__ == "__main__":
    main()
