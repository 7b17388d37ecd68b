"""The carrier's list of templates beside ours: what was made there comes in, what changed there counts, what is gone is
shown as gone."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from core import clock
from core.states import TemplateState
from models import Channel, MessageTemplate, TemplateVersion, db, transaction
from services.message_templates import categories, incoming
from services.message_templates.approval import Stop, took_place
from services.message_templates.cards import lacks_a_file
from services.message_templates.forgotten import wire_ids
from services.message_templates.standing import (
    KNOWN_BY_NAME,
    UNUSABLE,
    keep_told,
    move,
    newest_at_carrier,
    note,
    reason_in_words,
    told_since,
    why_stopped,
)
from services.message_templates.words import Words, words_in
from transports.port import ListedTemplate

BATCH = 100
AT_CARRIER = "WhatsApp"  # who wrote what was made there
_OVER = (TemplateState.DELETED, TemplateState.PENDING_DELETION)


@dataclass(slots=True)
class Taken:
    """What one look at the list changed."""

    listed: int = 0
    added: int = 0
    changed: int = 0
    gone: int = 0


def known_at(business_id: str) -> set[int]:
    """Ids of the versions the account should list. Ask before the list is fetched: what is handed in meanwhile is no
    loss. One query."""
    return set(db.session.scalars(select(TemplateVersion.id).where(
        TemplateVersion.business_id.in_(("", business_id)), TemplateVersion.wire_id != "",
        TemplateVersion.state.not_in((*_OVER, TemplateState.REPLACED)))))


def take_in(business_id: str, listed: Sequence[ListedTemplate], *, known: set[int], asked_at: datetime,
            stop: Stop) -> Taken:
    """Make our templates what the account's whole list says. `known` is `known_at` of before it was asked for.

    `stop` is called, in the transaction of the change, with versions that may not be sent any more or count as another
    kind. News that is younger than the question goes before the list.
    """
    taken, seen, forgotten = Taken(listed=len(listed)), set(), wire_ids()
    listed = [one for one in listed if one.wire_id not in forgotten]
    said: dict[int, list[tuple[TemplateVersion, ListedTemplate]]] = {}
    for at in range(0, len(listed), BATCH):
        with transaction():
            _hold(business_id)
            for one in listed[at:at + BATCH]:
                version = newest_at_carrier(one.name, one.language, business_id)
                if version is None:
                    taken.added += _bring_in(business_id, one)
                    continue
                seen.add(version.id)
                present, changed = _compare(version, one, business_id, asked_at, stop)
                seen.add(present.id)
                taken.changed += changed
                said.setdefault(present.template_id, []).append((present, one))
    with transaction():
        _hold(business_id)
        taken.changed += sum(categories.take_in(pairs, stop) for pairs in said.values())
        taken.gone = sum(_gone(version_id, stop) for version_id in sorted(known - seen))
    return taken


def _hold(business_id: str) -> None:
    """One process takes in the list of an account at a time; kept until the transaction ends."""
    db.session.execute(select(Channel.id).where(Channel.business_id == business_id).order_by(Channel.id).limit(1)
                       .with_for_update()).first()


def _bring_in(business_id: str, one: ListedTemplate) -> int:
    """A template that was made at the carrier; 1 unless it is gone already."""
    state = TemplateState(one.state)
    if state in _OVER:
        return 0
    template = db.session.scalars(select(MessageTemplate).where(
        MessageTemplate.name == one.name, MessageTemplate.language == one.language)).first()
    if template is None:
        template = MessageTemplate(name=one.name, language=one.language, category=one.category[:16])
        db.session.add(template)
        db.session.flush()
    _add(template, one, business_id)
    note("template.came_in", template.id, template.name)
    return 1


def _add(template: MessageTemplate, one: ListedTemplate, business_id: str,
         like: TemplateVersion | None = None) -> TemplateVersion:
    """The carrier's words as the next version."""
    words = incoming.words_from(one, words_in(like) if like else None)
    last = db.session.scalars(select(TemplateVersion.number).where(TemplateVersion.template_id == template.id)
                              .order_by(TemplateVersion.number.desc()).limit(1)).first()
    state = TemplateState(one.state)
    version = TemplateVersion(
        template_id=template.id, number=(last or 0) + 1, body=words.body, footer=words.footer, header=words.header,
        buttons=words.buttons, variables=words.variables, wire_name=one.name, wire_id=one.wire_id,
        business_id=business_id, state=TemplateState.PENDING, quality=one.quality, created_by=AT_CARRIER,
        foreign_parts=", ".join(_foreign(one, words))[:200], replaces_id=like.id if like else None, tries=1)
    db.session.add(version)
    db.session.flush()
    db.session.refresh(version)
    move(version, state, reason=reason_in_words(one.reason), word=one.word)
    return version


