"""Who did what to what: recorded in the transaction of the act itself, told as sentences."""

import logging
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select

from core.actor import Actor
from core.pages import Page
from models import ActivityEntry, db, transaction

log = logging.getLogger("app")

# verb → what is said after the actor's name; {subject} becomes a link on the page, the rest comes from the details
SENTENCES: dict[str, str] = {
    "user.added": "added {subject} to the team as {role}",
    "user.changed": "changed the rights of {subject}",
    "user.disabled": "closed the account of {subject}",
    "user.enabled": "reopened the account of {subject}",
    "user.signed_in": "signed in",
    "user.signed_out": "signed out",
    "user.sign_in_failed": "refused a sign-in for an account",
    "user.sign_in_locked": "locked sign-in for an account after too many tries",
    "user.password_changed": "changed the password of {subject}",
    "user.sessions_ended": "ended the other sessions of {subject}",
    "key.made": "made the key {subject} for a program: {scopes}",
    "key.revoked": "revoked the key {subject}",
    "flow.added": "began the flow {subject}",
    "flow.published": "published version {number} of the flow {subject}",
    "flow.switched_on": "switched the flow {subject} on",
    "flow.switched_off": "switched the flow {subject} off",
    "flow.stopped": "stopped the flow {subject}: {reason}",
    "flow.deleted": "deleted the flow {subject}",
    "settings.changed": "changed the setting {subject}",
    "campaign.tested": "sent a test of {subject}",
    "samples.loaded": "loaded the sample data: {people} people",
    "samples.removed": "removed the sample data: {people} people",
    "channel.added": "added the business number {subject}",
    "channel.changed": "changed {fields} of the business number {subject}",
    "channel.switched_on": "switched the business number {subject} on",
    "channel.switched_off": "switched the business number {subject} off",
    "channel.checked": "asked Meta about the business number {subject}",
    "channel.subscribed": "had the account of {subject} tell us what happens",
    "channel.key_rotated": "sealed every secret under a new encryption key",
    "channel.paused": "paused sending from {subject}: {reason}",
    "channel.resumed": "resumed sending from {subject}",
    "contact.added": "added {subject}",
    "contact.changed": "changed {fields} of {subject}",
    "contact.deleted": "deleted {subject}",
    "contact.consented": "recorded that {subject} agreed to {category} messages",
    "contact.withdrew": "recorded that {subject} withdrew from {category} messages",
    "contacts.exported": "exported {count} people",
    "tag.added": "made the tag {subject}",
    "contact.merged": "merged {other} into {subject}",
    "contact.merge_undone": "took {subject} and {other} apart again",
    "contact.erased": "erased {subject}",
    "contact.handed_out": "took what we hold about {subject} as a file",
    "contacts.tagged": "tagged {count} people with {subject}",
    "contacts.untagged": "took the tag {subject} from {count} people",
    "contacts.untag_undone": "gave the tag {subject} back to {count} people",
    "contacts.tag_undone": "took the tag {subject} back from {count} people",
    "contacts.deleted": "deleted {count} people",
    "contacts.bulk_stopped": "stopped {work} {total} people after {done}",
    "field.added": "made the field {subject}",
    "field.changed": "changed the field {subject}",
    "field.deleted": "deleted the field {subject}, which {people} people had",
    "segment.added": "made the segment {subject}",
    "segment.changed": "changed the segment {subject}",
    "segment.deleted": "deleted the segment {subject}",
    "import.uploaded": "uploaded {subject}",
    "import.discarded": "threw {subject} away before it was imported",
    "import.started": "started to import {subject}",
    "import.stopped": "stopped the import of {subject}",
    "import.resumed": "went on with the import of {subject}",
    "import.finished": "finished importing {subject}: {created} new, {updated} changed, {failed} failed",
    "import.undo_started": "began to undo the import of {subject}",
    "import.undone": "undid the import of {subject}: {restored} put back, {kept} kept because changed since",
    "import.failed": "could not import {subject}: {reason}",
    "template.added": "wrote the template {subject}",
    "template.changed": "wrote version {number} of the template {subject}",
    "template.submitted": "handed the template {subject} in for approval",
    "template.approved": "heard that the template {subject} was approved",
    "template.rejected": "heard that the template {subject} was refused: {reason}",
    "template.paused": "heard that the template {subject} was paused: {reason}",
    "template.disabled": "heard that the template {subject} was disabled: {reason}",
    "template.deleted": "deleted the template {subject}",
    "template.stands": "heard that the template {subject} is {words}: {reason}",
    "template.edited": "heard that version {number} of the template {subject} took the place of the earlier words",
    "template.came_in": "found the template {subject} at WhatsApp, where it was made",
    "template.place_set": "gave the template {subject} the place of its header: {place}",
    "template.file_set": "gave the template {subject} the file of its header",
    "template.unpaused": "asked WhatsApp to let the paused template {subject} go on",
    "template.synced": "asked WhatsApp for its list of templates: {added} new, {changed} changed, {gone} gone",
    "campaign.added": "drafted the campaign {subject}",
    "campaign.changed": "changed the campaign {subject}",
    "campaign.list_added": "gave {subject} a list of {rows} rows",
    "campaign.list_removed": "took the list of {subject} away",
    "campaign.scheduled": "scheduled {subject} for {people} people, {when}",
    "campaign.unscheduled": "took {subject} back to draft",
    "campaign.started": "started {subject}: {queued} queued, {skipped} skipped",
    "campaign.paused": "paused {subject}: {reason}",
    "campaign.resumed": "resumed {subject}",
    "campaign.reworded": "had {subject} use version {number}, which WhatsApp has in place of its words",
    "campaign.cancelled": "cancelled {subject}; {stopped} messages were not sent",
    "campaign.retried": "had {people} people of {subject} tried again",
    "campaign.missed": "did not start {subject}, due {due}: {reason}",
    "campaign.finished": "finished {subject}",
    "campaign.late": "paused {subject}: {count} messages are later than useful",
    "campaign.late_sent": "had {count} late messages of {subject} sent all the same",
    "campaign.late_left": "left {count} late messages of {subject} out",
    "campaign.repeats": "had {subject} repeat for {people} people: {rule}",
    "campaign.repeats_paused": "paused the repeating of {subject}",
    "campaign.repeats_resumed": "resumed the repeating of {subject}",
    "campaign.repeats_stopped": "stopped the repeating of {subject}",
    "campaign.repeats_ended": "ended {subject}: its last run has come",
    "campaign.runs_missed": "missed {count} older runs of {subject}, from {first} to {last}",
    "campaign.deleted": "deleted the draft {subject}",
    "campaign.went_on": "let the rest of {subject} go: {reason}",
    "message.settled": "settled the unknown message to {subject} as {outcome}",
    "message.resent": "sent the unknown message to {subject} again",
    "webhook.replayed": "had {count} notices from WhatsApp read again",
    "channel.notices_seen": "read what WhatsApp told of {subject}",
    "channel.told": "heard from WhatsApp about {subject}: {words}",
    "template.drifted": "heard of the template {subject}: {words}",
    "contact.renumbered": "heard that {subject} has another {what} at WhatsApp",
    "hook.added": "made the address {subject} for another system",
    "hook.deleted": "deleted the address {subject} for another system",
    "target.added": "added the system {subject} that rules may call",
    "target.switched_on": "switched calls to {subject} on again",
    "target.deleted": "deleted the system {subject} that rules could call",
    "rule.added": "made the rule {subject}",
    "rule.changed": "changed the rule {subject}",
    "rule.switched_on": "switched the rule {subject} on",
    "rule.switched_off": "switched the rule {subject} off",
    "rule.stopped": "stopped the rule {subject}: {reason}",
    "rule.moved": "moved the rule {subject}",
    "rule.deleted": "deleted the rule {subject}",
    "rule.noted": "noted of {subject}: {words}",
    "conversation.assigned": "gave the chat with {subject} to {to}",
    "conversation.freed": "gave the chat with {subject} to nobody in particular",
    "conversation.snoozed": "put the chat with {subject} off until {to}",
    "conversation.woken": "brought the chat with {subject} back",
    "conversation.closed": "closed the chat with {subject}",
    "conversation.reopened": "opened the chat with {subject} again",
    "canned.added": "wrote the ready answer {subject}",
    "canned.changed": "changed the ready answer {subject}",
    "canned.deleted": "deleted the ready answer {subject}",
    "webhook.dead": "kept a notice from WhatsApp that could not be read: {reason}",
}


