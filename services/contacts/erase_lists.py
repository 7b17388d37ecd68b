"""A person who is erased leaves the lists campaigns have of their own.

Their row keeps its number and cannot be used any more; where only a cell of somebody else's row names them, that cell
is struck out. Trials of campaigns that run at this moment hold a copy of the people: they begin anew, without them.
"""

from collections.abc import Iterable

from sqlalchemy import func, select, update

from core.states import RehearsalState
from models import CampaignList, CampaignListRow, Rehearsal, db
from services.contacts.erase_files import GONE
from services.contacts.signs import IsTheirs, Signs, list_rows_of

_AT_ONCE = 5_000
_UNUSABLE = "bad_number"


def strike_from_lists(signs: Signs, is_theirs: IsTheirs, seen: Iterable[int]) -> list[int]:
    """Blank their rows, those under their numbers and those `seen` before that still hold them. The ids of their own.

    Inside a transaction. A fixed number of statements for every five thousand rows, and one for every row.
    """
    ids, theirs, lists = sorted({*seen, *list_rows_of(signs)}), [], set()
    for start in range(0, len(ids), _AT_ONCE):
        for row in db.session.scalars(select(CampaignListRow).where(CampaignListRow.id.in_(ids[start:start + _AT_ONCE]))):
            if row.phone[1:] in signs.digits or (not row.phone and any(map(is_theirs, row.cells.values()))):
                row.phone, row.code, row.problem, row.cells = "", _UNUSABLE, GONE, {}
                theirs.append(row.id)
                lists.add(row.campaign_id)
            else:
                row.cells = {name: GONE if is_theirs(cell) else cell for name, cell in row.cells.items()}
    db.session.flush()
    for campaign_id in lists:
        _count_anew(campaign_id)
    return theirs


def begin_trials_anew() -> None:
    """Whoever watches a rehearsal lets go of it and of its copy; it is begun again from the people of then."""
    db.session.execute(update(Rehearsal).where(Rehearsal.state == RehearsalState.RUNNING)
                       .values(state=RehearsalState.QUEUED, lease_until=None))


def _count_anew(campaign_id: int) -> None:
    """The numbers of a list, from its rows."""
    found = dict(db.session.execute(select(CampaignListRow.code, func.count()).where(
        CampaignListRow.campaign_id == campaign_id).group_by(CampaignListRow.code)).all())
    db.session.execute(update(CampaignList).where(CampaignList.campaign_id == campaign_id).values(
        bad=found.get(_UNUSABLE, 0), repeated=found.get("repeated", 0)))
