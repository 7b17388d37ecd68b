"""Everything that happened with one person, newest first: messages, campaigns, consent, imports, changes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, CompoundSelect, Select, String, and_, func, literal, null, or_, select, union_all

from core.pages import Page
from core.states import MessageState
from models import (
    ActivityEntry,
    BulkChange,
    BulkChanged,
    Campaign,
    ConsentEntry,
    Contact,
    Import,
    ImportChange,
    ImportCreated,
    Message,
    MessageTemplate,
    Tag,
    TemplateVersion,
    db,
)
from services import activity
from services.contacts.fields import all_fields, value_text
from services.contacts.merge import LABELS, unattached_messages

KINDS = {"message": "Messages", "campaign": "Campaigns", "consent": "Consent", "import": "Imports", "change": "Changes",
         "tag": "Tags"}  # tags of many at once; those of one person are a change
_IN_THE_LEDGER = ("contact.consented", "contact.withdrew")


@dataclass(frozen=True, slots=True)
class Event:
    """One line of the story. `what` holds the row it tells of, by its kind."""

    kind: str  # one of KINDS
    at: datetime
    what: Any
    before: str = ""  # of a change: what is said before and after the person's name
    after: str = ""


@dataclass(frozen=True, slots=True)
class MessageTold:
    """One message of the story. `text` is empty for templates, which are named instead."""

    id: int
    direction: str
    kind: str
    text: str
    state: MessageState
    reason: str
    campaign_id: int | None
    campaign_name: str | None
    template_name: str | None
    at: datetime
    delivered_at: datetime | None
    read_at: datetime | None
    is_attached: bool  # False: a merge kept another message of the same campaign
    is_test: bool  # somebody of the team tried a campaign on this number
    author_kind: str  # rule, flow, user …; empty for campaigns and for what they wrote
    author_name: str


@dataclass(frozen=True, slots=True)
class ImportTold:
    """What one import did with the person: added them, or changed some values (label, old, new)."""

    import_id: int
    file_name: str
    by: str
    is_new: bool
    changes: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True, slots=True)
class TagTold:
    """A tag that many people got or lost at once, this person among them."""

    is_given: bool
    tag: str
    people: int
    by: str
    is_undone: bool


def story(person: Contact, *, kind: str = "", page: int = 1, size: int = 30) -> Page[Event]:
    """One page of everything that happened, newest first; `kind` is one of KINDS, another shows all.

    At most nine queries, whatever the length.
    """
    left = unattached_messages(person.id)
    happened = _happened(person, left, kind).subquery()
    total = db.session.scalar(select(func.count()).select_from(happened)) or 0
    number = max(1, min(page, -(-total // size) or 1))
    rows = db.session.execute(select(happened).order_by(happened.c.at.desc(), happened.c.kind, happened.c.id.desc())
                              .limit(size).offset((number - 1) * size)).all()
    return Page(_told(person, rows), number, size, total)


def story_counts(person: Contact) -> dict[str, int]:
    """How many events of each kind there are. Two queries."""
    happened = _happened(person, unattached_messages(person.id), "").subquery()
    found = db.session.execute(select(happened.c.kind, func.count()).group_by(happened.c.kind)).all()
    return dict.fromkeys(KINDS, 0) | {kind: count for kind, count in found}


def brought_by(person: Contact) -> Any:
    """The import that added this person, as (id, file name); None for others. One query, none for who came otherwise.

    Which row of the file it was is not kept: an import notes whom it added as sets of thousands, by their ids.
    """
    if person.source != "import":
        return None
    return db.session.execute(select(Import.id, Import.file_name).join(ImportCreated, ImportCreated.import_id == Import.id)
                              .where(_came(person))).first()


def _happened(person: Contact, left: Sequence[int], kind: str) -> Select[Any] | CompoundSelect[Any]:
    """(kind, id, at) of everything, or of one kind."""
    parts: dict[str, Any] = {
        "message": _messages(person.id, left).where(Message.campaign_id.is_(None)),
        "campaign": _messages(person.id, left, "campaign").where(Message.campaign_id.is_not(None)),
        "consent": _part("consent", ConsentEntry.id, ConsentEntry.at).where(ConsentEntry.contact_id == person.id),
        "change": _part("change", ActivityEntry.id, ActivityEntry.at).where(
            ActivityEntry.subject_kind == "contact", ActivityEntry.subject_id == person.id,
            ActivityEntry.at >= person.created_at, ActivityEntry.verb.not_in(_IN_THE_LEDGER)),
        "tag": _part("tag", BulkChange.id, BulkChange.at).join(BulkChanged, BulkChanged.bulk_id == BulkChange.id).where(
            BulkChanged.contact_id == person.id),
        "import": union_all(
            _part("import", ImportChange.import_id, ImportChange.at).where(ImportChange.contact_id == person.id),
            _part("import", ImportCreated.import_id, ImportCreated.at).where(_came(person))),
    }
    return parts[kind] if kind in parts else union_all(*(
        part.subquery().select() if isinstance(part, CompoundSelect) else part for part in parts.values()))


def _came(person: Contact) -> ColumnElement[bool]:
    """The set of an import that added this person."""
    return and_(literal(person.source == "import"), ImportCreated.first_id <= person.id,
                ImportCreated.last_id >= person.id, ImportCreated.at == person.created_at)


def _part(kind: str, number: Any, at: Any) -> Select[Any]:
    return select(literal(kind, String).label("kind"), number.label("id"), at.label("at"))


def _messages(contact_id: int, left: Sequence[int], kind: str = "message") -> Select[Any]:
    theirs = Message.contact_id == contact_id
    return _part(kind, Message.id, Message.created_at).where(or_(theirs, Message.id.in_(left)) if left else theirs)


def _told(person: Contact, rows: Sequence[Any]) -> list[Event]:
    """The events behind a page of (kind, id, at). One query a kind."""
    ids: dict[str, list[int]] = {}
    for row in rows:
        ids.setdefault(row.kind, []).append(row.id)
    found: dict[str, Mapping[int, Any]] = {
        "consent": _by_id(ConsentEntry, ids.get("consent", [])), "change": _by_id(ActivityEntry, ids.get("change", []))}
    found["tag"] = _tags_by_id(ids.get("tag", []))
    found["import"] = _imports_by_id(person, ids.get("import", []))
    found["message"] = found["campaign"] = _messages_by_id(ids.get("message", []) + ids.get("campaign", []))
    events = []
    for row in rows:
        what = found[row.kind].get(row.id)
        if what is not None:
            before, after = activity.sentence(what) if row.kind == "change" else ("", "")
            events.append(Event(row.kind, row.at, what, before, after))
    return events


def _by_id(table: Any, ids: Sequence[int]) -> dict[int, Any]:
    return {row.id: row for row in db.session.scalars(select(table).where(table.id.in_(ids)))} if ids else {}


def _imports_by_id(person: Contact, ids: Sequence[int]) -> dict[int, ImportTold]:
    """Imports with what they changed in this person."""
    if not ids:
        return {}
    labels = LABELS | {f"field:{field.key}": field.label for field in all_fields()} | {"marketing": "Marketing"}
    rows = db.session.execute(
        select(Import.id, Import.file_name, Import.created_by, ImportChange.before, ImportChange.after).outerjoin(
            ImportChange, (ImportChange.import_id == Import.id) & (ImportChange.contact_id == person.id))
        .where(Import.id.in_(ids)))
    return {row.id: ImportTold(row.id, row.file_name, row.created_by, row.after is None, tuple(
        (labels.get(key, key), value_text(row.before.get(key)), value_text(new)) for key, new in (row.after or {}).items()
        if key != "first_name")) for row in rows}


def _tags_by_id(ids: Sequence[int]) -> dict[int, TagTold]:
    """Tags that were given or taken with the names they have now."""
    rows = db.session.execute(select(BulkChange, Tag.name).join(Tag, Tag.id == BulkChange.tag_id).where(
        BulkChange.id.in_(ids))) if ids else ()
    return {one.id: TagTold(one.act == "tag", name, one.people, one.by, one.undone_at is not None) for one, name in rows}


def _messages_by_id(ids: Sequence[int]) -> dict[int, MessageTold]:
    """Messages with the names of their campaigns and templates."""
    if not ids:
        return {}
    rows = db.session.execute(
        select(Message.id, Message.direction, Message.kind, Message.text, Message.state, Message.reason,
               Message.campaign_id, Campaign.name, MessageTemplate.name, Message.created_at, Message.delivered_at,
               Message.read_at, Message.contact_id.is_not(null()), Message.test_of.is_not(null()), Message.author_kind,
               Message.author_name)
        .select_from(Message).outerjoin(Campaign, Campaign.id == Message.campaign_id)
        .outerjoin(TemplateVersion, TemplateVersion.id == Message.version_id)
        .outerjoin(MessageTemplate, MessageTemplate.id == TemplateVersion.template_id).where(Message.id.in_(ids)))
    return {row[0]: MessageTold(*tuple(row)) for row in rows}
