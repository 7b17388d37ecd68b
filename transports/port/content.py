"""What one message can be: plain values that say what a person gets, without a word of any carrier's format."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Text:
    """Free text. `preview_url`: the first link is shown as a card."""

    body: str
    preview_url: bool = False


@dataclass(frozen=True, slots=True)
class Media:
    """A file: by the carrier's id for it (`wire_id`), or by an address the carrier fetches (`link`)."""

    kind: str  # image | video | audio | document | sticker
    wire_id: str = ""
    link: str = ""
    caption: str = ""  # image, video, document
    filename: str = ""  # document
    is_voice: bool = False  # audio: shown as a voice note


@dataclass(frozen=True, slots=True)
class Location:
    """A place; degrees as text, so that nothing is rounded."""

    latitude: str
    longitude: str
    name: str = ""
    address: str = ""


@dataclass(frozen=True, slots=True)
class Reach:
    """One way to reach somebody on a contact card: a number, an e-mail or a web address, and what kind it is."""

    value: str
    kind: str = ""  # WORK, HOME, CELL …
    wa_id: str = ""  # of a phone number


@dataclass(frozen=True, slots=True)
class Card:
    """Somebody's contact card."""

    formatted_name: str
    first_name: str = ""
    last_name: str = ""
    phones: tuple[Reach, ...] = ()
    emails: tuple[Reach, ...] = ()
    urls: tuple[Reach, ...] = ()
    company: str = ""
    title: str = ""
    birthday: str = ""  # YYYY-MM-DD


@dataclass(frozen=True, slots=True)
class Contacts:
    """Contact cards, five at most."""

    cards: tuple[Card, ...]


@dataclass(frozen=True, slots=True)
class Reaction:
    """A sign on a message; an empty one takes it away."""

    wire_id: str  # of the message
    emoji: str = ""


@dataclass(frozen=True, slots=True)
class Choice:
    """Something a person can tap; `id` comes back."""

    id: str
    title: str
    description: str = ""  # rows of a list only


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a list, with its rows."""

    title: str
    rows: tuple[Choice, ...]


@dataclass(frozen=True, slots=True)
class ReplyButtons:
    """One to three buttons."""

    choices: tuple[Choice, ...]


@dataclass(frozen=True, slots=True)
class ListMenu:
    """A button that opens a list; ten rows in all."""

    label: str
    sections: tuple[Section, ...]


@dataclass(frozen=True, slots=True)
class LinkButton:
    """A button that opens an address."""

    label: str
    url: str


@dataclass(frozen=True, slots=True)
class FlowButton:
    """A button that opens a WhatsApp Flow."""

    label: str
    flow_id: str
    token: str = ""
    screen: str = ""  # the first one; empty: the flow asks its own server
    data_json: str = ""  # a JSON object for that screen
    is_draft: bool = False


@dataclass(frozen=True, slots=True)
class AskLocation:
    """A button that sends back where the person is."""


@dataclass(frozen=True, slots=True)
class AskContact:
    """A button that sends back the person's number."""


Action = ReplyButtons | ListMenu | LinkButton | FlowButton | AskLocation | AskContact


@dataclass(frozen=True, slots=True)
class Interactive:
    """A text with something to tap."""

    body: str
    action: Action
    header: str | Media | None = None
    footer: str = ""


@dataclass(frozen=True, slots=True)
class Gap:
    """A place in a template for one value; without a name it counts by its position."""

    name: str = ""


@dataclass(frozen=True, slots=True)
class TemplateButton:
    """What one button of a template needs at sending. Phone numbers and fixed addresses need nothing."""

    index: int  # over all buttons of the template, from 0
    kind: str  # url | quick_reply | copy_code | flow
    value: Gap | str = ""  # end of the address, payload, code, or token of the flow
    data_json: str = ""  # flow: a JSON object for its first screen


@dataclass(frozen=True, slots=True)
class TemplateCard:
    """One card of a carousel."""

    header: Media | None = None
    body: tuple[Gap, ...] = ()
    buttons: tuple[TemplateButton, ...] = ()


@dataclass(frozen=True, slots=True)
class Template:
    """An approved template and where its values go. Made once, used for many people."""

    name: str
    language: str
    header: Gap | Media | Location | None = None
    offer_ends_ms: int = 0  # of a limited-time offer: Unix time in milliseconds
    body: tuple[Gap, ...] = ()
    buttons: tuple[TemplateButton, ...] = ()
    cards: tuple[TemplateCard, ...] = ()


@dataclass(frozen=True, slots=True)
class FromTemplate:
    """A template with one person's values: one for each Gap, in the order header, body, buttons, cards."""

    template: Template
    values: tuple[str, ...] = ()


Content = Text | FromTemplate | Media | Location | Contacts | Reaction | Interactive


@dataclass(frozen=True, slots=True)
class OutgoingMessage:
    """One message ready for the wire, to a number (`to`) or, where none is known, to a user id."""

    to: str  # E.164; empty: `user_id`
    attempt_id: str  # comes back in every status
    content: Content
    user_id: str = ""
    reply_to: str = ""  # the wire id of the message it answers
