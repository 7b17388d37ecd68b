"""What a message says, as the carrier is told it: the wording of template versions, and one person's message."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import quote

from sqlalchemy import bindparam, case, select

from core import clock, placeholders
from core.errors import Invalid
from core.states import TemplateState
from models import Channel, MessageTemplate, TemplateVersion, db
from services import media, message_templates
from services.sending.verdict import UTILITY, Wanted
from transports.port import (
    Content,
    FromTemplate,
    Gap,
    Location,
    Media,
    OutgoingMessage,
    Reaction,
    Template,
    TemplateButton,
    TemplateCard,
    Text,
)

NO_FILE = ("WhatsApp does not have the file of this message, or has forgotten it after 30 days. Resume to hand it over "
           "again")
NOT_NOW = "WhatsApp lets nothing be sent with the template {name} at present; its page says why"
ELSEWHERE = "The template {name} belongs to another WhatsApp account than this number; hand it in to this one"
FOREIGN = "The template {name} holds {parts}, which cannot be sent from here"
NO_PLACE = "The template {name} has a place at the top: say which on its page first"
UNREADABLE = "A gap of this template cannot be read: {why}"


@dataclass(frozen=True, slots=True)
class Words:
    """A template version as sending needs it. With `trouble` nothing may leave: it says why, for people."""

    template: Template | None  # None: free text
    names: tuple[str, ...]  # every variable
    wanted: Wanted
    slots: tuple[str, ...] = ()  # the variable of each gap of the template, in its order
    quoted: frozenset[int] = frozenset()  # the slots whose values are ends of addresses
    trouble: str = ""


class HasVersion(Protocol):
    """A message that may use a template version."""

    @property
    def version_id(self) -> int | None:
        """Which; None when it is plain text."""


STOPPED = tuple(state for state in TemplateState if state not in (
    TemplateState.APPROVED, TemplateState.DRAFT, TemplateState.PENDING, TemplateState.REJECTED))
_v, _t, _ch = TemplateVersion.__table__, MessageTemplate.__table__, Channel.__table__
_account = select(_ch.c.business_id).where(_ch.c.id == bindparam("channel")).scalar_subquery()
_is_elsewhere = case((_v.c.business_id.in_(["", _account]), 0), else_=1).label("is_elsewhere")
_VERSIONS = (
    select(_v.c["id", "wire_name", "variables", "state", "body", "header", "buttons", "foreign_parts"],
           _t.c["name", "language", "category"], _is_elsewhere)
    .select_from(_v.join(_t, _t.c.id == _v.c.template_id)))
_ONE_VERSION = _VERSIONS.where(_v.c.id == bindparam("id"))  # the usual case: one campaign at a time
_SOME_VERSIONS = _VERSIONS.where(_v.c.id.in_(bindparam("ids", expanding=True)))
_FREE = Words(None, (), Wanted(UTILITY, needs_window=True))


def words_of(rows: Iterable[HasVersion], channel_id: int) -> dict[int | None, Words]:
    """The template versions these messages use, as this channel's carrier knows them. One query, whatever their
    number, and one more when there are files among them."""
    ids = list({row.version_id for row in rows if row.version_id is not None})
    found: dict[int | None, Words] = {None: _FREE}
    if not ids:
        return found
    asked, values = (_ONE_VERSION, {"id": ids[0]}) if len(ids) == 1 else (_SOME_VERSIONS, {"ids": ids})
    versions = db.session.execute(asked, values | {"channel": channel_id}).all()
    files = [number for version in versions for number in media.named_in(version.header)]
    known = media.known_files(channel_id, files) if files else {}
    return found | {version.id: _words(version, known) for version in versions}


def outgoing_of(words: Words, *, to: str, attempt_id: str, values: Mapping[str, str], text: str,
                free: Content | None = None, user_id: str = "", reply_to: str = "") -> OutgoingMessage:
    """One person's message, ready for the wire. `free` is what a message without a template holds; without a number it
    goes to `user_id`."""
    if words.template is None:
        quoted = "" if isinstance(free, Reaction) else reply_to
        return OutgoingMessage(to, attempt_id, free or Text(text), user_id=user_id, reply_to=quoted)
    filled = tuple([values[name] for name in words.slots])
    if words.quoted:
        filled = tuple([quote(value, safe="") if at in words.quoted else value for at, value in enumerate(filled)])
    return OutgoingMessage(to, attempt_id, FromTemplate(words.template, filled), user_id=user_id)


def _words(version: Any, files: Mapping[int, media.Known]) -> Words:
    """One version; with a reason where it cannot be sent as it is."""
    names = tuple(str(variable["name"]) for variable in version.variables)
    wanted = Wanted(version.category, is_approved=version.state == TemplateState.APPROVED)
    bare = Template(version.wire_name, version.language)
    if version.state in STOPPED:  # it was stopped between the start and this claim: nobody is skipped for that
        return Words(bare, names, wanted, trouble=NOT_NOW.format(name=version.name))
    if version.is_elsewhere or version.foreign_parts:
        return Words(bare, names, wanted, trouble=ELSEWHERE.format(name=version.name) if version.is_elsewhere else
                     FOREIGN.format(name=version.name, parts=version.foreign_parts))
    named = media.named_in(version.header)
    pictures = [files[number] for number in named if number in files]
    if trouble := _lacking(version, named, pictures):
        return Words(bare, names, wanted, trouble=trouble)
    try:
        template, slots, quoted = _shape(version, pictures, is_named=not any(name.isdigit() for name in names))
    except Invalid as error:
        return Words(bare, names, wanted, trouble=UNREADABLE.format(why=error.message))
    return Words(template, names, wanted, slots, quoted)


def _lacking(version: Any, named: Sequence[int], pictures: Sequence[media.Known]) -> str:
    """Why what stands at the top cannot go along; empty when it can."""
    kind = (version.header or {}).get("kind")
    if kind == message_templates.PLACE:
        return NO_PLACE.format(name=version.name) if message_templates.lacks_place(version.header) else ""
    return NO_FILE if version.header and kind != "text" and not len(named) == len(pictures) > 0 else ""


def _shape(version: Any, pictures: Sequence[media.Known], *, is_named: bool) -> tuple[Template, tuple[str, ...], frozenset[int]]:
    """The template with its gaps, whose value goes into each, and which of them are ends of addresses. Raises Invalid for a
    text that cannot be read."""
    has_cards = bool(version.header) and version.header.get("kind") == message_templates.CARDS
    file = pictures[0] if pictures and not has_cards else None
    header = () if pictures or not version.header else placeholders.parse(str(version.header.get("text", ""))).names
    body = placeholders.parse(version.body).names
    buttons, ends = _buttons(version.buttons or (), version.wire_name)
    hours = message_templates.offer_hours(version.buttons or ())
    gaps = {name: Gap(name if is_named else "") for name in (*header, *body)}
    cards, on_cards = _cards(version.header, pictures, is_named=is_named) if has_cards else ((), [])
    slots = [*((name, False) for name in (*header, *body)), *((name, True) for name in ends), *on_cards]
    shown = _file(file) if file else _place(version.header) if not header else gaps[header[0]]
    template = Template(version.wire_name, version.language, header=shown, body=tuple([gaps[name] for name in body]),
                        buttons=buttons, offer_ends_ms=_ends_ms(hours) if hours else 0,
                        cards=cards)
    quoted = frozenset(at for at, (_, is_end) in enumerate(slots) if is_end)
    return template, tuple([name for name, _ in slots]), quoted


def _cards(header: Mapping[str, Any], pictures: Sequence[media.Known], *,
           is_named: bool) -> tuple[tuple[TemplateCard, ...], list[tuple[str, bool]]]:
    """The cards, and the variable of each of their gaps with whether it ends an address."""
    made, slots = [], []
    for card, picture in zip(message_templates.cards_in(header), pictures, strict=False):
        names = placeholders.parse(str(card.get("text") or "")).names
        buttons, ends = _buttons(message_templates.buttons_of_card(card))
        made.append(TemplateCard(_file(picture), tuple([Gap(name if is_named else "") for name in names]), buttons))
        slots += [*((name, False) for name in names), *((name, True) for name in ends)]
    return tuple(made), slots


def _buttons(buttons: Sequence[Mapping[str, Any]], token: str = "") -> tuple[tuple[TemplateButton, ...], tuple[str, ...]]:
    """The buttons that need something at sending, and the variables of their addresses. `token` comes back with the answers to a
    form."""
    needed: list[TemplateButton] = []
    ends: list[str] = []
    for index, button in enumerate(one for one in buttons if not message_templates.is_offer(one)):
        if button.get("kind") == "copy_code":
            needed.append(TemplateButton(index, "copy_code", str(button.get("sample", ""))))
        elif button.get("kind") == "flow":
            needed.append(TemplateButton(index, "flow", token))
        elif button.get("kind") == "url" and (names := placeholders.parse(str(button.get("url", ""))).names):
            needed.append(TemplateButton(index, "url", Gap()))
            ends.append(names[0])
    return tuple(needed), tuple(ends)


def _ends_ms(hours: int) -> int:
    """So many hours from now, to the minute, as the carrier counts."""
    return (int(clock.seconds()) // 60 + hours * 60) * 60_000


def _place(header: Mapping[str, Any]) -> Location | None:
    """The place at the top, where one stands there."""
    if (header or {}).get("kind") != message_templates.PLACE:
        return None
    return Location(**{part: str(header.get(part) or "") for part in ("latitude", "longitude", "name", "address")})


def _file(file: media.Known) -> Media:
    """The header's file. People see the name of a document."""
    return Media(file.kind, wire_id=file.wire_id, filename=file.name if file.kind == "document" else "")
