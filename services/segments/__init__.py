"""Groups of people that keep themselves, and the conditions lists are filtered by. Others use these names only."""

from services.segments.conditions import Said, Test, check, every_test, said, tests_for
from services.segments.edit import add_segment, change_segment, checked, delete_segment
from services.segments.members import SAMPLE, count, holding, ids_matching, members_select, sample, where
from services.segments.queries import all_segments, count_segments, get_segment, in_words, shape_of
from services.segments.shape import (
    MOST_CONDITIONS,
    MOST_GROUPS,
    Condition,
    Group,
    Shape,
    all_of,
    as_json,
    condition_in,
    from_json,
)

__all__ = [
    "MOST_CONDITIONS", "MOST_GROUPS", "SAMPLE", "Condition", "Group", "Said", "Shape", "Test", "add_segment",
    "all_of", "all_segments", "as_json", "change_segment", "check", "checked", "condition_in", "count",
    "count_segments", "delete_segment", "every_test", "from_json", "get_segment", "holding", "ids_matching", "in_words",
    "members_select", "said", "sample", "shape_of", "tests_for", "where",
]
