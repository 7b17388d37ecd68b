"""What the carrier says of a version: its state, why, and the words people read for it."""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import case, exists, select

from core.actor import SYSTEM
from core.states import TemplateState
from models import CarrierFact, MessageTemplate, TemplateVersion, db, transaction
from services import activity
from services.message_templates.languages import code_of
from transports.port import TemplateNews

KNOWN_BY_NAME = "by name"  # stands for the wire id where the answer that carried it was lost
PACING = "RATE_LIMITING_PAUSE"
UNUSABLE = tuple(state for state in TemplateState if state not in (
    TemplateState.APPROVED, TemplateState.DRAFT, TemplateState.PENDING))
NOTED = {
    TemplateState.APPROVED: "template.approved", TemplateState.REJECTED: "template.rejected",
    TemplateState.PAUSED: "template.paused", TemplateState.DISABLED: "template.disabled",
}
STANDS = {
    TemplateState.IN_APPEAL: "looked at again, as was asked", TemplateState.LIMIT_EXCEEDED: "one more than the account may have",
    TemplateState.PENDING_DELETION: "being deleted", TemplateState.DELETED: "gone at WhatsApp",
    TemplateState.ARCHIVED: "archived", TemplateState.REPLACED: "replaced by other words",
    TemplateState.UNCLEAR: "in a state we do not know",
}
META_REASONS = {
    "ABUSIVE_CONTENT": "it reads as abusive or threatening",
    "INCORRECT_CATEGORY": "it is of another kind than was said: utility texts may not advertise",
    "INVALID_FORMAT": "a gap or a mark is written in a way WhatsApp does not take",
    "PROMOTIONAL": "it advertises, so it must be handed in as marketing",
    "SCAM": "it reads like a scam",
    "TAG_CONTENT_MISMATCH": "the text is not in the language, or not of the kind, that was said",
    "CATEGORY_NOT_AVAILABLE": "this kind is not available for your account",
}
_USUAL = {  # what is said where the carrier gives no reason
    TemplateState.IN_APPEAL: "Somebody asked WhatsApp to look again; that takes about a day",
    TemplateState.LIMIT_EXCEEDED: "The account has as many templates as it may; delete some that are not used",
    TemplateState.PENDING_DELETION: "It was deleted at WhatsApp; its name is locked for 30 days",
    TemplateState.DELETED: "WhatsApp does not list it any more",
    TemplateState.ARCHIVED: "It was not used for a year; WhatsApp deletes it four weeks after archiving",
}
_PAUSES = {
    "FIRST_PAUSE": "People blocked or reported it, so WhatsApp pauses it for some hours; it goes on by itself",
    "SECOND_PAUSE": "People blocked or reported it again; it goes on by itself once more, and the third time it is disabled",
    PACING: "The first people who got it took it badly. It stays paused until somebody lets it go on",
}


def apply_template_news(items: Sequence[TemplateNews]) -> int:
    """Write down what the carrier says of our templates; returns how many changed.

    Found by the name the carrier knows and the language. Repeats, warnings and templates of others change nothing.
    """
    with transaction():
        return sum(_apply(item) for item in items)


def reason_in_words(reason: str) -> str:
    """Meta's word for a refusal as a sentence; other text as it came."""
    return META_REASONS.get(reason.strip().upper(), "" if reason.strip().upper() == "NONE" else reason.strip())


def why_stopped(name: str, state: TemplateState, reason: str) -> str:
    """Why what uses a template stands still, in a sentence."""
    words = STANDS.get(state, str(state))
    return f"WhatsApp says the template {name} is {words}{f': {reason}' if reason else ''}"


def newest_at_carrier(wire_name: str, language: str, business_id: str = "") -> TemplateVersion | None:
    """The version whose words the carrier has by this name, or waits for. One query.

    Of several, one the carrier has given an id comes first; versions that were replaced never count.
    """
    wanted = (select(TemplateVersion).join(MessageTemplate)
              .where(TemplateVersion.wire_name == wire_name, MessageTemplate.language == code_of(language),
                     TemplateVersion.state != TemplateState.REPLACED)
              .order_by(case((TemplateVersion.wire_id == "", 1), else_=0), TemplateVersion.number.desc()))
    if business_id:
        wanted = wanted.where(TemplateVersion.business_id.in_(("", business_id)))
    return db.session.scalars(wanted.limit(1).execution_options(populate_existing=True)).first()


def told_since(version: TemplateVersion, at: datetime) -> bool:
    """Whether a notice told a newer state than the one the carrier was asked for at this time. One query."""
    return bool(db.session.scalar(select(exists().where(
        CarrierFact.subject == _subject(version), CarrierFact.at >= at))))


def keep_told(version: TemplateVersion, at: datetime) -> None:
    """From now on older notices of its state change nothing. Join it to a transaction."""
    subject = _subject(version)
    digest = hashlib.sha256(f"asked {subject} {at.isoformat()}".encode()).hexdigest()
    db.session.merge(CarrierFact(digest=digest, subject=subject, at=at))


def subject_of(name: str, language: str) -> str:
    """What notices of a template's state are about."""
    return f"template {name} {language} state"[:200]


def move(version: TemplateVersion, state: TemplateState, *, reason: str = "", word: str = "") -> bool:
    """Put a version into a state and note it; False when it stood there already. Another kind of pause is news: one ends by
    itself and one does not. Join it to a transaction."""
    is_other_pause = state is TemplateState.PAUSED and word in _PAUSES and word != version.carrier_word
    if version.state == state and not is_other_pause:
        return False
    version.state, version.due_at, version.carrier_word = state, None, word[:40]
    version.reason = (reason or _usual(state, word))[:500]
    note_state(version.template_id, version.template.name, state, version.reason)
    return True


def note_state(template_id: int, name: str, state: TemplateState, reason: str) -> None:
    """Note in the activity where a template stands now."""
    if state in NOTED:
        note(NOTED[state], template_id, name, reason=reason)
    elif state in STANDS:
        note("template.stands", template_id, name, words=STANDS[state], reason=reason)


def note(verb: str, template_id: int, name: str, **details: Any) -> None:
    """Note what happened to a template by itself."""
    activity.record(verb, by=SYSTEM, subject_kind="template", subject_id=template_id, subject_name=name, **details)


def _subject(version: TemplateVersion) -> str:
    return subject_of(version.wire_name, version.template.language)


def _usual(state: TemplateState, word: str) -> str:
    """The sentence for a state that came without a reason."""
    if state is TemplateState.UNCLEAR:
        return f"WhatsApp says {word[:40] or 'something'}, a word we do not know: nothing is sent with it until it says approved"
    return _PAUSES.get(word, _USUAL.get(state, ""))


def _apply(item: TemplateNews) -> int:
    """One piece of news; 1 when it changed a version."""
    if item.state not in set(TemplateState):
        return 0
    found = newest_at_carrier(item.name, item.language)
    if found is None or not move(found, TemplateState(item.state), word=item.why or item.event,
                                 reason=_PAUSES.get(item.why, "") or reason_in_words(item.reason)):
        return 0
    if not found.wire_id:
        found.wire_id = item.wire_id[:40] or KNOWN_BY_NAME
    return 1
