"""Forget one person everywhere: only keyed hashes of their numbers stay, so that marketing never finds them again.

Counts stay true: their messages stay in the reports as messages to nobody, without words, number or the carrier's id
(which holds the number). Raw notices keep what they say of others, and their digest, so that a repeated notice does
not bring the person back.
"""

import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import LargeBinary, delete, func, literal, or_, select, update

from core.actor import Actor
from core.states import MessageState
from models import (
    ActivityEntry,
    Contact,
    DeliveryNews,
    Import,
    ImportRow,
    Message,
    MessageAttempt,
    WebhookEvent,
    after_commit,
    db,
    is_sqlite,
    shorten_log,
    transaction,
)
from services import activity
from services.contacts import queries, suppression, trail
from services.contacts.bulk import take_turn
from services.contacts.erase_files import GONE, forget_check, strike_from_files
from services.contacts.erase_lists import begin_trials_anew, strike_from_lists
from services.contacts.erase_received import forget_files_of
from services.contacts.letters import forget_letters
from services.contacts.signs import (
    IsTheirs,
    Signs,
    import_rows_with,
    list_rows_with,
    messages_with,
    signs_of,
    their_cells,
)

NOBODY = "somebody who was erased"
_AT_ONCE = 5_000
_HARMLESS = ("category", "source", "outcome", "count")  # details of an act that say nothing about a person
_OWNERS = ("from", "wa_id", "recipient_id", "user_id", "from_user_id", "recipient_user_id")
_EMPTY = b'{"entry": []}'


@dataclass(frozen=True, slots=True)
class Erased:
    """What was removed, for the page that says so."""

    messages: int
    notices: int
    rows: int  # of files that were imported, and of campaigns' own lists


def erase_person(contact_id: int, *, by: Actor) -> Erased:
    """Remove one person from everything we hold. Cannot be undone. Raises NotFound.

    A fixed number of statements for every five thousand messages, one look through the kept notices, the refused rows
    of imports and the lists of campaigns, and one through the files that wait to be imported.
    """
    person = queries.get_contact(contact_id)
    signs = signs_of(person)
    waiting = strike_from_files(their_cells(person, signs))
    listed = list_rows_with(signs, their_cells(person, signs))
    with transaction():
        take_turn()  # an import at work sees it, or comes first
        person = queries.get_contact(contact_id)
        signs = signs_of(person)
        is_theirs = their_cells(person, signs)
        suppression.remember_erased(contact_id)
        listed = strike_from_lists(signs, is_theirs, listed)
        messages = _forget_messages(person, signs, listed)
        notices = _forget_notices(signs)
        rows = _forget_rows(is_theirs) + len(listed)
        begin_trials_anew()
        _forget_acts(person, messages)
        db.session.delete(person)
        db.session.flush()
        forget_letters()
        activity.record("contact.erased", by=by, subject_kind="contact", subject_id=contact_id, subject_name=NOBODY)
        db.session.expire_all()
        after_commit(lambda: shorten_log(limit=0))  # what was overwritten still stands there
    return Erased(len(messages), notices, rows + waiting)


def _forget_messages(person: Contact, signs: Signs, listed: list[int]) -> list[int]:
    """Words, numbers and the carrier's ids out of every message, those to nobody known under their numbers or from
    their rows of lists included; what waited is not sent. The ids of the messages."""
    ids = list(db.session.scalars(select(Message.id).where(messages_with(person.id, signs))))
    for part in _parts(listed):
        ids += db.session.scalars(select(Message.id).where(
            Message.contact_id.is_(None), Message.list_row_id.in_(part)))
    ids = sorted(set(ids))
    for part in _parts(ids):
        mine = Message.id.in_(part)
        wires = set(db.session.scalars(select(Message.wire_id).where(mine)))
        db.session.execute(update(Message).where(mine, Message.state == MessageState.QUEUED).values(
            state=MessageState.SKIPPED, reason_code="contact_gone", reason="Was deleted before this message left"))
        forget_files_of(part)
        db.session.execute(update(Message).where(mine).values(
            contact_id=None, phone="", text="", variables={}, content={}, reply_to="", wire_id=None))
        db.session.execute(update(MessageAttempt).where(MessageAttempt.message_id.in_(part)).values(wire_id=None))
        db.session.execute(delete(DeliveryNews).where(DeliveryNews.message_id.in_(part)))
        db.session.execute(delete(DeliveryNews).where(DeliveryNews.message_id.is_(None),
                                                      DeliveryNews.wire_id.in_(wires - {None})))
    return ids


