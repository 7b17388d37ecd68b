"""Take the sample away again: exactly what was loaded, and nothing anybody made their own."""

from sqlalchemy import delete, select, update

from core.actor import Actor
from core.errors import Conflict
from models import Campaign, Contact, ContactField, Message, MessageTemplate, Segment, Tag, db, transaction
from services import activity, message_templates
from services.samples import kept
from services.samples.plan import Plan, plan


def remove(*, by: Actor) -> Plan:
    """Remove the sample; what was removed and what stays. Raises Conflict while one of its campaigns is under way.

    A second click finds nothing and changes nothing.
    """
    with transaction():
        found = plan()
        if found.why_not:
            raise Conflict(found.why_not)
        if found.is_empty and not kept.kept():
            return found
        message_templates.forget_later(found.templates)
        _campaigns(found)
        _rows(Contact, found.people)
        for table, ids in ((Tag, found.tags), (Segment, found.segments), (MessageTemplate, found.templates),
                           (ContactField, found.fields)):
            _rows(table, ids)
        db.session.execute(update(Contact).where(Contact.id.in_(found.adopted)).values(source="form"))
        kept.forget()
        activity.record("samples.removed", by=by, subject_kind="sample", subject_name="Sample data",
                        people=len(found.people))
        db.session.expire_all()
    return found


def _campaigns(found: Plan) -> None:
    """The sample campaigns with their messages and tests."""
    theirs = Message.campaign_id.in_(found.campaigns) | Message.test_of.in_(found.campaigns)
    db.session.execute(delete(Message).where(Message.id.in_(select(Message.id).where(theirs))))
    _rows(Campaign, found.campaigns)


def _rows(table: type[Contact | Tag | Segment | MessageTemplate | ContactField | Campaign], ids: tuple[int, ...]) -> None:
    if ids:
        db.session.execute(delete(table).where(table.id.in_(ids)))
