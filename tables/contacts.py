"""Whom we may message: people, their tags and fields, and what they agreed to."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core import clock
from core.states import BulkState, ConsentState
from tables.session import db
from tables.types import JsonColumn, StateColumn, UtcDateTime

_WITHDRAWN = text("state = 'withdrawn'")
_BORN = text("birthday IS NOT NULL")
_EXPORTED = text("export_key IS NOT NULL")


class Contact(db.Model):
    """One person. May lack a phone; `marketing` and `utility` are derived from the consent ledger, never set by hand."""

    __tablename__ = "contacts"
    __table_args__ = (
        Index("ix_contacts_name_key", "name_key", "id"),
        Index("ix_contacts_created_at", "created_at", "id"),
        Index("ix_contacts_last_heard_at", "last_heard_at", "id"),
        Index("ix_contacts_marketing", "marketing", "id"),
        Index("ix_contacts_source", "source", "id"),
        Index("ix_contacts_birthday", "birthday", "id", sqlite_where=_BORN, postgresql_where=_BORN),
        Index("ix_contacts_export_key", "export_key", unique=True, sqlite_where=_EXPORTED, postgresql_where=_EXPORTED),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    phone: Mapped[str | None] = mapped_column(String(20), unique=True)  # E.164
    wa_id: Mapped[str | None] = mapped_column(String(20), unique=True)
    user_id: Mapped[str | None] = mapped_column(String(140), unique=True)  # Meta's business-scoped id
    export_key: Mapped[str | None] = mapped_column(String(40))  # how a file knows somebody without a phone
    name: Mapped[str] = mapped_column(String(200), default="")
    name_key: Mapped[str] = mapped_column(String(200), default="")  # without case and accents, for sorting
    first_name: Mapped[str] = mapped_column(String(100), default="")  # what to call them
    email: Mapped[str] = mapped_column(String(254), default="")
    company: Mapped[str] = mapped_column(String(200), default="")
    birthday: Mapped[date | None] = mapped_column()
    language: Mapped[str] = mapped_column(String(12), default="")
    country: Mapped[str] = mapped_column(String(2), default="")
    zone: Mapped[str] = mapped_column(String(60), default="")
    notes: Mapped[str] = mapped_column(Text, default="")
    fields: Mapped[dict[str, Any]] = mapped_column(JsonColumn, default=dict)  # custom fields by key
    source: Mapped[str] = mapped_column(String(20), default="form")  # form | import | message | api | command
    search: Mapped[str] = mapped_column(Text, default="")  # name, phone, e-mail and company, without case and accents
    marketing: Mapped[ConsentState] = mapped_column(StateColumn(ConsentState), default=ConsentState.UNKNOWN)
    utility: Mapped[ConsentState] = mapped_column(StateColumn(ConsentState), default=ConsentState.UNKNOWN)
    marketing_rest_until: Mapped[datetime | None] = mapped_column(UtcDateTime)  # the carrier: no marketing before
    last_heard_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now, onupdate=clock.now)

    tags: Mapped[list["Tag"]] = relationship(secondary="contact_tags", order_by="Tag.key", passive_deletes=True)


class Tag(db.Model):
    """A word people are grouped by."""

    __tablename__ = "tags"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(60))
    key: Mapped[str] = mapped_column(String(60), unique=True)  # case-folded
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)


class ContactTag(db.Model):
    """Who carries which tag."""

    __tablename__ = "contact_tags"
    __table_args__ = (Index("ix_contact_tags_tag_id_contact_id", "tag_id", "contact_id"),)

    contact_id: Mapped[int] = mapped_column(ForeignKey("contacts.id", ondelete="CASCADE"), primary_key=True)
    tag_id: Mapped[int] = mapped_column(ForeignKey("tags.id", ondelete="CASCADE"), primary_key=True)


class ContactField(db.Model):
    """A custom field: its values live in Contact.fields under `key`."""

    __tablename__ = "contact_fields"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(40), unique=True)  # lower case, digits, underscore
    label: Mapped[str] = mapped_column(String(80))
    kind: Mapped[str] = mapped_column(String(12), default="text")  # text | number | date | yes_no | choice
    choices: Mapped[list[str]] = mapped_column(JsonColumn, default=list, server_default="[]")  # of a choice, in order
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)


class ConsentEntry(db.Model):
    """One line of the ledger: what somebody agreed to or withdrew, how, and the proof. Rows are only ever added."""

    __tablename__ = "consent_entries"
    __table_args__ = (Index("ix_consent_entries_withdrawn", "at", "contact_id",
                            sqlite_where=_WITHDRAWN, postgresql_where=_WITHDRAWN),)

    id: Mapped[int] = mapped_column(primary_key=True)
    contact_id: Mapped[int] = mapped_column(ForeignKey("contacts.id", ondelete="CASCADE"), index=True)
    category: Mapped[str] = mapped_column(String(12))  # marketing | utility
    state: Mapped[ConsentState] = mapped_column(StateColumn(ConsentState))  # granted | withdrawn
    # form | import | message | preferences | staff | command; erased | deleted: from before they were removed here
    how: Mapped[str] = mapped_column(String(20))
    proof: Mapped[str] = mapped_column(String(500), default="")
    overrides_withdrawal: Mapped[bool] = mapped_column(default=False)  # an import that may lift a stop; proof says why
    by: Mapped[str] = mapped_column(String(120), default="")
    at: Mapped[datetime] = mapped_column(UtcDateTime)  # when it happened
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)  # when we learned of it


class Suppression(db.Model):
    """A withdrawal that outlives its person: a keyed hash of a number or id, so that they are known if they return."""

    __tablename__ = "suppressions"
    __table_args__ = (UniqueConstraint("digest", "category"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    digest: Mapped[str] = mapped_column(String(64))  # HMAC-SHA-256 of a phone, WhatsApp id or user id
    category: Mapped[str] = mapped_column(String(12))  # marketing | utility
    why: Mapped[str] = mapped_column(String(10))  # erased | deleted
    at: Mapped[datetime] = mapped_column(UtcDateTime)  # when they withdrew, or were erased


class BulkChange(db.Model):
    """A tag given to, or taken from, many people at once; undone exactly."""

    __tablename__ = "bulk_changes"

    id: Mapped[int] = mapped_column(primary_key=True)
    act: Mapped[str] = mapped_column(String(10))  # tag | untag
    tag_id: Mapped[int] = mapped_column(ForeignKey("tags.id", ondelete="CASCADE"), index=True)
    people: Mapped[int] = mapped_column(default=0)  # how many were changed
    by: Mapped[str] = mapped_column(String(120), default="")
    at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now, index=True)
    undone_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class BulkChanged(db.Model):
    """One of the people a bulk change changed."""

    __tablename__ = "bulk_changed"

    bulk_id: Mapped[int] = mapped_column(ForeignKey("bulk_changes.id", ondelete="CASCADE"), primary_key=True)
    contact_id: Mapped[int] = mapped_column(ForeignKey("contacts.id", ondelete="CASCADE"), primary_key=True, index=True)


class BulkAct(db.Model):
    """An act on more people than one transaction should hold, and how far it has come. Its parts say who is left."""

    __tablename__ = "bulk_acts"

    id: Mapped[int] = mapped_column(primary_key=True)
    act: Mapped[str] = mapped_column(String(10))  # tag | untag | delete | undo
    change_id: Mapped[int | None] = mapped_column(ForeignKey("bulk_changes.id", ondelete="CASCADE"), index=True)
    tag: Mapped[str] = mapped_column(String(60), default="")  # its name when this was asked for
    filters: Mapped[str] = mapped_column(Text, default="")  # the list it was chosen on, as its address says them
    state: Mapped[BulkState] = mapped_column(StateColumn(BulkState), default=BulkState.RUNNING, index=True)
    total: Mapped[int] = mapped_column()
    done: Mapped[int] = mapped_column(default=0)
    changed: Mapped[int] = mapped_column(default=0)  # of those done; the others had the tag already, or were gone
    seconds: Mapped[float] = mapped_column(default=0.0)  # spent on those done
    error: Mapped[str] = mapped_column(Text, default="")
    by: Mapped[str] = mapped_column(String(120), default="")
    at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    @property
    def seconds_left(self) -> float | None:
        """How much longer it takes at the pace so far; None while nothing is known."""
        return self.seconds / self.done * (self.total - self.done) if self.done else None


class BulkPart(db.Model):
    """Some of the people an act has still to do. Goes with the transaction that does them."""

    __tablename__ = "bulk_parts"

    id: Mapped[int] = mapped_column(primary_key=True)
    bulk_act_id: Mapped[int] = mapped_column(ForeignKey("bulk_acts.id", ondelete="CASCADE"), index=True)
    people: Mapped[list[int]] = mapped_column(JsonColumn)  # ids


class ContactMerge(db.Model):
    """Two rows that were made one: both as they were, and what was moved, so that it can be undone."""

    __tablename__ = "contact_merges"

    id: Mapped[int] = mapped_column(primary_key=True)
    contact_id: Mapped[int] = mapped_column(ForeignKey("contacts.id", ondelete="CASCADE"), index=True)  # who stays
    other_id: Mapped[int] = mapped_column()  # the number the other row had
    other_name: Mapped[str] = mapped_column(String(200), default="")
    before: Mapped[dict[str, Any]] = mapped_column(JsonColumn)  # columns of who stays, as they were
    after: Mapped[dict[str, Any]] = mapped_column(JsonColumn)  # the same columns, as the merge left them
    other: Mapped[dict[str, Any]] = mapped_column(JsonColumn)  # columns of the other
    moved: Mapped[dict[str, Any]] = mapped_column(JsonColumn)  # ids by kind: messages, consent, acts, tags …; talks
    by: Mapped[str] = mapped_column(String(120), default="")
    at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    undone_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
