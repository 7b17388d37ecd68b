"""Our business numbers: how to reach them, what Meta says of them, whether they send. Others use these names only."""

from services.channels.about import FIELDS, Finding, Step, limit_of
from services.channels.checkup import check, findings_of, is_ready, subscribe
from services.channels.edit import (
    add_channel,
    change_channel,
    default_channel,
    ensure_first,
    heard,
    make_default,
    pause,
    resume,
    switch_off,
    switch_on,
)
from services.channels.health import Facts, facts_of
from services.channels.news import apply_news, mark_seen, meant_by, notices_of, unseen_warnings
from services.channels.pulse import pulse_due
from services.channels.queries import (
    META,
    SIMULATED_ID,
    SIMULATED_NUMBER,
    all_channels,
    by_phone_number_id,
    channels_in_use,
    default_account,
    derived,
    get_channel,
    install_simulator,
    is_in_use,
    line_of,
    lines_in_use,
    lines_to_hear,
    looks_real,
    runs_simulator,
    sends_for_real,
    simulated_channel,
    speakers,
    why_nothing_leaves,
)
from services.channels.rotation import rotate_key
from services.channels.troubles import Trouble, troubles, troubles_of
from services.channels.vault import check_keys, opened, seal

__all__ = [
    "FIELDS", "META", "SIMULATED_ID", "SIMULATED_NUMBER", "Facts", "Finding", "Step", "Trouble", "add_channel",
    "all_channels", "apply_news", "by_phone_number_id", "change_channel", "channels_in_use", "check", "check_keys",
    "default_account", "default_channel", "derived", "ensure_first", "facts_of", "findings_of", "get_channel",
    "heard", "install_simulator", "is_in_use", "is_ready", "limit_of", "line_of", "lines_in_use", "lines_to_hear",
    "looks_real", "make_default", "mark_seen", "meant_by", "notices_of", "opened", "pause", "pulse_due", "resume", "rotate_key",
    "runs_simulator", "seal", "sends_for_real", "simulated_channel", "speakers", "subscribe", "switch_off",
    "switch_on", "troubles", "troubles_of", "unseen_warnings",
    "why_nothing_leaves",
]
