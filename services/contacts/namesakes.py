"""One number with two people: the phone of one, the WhatsApp id of another who has moved on. A stop counts for both."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import String, bindparam, func, literal, select, text
from sqlalchemy.orm import aliased

from core.actor import SYSTEM
from core.states import ConsentState
from models import ConsentEntry, Contact, db, is_sqlite
from services.contacts.ledger import CATEGORIES, HOW, derive_state, write_line

_ONE, _OTHER = aliased(Contact), aliased(Contact)
_SAME_NUMBER = (_OTHER.wa_id == func.substr(_ONE.phone, 2), _OTHER.phone == literal("+", String) + _ONE.wa_id)


def share_withdrawals(contact_ids: Sequence[int]) -> int:
    """What either of two people with one number withdrew, the other has withdrawn at the same moment. How many lines
    were added.

    Call it in the transaction that adds people, gives them a number or an id, or withdraws for them. A later word of
    the other's own still counts for them. Two queries while no number stands twice.
    """
    pairs = {pair for same in _SAME_NUMBER for pair in _pairs(contact_ids, same)}
    if not pairs:
        return 0
    stops = _newest_stops({contact_id for pair in pairs for contact_id in pair})
    both_ways = pairs | {(other, one) for one, other in pairs}
    return sum(_shared(one, other, category, stops) for one, other in sorted(both_ways) for category in CATEGORIES)


def _pairs(contact_ids: Sequence[int], same: Any) -> list[tuple[int, int]]:
    """People among these and whoever else has their number."""
    if not contact_ids:
        return []
    wanted = text("SELECT value FROM json_each(:ids)") if is_sqlite() else text("SELECT unnest(CAST(:ids AS integer[]))")
    ids = json.dumps(list(contact_ids)) if is_sqlite() else list(contact_ids)
    found = db.session.execute(
        select(_ONE.id, _OTHER.id).where(_ONE.id.in_(wanted.bindparams(bindparam("ids", ids))), same, _OTHER.id != _ONE.id))
    return [(one, other) for one, other in found]


def _newest_stops(ids: set[int]) -> dict[tuple[int, str], tuple[datetime, str]]:
    """When and how those of these people who stand withdrawn said so last, by person and category."""
    lines: dict[tuple[int, str], list[Any]] = {}
    for line in db.session.scalars(select(ConsentEntry).where(ConsentEntry.contact_id.in_(ids))):
        lines.setdefault((line.contact_id, line.category), []).append(line)
    found = {}
    for key, told in lines.items():
        newest = max((line for line in told if line.state is ConsentState.WITHDRAWN), key=lambda line: line.at, default=None)
        if newest is not None and derive_state(told) is ConsentState.WITHDRAWN:
            found[key] = (newest.at, newest.how)
    return found


def _shared(one: int, other: int, category: str, stops: dict[tuple[int, str], tuple[datetime, str]]) -> bool:
    """Whether the other had to be given the stop of the one."""
    stop = stops.get((one, category))
    if stop is None:
        return False
    at, how = stop
    known = db.session.scalar(select(func.max(ConsentEntry.at)).where(
        ConsentEntry.contact_id == other, ConsentEntry.category == category, ConsentEntry.state == ConsentState.WITHDRAWN))
    if known is not None and known >= at:
        return False
    write_line(contact_id=other, category=category, state=ConsentState.WITHDRAWN, how=how if how in HOW else "staff",
               proof="Whoever has the same number withdrew", at=at, by=SYSTEM)
    return True
