"""Rules in a process of their own, to be killed: answers events and goes on with runs until told to stop."""

import os
import signal
import sys
import threading
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import config  # noqa: E402  # the path first
from app import create_app  # noqa: E402
from services import automation  # noqa: E402


def main() -> None:
    """Answer until told to stop."""
    over = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: over.set())
    app = create_app(config.read(os.environ))
    print("ready", flush=True)
    while not over.is_set():
        with app.app_context():
            if not automation.answer_events() + automation.go_on():
                over.wait(0.02)


if __name__ == "__main__":
    main()
