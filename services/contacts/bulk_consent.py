"""What sets of people need to know of the ledger: who may be asked again, and when somebody changed last."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import select, update

from core.states import ConsentState
from models import ConsentEntry, Contact, db
from services.contacts.bulk_rows import MARKETING
from services.contacts.ledger import ERASED


def liftable(rows: Iterable[tuple[Any, ...]]) -> set[int]:
    """Of rows of KNOWN: who withdrew, and may be asked again for a typed reason. Erased people may not. One query."""
    withdrawn = {row[0] for row in rows if row[MARKETING] == ConsentState.WITHDRAWN}
    if not withdrawn:
        return set()
    return withdrawn - set(db.session.scalars(select(ConsentEntry.contact_id).where(
        ConsentEntry.contact_id.in_(withdrawn), ConsentEntry.category == "marketing", ConsentEntry.how == ERASED)))


def keep_moment(ids: Sequence[int]) -> None:
    """Somebody added and withdrawn in the same transaction was not changed since."""
    db.session.execute(update(Contact.__table__).where(
        Contact.id.in_(ids), Contact.changed_at != Contact.created_at).values(changed_at=Contact.created_at))
