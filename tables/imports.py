"""A file of people on its way in."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core import clock
from core.states import ImportState
from tables.session import db
from tables.types import JsonColumn, StateColumn, UtcDateTime


class Import(db.Model):
    """One file, how it is read, how far it has come. The five counts add up to the rows done."""

    __tablename__ = "imports"

    id: Mapped[int] = mapped_column(primary_key=True)
    file_name: Mapped[str] = mapped_column(String(200))  # as the person called it
    stored_name: Mapped[str] = mapped_column(String(80))  # generated, below instance/uploads
    size: Mapped[int] = mapped_column()  # bytes
    digest: Mapped[str] = mapped_column(String(64), index=True)
    state: Mapped[ImportState] = mapped_column(StateColumn(ImportState), default=ImportState.MAPPING, index=True)
    encoding: Mapped[str] = mapped_column(String(20), default="")
    delimiter: Mapped[str] = mapped_column(String(1), default=",")
    columns: Mapped[list[str]] = mapped_column(JsonColumn, default=list)  # headings as written
    mapping: Mapped[dict[str, str]] = mapped_column(JsonColumn, default=dict)  # column number → field
    options: Mapped[dict[str, Any]] = mapped_column(JsonColumn, default=dict)  # country, tags, consent, on_duplicate
    heading_row: Mapped[int] = mapped_column(default=0, server_default="0")  # as the spreadsheet shows it; 0: the first
    sheets: Mapped[list[str]] = mapped_column(JsonColumn, default=list, server_default="[]")  # of a spreadsheet file
    sheet: Mapped[str] = mapped_column(String(40), default="", server_default="")  # the one that is read
    corrections: Mapped[dict[str, dict[str, str]]] = mapped_column(
        JsonColumn, default=dict, server_default="{}")  # row number → column number → text
    remembered: Mapped[dict[str, str]] = mapped_column(
        JsonColumn, default=dict, server_default="{}")  # the file whose columns were chosen alike, and when
    foreseen: Mapped[dict[str, Any]] = mapped_column(
        JsonColumn, default=dict, server_default="{}")  # the check of a large file, made in the background
    rows_checked: Mapped[int] = mapped_column(default=0, server_default="0")
    total_rows: Mapped[int] = mapped_column(default=0)
    rows_done: Mapped[int] = mapped_column(default=0)
    created: Mapped[int] = mapped_column(default=0)
    updated: Mapped[int] = mapped_column(default=0)
    unchanged: Mapped[int] = mapped_column(default=0)
    skipped: Mapped[int] = mapped_column(default=0)
    failed: Mapped[int] = mapped_column(default=0)
    kept_out: Mapped[int] = mapped_column(default=0)  # the file says they agreed, but they withdrew earlier
    made: Mapped[dict[str, list[str]]] = mapped_column(
        JsonColumn, default=dict, server_default="{}")  # keys of tags and fields that did not exist before
    undo_total: Mapped[int] = mapped_column(default=0, server_default="0")  # people to put back
    restored: Mapped[int] = mapped_column(default=0, server_default="0")  # of them: put back or removed
    kept: Mapped[int] = mapped_column(default=0, server_default="0")  # of them: somebody changed them since
    undone_by: Mapped[str] = mapped_column(String(120), default="", server_default="")
    error: Mapped[str] = mapped_column(Text, default="")
    lease_token: Mapped[str] = mapped_column(String(40), default="")
    lease_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_by: Mapped[str] = mapped_column(String(120), default="")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    started_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class ImportRow(db.Model):
    """A row of the file that needs attention: failed or skipped, with its reason and the cells as they were."""

    __tablename__ = "import_rows"
    __table_args__ = (UniqueConstraint("import_id", "row_number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    import_id: Mapped[int] = mapped_column(ForeignKey("imports.id", ondelete="CASCADE"))
    row_number: Mapped[int] = mapped_column()  # as the spreadsheet shows it
    outcome: Mapped[str] = mapped_column(String(10))  # failed | skipped
    reason: Mapped[str] = mapped_column(Text)
    cells: Mapped[list[str]] = mapped_column(JsonColumn)


class ImportChange(db.Model):
    """What an import changed in somebody who was known: old and new values, tags given. Goes when it is undone."""

    __tablename__ = "import_changes"
    __table_args__ = {"sqlite_with_rowid": False}  # one tree less to write for each row

    import_id: Mapped[int] = mapped_column(ForeignKey("imports.id", ondelete="CASCADE"), primary_key=True)
    contact_id: Mapped[int] = mapped_column(ForeignKey("contacts.id", ondelete="CASCADE"), primary_key=True, index=True)
    before: Mapped[dict[str, Any]] = mapped_column(JsonColumn)  # only what was changed; custom fields by `field:key`
    after: Mapped[dict[str, Any]] = mapped_column(JsonColumn)
    tags: Mapped[list[int]] = mapped_column(JsonColumn)
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class ImportCreated(db.Model):
    """One set of people an import added: everybody between two ids who came by import at exactly this moment."""

    __tablename__ = "import_created"
    __table_args__ = (Index("ix_import_created_import_id", "import_id", "first_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    import_id: Mapped[int] = mapped_column(ForeignKey("imports.id", ondelete="CASCADE"))
    first_id: Mapped[int] = mapped_column()
    last_id: Mapped[int] = mapped_column()
    people: Mapped[int] = mapped_column()
    tags: Mapped[list[int]] = mapped_column(JsonColumn)  # every tag that came with them
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class ImportKept(db.Model):
    """Somebody whom undoing an import left as they are, or in part, because of what happened since."""

    __tablename__ = "import_kept"

    import_id: Mapped[int] = mapped_column(ForeignKey("imports.id", ondelete="CASCADE"), primary_key=True)
    contact_id: Mapped[int] = mapped_column(ForeignKey("contacts.id", ondelete="CASCADE"), primary_key=True, index=True)
    reason: Mapped[str] = mapped_column(Text)


class ImportMapping(db.Model):
    """How the columns of a file of this shape were chosen last, for the next one."""

    __tablename__ = "import_mappings"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)  # SHA-256 of the cleaned headings
    mapping: Mapped[dict[str, str]] = mapped_column(JsonColumn)
    options: Mapped[dict[str, Any]] = mapped_column(JsonColumn)
    file_name: Mapped[str] = mapped_column(String(200))
    at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
