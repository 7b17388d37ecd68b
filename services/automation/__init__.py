"""Rules: what answers by itself, and can explain why. The names others may use."""

from services.automation.conditions import KINDS, TESTS
from services.automation.decide import MODES, Decision
from services.automation.due import go_on
from services.automation.edit import (
    LONGEST_NAME,
    add_rule,
    change_rule,
    checked,
    delete_rule,
    get_rule,
    move,
    switch_off,
    switch_on,
)
from services.automation.engine import answer_events, install_first
from services.automation.examples import EXAMPLES, Example, install
from services.automation.forget import forget_runs
from services.automation.freeze import freeze
from services.automation.periods import sweep
from services.automation.queries import (
    LATELY,
    RuleRow,
    Run,
    Sentence,
    get_run,
    held_bursts,
    lately,
    message_of_run,
    messages_of_run,
    names_in_rules,
    rules,
    run_of_message,
    runs,
    sentence_of,
    sentence_of_part,
)
from services.automation.replay import DAYS, Fired, Past
from services.automation.trigger_table import TRIGGERS, trigger_of
from services.automation.trying import (
    Meeting,
    dry_run,
    last_writers,
    look_back,
    meetings,
    of_draft,
    of_rule,
    run_now,
    try_sentence,
)

__all__ = [
    "DAYS", "EXAMPLES", "Decision", "Example", "install", "sentence_of_part", "Fired", "Meeting", "Past", "TESTS",
    "dry_run", "forget_runs", "freeze", "last_writers", "look_back", "meetings", "of_draft", "of_rule",
    "run_now", "try_sentence",
    "KINDS", "LATELY", "LONGEST_NAME", "MODES", "TRIGGERS", "RuleRow", "Run", "Sentence", "add_rule", "answer_events",
    "change_rule", "checked", "delete_rule", "get_rule", "get_run", "held_bursts", "go_on", "install_first",
    "lately", "message_of_run", "messages_of_run", "move",
    "names_in_rules", "rules", "run_of_message", "runs", "sentence_of", "sweep", "switch_off", "switch_on", "trigger_of",
]
