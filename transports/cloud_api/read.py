"""Webhook body → what happened. Never raises: what cannot be read becomes BadItem, its neighbours stay whole."""

import dataclasses
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from transports.cloud_api import changes, elsewhere, messages, news
from transports.cloud_api.plain import Unreadable, items, mapping, moment, parse, text
from transports.cloud_api.signature import HEADER, is_signed
from transports.port import BadItem, ChannelNews, Item, Line, OtherNews, TemplateDrift, TemplateNews

Field = Callable[[str, Mapping[str, Any]], Iterator[Item]]


class CloudReader:
    """The receiving half of Meta's Cloud API."""

    def is_theirs(self, line: Line, body: bytes, headers: Mapping[str, str]) -> bool:
        """Whether this body was signed with the app secret of the line; False when it has none."""
        return is_signed(line.app_secret, body, headers.get(HEADER))

    def read(self, body: bytes) -> list[Item]:
        """Every item of a body, in its order."""
        try:
            data = parse(body)
        except Unreadable as error:
            return [BadItem(str(error))]
        if not isinstance(data, dict) or not isinstance(data.get("entry"), list):
            return [BadItem("This is not a webhook of Meta: it has no list of entries", data)]
        found: list[Item] = []
        for entry in data["entry"]:
            _read_entry(entry, found)
        return found


def _read_entry(entry: Any, found: list[Item]) -> None:
    """Every change of one entry."""
    if not isinstance(entry, dict) or not isinstance(entry.get("changes"), list):
        found.append(BadItem("An entry without a list of changes", entry))
        return
    for change in entry["changes"]:
        name = change.get("field") if isinstance(change, dict) else None
        if not isinstance(name, str) or not isinstance(change.get("value"), dict):
            found.append(BadItem("A change without field or value", change))
            continue
        try:
            read = FIELDS.get(name, _other(name))(text(entry.get("id")), change["value"])
            found.extend(read if name == "messages" else [_dated(item, entry.get("time")) for item in read])
        except (Unreadable, RecursionError) as error:
            found.append(BadItem(str(error)[:300], change))


def _dated(item: Item, time: object) -> Item:
    """News of templates, numbers and accounts carry the time of their entry, where Meta gives one."""
    if not isinstance(item, TemplateNews | TemplateDrift | ChannelNews):
        return item
    try:
        return dataclasses.replace(item, at=moment(time))
    except Unreadable:
        return item


def _messages(_business_id: str, value: Mapping[str, Any]) -> Iterator[Item]:
    """The field that carries what people write and how our messages fare."""
    number = text(mapping(value.get("metadata")).get("phone_number_id"), 40)
    people = messages.People(items(value.get("contacts")))
    count = 0
    for status in items(value.get("statuses")):
        count += 1
        yield _one(news.status_of, number, status)
    for message in items(value.get("messages")):
        count += 1
        if isinstance(message, dict) and message.get("type") == "system":
            yield from _identity(number, message)  # first, so that the line is kept with whoever moved
        yield _one(lambda n, m: messages.message_of(n, m, people), number, message)
    for error in items(value.get("errors")):
        count += 1
        yield OtherNews("messages.errors", {"phone_number_id": number, "error": error})
    if not count:
        yield OtherNews("messages", value)


def _identity(number: str, message: Mapping[str, Any]) -> Iterator[Item]:
    """A system message that says a person has another number or id."""
    try:
        news_of_person = changes.identity_of_system(number, message)
    except Unreadable as error:
        yield BadItem(str(error)[:300], message)
        return
    if news_of_person is not None:
        yield news_of_person


def _preferences(_business_id: str, value: Mapping[str, Any]) -> Iterator[Item]:
    """People who switched marketing off or on in WhatsApp."""
    number = text(mapping(value.get("metadata")).get("phone_number_id"), 40)
    for preference in items(value.get("user_preferences")):
        yield _one(news.preference_of, number, preference)


def _template(business_id: str, value: Mapping[str, Any]) -> Iterator[Item]:
    """Meta changed its mind about a template."""
    yield _one(news.template_of, business_id, value)


def _one(read: Callable[[str, Any], Item], owner: str, raw: Any) -> Item:
    """One part, or why it could not be read."""
    try:
        if not isinstance(raw, dict):
            raise Unreadable("A part of the body is not an object")
        return read(owner, raw)
    except (Unreadable, RecursionError) as error:
        return BadItem(str(error)[:300], raw)


def _other(name: str) -> Field:
    """A field we keep and do not act on."""

    def keep(_business_id: str, value: Mapping[str, Any]) -> Iterator[Item]:
        yield OtherNews(name[:80], value)

    return keep


def _alone(read: Callable[[str, Any], Item]) -> Field:
    """A field whose value is one piece of news."""

    def one(business_id: str, value: Mapping[str, Any]) -> Iterator[Item]:
        yield _one(read, business_id, value)

    return one


FIELDS: dict[str, Field] = {
    "messages": _messages,
    "message_template_status_update": _template,
    "user_preferences": _preferences,
    "user_id_update": changes.user_ids,
    "smb_message_echoes": elsewhere.echoes,
    "history": elsewhere.history,
    "message_echoes": elsewhere.echoes,  # what other products of Meta call it
    "smb_app_state_sync": elsewhere.address_book,
    "calls": elsewhere.calls,
    **{name: _alone(read) for name, read in changes.ONE_BY_ONE.items()},
}