def _forget_notices(signs: Signs) -> int:
    """What is said of them in raw notices, statuses that found no message, and moves of their numbers. How many notices."""
    trail.forget(signs.digits)
    db.session.execute(delete(DeliveryNews).where(DeliveryNews.recipient.in_(
        [*signs.digits, *(f"+{number}" for number in signs.digits)])))
    holds = [_holds(WebhookEvent.body, sign.encode()) for sign in signs.all]
    if not holds:
        return 0
    found = list(db.session.scalars(select(WebhookEvent.id).where(or_(*holds))))
    for event_id in found:
        body = db.session.scalar(select(WebhookEvent.body).where(WebhookEvent.id == event_id)) or b""
        left = without(body, signs.all)
        db.session.execute(update(WebhookEvent).where(WebhookEvent.id == event_id).values(body=left))
    return len(found)


def _holds(column: Any, sign: bytes) -> Any:
    """Whether a body of bytes holds these."""
    if is_sqlite():
        return func.instr(column, sign) > 0
    return func.position(literal(sign, LargeBinary).op("IN")(column)) > 0


def without(body: bytes, signs: Iterable[str]) -> bytes:
    """A notice without its parts from or to this person, and with their number struck out wherever else it stands."""
    known = {sign.lower() for sign in signs}
    try:
        data = json.loads(body)
    except (ValueError, RecursionError):
        return _EMPTY
    if not isinstance(data, dict):
        return _EMPTY
    strike = re.compile("|".join(rf"(?<!\d){re.escape(sign)}(?!\d)" for sign in sorted(known)), re.IGNORECASE)
    try:
        left = _cleaned(data, lambda part: _is_about(part, known), lambda text: strike.sub(GONE, text))
        return json.dumps(left).encode()
    except RecursionError:
        return _EMPTY


def _is_about(part: Any, known: set[str]) -> bool:
    """Whether a part of a notice is from or to this person."""
    return isinstance(part, dict) and any(
        str(part.get(name, "")).lstrip("+").lower() in known for name in _OWNERS if part.get(name) is not None)


def _cleaned(value: Any, is_about: Callable[[Any], bool], strike: Callable[[str], str]) -> Any:
    """The value without the list items that are about the person, and with texts struck."""
    if isinstance(value, dict):
        return {strike(key): _cleaned(one, is_about, strike) for key, one in value.items()}
    if isinstance(value, list):
        return [_cleaned(one, is_about, strike) for one in value if not is_about(one)]
    if isinstance(value, str):
        return strike(value)
    return strike(str(value)) if type(value) is int and strike(str(value)) != str(value) else value


def _forget_rows(is_theirs: IsTheirs) -> int:
    """The cells of refused or skipped rows of imports that hold their number or address. How many rows."""
    found = import_rows_with(is_theirs)
    _forget_corrections(is_theirs)
    for part in _parts(found):
        db.session.execute(update(ImportRow).where(ImportRow.id.in_(part)).values(cells=[GONE], reason=GONE))
    return len(found)


def _forget_corrections(is_theirs: IsTheirs) -> None:
    """What was mended in files by hand, where it is theirs."""
    for row in db.session.execute(select(Import.id, Import.corrections)).all():
        left = {number: cells for number, cells in row.corrections.items() if not any(map(is_theirs, cells.values()))}
        if left != row.corrections:
            forget_check(row.id)
            db.session.execute(update(Import).where(Import.id == row.id).values(corrections=left))


def _forget_acts(person: Contact, messages: list[int]) -> None:
    """Names and values out of the activity; that something was done stays."""
    theirs = (ActivityEntry.subject_kind == "contact") & (ActivityEntry.subject_id == person.id) & (
        ActivityEntry.at >= person.created_at)  # SQLite gives an id again; what is older is about somebody else
    found = list(db.session.execute(select(ActivityEntry.id, ActivityEntry.details).where(theirs)))
    for part in _parts(messages):
        found += db.session.execute(select(ActivityEntry.id, ActivityEntry.details).where(
            ActivityEntry.subject_kind == "message", ActivityEntry.subject_id.in_(part)))
    for entry in found:
        kept = {key: value for key, value in entry.details.items() if key in _HARMLESS}
        kept |= {key: word for key, word in (("other", NOBODY), ("fields", "details")) if key in entry.details}
        db.session.execute(update(ActivityEntry).where(ActivityEntry.id == entry.id).values(
            subject_name=NOBODY, details=kept))


def _parts(ids: list[int]) -> Iterable[list[int]]:
    """Slices a statement can hold."""
    return (ids[start:start + _AT_ONCE] for start in range(0, len(ids), _AT_ONCE))