def _foreign(one: ListedTemplate, words: Words) -> list[str]:
    """What cannot be sent from here: the list tells of cards, and not which pictures are on them."""
    return [*one.foreign_parts, *(["cards whose pictures only WhatsApp has"] if lacks_a_file(words.header) else [])]


def _compare(version: TemplateVersion, one: ListedTemplate, business_id: str, asked_at: datetime,
             stop: Stop) -> tuple[TemplateVersion, int]:
    """One of ours beside what is listed: the version that stands for it from now on, and 1 when something changed."""
    version.business_id = business_id
    if version.wire_id != one.wire_id:
        version.wire_id = one.wire_id[:40]
    changed = version.quality != one.quality
    version.quality = one.quality
    if not incoming.says_the_same(words_in(version), one):
        version, changed = _reshaped(version, one, business_id, stop), True
    return version, int(_moved(version, one, asked_at, stop) or changed)


def _moved(version: TemplateVersion, one: ListedTemplate, asked_at: datetime, stop: Stop) -> bool:
    """Take over its state, unless a notice told a newer one since the carrier was asked."""
    state = TemplateState(one.state)
    if version.state == state:
        return False
    if told_since(version, asked_at):
        return False
    keep_told(version, asked_at)
    move(version, state, reason=reason_in_words(one.reason), word=one.word)
    if state in UNUSABLE:
        stop([version.id], why_stopped(version.template.name, state, version.reason))
    return True


def _reshaped(version: TemplateVersion, one: ListedTemplate, business_id: str, stop: Stop) -> TemplateVersion:
    """The carrier holds other words than ours: they become the next version, and what uses the old ones stops."""
    if waiting := _edit_of(version, one):  # our own change in place, whose answer was lost
        took_place(waiting.id, version.id, stop)
        return waiting
    new = _add(version.template, one, business_id, like=version)
    new.edited_at = clock.now()
    why = f"Its words were changed at WhatsApp; version {new.number} is what WhatsApp holds now"
    version.state, version.reason, version.due_at = TemplateState.REPLACED, why, None
    note("template.drifted", version.template_id, version.template.name, words="its words were changed at WhatsApp")
    stop([version.id], f"The words of the template {version.template.name} were changed at WhatsApp")
    return new


def _edit_of(version: TemplateVersion, one: ListedTemplate) -> TemplateVersion | None:
    """The version of ours that was to take this one's place and says what is listed."""
    waiting = db.session.scalars(select(TemplateVersion).where(
        TemplateVersion.replaces_id == version.id, TemplateVersion.wire_id == "")
        .order_by(TemplateVersion.number.desc())).all()
    return next((each for each in waiting if incoming.says_the_same(words_in(each), one)), None)


def _gone(version_id: int, stop: Stop) -> int:
    """It should be on the list and is not. One whose answer was lost was never there: it is handed in again."""
    version = db.session.get(TemplateVersion, version_id, populate_existing=True)
    if version is None or version.state in (*_OVER, TemplateState.REPLACED):
        return 0
    if version.wire_id == KNOWN_BY_NAME and version.state is TemplateState.PENDING:
        version.wire_id = ""
        return 0
    move(version, TemplateState.DELETED)
    stop([version.id], why_stopped(version.template.name, version.state, version.reason))
    return 1
