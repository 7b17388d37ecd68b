"""Campaigns: the list, composing in steps, the check, what runs, what became of everybody."""

from views.campaigns import (
    check,
    compare,
    compose,
    own_list,
    rehearsal,
    report,
    schedules,
    send,
    show,
    try_out,
    what,
    when,
)
from views.campaigns.part import pages

__all__ = [
    "check", "compare", "compose", "own_list", "pages", "rehearsal", "report", "schedules", "send", "show", "try_out",
    "what", "when",
]
