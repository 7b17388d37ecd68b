"""What a made-up customer does, as their phone would."""

from collections.abc import Mapping
from typing import Any, BinaryIO

from core import media_types
from core.errors import Invalid
from models import Contact
from services.simulation import asking
from services.simulation.phones import Person, digits_of, person_of
from services.simulation.team import contact_of
from transports.port import FileToSend

MOST_FILE_BYTES = 16 * 1024 * 1024
CROWD = 20
_WORDS = ("Hello, are you open on Saturday?", "Where is my parcel?", "Thank you!", "How much is it?", "Can I come at five?",
          "I cannot find the door.", "Please call me back.", "Is this still free?", "Yes, that suits me.", "No, thank you.")


def make_person(*, name: str, number: str = "", username: str = "", hides_number: bool = False) -> Person:
    """Make a customer with a phone in hand; without a number one that is nobody's is found.

    Raises Invalid in words for what cannot be, NotFound, CarrierTrouble.
    """
    told: dict[str, Any] = {"hides_number": hides_number}
    told |= {"name": name.strip()} if name.strip() else {}
    told |= {"number": f"+{digits_of(number)}"} if number.strip() else {}
    told |= {"username": username.strip()} if username.strip() else {}
    return person_of(asking.act("people", **told)["person"])


def pick_up(number: str) -> Person:
    """Take a customer's phone in hand: from then on it does what it is told. Who is a contact has their name there, too.

    Raises as `make_person`.
    """
    digits = digits_of(number)
    contact = contact_of(f"+{digits}", "")
    return make_person(name=_profile_name(contact), number=f"+{digits}")


def change_phone(number: str, **switches: bool | float | str) -> None:
    """Switch something about a phone: has_connection, reads, tells_read, has_whatsapp, has_blocked, hides_number,
    news_late (seconds), name, username. Raises as `make_person`."""
    asking.act(f"phone/{digits_of(number)}", **switches)


def look(number: str) -> int:
    """Open the talk: what has arrived is read. How many messages that were. Raises as `make_person`."""
    return int(asking.act(f"look/{digits_of(number)}")["read"])


def listen(number: str, message_id: str) -> None:
    """Play a voice message of ours. Raises as `make_person`."""
    asking.act(f"play/{digits_of(number)}", message=message_id)


def change_number(number: str, new: str) -> Person:
    """Move a phone to another number; the old one has no WhatsApp from then on. Raises as `make_person`."""
    told = asking.act(f"number/{digits_of(number)}", number=f"+{digits_of(new)}")
    return person_of(told["person"])


def say(number: str, kind: str, **told: Any) -> str:
    """Let a customer write, press, react or switch something; the id of the message. docs/simulator.md lists the kinds.

    Raises Invalid in words for what a phone could not do, NotFound, CarrierTrouble.
    """
    return str(asking.act("say", **{"from": f"+{digits_of(number)}", "type": kind, **told})["id"])


def say_many(count: int = CROWD) -> int:
    """Let many customers write at once, each something else; how many did. Raises as `say` when none could."""
    said = 0
    for position in range(count):
        try:
            say(f"+4477009009{position:02}", "text", text=_WORDS[position % len(_WORDS)])
            said += 1
        except Invalid:  # somebody has taken this one offline for good, or blocked us
            continue
    if not said:
        raise Invalid("Nobody of them can write to you now")
    return said


def draw(what: str) -> Mapping[str, str]:
    """A file made on the spot: its `id` and `name`. `what` is a picture, voice, document or sticker. Raises as `say`."""
    told = asking.act("drawn", what=what)
    return {"id": str(told["id"]), "name": str(told["name"])}


def hand_over(stream: BinaryIO, *, name: str) -> tuple[str, str]:
    """Give a customer a file to send: its id, and the kind it goes as. Raises Invalid for one that is empty or larger
    than 16 MB, NotFound, CarrierTrouble."""
    size = stream.seek(0, 2)
    if not 0 < size <= MOST_FILE_BYTES:
        raise Invalid("Choose a file of 1 byte to 16 MB", field="file")
    mime = media_types.mime_of(stream) or "application/octet-stream"
    kind = next((kind.name for kind in media_types.KINDS.values() if mime in kind.endings), "document")
    file = FileToSend(stream, name, mime, size)
    return asking.asked(lambda phones, line: phones.hand_over(line, file)), kind


def _profile_name(contact: Contact | None) -> str:
    """The name a contact has at WhatsApp; empty when we know nobody."""
    return contact.name[:100] if contact else ""
