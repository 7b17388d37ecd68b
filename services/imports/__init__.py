"""Files of people on their way in: kept, understood, checked, and brought in in the background. Others use these
names only."""

from services.imports.check import AT_ONCE, check, is_large, last_check, start_check
from services.imports.fields import CUSTOM, NEW, NEW_KINDS, OWN, guess_mapping, label_of
from services.imports.files import first_values, samples
from services.imports.foreseen import MOST_SHOWN, Foreseen
from services.imports.left_out import left_out_csv
from services.imports.mend import mend
from services.imports.opened import Opened, opened
from services.imports.queries import (
    get_import,
    is_at_work,
    kept_people,
    problem_rows,
    recent_imports,
    rejected_csv,
    same_file_before,
    unfinished,
)
from services.imports.run import run_here, run_next
from services.imports.start import change_reading, confirm_import, custom_labels, is_unread, save_choices, start_import
from services.imports.stop import discard_import, resume_import, stop_import
from services.imports.undo import DAYS as UNDO_DAYS
from services.imports.undo import can_be_undone, undo_import

__all__ = [
    "AT_ONCE", "CUSTOM", "MOST_SHOWN", "NEW", "NEW_KINDS", "OWN", "UNDO_DAYS", "Foreseen", "Opened", "can_be_undone",
    "change_reading", "check", "confirm_import", "custom_labels", "discard_import", "first_values", "get_import",
    "guess_mapping", "is_at_work", "is_large", "is_unread", "kept_people", "label_of", "last_check", "left_out_csv", "mend",
    "opened", "problem_rows", "recent_imports", "rejected_csv", "resume_import", "run_here", "run_next", "same_file_before",
    "samples", "save_choices", "start_check", "start_import", "stop_import", "undo_import", "unfinished",
]