# what a person did themselves: the subject acts, so the sentence begins with them
BY_THEMSELVES = {
    "contact.consented": "{subject} agreed to {category} messages",
    "contact.withdrew": "{subject} withdrew from {category} messages",
}


def record(verb: str, *, by: Actor, subject_kind: str = "", subject_id: int | None = None, subject_name: str = "",
           **details: Any) -> None:
    """Note one act. Call it inside the transaction of the act, so that both happen or neither.

    `verb` must be in SENTENCES (KeyError else: a sentence for every act).
    """
    SENTENCES[verb]
    log.info("%s %s %s by %s %s", verb, subject_kind, subject_id or "", by.kind, by.user_id or "")
    with transaction():
        db.session.add(ActivityEntry(
            verb=verb, actor_kind=by.kind, actor_name=by.name, user_id=by.user_id, subject_kind=subject_kind,
            subject_id=subject_id, subject_name=subject_name[:200], details=details))


def sentence(entry: ActivityEntry) -> tuple[str, str]:
    """What is said before and after the subject's name, which the page shows as a link between the two."""
    own = BY_THEMSELVES.get(entry.verb) if entry.actor_kind == "contact" else None
    pattern = own or SENTENCES.get(entry.verb, entry.verb)
    before, _, after = pattern.partition("{subject}")
    return _fill(before, entry.details), _fill(after, entry.details).removesuffix(": ")  # where no reason was given


