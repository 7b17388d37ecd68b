"""What one piece of news means to us. Each call is one transaction, and doing it again changes nothing.

News of templates, numbers and accounts has no id of its own: its digest is kept, so that it counts once however often it
is told, and older news never undoes newer.
"""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from sqlalchemy import exists, select

from core import clock
from core.actor import SYSTEM
from core.states import ConsentState
from models import CarrierFact, db, is_sqlite, transaction
from services import channels, contacts, drift, inbox, message_templates, sending
from transports.port import (
    AddressBookNews,
    ChannelNews,
    IdentityNews,
    IncomingMessage,
    Item,
    PreferenceNews,
    StatusNews,
    TemplateDrift,
    TemplateNews,
)


def apply(item: Item) -> None:
    """Write down what this item says. Items of other kinds mean nothing to us."""
    if rule := _RULES.get(type(item)):
        rule(item)


def _status(news: StatusNews) -> None:
    sending.apply_news([news])


def _template(news: TemplateNews) -> None:
    """A template was approved, refused, paused."""
    with transaction():
        if _is_new(news, message_templates.subject_of(news.name, news.language)):
            drift.template_told(news)


def _drift(news: TemplateDrift) -> None:
    """A template counts as another kind, reads otherwise at the carrier, or is taken otherwise by people."""
    with transaction():
        # other words set the state: whichever is newer of the two counts
        what = ("state" if news.is_reshaped else "category" if news.category else "coming" if news.coming_category
                else "quality")
        has_come = what == "coming" and _is_overtaken(news, f"template {news.name} {news.language} category")
        if _is_new(news, f"template {news.name} {news.language} {what}") and not has_come:
            drift.template_drifted(news)


def _channel(news: ChannelNews) -> None:
    """Each fact for itself, and the order to stop for itself: what is newer of one says nothing of another."""
    with transaction():
        if not _is_first(news, f"channel {news.business_id} {news.display_phone}"):
            return
        for number in channels.meant_by(news):
            facts = {name: value for name, value in news.facts.items()
                     if _is_new(news, f"channel {number.id} {name}", part=f"{number.id} {name}")}
            must_stop = news.must_stop and _is_new(news, f"channel {number.id} stop", part=f"{number.id} stop")
            channels.apply_news(number, replace(news, facts=facts, must_stop=must_stop))


def _identity(news: IdentityNews) -> None:
    """A person has another number or id at the carrier, told in any order."""
    subject = f"person {news.former_user_id or news.wa_id}"
    told = {part: value for part, value in (("number", news.new_wa_id), ("id", news.user_id)) if value}
    with transaction():
        if channels.by_phone_number_id(news.phone_number_id) is None:
            return
        new = {part: value for part, value in told.items()
               if not _is_told(news, part) and not _is_overtaken(news, f"{subject} {part}")}
        if contacts.known_by_another_id(wa_id=news.wa_id, former_user_id=news.former_user_id,
                                        new_wa_id=new.get("number", ""), user_id=new.get("id", ""), at=news.at):
            for part in told:
                _is_first(news, f"{subject} {part}", part=part)


def _address_book(news: AddressBookNews) -> None:
    """Somebody of the phone's address book. Whoever is taken out there stays here: a person decides."""
    if not news.is_there or channels.by_phone_number_id(news.phone_number_id) is None:
        return
    contacts.people_of([contacts.Sender(news.wa_id, news.user_id, news.name, news.at, source="app", is_news=False)])


def _preference(news: PreferenceNews) -> None:
    """A person switched our marketing off or on inside WhatsApp."""
    if channels.by_phone_number_id(news.phone_number_id) is None:
        return
    with transaction():
        if not _is_first(news, f"consent {news.user_id or news.wa_id}"):
            return
        person = contacts.person_of(wa_id=news.wa_id, user_id=news.user_id, profile_name="")
        contacts.record_consent(
            contact_id=person.id, category=news.category,
            state=ConsentState.GRANTED if news.is_granted else ConsentState.WITHDRAWN, how="preferences",
            proof="Marketing switched in WhatsApp itself", at=news.at, by=SYSTEM)


def _is_new(news: Any, subject: str, *, part: str = "") -> bool:
    """Whether this was never told before and nothing newer is known of its subject; keeps that it was told.

    Call it inside the transaction that acts on it: both happen or neither. News without a time counts as told now, and
    is known again by its content alone. `part` tells apart what one piece of news says of several subjects.
    """
    is_overtaken = _is_overtaken(news, subject)
    return _is_first(news, subject, part=part) and not is_overtaken


def _is_overtaken(news: Any, subject: str) -> bool:
    """Whether something newer is known of the subject."""
    return bool(db.session.scalar(select(exists().where(
        CarrierFact.subject == subject[:200], CarrierFact.at > (news.at or clock.now())))))


def _is_first(news: Any, subject: str, *, part: str = "") -> bool:
    """Whether this was never told before; keeps that it was told. Call it inside the transaction that acts on it."""
    if is_sqlite():
        from sqlalchemy.dialects.sqlite import insert
    else:
        from sqlalchemy.dialects.postgresql import insert  # type: ignore[assignment]
    told = insert(CarrierFact).values(digest=_digest(news, part), subject=subject[:200], at=news.at or clock.now())
    return db.session.scalar(
        told.on_conflict_do_nothing(index_elements=["digest"]).returning(CarrierFact.digest)) is not None


def _is_told(news: Any, part: str) -> bool:
    """Whether this was kept as told."""
    return db.session.get(CarrierFact, _digest(news, part)) is not None


def _digest(news: Any, part: str) -> str:
    return hashlib.sha256((repr(news if news.at else replace(news, at=None)) + part).encode()).hexdigest()


_RULES: dict[type, Callable[[Any], object]] = {
    StatusNews: _status,
    IncomingMessage: inbox.receive,
    TemplateNews: _template,
    TemplateDrift: _drift,
    ChannelNews: _channel,
    IdentityNews: _identity,
    PreferenceNews: _preference,
    AddressBookNews: _address_book,
}
