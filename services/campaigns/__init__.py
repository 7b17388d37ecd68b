"""Whom, what, when: compose, check, launch, pause, finish, report. The names others may use."""

from services.campaigns.answers import WINDOW as ANSWER_WINDOW
from services.campaigns.audience import (
    Check,
    Due,
    Preview,
    Skipped,
    SkippedPage,
    SkippedPerson,
    check,
    count,
    every_skipped,
    excluded_people,
    exclusions,
    how_long,
    preview,
    skipped_people,
)
from services.campaigns.audience_people import Excluded, members, unplaced
from services.campaigns.audience_warnings import ADVICE, warnings
from services.campaigns.canary import First, first_of
from services.campaigns.changed import Changed, changed, take_new_words
from services.campaigns.compare import NAMES as RATES
from services.campaigns.compare import Figures, Side, compare, differences, figures_of, is_pattern, occurrences
from services.campaigns.copies import duplicate
from services.campaigns.daily import LONGEST as LONGEST_REPORT
from services.campaigns.daily import Day, daily, failed_by_reason, total_of
from services.campaigns.edit import POLICIES, add_campaign, change_campaign, delete_draft
from services.campaigns.freeze import freeze
from services.campaigns.lateness import hold_late, late, leave_out_late, send_late
from services.campaigns.launch import launch_due
from services.campaigns.listing import CampaignPage, find_campaigns
from services.campaigns.own_list import add_list, copy_list, get_list, read_again, remove_list
from services.campaigns.own_list_rows import bad_rows_csv, list_of, list_rows
from services.campaigns.places import ClockRow, waves
from services.campaigns.queries import (
    CampaignRow,
    coming,
    get_campaign,
    list_campaigns,
    missed,
    running,
    segments_of,
    state_counts,
    tags_of,
    unmapped,
)
from services.campaigns.readiness import check_ready, why_not
from services.campaigns.recipient_list import LABELS, Recipient, RecipientPage, recipients
from services.campaigns.recipient_message import Told, recipient_message
from services.campaigns.repeat import change_repeat, make_due, pause_repeat, resume_repeat, stop_repeat
from services.campaigns.repeat_start import Coming, set_repeat
from services.campaigns.repeat_start import coming as coming_runs
from services.campaigns.repeat_start import kept as repeat_of
from services.campaigns.repeat_start import words_of as repeat_words
from services.campaigns.report import Reason, Report, Wave, report
from services.campaigns.report_csv import csv_of
from services.campaigns.retry import RetryReason, retry, retry_reasons, why_no_retry
from services.campaigns.run import cancel, finish_done, pause, resume
from services.campaigns.sizes import MOST_CHECKED, Lack, Size, begun, lacks, missing_steps, newer_version, size_of
from services.campaigns.sources import columns_of, stale, suggestions
from services.campaigns.timeline import Spread, Story, Timeline, spreads, story
from services.campaigns.timing import (
    TOLERANCES,
    USEFUL_MINUTES,
    Time,
    note_of,
    schedule,
    set_time,
    start_now,
    time_of,
    time_of_draft,
    tolerance_of,
    unschedule,
    words_of,
)
from services.campaigns.try_out import MOST_A_MINUTE, filled_for, own_or_typed, send_test, tried

__all__ = [
    "ADVICE", "ANSWER_WINDOW", "LABELS", "LONGEST_REPORT", "MOST_A_MINUTE", "MOST_CHECKED", "POLICIES", "RATES",
    "TOLERANCES", "USEFUL_MINUTES", "CampaignPage", "CampaignRow", "Check", "ClockRow", "Coming", "Day", "Due",
    "Excluded", "Figures", "First", "Lack", "Preview", "Reason", "Recipient", "RecipientPage", "Report", "RetryReason",
    "Side", "Size", "Skipped", "SkippedPage", "SkippedPerson", "Spread", "Story", "Time", "Timeline", "Told", "Wave",
    "add_campaign", "add_list", "bad_rows_csv", "begun", "cancel", "change_campaign",
    "change_repeat", "check", "check_ready", "columns_of", "coming", "coming_runs", "compare", "copy_list", "count",
    "csv_of", "daily", "delete_draft", "differences", "duplicate", "every_skipped", "excluded_people", "exclusions",
    "failed_by_reason", "figures_of", "filled_for", "find_campaigns", "finish_done", "first_of", "freeze", "get_campaign",
    "get_list", "hold_late", "how_long", "is_pattern", "lacks", "late", "launch_due", "leave_out_late",
    "list_campaigns", "list_of", "list_rows", "make_due", "members", "missed", "missing_steps", "newer_version",
    "note_of", "occurrences", "own_or_typed", "pause", "pause_repeat", "preview", "read_again",
    "recipient_message", "recipients", "remove_list", "repeat_of", "repeat_words", "report", "resume",
    "resume_repeat", "retry", "retry_reasons", "running", "schedule", "segments_of", "send_late", "send_test",
    "set_repeat", "set_time", "size_of", "skipped_people", "spreads", "stale", "start_now", "state_counts",
    "stop_repeat", "story", "suggestions", "tags_of", "time_of", "time_of_draft", "tolerance_of", "total_of", "tried",
    "Changed", "changed", "take_new_words", "unmapped", "unplaced", "unschedule", "warnings", "waves", "why_no_retry",
    "why_not", "words_of",
]
