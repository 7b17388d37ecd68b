"""The map of the background: each job, what it calls, and how often it is looked after in seconds."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from core import clock
from core.background import Job
from services import (
    auth,
    automation,
    campaigns,
    channels,
    contacts,
    drift,
    flows,
    health,
    hooks,
    imports,
    inbox,
    keys,
    media,
    rehearsals,
    retention,
    samples,
    sending,
    webhooks,
)

_STARTED = clock.now()  # of this process
_told_chats = False


@dataclass(frozen=True, slots=True)
class Row:
    """One job: what it calls and how many seconds lie between two looks."""

    call: Callable[[], object]
    every: float


def launch_due_campaigns() -> None:
    """Make the runs of what repeats, and start what is due, or mark it missed."""
    campaigns.make_due(clock.now())
    campaigns.launch_due(clock.now())


def finish_campaigns() -> None:
    """Close campaigns whose every recipient is final."""
    campaigns.finish_done(clock.now())


def hold_late() -> None:
    """Pause campaigns whose waiting messages are of no use any more, and ask."""
    campaigns.hold_late(clock.now())


def run_imports() -> None:
    """Work through every file that waits."""
    while imports.run_next(clock.now()):
        pass


def run_bulk_acts() -> None:
    """Go on with acts on many people for some seconds, so that a stop does not wait long; others write between two parts."""
    until = clock.monotonic() + 5
    while contacts.go_on_with_bulk() and clock.monotonic() < until:
        time.sleep(contacts.PAUSE)


def run_rehearsals() -> None:
    """Begin the rehearsal that waits, or see how far the one that runs is."""
    rehearsals.look(clock.now())


def go_on_with_samples() -> None:
    """Send the example of the sample data once its template is approved."""
    samples.go_on()


def read_webhook_events() -> None:
    """Read what carriers told us until nothing is left."""
    while webhooks.read_events():
        pass


def retry_webhook_events() -> None:
    """Read again what failed for a reason that passes."""
    webhooks.read_again_what_is_due(clock.now())


def forget_what_is_old() -> None:
    """Delete notices, logs and unused files that are older than the settings say."""
    retention.forget_what_is_old(clock.now())


def answer_events() -> None:
    """Hand what happened to the rules until nothing is left."""
    while automation.answer_events():
        pass


def fetch_files() -> None:
    """Fetch what people sent until nothing is due."""
    while media.fetch_due(clock.now()):
        pass


def make_calls() -> None:
    """Call other systems until nothing is due."""
    while hooks.make_calls():
        pass


def go_on_with_rules() -> None:
    """Look after what clocks set off, and do what is due."""
    automation.sweep(clock.now())
    while automation.go_on():
        pass


def hand_over_files() -> None:
    """Give the carrier the files of single messages, before those leave."""
    sending.hand_over_files()


def settle_unknown() -> None:
    """Claims of dead senders become unknown; unknown sends are settled by what was heard since."""
    sending.sweep(clock.now())
    sending.settle_unknown(clock.now(), listening_since=_STARTED)


def wake_conversations() -> None:
    """Bring back chats that were put off until now."""
    inbox.wake_due(clock.now())
    inbox.forget_old(clock.now())


def tell_chats() -> None:
    """Chats that were not told of what left learn it: at first of what was left half done before this process began."""
    global _told_chats
    since, _told_chats = (clock.now() if _told_chats else _STARTED), True
    inbox.tell_missed(clock.now(), since=since)


def tell_read() -> None:
    """Tell people's phones that we have read, or are writing."""
    inbox.tell_read()


def submit_templates() -> None:
    """Hand in new template versions for approval."""
    drift.submit_templates()


def pulse() -> None:
    """Ask Meta about each number, and call its webhook as Meta would."""
    channels.pulse_due(clock.now())


def sync_templates() -> None:
    """Ask WhatsApp for its list of templates where that is due."""
    drift.sync_due(clock.now())


def learn_letters() -> None:
    """Take new people into the index of letters, but never beside a file that brings in more."""
    while not imports.is_at_work() and contacts.learn_letters():
        pass


def wake_flows() -> None:
    """Go on with flows whose time has come or whose call was answered."""
    while flows.wake_due(clock.now()):
        pass


def sweep_sessions() -> None:
    """Forget sign-ins that ended long ago, and acts programs named a month ago."""
    auth.sweep_sessions()
    keys.forget_old(clock.now() - timedelta(days=30))


def beat() -> None:
    """Say that the scheduler of this process is alive."""
    health.beat("scheduler")


def shorten_log() -> None:
    """Keep the log beside a SQLite database short."""
    retention.shorten_log()


JOBS: dict[Job, Row] = {
    Job.LAUNCH_DUE_CAMPAIGNS: Row(launch_due_campaigns, every=1),
    Job.FINISH_CAMPAIGNS: Row(finish_campaigns, every=1),
    Job.HOLD_LATE: Row(hold_late, every=5),
    Job.RUN_IMPORTS: Row(run_imports, every=1),
    Job.RUN_BULK_ACTS: Row(run_bulk_acts, every=1),
    Job.RUN_REHEARSALS: Row(run_rehearsals, every=1),
    Job.GO_ON_WITH_SAMPLES: Row(go_on_with_samples, every=2),
    Job.READ_WEBHOOK_EVENTS: Row(read_webhook_events, every=0.5),
    Job.RETRY_WEBHOOK_EVENTS: Row(retry_webhook_events, every=5),
    Job.FORGET_WHAT_IS_OLD: Row(forget_what_is_old, every=3600),
    Job.ANSWER_EVENTS: Row(answer_events, every=0.5),
    Job.FETCH_FILES: Row(fetch_files, every=2),
    Job.HAND_OVER_FILES: Row(hand_over_files, every=2),
    Job.MAKE_CALLS: Row(make_calls, every=1),
    Job.GO_ON_WITH_RULES: Row(go_on_with_rules, every=5),
    Job.SETTLE_UNKNOWN: Row(settle_unknown, every=5),
    Job.WAKE_CONVERSATIONS: Row(wake_conversations, every=5),
    Job.TELL_CHATS: Row(tell_chats, every=5),
    Job.TELL_READ: Row(tell_read, every=1),
    Job.SUBMIT_TEMPLATES: Row(submit_templates, every=2),
    Job.LEARN_LETTERS: Row(learn_letters, every=5),
    Job.PULSE: Row(pulse, every=5),
    Job.SYNC_TEMPLATES: Row(sync_templates, every=10),
    Job.WAKE_FLOWS: Row(wake_flows, every=1),
    Job.SWEEP_SESSIONS: Row(sweep_sessions, every=3600),
    Job.BEAT: Row(beat, every=5),
    Job.SHORTEN_LOG: Row(shorten_log, every=2),
}
