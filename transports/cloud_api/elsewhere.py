"""What came another way than as messages to us: typed in the Business app, from before we were connected, calls, and the
people of the app's address book."""

from collections.abc import Iterator, Mapping
from typing import Any

from transports.cloud_api.messages import People, line_of
from transports.cloud_api.parts import line
from transports.cloud_api.people import user_id_in, wa_id_in
from transports.cloud_api.plain import Unreadable, items, key, mapping, moment, text
from transports.port import AddressBookNews, BadItem, IncomingMessage, Item, OtherNews

Part = Mapping[str, Any]
_MOST_SECONDS = 7 * 24 * 3600


def echoes(_business_id: str, value: Part) -> Iterator[Item]:
    """What we wrote in the Business app."""
    number, people = _number(value), People(items(value.get("contacts")))
    yield from _each(value, "message_echoes", "smb_message_echoes",
                     lambda raw: line_of(number, raw, _receiver(raw, people), is_ours=True))


def calls(_business_id: str, value: Part) -> Iterator[Item]:
    """Who called whom, and how it ended."""
    number, people = _number(value), People(items(value.get("contacts")))
    yield from _each(value, "calls", "calls", lambda raw: _call(number, raw, people))


def history(_business_id: str, value: Part) -> Iterator[Item]:
    """Conversations from before we were connected, chunk by chunk."""
    number, ours, count = _number(value), _digits(mapping(value.get("metadata")).get("display_phone_number")), 0
    for chunk in items(value.get("history")):
        for thread in items(mapping(chunk).get("threads")):
            person = _of_thread(mapping(thread))
            for raw in items(mapping(thread).get("messages")):
                count += 1
                yield _one(lambda part, whose=person: _old(number, ours, part, whose), raw)
    if not count:
        yield OtherNews("history", value)


def address_book(_business_id: str, value: Part) -> Iterator[Item]:
    """Whom the business has in the address book of its phone."""
    number = _number(value)
    yield from _each(value, "state_sync", "smb_app_state_sync", lambda raw: _entry(number, raw))


def _entry(number: str, raw: Part) -> Item:
    """One person of the address book; anything else of it is kept. Raises Unreadable."""
    told, action = mapping(raw.get("contact")), line(raw.get("action"), 20).lower()
    if raw.get("type") != "contact" or action not in ("add", "edit", "remove"):
        return OtherNews("smb_app_state_sync", raw)
    written = text(told.get("phone_number"), 40)
    wa_id, user_id = wa_id_in(_digits(written)), user_id_in(told.get("user_id")) or user_id_in(written)
    if not wa_id and not user_id:
        raise Unreadable("An entry of the address book without a number")
    name = line(told.get("full_name"), 200) or line(told.get("first_name"), 200) or line(told.get("username"), 200)
    at = moment(mapping(raw.get("metadata")).get("timestamp"))
    return AddressBookNews(number, wa_id, user_id, name, action != "remove", at)


def _each(value: Part, name: str, field: str, read: Any) -> Iterator[Item]:
    """Every part of a list, or the whole as news nobody acts on when it is empty."""
    found = items(value.get(name))
    for raw in found:
        yield _one(read, raw)
    if not found:
        yield OtherNews(field, value)


def _one(read: Any, raw: Any) -> Item:
    """One line, or why it could not be read."""
    try:
        if not isinstance(raw, dict):
            raise Unreadable("A part of the body is not an object")
        found: Item = read(raw)
    except (Unreadable, RecursionError) as error:
        return BadItem(str(error)[:300], raw)
    return found


def _receiver(raw: Part, people: People) -> tuple[str, str, str]:
    """The person a message of ours went to."""
    to = raw.get("to")
    return people.of(wa_id_in(to), user_id_in(raw.get("to_user_id")) or user_id_in(to))


def _of_thread(thread: Part) -> tuple[str, str, str]:
    """The person whose conversation a thread is."""
    context, name = mapping(thread.get("context")), thread.get("id")
    return (wa_id_in(context.get("wa_id")) or wa_id_in(name), user_id_in(context.get("user_id")) or user_id_in(name),
            text(context.get("username"), 200))


def _old(number: str, ours: str, raw: Part, person: tuple[str, str, str]) -> IncomingMessage:
    """One line of a thread; ours when it goes to somebody, or comes from our number."""
    wrote_it = bool(raw.get("to") or raw.get("to_user_id")) or (bool(ours) and wa_id_in(raw.get("from")) == ours)
    status = line(mapping(raw.get("history_context")).get("status"), 20).lower()
    return line_of(number, raw, person, is_ours=wrote_it, is_history=True, status=status if wrote_it else "")


def _call(number: str, raw: Part, people: People) -> IncomingMessage:
    """One event of a call: both events of a call carry its id. Raises Unreadable."""
    is_ours = raw.get("direction") == "BUSINESS_INITIATED"
    told = raw.get("to" if is_ours else "from")
    named = user_id_in(raw.get("to_user_id" if is_ours else "from_user_id")) or user_id_in(told)
    wa_id, user_id, name = people.of(wa_id_in(told), named)
    seconds = raw.get("duration")
    about = {"event": line(raw.get("event"), 20), "status": line(raw.get("status"), 20).lower()}
    if isinstance(seconds, int) and not isinstance(seconds, bool) and 0 <= seconds <= _MOST_SECONDS:
        about["seconds"] = str(seconds)
    return IncomingMessage(
        phone_number_id=number, wire_id=key(raw.get("id"), "The id of a call", 255), at=moment(raw.get("timestamp")),
        kind="call", wa_id=wa_id, user_id=user_id, profile_name=name, raw=raw, is_ours=is_ours,
        content={"call": {name: word for name, word in about.items() if word}})


def _number(value: Part) -> str:
    return text(mapping(value.get("metadata")).get("phone_number_id"), 40)


def _digits(told: object) -> str:
    return "".join(char for char in text(told, 40) if char.isascii() and char.isdigit())
