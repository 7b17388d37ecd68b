"""What we hold about one person, as one file for that person: everything, in plain JSON."""

from typing import Any

from sqlalchemy import ColumnElement, select

from core import clock
from core.actor import Actor
from models import (
    ActivityEntry,
    Campaign,
    CampaignListRow,
    Contact,
    ContactAddress,
    Conversation,
    ConversationNote,
    DeliveryNews,
    Event,
    FlowSession,
    HookCall,
    Import,
    ImportKept,
    ImportRow,
    Message,
    MessageAttempt,
    MessageTemplate,
    OutgoingCall,
    ReceivedFile,
    RuleRun,
    TemplateVersion,
    db,
    transaction,
)
from services import activity
from services.contacts import queries, trail
from services.contacts.consent import history
from services.contacts.details import name_of
from services.contacts.fields import all_fields
from services.contacts.merge_undo import open_merges
from services.contacts.signs import (
    IsTheirs,
    Signs,
    import_rows_with,
    list_rows_with,
    messages_with,
    signs_of,
    their_cells,
)
from services.contacts.story import story

_DETAILS = ("phone", "wa_id", "user_id", "export_key", "name", "first_name", "email", "company", "birthday", "language",
            "country", "zone", "notes", "source", "marketing", "utility", "last_heard_at", "created_at", "changed_at")
_WENT = ("memory", "trail", "started_by", "started_at", "ended", "reason", "ended_at")
_CALLED = ("body", "is_taken", "reason", "at")
_CALLS = ("author", "body", "state", "answer", "created_at", "ended_at")
_TIMES = ("created_at", "attempted_at", "accepted_at", "sent_at", "delivered_at", "read_at", "failed_at")


def personal_file(contact_id: int, *, by: Actor) -> dict[str, Any]:
    """Everything we hold about one person, as values for JSON: details, fields, tags, consent with proof, messages
    both ways with what became of them, and what was done. Noted in the activity. Raises NotFound.
    """
    with transaction():
        person = queries.get_contact(contact_id)
        activity.record("contact.handed_out", by=by, subject_kind="contact", subject_id=contact_id,
                        subject_name=name_of(person))
    signs = signs_of(person)
    is_theirs = their_cells(person, signs)
    return {
        "about": "Everything held about this person. Times are UTC.",
        "made_at": _plain(clock.now()),
        "details": {name: _plain(getattr(person, name)) for name in _DETAILS},
        "fields": {field.label: person.fields[field.key] for field in all_fields() if field.key in person.fields},
        "tags": [tag.name for tag in person.tags],
        "consent": [_of(line, ("category", "state", "how", "proof", "by", "at", "recorded_at"))
                    for line in history(contact_id)],
        "messages": _messages(messages_with(contact_id, signs)),
        "statuses_without_message": _lost_news(signs),
        "imports": _imports(person),
        "rows_left_out_of_imports": _left_out(is_theirs),
        "lists_of_campaigns": _lists(signs, is_theirs),
        "merged": [{"at": _plain(merge.at), "by": merge.by, "with": merge.other_name, "who_was": merge.other}
                   for merge in open_merges(contact_id)],
        "also_known_as": [_of(row, ("kind", "value", "source", "added_at")) for row in db.session.scalars(
            select(ContactAddress).where(ContactAddress.contact_id == contact_id).order_by(ContactAddress.id))],
        "numbers_they_moved_to": [_of(row, ("former", "current", "at")) for row in trail.of_numbers(signs.digits)],
        "conversations": _conversations(contact_id),
        "files_they_sent": _files(messages_with(contact_id, signs)),
        "what_happened": [_of(row, ("kind", "at", "details")) for row in db.session.scalars(
            select(Event).where(Event.contact_id == contact_id).order_by(Event.id))],
        "rules_that_ran": [_of(row, ("said", "state", "reason", "started_at")) for row in db.session.scalars(
            select(RuleRun).where(RuleRun.contact_id == contact_id).order_by(RuleRun.id))],
        "flows_they_went_through": [_of(row, _WENT) for row in db.session.scalars(
            select(FlowSession).where(FlowSession.contact_id == contact_id).order_by(FlowSession.id))],
        "calls_of_other_systems": [_of(row, _CALLED) for row in db.session.scalars(
            select(HookCall).where(HookCall.contact_id == contact_id).order_by(HookCall.id))],
        "calls_to_other_systems": [_of(row, _CALLS) for row in db.session.scalars(
            select(OutgoingCall).where(OutgoingCall.contact_id == contact_id).order_by(OutgoingCall.id))],
        "activity": _acts(person),
    }


def _conversations(contact_id: int) -> list[dict[str, Any]]:
    """Where each stands, with what the team noted about them."""
    rows = db.session.scalars(select(Conversation).where(Conversation.contact_id == contact_id).order_by(Conversation.id))
    return [_of(row, ("state", "last_at", "last_in_at", "last_out_at", "window_ends_at", "created_at")) | {
        "notes": [_of(note, ("text", "by", "at")) for note in db.session.scalars(
            select(ConversationNote).where(ConversationNote.conversation_id == row.id).order_by(ConversationNote.id))]}
            for row in rows.all()]


