"""What is done by itself: one small class a kind, in one table that rules and flows share. Others use these names only."""

from services.actions.base import Action, Doing, Done, Field, Outbox, Spec, filled, quoted, read
from services.actions.others import wait_of
from services.actions.table import (
    ACTIONS,
    MOST,
    ActionInvalid,
    action_of,
    add,
    check_all,
    check_templates,
    do,
    sends,
    sentence_of,
    versions_in,
    words_of,
)

__all__ = [
    "ACTIONS", "MOST", "Action", "ActionInvalid", "Doing", "Done", "Field", "Outbox", "Spec", "action_of", "add", "check_all",
    "check_templates", "do", "filled", "quoted", "read", "sends", "sentence_of", "versions_in", "wait_of", "words_of",
]
