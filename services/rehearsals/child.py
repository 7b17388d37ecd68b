"""The process of one rehearsal, seen from outside: begin it, hear how far it is, read what came of it, end it."""

import json
import secrets
import subprocess
import sys
from dataclasses import fields
from datetime import datetime
from pathlib import Path
from typing import Any

from services import settings

ROOT = Path(__file__).resolve().parents[2]
PROGRESS, RESULT, LOG = "progress.json", "result.json", "printed.log"
_GRACE = 5.0  # seconds a process has to end before it is killed


def begin(folder: Path, *, campaign_id: int, starts_at: datetime) -> subprocess.Popen[bytes]:
    """Start it on the copy in `folder`. It knows nothing of the real database, number, keys or environment."""
    with open(folder / LOG, "wb") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "jobs.rehearsal", str(folder), str(campaign_id), starts_at.isoformat()],
            cwd=ROOT, env=environment(folder), stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT)


def environment(folder: Path) -> dict[str, str]:
    """Every start-up setting, so that nothing of the real ones shows through; only harmless ones have a value."""
    unset = {field.name.upper(): "" for field in fields(settings.start_up())}
    start = settings.start_up()
    return unset | {
        "INSTANCE_DIR": str(folder), "SECRET_KEY": secrets.token_urlsafe(36), "WHATSAPP_MODE": "simulation",
        "ENVIRONMENT": "local", "HOST": "127.0.0.1", "LOG_LEVEL": "WARNING", "SIMULATOR_SPEED": "100000", "CANARY_SHARE": "0",
        "SIMULATOR_SEED": str(start.simulator_seed), "DEFAULT_COUNTRY": start.default_country,
        "TIMEZONE": start.timezone, "GRAPH_TIMEOUT": "5", "LEASE_SECONDS": "20", "SEND_IN_FLIGHT": "64",
        "PYTHONDONTWRITEBYTECODE": "1", "LC_ALL": "C.UTF-8"}


def told(folder: Path) -> dict[str, Any]:
    """How far it says it is: `done` of `total`. Empty before it has said anything."""
    return _read(folder / PROGRESS)


def result_of(folder: Path) -> dict[str, Any]:
    """What came of it; empty when it ended without a word."""
    return _read(folder / RESULT)


def printed(folder: Path) -> str:
    """The end of what it printed, for our own log; what people wrote is never in it."""
    try:
        return (folder / LOG).read_text(errors="replace")[-3000:]
    except OSError:
        return ""


def end(process: subprocess.Popen[bytes]) -> None:
    """Ask it to end, then make it."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(_GRACE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _read(path: Path) -> dict[str, Any]:
    """A file it wrote in one piece."""
    try:
        found = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
