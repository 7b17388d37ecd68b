"""Brings a database up to date in a process of its own, to be killed: prints `ready` before and `done` after."""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import bootstrap  # noqa: E402  # the path first
import config  # noqa: E402
from app import create_app  # noqa: E402

if __name__ == "__main__":
    app = create_app(config.read(os.environ))
    print("ready", flush=True)
    bootstrap.prepare(app)
    print("done", flush=True)
