"""A segment: its name, and conditions in groups as a page without scripts can send them."""

import re
from collections.abc import Mapping

from flask_wtf import FlaskForm
from wtforms import StringField
from wtforms.validators import InputRequired, Length

MOST_GROUPS = 5
MOST_CONDITIONS = 20
_CELL = re.compile(r"what-([0-9]{1,2})-([0-9]{1,2})")

Groups = list[tuple[bool, list[tuple[str, str]]]]  # whether any is enough; what and value of each condition


class SegmentForm(FlaskForm):
    """The name; what the groups hold is read by `groups_of`, as their number varies."""

    name = StringField("Name", [InputRequired("A segment needs a name of 1 to 80 characters"),
                                Length(max=80, message="A segment's name must be 80 characters or fewer")])


def groups_of(sent: Mapping[str, str]) -> Groups:
    """The groups as they were sent: `any-0`, `what-0-1`, `value-0-1`. Rows without a choice are left out."""
    cells = sorted({(int(found[1]), int(found[2])) for name in sent if (found := _CELL.fullmatch(name))})
    groups: dict[int, list[tuple[str, str]]] = {}
    for group, row in cells:
        kept = groups.setdefault(group, [])
        what = sent.get(f"what-{group}-{row}", "")[:80]
        if what and sent.get("drop") != f"{group}-{row}" and len(kept) < MOST_CONDITIONS:
            kept.append((what, sent.get(f"value-{group}-{row}", "")[:200]))
    return [(sent.get(f"any-{group}") == "any", rows) for group, rows in groups.items()][:MOST_GROUPS]
