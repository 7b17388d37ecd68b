"""Sending: the one queue for every outgoing message. The names others may use."""

from services.sending.advice import Advice, Chance, advice_on, cause_of
from services.sending.again import FailedGroup, failed_groups, try_again
from services.sending.charges import charges_of
from services.sending.claim import Claim
from services.sending.consequences import is_tried_again
from services.sending.contents import KINDS, media_in
from services.sending.contents import check as check_content
from services.sending.departed import install_departed
from services.sending.dispatch import Trip, claim, exchange, hand_over, has_replies, has_work, sweep
from services.sending.files_first import hand_over as hand_over_files
from services.sending.hours import QuietHours, quiet_hours, release, zone_of
from services.sending.many import as_kept
from services.sending.news import Report, apply_news, join_waiting
from services.sending.outcomes import GIVEN_BACK, STOPPED, Outcome, Then, outcome_of
from services.sending.pacing import ahead
from services.sending.queries import (
    ReasonCount,
    attempts_of,
    counts,
    counts_of,
    failures,
    has_no_receipt,
    is_done,
    messages_list,
    pace,
    reasons,
    recipients,
    skips,
    unheard_channels,
    unknown_messages,
    without_receipt,
)
from services.sending.queue import (
    Author,
    cancel_queued,
    install_nudge,
    message_row,
    nudge,
    queue_many,
    queue_message,
    queue_rows,
    queue_set,
)
from services.sending.results import Result
from services.sending.tier import Allowance, allowance, is_spent
from services.sending.unknown import send_again, settle_unknown, treat_as_sent
from services.sending.verdict import (
    BODY_LIMIT,
    MARKETING,
    OK,
    REASONS,
    Person,
    Verdict,
    Wanted,
    consent_refusal,
    judge,
    words_of,
)

__all__ = [
    "BODY_LIMIT", "GIVEN_BACK", "KINDS", "MARKETING", "OK", "REASONS", "STOPPED", "Advice", "Allowance", "Author", "Chance",
    "Claim", "FailedGroup", "Outcome", "Person", "QuietHours", "ReasonCount", "Report", "Result", "Then", "Trip", "Verdict",
    "Wanted", "advice_on", "ahead", "allowance", "apply_news", "as_kept", "attempts_of", "cancel_queued", "cause_of",
    "charges_of", "check_content", "claim", "consent_refusal", "counts", "counts_of", "exchange", "failed_groups",
    "failures", "hand_over", "hand_over_files", "has_no_receipt", "has_replies", "has_work", "install_departed",
    "install_nudge", "is_done", "is_spent", "is_tried_again", "join_waiting", "judge", "media_in", "message_row",
    "messages_list", "nudge", "outcome_of", "pace", "queue_many", "queue_message", "queue_rows", "queue_set", "quiet_hours",
    "reasons", "recipients", "release", "send_again", "settle_unknown", "skips", "sweep", "treat_as_sent", "try_again",
    "unheard_channels", "unknown_messages", "without_receipt", "words_of", "zone_of",
]
