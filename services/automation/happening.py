"""What a rule looks at, as values: something happened, and what is known of the person at that moment."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from services.automation.keywords import Said, said

NOBODY = said("")


@dataclass(frozen=True, slots=True)
class Person:
    """One person as the conditions see them."""

    id: int
    name: str = ""
    first_name: str = ""
    phone: str = ""
    email: str = ""
    company: str = ""
    language: str = ""
    country: str = ""
    zone: str = ""  # the clock they live by, never empty
    source: str = ""
    marketing: str = "unknown"
    utility: str = "unknown"
    birthday: Any = None
    fields: Mapping[str, Any] = field(default_factory=dict)
    added_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Happening:
    """Something that happened: an event, or a moment that came. `period` is empty for events."""

    kind: str
    at: datetime
    contact_id: int | None
    channel_id: int | None = None
    message_id: int | None = None
    details: Mapping[str, Any] = field(default_factory=dict)
    event_id: int | None = None
    by_itself: bool = False
    recorded_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """All that can be asked of one happening, gathered beforehand."""

    at: datetime
    person: Person | None = None
    tags: Mapping[str, str] = field(default_factory=dict)  # key → name
    segments: frozenset[int] = frozenset()  # of those that rules ask about
    channel_id: int | None = None
    channel_name: str = ""
    names: Mapping[str, str] = field(default_factory=dict)  # of numbers and segments, as conditions are told in words
    said: Said = NOBODY
    message_kind: str = ""
    says_stop: bool = False  # one of the words that stop marketing is the whole message
    content: Mapping[str, Any] = field(default_factory=dict)
    wire_id: str = ""
    heard_before: datetime | None = None  # when they wrote last, before this
    campaign_id: int | None = None  # of the campaign this answers
    window_ends_at: datetime | None = None
    talk_state: str = ""  # open, snoozed, closed; empty: there is no conversation
    is_assigned: bool = False
    taken_over_at: datetime | None = None
    is_open: bool = True  # business hours
    zone: str = "UTC"  # of the business
    values: Mapping[str, str] = field(default_factory=dict)  # what another system sent along
    ran: Mapping[int, datetime] = field(default_factory=dict)  # rule → when it last ran for them
    automatic: int = 0  # messages by rules and flows to them within the last hour

    @property
    def clock_of_person(self) -> str:
        """The zone they live by."""
        return self.person.zone if self.person else self.zone
