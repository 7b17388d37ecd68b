"""What a carrier tells us by itself."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any, NamedTuple

from transports.port.refusals import SendFailed

NO_DETAILS: Mapping[str, Any] = MappingProxyType({})


class StatusNews(NamedTuple):
    """One status of one message, as the carrier told it. They come by the thousand: a tuple is made in a third of the time."""

    phone_number_id: str
    wire_id: str
    status: str  # sent, delivered, read, played, failed, or a word we do not know
    at: datetime
    attempt_id: str = ""
    recipient: str = ""  # wa_id, may be empty
    recipient_user_id: str = ""
    code: str = ""
    reason: str = ""  # in plain words
    details: Mapping[str, Any] = NO_DETAILS
    refusal: type[SendFailed] | None = None  # for `failed`: which kind of refusal the code is


@dataclass(frozen=True, slots=True)
class IncomingFile:
    """The file of a message; the carrier keeps it for some days."""

    wire_id: str  # empty: the carrier gave none that can be asked for
    kind: str  # image, video, audio, voice, document, sticker
    mime: str = ""  # as announced
    name: str = ""  # as announced; never a path
    sha256: str = ""  # in hexadecimal; empty when it was not told


@dataclass(frozen=True, slots=True)
class IncomingMessage:
    """A line of a conversation that reached us by the carrier: from a person, or of ours but written elsewhere.

    `text` is what can be read; `content` the rest in the neutral form of services/inbox; `raw` is the whole item.
    """

    phone_number_id: str
    wire_id: str
    at: datetime
    kind: str  # text, image, button …; unknown words are kept
    wa_id: str = ""  # of the person: digits without plus; may be empty for people with a username
    user_id: str = ""
    profile_name: str = ""
    text: str = ""
    raw: Mapping[str, Any] = field(default_factory=dict)
    reply_to: str = ""  # the message it quotes, reacts to, changes or takes back
    content: Mapping[str, Any] = field(default_factory=dict)
    file: IncomingFile | None = None
    is_ours: bool = False  # written by us in the carrier's own app
    is_history: bool = False  # from before we were connected: nothing follows from it
    status: str = ""  # of a message of ours: how far it came, in the carrier's word


@dataclass(frozen=True, slots=True)
class TemplateNews:
    """The carrier changed its mind about a template."""

    business_id: str
    wire_id: str
    name: str
    language: str
    state: str  # one of core.states.TemplateState, or empty when it stays as it is
    event: str  # Meta's word
    reason: str = ""
    why: str = ""  # of a pause: FIRST_PAUSE, SECOND_PAUSE, RATE_LIMITING_PAUSE
    at: datetime | None = None  # when the carrier says it happened


@dataclass(frozen=True, slots=True)
class TemplateDrift:
    """A template is not any more what we handed in: another category, another text, or people dislike it."""

    business_id: str
    name: str
    language: str
    words: str  # what happened, for people
    category: str = ""  # marketing, utility …: what it counts as from now on; empty: as before
    is_reshaped: bool = False  # its words were changed at the carrier
    body: str = ""  # what it says now, where that was told
    coming_category: str = ""  # what it is about to be counted as
    quality: str | None = None  # good, medium, poor, or empty for not known; None: nothing was said of it
    at: datetime | None = None  # when the carrier says it happened


@dataclass(frozen=True, slots=True)
class ChannelNews:
    """Something about a number, or about every number of an account. `must_stop`: nothing may leave until a person looks;
    `is_warning`: somebody should read it."""

    business_id: str
    display_phone: str  # digits; empty: the whole account
    words: str  # for people
    must_stop: bool = False
    is_warning: bool = field(default=False, repr=False)  # how we take it is not part of what was told
    facts: Mapping[str, str] = field(default_factory=dict)  # tier, throughput, verified_name: what is true from now on
    at: datetime | None = None  # when the carrier says it happened


@dataclass(frozen=True, slots=True)
class IdentityNews:
    """The carrier knows a person by another id from now on."""

    phone_number_id: str
    at: datetime
    wa_id: str = ""  # digits, as they were until now
    former_user_id: str = ""
    new_wa_id: str = ""
    user_id: str = ""


@dataclass(frozen=True, slots=True)
class AddressBookNews:
    """A person the business wrote into, or took out of, the address book of its phone, where it also uses the carrier's app."""

    phone_number_id: str
    wa_id: str
    user_id: str
    name: str
    is_there: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class PreferenceNews:
    """A person switched our marketing off or on in WhatsApp itself."""

    phone_number_id: str
    wa_id: str
    user_id: str
    category: str  # marketing
    is_granted: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class OtherNews:
    """A field we keep and do not act on."""

    field: str
    raw: Mapping[str, Any] = dataclasses.field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class BadItem:
    """A part of a body that could not be read; its neighbours are not touched."""

    reason: str
    raw: Any = None


Item = (StatusNews | IncomingMessage | TemplateNews | TemplateDrift | ChannelNews | IdentityNews | PreferenceNews
        | AddressBookNews | OtherNews | BadItem)
