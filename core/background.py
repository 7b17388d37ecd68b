"""Work that happens later: the names of the jobs and the port `enqueue`. Who does it is chosen in app.py.

The database is the queue; `enqueue` is only a nudge. A periodic job sweeps what a lost nudge left behind.
"""

from collections.abc import Callable
from enum import StrEnum


class Job(StrEnum):
    """Every background job, by what it does."""

    LAUNCH_DUE_CAMPAIGNS = "launch_due_campaigns"
    FINISH_CAMPAIGNS = "finish_campaigns"
    HOLD_LATE = "hold_late"
    RUN_IMPORTS = "run_imports"
    RUN_BULK_ACTS = "run_bulk_acts"
    RUN_REHEARSALS = "run_rehearsals"
    GO_ON_WITH_SAMPLES = "go_on_with_samples"
    READ_WEBHOOK_EVENTS = "read_webhook_events"
    RETRY_WEBHOOK_EVENTS = "retry_webhook_events"
    FORGET_WHAT_IS_OLD = "forget_what_is_old"
    ANSWER_EVENTS = "answer_events"
    FETCH_FILES = "fetch_files"
    HAND_OVER_FILES = "hand_over_files"
    MAKE_CALLS = "make_calls"
    GO_ON_WITH_RULES = "go_on_with_rules"
    SETTLE_UNKNOWN = "settle_unknown"
    WAKE_CONVERSATIONS = "wake_conversations"
    TELL_CHATS = "tell_chats"
    TELL_READ = "tell_read"
    SUBMIT_TEMPLATES = "submit_templates"
    LEARN_LETTERS = "learn_letters"
    PULSE = "pulse"
    SYNC_TEMPLATES = "sync_templates"
    WAKE_FLOWS = "wake_flows"
    SWEEP_SESSIONS = "sweep_sessions"
    BEAT = "beat"
    SHORTEN_LOG = "shorten_log"


_nudge: Callable[[Job], None] | None = None


def install(nudge: Callable[[Job], None] | None) -> None:
    """Say who runs a job at once when asked; None leaves it to the periodic sweep."""
    global _nudge
    _nudge = nudge


def enqueue(job: Job) -> None:
    """Ask for `job` to run soon. Losing this call loses nothing: the row in the database is the work."""
    if _nudge is not None:
        _nudge(job)
