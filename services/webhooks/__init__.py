"""Carriers' notices: kept once as they came, read later, each item on its own, replayed when asked. Others use these
names only."""

from services.webhooks.read import read_events
from services.webhooks.receive import Desk, is_theirs, keep, knows_our_word
from services.webhooks.retries import read_again_what_is_due
from services.webhooks.shelf import (
    STATES,
    Shelf,
    Wanted,
    body_in_words,
    count_dead,
    forget,
    get_event,
    replay,
    replay_all,
    shelf,
)

__all__ = [
    "STATES", "Desk", "Shelf", "Wanted", "body_in_words", "count_dead", "forget", "get_event", "is_theirs", "keep",
    "knows_our_word", "read_again_what_is_due", "read_events", "replay", "replay_all", "shelf",
]
