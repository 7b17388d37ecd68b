"""A scheduler in a process of its own, told what to do line by line; settings from the environment.

`look <unix time>`: wait for that moment, then look once for what is due; answers how many were started. `loop`: look
every few milliseconds until `halt`. `step <seconds>`: from now on the clock of this process is so much ahead (or behind); `right`: it is right again.
"""

import os
import sys
import threading
import time
from datetime import timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import config  # noqa: E402  # the path first
from app import create_app  # noqa: E402
from core import clock  # noqa: E402
from services import campaigns  # noqa: E402

_real_now, _ahead = clock.now, [0.0]
_looping = threading.Event()
PAUSE_SECONDS = 0.005


def look(app) -> int:
    """What the job of the scheduler does each second."""
    with app.app_context():
        campaigns.make_due(clock.now())
        return campaigns.launch_due(clock.now())


def keep_looking(app) -> None:
    """Until told to halt."""
    while True:
        _looping.wait()
        look(app)
        time.sleep(PAUSE_SECONDS)


def obey(app, line: str) -> str:
    """One line; what is to be answered."""
    word, _, value = line.partition(" ")
    if word == "look":
        while time.time() < float(value):
            pass  # four processes leave at the same instant
        return str(look(app))
    if word == "step":
        _ahead[0] += float(value)
    elif word == "right":
        _ahead[0] = 0.0
    elif word == "loop":
        _looping.set()
    elif word == "halt":
        _looping.clear()
    return "done"


def main() -> None:
    """Until the pipe is closed."""
    clock.now = lambda: _real_now() + timedelta(seconds=_ahead[0])
    app = create_app(config.read(os.environ))
    threading.Thread(target=keep_looking, args=(app,), daemon=True).start()
    print("ready", flush=True)
    for line in sys.stdin:
        print(obey(app, line.strip()), flush=True)


if __name__ == "__main__":
    main()