def _fill(pattern: str, details: dict[str, Any]) -> str:
    """Put details into a sentence of ours by plain replacement; values are data and are never read as patterns."""
    parts = pattern.split("{")
    filled = [parts[0]]
    for part in parts[1:]:
        name, _, rest = part.partition("}")
        filled.append(f"{_words(details.get(name, ''))}{rest}")
    return "".join(filled)


def _words(value: Any) -> str:
    """A detail as it is read: figures grouped, 2,679."""
    return f"{value:,}" if isinstance(value, int) else str(value)


def recent(*, verb: str = "", actor: str = "", text: str = "", subject_kind: str = "", subject_id: int | None = None,
           since: datetime | None = None, until: datetime | None = None, page: int = 1,
           size: int = 50) -> Page[ActivityEntry]:
    """Acts, newest first. `verb` may be a whole verb or its first word (campaign). Two queries.

    `text` is looked for in the names of who acted and of what was acted upon.
    """
    wanted = _wanted(verb, actor, text, subject_kind, subject_id, since, until)
    total = db.session.scalar(select(func.count()).select_from(wanted.subquery())) or 0
    number = max(1, min(page, -(-total // size) or 1))
    items = db.session.scalars(wanted.order_by(ActivityEntry.id.desc()).limit(size).offset((number - 1) * size)).all()
    return Page(items, number, size, total)


def each(*, verb: str = "", actor: str = "", text: str = "", since: datetime | None = None,
         until: datetime | None = None) -> Iterator[ActivityEntry]:
    """The same acts without pages, newest first, a thousand at a time: for exports of any length."""
    wanted, last = _wanted(verb, actor, text, "", None, since, until), None
    while True:
        part = wanted if last is None else wanted.where(ActivityEntry.id < last)
        rows = db.session.scalars(part.order_by(ActivityEntry.id.desc()).limit(1000)).all()
        yield from rows
        if len(rows) < 1000:
            return
        last = rows[-1].id
        db.session.expunge_all()


def _wanted(verb: str, actor: str, text: str, subject_kind: str, subject_id: int | None, since: datetime | None,
            until: datetime | None) -> Select[ActivityEntry]:
    """The acts that match, in no order yet."""
    wanted = select(ActivityEntry)
    if verb:
        wanted = wanted.where(ActivityEntry.verb.startswith(verb, autoescape=True))
    if actor:
        wanted = wanted.where(ActivityEntry.actor_name == actor)
    if text:
        wanted = wanted.where(ActivityEntry.subject_name.icontains(text, autoescape=True)
                              | ActivityEntry.actor_name.icontains(text, autoescape=True))
    if subject_kind:
        wanted = wanted.where(ActivityEntry.subject_kind == subject_kind)
    if subject_id is not None:
        wanted = wanted.where(ActivityEntry.subject_id == subject_id)
    if since:
        wanted = wanted.where(ActivityEntry.at >= since)
    if until:
        wanted = wanted.where(ActivityEntry.at < until)
    return wanted
