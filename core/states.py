"""The lives of things as tables: which state may follow which."""

from enum import StrEnum

from core.errors import Conflict


class CampaignState(StrEnum):
    """From draft to finished. `missed` asks a person instead of sending late."""

    DRAFT = "draft"
    SCHEDULED = "scheduled"
    SENDING = "sending"
    PAUSED = "paused"
    FINISHED = "finished"
    CANCELLED = "cancelled"
    MISSED = "missed"
    REPEATING = "repeating"  # a pattern: its schedule makes a campaign at each of its times


class RehearsalState(StrEnum):
    """A campaign tried on the simulator. `running` may be left by a dead process; its lease says so."""

    QUEUED = "queued"
    RUNNING = "running"
    FINISHED = "finished"
    FAILED = "failed"
    STOPPED = "stopped"


class ImportState(StrEnum):
    """A file on its way in, or out again. `checking`, `running` and `undoing` may be left by a dead process; its lease
    says so."""

    MAPPING = "mapping"
    CHECKING = "checking"
    QUEUED = "queued"
    RUNNING = "running"
    STOPPED = "stopped"
    FINISHED = "finished"
    FAILED = "failed"
    UNDOING = "undoing"
    UNDONE = "undone"


class BulkState(StrEnum):
    """An act on many people. `running` may be left by a dead process: whoever comes next goes on with it."""

    RUNNING = "running"
    STOPPED = "stopped"
    FINISHED = "finished"
    FAILED = "failed"


class MessageState(StrEnum):
    """Where one message to one person stands."""

    QUEUED = "queued"
    SENDING = "sending"
    UNKNOWN = "unknown"
    ACCEPTED = "accepted"
    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"
    FAILED = "failed"
    SKIPPED = "skipped"
    CANCELLED = "cancelled"
    RECEIVED = "received"  # the other way round: they wrote to us


class TemplateState(StrEnum):
    """What the carrier says of one version. Only `approved` may be sent."""

    DRAFT = "draft"
    PENDING = "pending"
    APPROVED = "approved"
    REJECTED = "rejected"
    PAUSED = "paused"
    DISABLED = "disabled"
    IN_APPEAL = "in_appeal"  # refused or disabled, and somebody asked the carrier to look again
    LIMIT_EXCEEDED = "limit_exceeded"  # the account has as many templates as it may
    PENDING_DELETION = "pending_deletion"  # deleted; messages on their way are still tried
    DELETED = "deleted"  # gone at the carrier
    ARCHIVED = "archived"  # unused for a year; gone four weeks later
    REPLACED = "replaced"  # the carrier holds other words under its name now: a later version
    UNCLEAR = "unclear"  # the carrier said a word we do not know


class ConsentState(StrEnum):
    """What the ledger says of one person and one category."""

    UNKNOWN = "unknown"
    GRANTED = "granted"
    WITHDRAWN = "withdrawn"


class EventState(StrEnum):
    """A carrier's notice, kept as it came."""

    NEW = "new"
    READ = "read"
    DEAD = "dead"


class ConversationState(StrEnum):
    """Where a conversation stands for the team."""

    OPEN = "open"
    SNOOZED = "snoozed"
    CLOSED = "closed"


class FileState(StrEnum):
    """A file somebody sent us, on its way from the carrier to our disk."""

    WAITING = "waiting"  # to be fetched, at once or again
    FETCHED = "fetched"
    REFUSED = "refused"  # not what it says it is, too large, or of a kind nobody should open
    GONE = "gone"  # the carrier no longer has it


class RunState(StrEnum):
    """Where one run of a rule stands."""

    WAITING = "waiting"  # for its time, or to go on after a wait
    DONE = "done"
    UNMET = "unmet"  # its conditions were not met
    HELD = "held"  # a person had taken over, or too many automatic messages
    MISSED = "missed"  # its time passed while nothing ran, and too long ago
    FAILED = "failed"


