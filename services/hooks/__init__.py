"""Other systems call us, and we call them: tokened addresses, signed calls, the log of both. The names others may use."""

from services.hooks.calls import SCHEDULE, call, calls_of, make_calls, signature, tries_of
from services.hooks.incoming import (
    PER_MINUTE,
    Taken,
    add_hook,
    all_hooks,
    calls_to,
    delete_hook,
    get_hook,
    take,
    values_of,
)
from services.hooks.targets import add_target, all_targets, delete_target, get_target, switch_on_target
from services.hooks.wire import caller, install

__all__ = [
    "PER_MINUTE", "SCHEDULE", "Taken", "add_hook", "add_target", "all_hooks", "all_targets", "call", "caller", "calls_of",
    "calls_to", "delete_hook", "delete_target", "get_hook", "get_target", "install", "make_calls", "signature",
    "switch_on_target", "take", "tries_of", "values_of",
]
