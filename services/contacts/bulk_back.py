"""Sets of people put back as they were before an import: old values, tags and consent, in a few statements."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, select, tuple_

from core import clock
from core.actor import Actor
from core.states import ConsentState
from models import ConsentEntry, Contact, ContactTag, db, is_sqlite, transaction
from services.contacts import bulk_postgres, bulk_sqlite
from services.contacts.bulk_rows import KNOWN, Change, written
from services.contacts.ledger import TAKEN_BACK, derive_state

_BIRTHDAY = KNOWN.index("birthday")
_PAIRS = 5_000
People = dict[int, tuple[Any, ...]]


def people_now(ids: Sequence[int]) -> People:
    """What these people hold now, by id, as tuples for `values_of` and `put_back_many`; locked in a transaction."""
    table = Contact.__table__.c
    found = db.session.execute(select(*(table[name] for name in KNOWN)).where(table.id.in_(ids)).order_by(table.id)
                               .with_for_update())
    return {row[0]: (*row[:_BIRTHDAY], row[_BIRTHDAY].isoformat() if row[_BIRTHDAY] else None, *row[_BIRTHDAY + 1:])
            for row in found}


def values_of(row: tuple[Any, ...]) -> dict[str, Any]:
    """The values of one of `people_now` by column; the birthday as ISO text."""
    return dict(zip(KNOWN, row, strict=True))


def put_back_many(people: People, old: Mapping[int, dict[str, Any]], *, tags: Sequence[tuple[int, int]],
                  grants: Mapping[tuple[int, str], datetime], proof: str, by: Actor) -> None:
    """Give people old values by column, take tags as (contact id, tag id), and let grants of an import count no longer.

    `grants` are (contact id, category) with the moment of the import's line: the ledger is only added to, so a line
    of its own names that moment. A fixed number of statements for a few thousand people.
    """
    with transaction():
        states = _take_back({who: at for who, at in grants.items() if who[0] in people}, proof, by)
        changes = [Change({}, old.get(contact_id, {}) | states.get(contact_id, {})) for contact_id in people]
        (bulk_sqlite if is_sqlite() else bulk_postgres).update(*written(list(people.values()), changes), now=clock.now())
        for start in range(0, len(tags), _PAIRS):
            db.session.execute(delete(ContactTag.__table__).where(
                tuple_(ContactTag.contact_id, ContactTag.tag_id).in_(tags[start:start + _PAIRS])))


def _take_back(moments: dict[tuple[int, str], datetime], proof: str, by: Actor) -> dict[int, dict[str, str]]:
    """Lines for the ledger; the states that follow, as values. Two statements."""
    if not moments:
        return {}
    db.session.execute(insert(ConsentEntry.__table__), [
        {"contact_id": contact_id, "category": category, "state": ConsentState.UNKNOWN, "how": TAKEN_BACK,
         "proof": proof[:500], "overrides_withdrawal": False, "by": by.name, "at": at, "recorded_at": clock.now()}
        for (contact_id, category), at in moments.items()])
    lines: dict[tuple[int, str], list[Any]] = {who: [] for who in moments}
    for line in db.session.execute(select(
            ConsentEntry.contact_id, ConsentEntry.category, ConsentEntry.state, ConsentEntry.how, ConsentEntry.at,
            ConsentEntry.overrides_withdrawal).where(ConsentEntry.contact_id.in_({who[0] for who in moments}))):
        if (who := (line.contact_id, line.category)) in lines:
            lines[who].append(line)
    states: dict[int, dict[str, str]] = {}
    for (contact_id, category), of_one in lines.items():
        states.setdefault(contact_id, {})[category] = derive_state(of_one).value
    return states
