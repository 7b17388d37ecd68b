"""People for tests: added by the real service, with what they agreed to where a trait says so."""

from itertools import count
from typing import Any

from core.actor import COMMAND
from core.phone import Phone
from core.states import ConsentState
from models import Contact
from services import contacts

_numbers = count(100)


def a_phone() -> Phone:
    """A number nobody has, and no other test person either."""
    return Phone.parse(f"+2348035{next(_numbers):06d}")


def a_contact(name: str = "Adaeze Okafor", *, phone: str | None = "", granted: bool = False, withdrawn: bool = False,
              **details: Any) -> Contact:
    """One person. `phone` is any spelling, None for nobody's; empty takes a fresh one."""
    number = None if phone is None else Phone.parse(phone, "GB") if phone else a_phone()
    person = contacts.add_contact(phone=number, name=name, by=COMMAND, **details)
    if granted:
        consent_of(person, ConsentState.GRANTED)
    if withdrawn:
        consent_of(person, ConsentState.WITHDRAWN)
    return person


def consent_of(person: Contact, state: ConsentState, *, how: str = "form", category: str = "marketing",
               **more: Any) -> ConsentState:
    """One more line in the person's ledger, about marketing unless said."""
    return contacts.record_consent(contact_id=person.id, category=category, state=state, how=how, by=COMMAND, **more)
