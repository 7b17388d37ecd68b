"""What is older than the settings say is deleted: notices as they came, lines of the logs, files nobody uses any more,
files people sent, what happened to people and what rules did about it."""

from datetime import datetime, timedelta
from typing import NamedTuple

import models
from core import log
from services import automation, events, media, settings, webhooks


def shorten_log() -> bool:
    """Empty the log beside a SQLite database where it has grown; False where somebody reads for so long that it must wait."""
    return models.shorten_log()


class Forgotten(NamedTuple):
    """How many of each were deleted."""

    notices: int
    lines: int
    files: int
    received: int
    events: int = 0
    runs: int = 0


def forget_what_is_old(now: datetime) -> Forgotten:
    """Delete what came before the days that are kept. Facts drawn from a notice (messages, statuses, consents) stay.

    Safe to call at any time, by many at once, and again after it was broken off.
    """
    kept = settings.DEFAULTS["keep_days"] | settings.get("keep_days")
    before = {kind: now - timedelta(days=days) for kind, days in kept.items()}
    return Forgotten(
        notices=webhooks.forget(before["notices"]),
        lines=log.forget_lines(settings.start_up().instance / "logs", before["logs"]),
        files=media.forget_unused(before["files"]), received=media.forget_received(before["received"]),
        events=events.forget(before["events"]), runs=automation.forget_runs(before["runs"]))
