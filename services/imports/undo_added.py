"""People an import added go again, unless somebody did something with them since."""

from typing import Any

from sqlalchemy import ColumnElement, and_, delete, exists, or_, select

from models import ConsentEntry, Contact, ContactTag, Message, db
from services import contacts

_OURS = ("contact_tags", "consent_entries", "import_kept")  # judged apart, or nothing somebody did
_OF_IMPORTS = ("import", "erased", "deleted")  # how lines came into the ledger with the import itself


def remove(added: Any) -> tuple[int, list[tuple[int, str]]]:
    """How many went, and who stays, with the reason. A fixed number of statements for one set of people."""
    mine = and_(Contact.id.between(added.first_id, added.last_id), Contact.source == "import",
                Contact.created_at == added.at)
    everybody = set(db.session.scalars(select(Contact.id).where(mine).order_by(Contact.id).with_for_update()))
    kept: dict[int, str] = {}
    for reason, condition in _reasons(added):
        for contact_id in db.session.scalars(select(Contact.id).where(mine, condition)):
            kept.setdefault(contact_id, reason)
    gone = sorted(everybody - kept.keys())
    if gone:
        contacts.remember_withdrawn(gone)
        db.session.execute(delete(Contact.__table__).where(Contact.id.in_(gone)))
        db.session.expire_all()
    return len(gone), sorted(kept.items())


def _reasons(added: Any) -> list[tuple[str, ColumnElement[bool]]]:
    """Why somebody stays: words, and the condition that finds them; the weightiest first."""
    used = [exists().where(key.parent == Contact.__table__.c.id) for key in _references()]
    other_tags = exists().where(ContactTag.contact_id == Contact.id, ContactTag.tag_id.not_in(added.tags or [0]))
    other_lines = exists().where(ConsentEntry.contact_id == Contact.id, or_(
        ConsentEntry.how.not_in(_OF_IMPORTS), and_(ConsentEntry.how == "import", ConsentEntry.recorded_at != added.at)))
    return [("Heard from since", Contact.last_heard_at.is_not(None)),
            ("Written to since", exists().where(Message.contact_id == Contact.id)),
            ("What they agreed to was changed since", other_lines),
            ("Changed since", Contact.changed_at != Contact.created_at),
            ("Tagged since", other_tags),
            ("Part of a merge, a flow, a rule or a change of many since", or_(False, *used))]


def _references() -> list[Any]:
    """Every column of the database that points to a person, wherever it is."""
    return [key for table in Contact.metadata.sorted_tables if table.name not in _OURS
            for key in table.foreign_keys if key.column.table is Contact.__table__]
