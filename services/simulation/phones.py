"""What stands on a simulated phone, as values."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from tempfile import TemporaryFile
from typing import Any, BinaryIO

from core.errors import CarrierTrouble, Invalid, NotFound
from core.phone import InvalidPhone
from core.phone import Phone as Number
from services import channels, whatsapp_service
from services.simulation import asking
from transports.port import SendFailed

_LARGEST = 100 * 1024 * 1024
_INLINE = ("image/jpeg", "image/png", "image/webp", "audio/ogg", "audio/mpeg", "audio/mp4", "audio/aac", "audio/amr",
           "video/mp4", "video/3gpp")


@dataclass(frozen=True, slots=True)
class Person:
    """One made-up customer and how their phone behaves."""

    number: str  # with plus
    name: str
    username: str
    user_id: str
    hides_number: bool
    has_whatsapp: bool
    has_connection: bool
    reads: bool  # looks at what arrives by itself
    tells_read: bool
    has_blocked: bool
    news_late: float  # seconds
    is_held: bool  # False: behaves as people do, until somebody picks the phone up


@dataclass(frozen=True, slots=True)
class Line:
    """One message on the phone. `shown` is what it looks like: text, header, buttons, menu, file, place …"""

    id: str
    side: str  # business | person
    at: datetime
    kind: str
    state: str  # waiting | sent | delivered | read | failed
    is_on_phone: bool
    shown: Mapping[str, Any]
    quotes: str
    code: int
    reaction_theirs: str
    reaction_ours: str
    is_edited: bool
    is_deleted: bool


@dataclass(frozen=True, slots=True)
class Call:
    """One call between the customer's side and the business, with its whole body."""

    id: int
    at: datetime
    way: str  # in: to our webhook | out: from us
    what: str
    wamid: str
    status: int  # of the answer; 0: there was none
    body: str


@dataclass(frozen=True, slots=True)
class Phone:
    """One phone as it is now."""

    person: Person
    talk: Sequence[Line]
    calls: Sequence[Call]
    is_typing: bool
    wants_no_marketing: bool
    window_until: datetime | None  # until when free text reaches them
    by_id: Mapping[str, Line] = field(default_factory=dict)


def people() -> list[Person]:
    """The phones somebody has in hand, the one picked up last first. Raises NotFound, CarrierTrouble."""
    return [person_of(one) for one in asking.see("people")["people"]]


def phone(number: str) -> Phone:
    """One phone. Looking at it changes nothing. Raises Invalid for what is no number, NotFound, CarrierTrouble."""
    told = asking.see(f"phone/{digits_of(number)}")
    talk = [_line(one) for one in told["talk"]]
    until = told["window_until"]
    return Phone(person_of(told["person"]), talk, [_call(one) for one in told["calls"]], bool(told["is_typing"]),
                 bool(told["wants_no_marketing"]), _moment(until) if until else None, {one.id: one for one in talk})


def find(person: str) -> str:
    """The number (with plus) behind a number, a user id or a username of a phone in hand. Raises Invalid, NotFound."""
    if person.strip().startswith("+"):
        return f"+{digits_of(person)}"
    wanted = person.strip().removeprefix("@")
    found = next((one.number for one in people() if wanted and wanted in (one.user_id, one.username)), "")
    if not found:
        raise NotFound("Nobody with this name has a simulated phone")
    return found


def last_of_ours(number: str) -> str:
    """The id of the last message of the business on this phone. Raises Invalid when there is none."""
    ours = [line.id for line in phone(number).talk if line.side == "business" and line.is_on_phone]
    if not ours:
        raise Invalid("There is no message of yours on this phone yet")
    return ours[-1]


def open_file(wire_id: str) -> tuple[BinaryIO, str, bool]:
    """A file that stands on a phone: its bytes, its MIME type, whether a browser may show it. The caller closes it.

    Raises NotFound, CarrierTrouble.
    """
    line, store = channels.line_of(asking.channel()), whatsapp_service.media_store()
    file = TemporaryFile()  # noqa: SIM115  # handed to the caller
    try:
        stored = store.describe(line, wire_id)
        store.download(line, stored, file, most_bytes=_LARGEST)
    except SendFailed as trouble:
        file.close()
        raise (CarrierTrouble(trouble.words) if trouble.code == "unreachable" else
               NotFound("This file is not there any more")) from None
    file.seek(0)
    return file, stored.mime, stored.mime in _INLINE


def digits_of(number: str) -> str:
    """The number as the control address wants it. Raises Invalid."""
    try:
        return Number.parse(number).e164.removeprefix("+")
    except InvalidPhone:
        return _plain_digits(number)


def _plain_digits(number: str) -> str:
    """Numbers nobody can have, such as those of stories, are numbers here, too."""
    digits = "".join(letter for letter in number if letter.isascii() and letter.isdigit())
    if not 6 <= len(digits) <= 15 or not number.strip().startswith("+"):
        raise Invalid("A number has a plus, a country code and 6 to 15 digits in all", field="number")
    return digits


def person_of(told: Mapping[str, Any]) -> Person:
    """A person as the control address tells them."""
    return Person(**{one.name: told[one.name] for one in fields(Person)})


def _line(told: Mapping[str, Any]) -> Line:
    values = {one.name: told[one.name] for one in fields(Line)}
    return Line(**values | {"at": _moment(told["at"])})


def _call(told: Mapping[str, Any]) -> Call:
    values = {one.name: told[one.name] for one in fields(Call)}
    return Call(**values | {"at": _moment(told["at"])})


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