def _files(are_theirs: ColumnElement[bool]) -> list[dict[str, Any]]:
    """What they sent as files, and whether we keep it."""
    rows = db.session.scalars(select(ReceivedFile).join(Message, Message.id == ReceivedFile.message_id)
                              .where(are_theirs).order_by(ReceivedFile.message_id))
    return [_of(row, ("kind", "name", "mime", "state", "reason", "fetched_at")) for row in rows]


def _messages(are_theirs: ColumnElement[bool]) -> list[dict[str, Any]]:
    """Messages both ways, oldest first, with tries and statuses."""
    rows = db.session.execute(
        select(Message, Campaign.name, MessageTemplate.name, TemplateVersion.body).select_from(Message)
        .outerjoin(Campaign, Campaign.id == Message.campaign_id)
        .outerjoin(TemplateVersion, TemplateVersion.id == Message.version_id)
        .outerjoin(MessageTemplate, MessageTemplate.id == TemplateVersion.template_id)
        .where(are_theirs).order_by(Message.created_at, Message.id)).all()
    chosen = select(Message.id).where(are_theirs)
    news = _grouped(DeliveryNews, chosen, ("status", "at", "recipient", "reason"))
    tries = _grouped(MessageAttempt, chosen, ("attempted_at", "outcome", "reason"))
    return [_message(*row, news.get(row[0].id, []), tries.get(row[0].id, [])) for row in rows]


def _imports(person: Contact) -> list[dict[str, Any]]:
    """What files brought or changed, and what undoing one left as it was."""
    first = story(person, kind="import", size=200)
    told = [{"at": _plain(event.at), "file": event.what.file_name, "by": event.what.by, "added_them": event.what.is_new,
             "changes": [dict(zip(("what", "old", "new"), change, strict=True)) for change in event.what.changes]}
            for event in first.items]
    kept = db.session.execute(select(Import.file_name, ImportKept.reason).join(Import, Import.id == ImportKept.import_id)
                              .where(ImportKept.contact_id == person.id))
    return told + [{"file": row.file_name, "left_when_undone": row.reason} for row in kept]


def _lost_news(signs: Signs) -> list[dict[str, Any]]:
    """Statuses about their numbers whose message is not known."""
    rows = db.session.scalars(select(DeliveryNews).where(
        DeliveryNews.message_id.is_(None), DeliveryNews.recipient.in_([*signs.digits, *signs.phones]))
        .order_by(DeliveryNews.id))
    return [_of(row, ("status", "at", "recipient", "reason")) for row in rows]


def _left_out(is_theirs: IsTheirs) -> list[dict[str, Any]]:
    """Refused and skipped rows of files that hold them."""
    rows = db.session.execute(
        select(Import.file_name, ImportRow.row_number, ImportRow.reason, ImportRow.cells)
        .join(Import, Import.id == ImportRow.import_id)
        .where(ImportRow.id.in_(import_rows_with(is_theirs))).order_by(ImportRow.id))
    return [{"file": row.file_name, "row": row.row_number, "reason": row.reason, "cells": row.cells} for row in rows]


def _lists(signs: Signs, is_theirs: IsTheirs) -> list[dict[str, Any]]:
    """Rows of campaigns' own lists that hold them."""
    rows = db.session.execute(
        select(Campaign.name, CampaignListRow.number, CampaignListRow.cells)
        .join(Campaign, Campaign.id == CampaignListRow.campaign_id)
        .where(CampaignListRow.id.in_(list_rows_with(signs, is_theirs))).order_by(CampaignListRow.id))
    return [{"campaign": row.name, "row": row.number, "cells": row.cells} for row in rows]


def _message(message: Message, campaign: str | None, template: str | None, body: str | None, news: list[Any],
             tries: list[Any]) -> dict[str, Any]:
    """One message as it is told."""
    told = {"direction": "from them" if message.direction == "in" else "to them", "kind": message.kind,
            "number": message.phone, "campaign": campaign, "template": template, "template_text": body,
            "values": message.variables, "text": message.text, "holds": message.content, "state": str(message.state),
            "reason": message.reason}
    times = {name: _plain(getattr(message, name)) for name in _TIMES}
    return {name: value for name, value in (told | times).items() if value} | {"statuses": news, "earlier_tries": tries}


def _grouped(table: Any, chosen: Any, names: tuple[str, ...]) -> dict[int, list[dict[str, Any]]]:
    """Rows that belong to the chosen messages, by message."""
    found: dict[int, list[dict[str, Any]]] = {}
    for row in db.session.scalars(select(table).where(table.message_id.in_(chosen)).order_by(table.id)):
        found.setdefault(row.message_id, []).append(_of(row, names))
    return found


def _acts(person: Contact) -> list[dict[str, Any]]:
    """What was done about them, oldest first, in sentences."""
    entries = db.session.scalars(select(ActivityEntry).where(
        ActivityEntry.subject_kind == "contact", ActivityEntry.subject_id == person.id,
        ActivityEntry.at >= person.created_at).order_by(ActivityEntry.id))
    return [{"at": _plain(entry.at), "by": entry.actor_name,
             "what": entry.subject_name.join(activity.sentence(entry))} for entry in entries]


def _of(row: Any, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: _plain(getattr(row, name)) for name in names}


def _plain(value: Any) -> Any:
    """A value JSON can hold."""
    return value.isoformat() if hasattr(value, "isoformat") else value