class CallState(StrEnum):
    """Where one call to another system stands."""

    WAITING = "waiting"
    DONE = "done"
    FAILED = "failed"


CAMPAIGN_MOVES: dict[CampaignState, set[CampaignState]] = {
    CampaignState.DRAFT: {
        CampaignState.SCHEDULED,
        CampaignState.SENDING,
        CampaignState.REPEATING,
        CampaignState.CANCELLED,
    },
    CampaignState.REPEATING: {CampaignState.DRAFT, CampaignState.FINISHED, CampaignState.CANCELLED},
    CampaignState.SCHEDULED: {
        CampaignState.DRAFT,
        CampaignState.SENDING,
        CampaignState.CANCELLED,
        CampaignState.MISSED,
    },
    CampaignState.SENDING: {CampaignState.PAUSED, CampaignState.FINISHED, CampaignState.CANCELLED},
    CampaignState.PAUSED: {CampaignState.SENDING, CampaignState.CANCELLED},
    CampaignState.MISSED: {
        CampaignState.DRAFT,
        CampaignState.SCHEDULED,
        CampaignState.SENDING,
        CampaignState.CANCELLED,
    },
    CampaignState.FINISHED: {CampaignState.SENDING},  # a person has some of those that failed tried again
    CampaignState.CANCELLED: set(),
}

IMPORT_MOVES: dict[ImportState, set[ImportState]] = {
    ImportState.MAPPING: {ImportState.CHECKING, ImportState.QUEUED, ImportState.FAILED},
    ImportState.CHECKING: {ImportState.MAPPING, ImportState.QUEUED, ImportState.FAILED},
    ImportState.QUEUED: {ImportState.RUNNING, ImportState.STOPPED, ImportState.FAILED},
    ImportState.RUNNING: {ImportState.STOPPED, ImportState.FINISHED, ImportState.FAILED},
    ImportState.STOPPED: {ImportState.QUEUED, ImportState.UNDOING},
    ImportState.FINISHED: {ImportState.UNDOING},
    ImportState.FAILED: {ImportState.UNDOING},
    ImportState.UNDOING: {ImportState.UNDONE},
    ImportState.UNDONE: set(),
}

# final: nothing that happens by itself is still to come from us (news may still move accepted onwards)
NOT_YET_TRIED = (MessageState.QUEUED, MessageState.SENDING)
OUT_OF_OUR_HANDS = (
    MessageState.ACCEPTED,
    MessageState.SENT,
    MessageState.DELIVERED,
    MessageState.READ,
    MessageState.FAILED,
    MessageState.SKIPPED,
    MessageState.CANCELLED,
)


# what is said when a campaign in this state is asked to do what it cannot
WHY_NOT: dict[CampaignState, str] = {
    CampaignState.DRAFT: "This campaign is still a draft: nothing of it is being sent",
    CampaignState.SCHEDULED: "This campaign is scheduled and has not started yet",
    CampaignState.SENDING: "This campaign is already being sent",
    CampaignState.PAUSED: "This campaign is paused: resume it or cancel it",
    CampaignState.REPEATING: "This campaign repeats: stop it first to change it",
    CampaignState.MISSED: "This campaign did not start at its time: decide first what becomes of it",
    CampaignState.FINISHED: "This campaign is finished; make a copy to send it again",
    CampaignState.CANCELLED: "This campaign was cancelled; make a copy to send it again",
}


def check_campaign_move(now: CampaignState, wanted: CampaignState) -> None:
    """Raise Conflict unless `wanted` may follow `now`."""
    if wanted not in CAMPAIGN_MOVES[now]:
        raise Conflict(WHY_NOT[now])


def check_import_move(now: ImportState, wanted: ImportState) -> None:
    """Raise Conflict unless `wanted` may follow `now`."""
    if wanted not in IMPORT_MOVES[now]:
        raise Conflict(f"This import is {now}, so it cannot become {wanted}")
