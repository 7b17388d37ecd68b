"""What every action is: a kind with a name, fields, a check, its words, and what it does. A table lists them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar

from core import placeholders
from core.actor import Actor
from core.errors import Invalid
from core.words import many_lines, shortened
from services import sending

Spec = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Field:
    """One thing an action or a trigger is told. `takes` is how it is asked for, `choices` of what kinds of `choice`."""

    name: str
    label: str
    takes: str = "line"  # line | text | words | number | time | date | choice | tag | segment | template | channel | user …
    hint: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    is_needed: bool = True
    usual: str = ""
    only_for: tuple[str, tuple[str, ...]] | None = None  # another field, and the values of it with which this one matters


@dataclass(slots=True)
class Outbox:
    """Messages that are queued together, in one statement, by `send`; each has a place, and afterwards an id at it."""

    waiting: list[dict[str, Any]] = field(default_factory=list)
    ids: list[int] = field(default_factory=list)

    def put(self, row: dict[str, Any]) -> int:
        """Take a message, as `sending.message_row` makes it; its place."""
        self.waiting.append(row)
        return len(self.ids) + len(self.waiting) - 1

    def send(self) -> None:
        """Queue what waits."""
        if self.waiting:
            self.ids += sending.queue_rows(self.waiting)
            self.waiting = []


@dataclass(frozen=True, slots=True)
class Doing:
    """For whom, by whom and when an action is done. `values` fill the gaps of texts."""

    contact_id: int
    author: sending.Author  # a rule or a flow
    now: datetime
    channel_id: int | None = None
    phone: str = ""
    reply_to: str = ""
    values: Mapping[str, str] = field(default_factory=dict)
    outbox: Outbox | None = None  # of whoever queues many messages together

    def queue(self, **message: Any) -> tuple[int | None, int | None]:
        """Queue a message to the person, now or with those of the outbox: its id, or its place there. Raises Invalid."""
        row = sending.message_row(contact_id=self.contact_id, phone=self.phone, author=self.author, **message)
        if self.outbox is not None:
            return None, self.outbox.put(row)
        return sending.queue_rows([row])[0], None

    @property
    def actor(self) -> Actor:
        """Who does it, for the activity and for what must start no other rule."""
        return Actor(self.author.kind, self.author.name)


@dataclass(frozen=True, slots=True)
class Done:
    """What came of it, in words. `wait_until`: whoever does the actions goes on then. `place`: in the outbox."""

    words: str
    message_id: int | None = None
    place: int | None = None
    wait_until: datetime | None = None
    stops_others: bool = False
    is_done: bool = True


class Action:
    """One kind of action. `sends`: a message goes to the person. `sends_itself`: past the outbox, which must be empty."""

    kind: ClassVar[str]
    label: ClassVar[str]
    about: ClassVar[str] = "Do"
    fields: ClassVar[tuple[Field, ...]] = ()
    sends: ClassVar[bool] = False
    sends_itself: ClassVar[bool] = False

    def check(self, spec: Spec) -> dict[str, Any]:
        """The action as it is kept. Raises Invalid, naming the field."""
        kept: dict[str, Any] = {"kind": self.kind}
        for one in self.fields:
            kept[one.name] = read(one, spec.get(one.name))
        return kept

    def said(self, spec: Spec) -> str:
        """The action in words that follow “then”."""
        raise NotImplementedError

    def wanted(self, spec: Spec) -> sending.Wanted | None:
        """What is asked before its message leaves; None where there is none."""
        return None

    def do(self, spec: Spec, doing: Doing) -> Done:
        """Do it, inside the transaction of whoever asks. Raises a DashboardError when it cannot be done."""
        raise NotImplementedError


def read(one: Field, given: object) -> Any:
    """One value as it was typed, in its kept form. Raises Invalid, naming the field."""
    text = many_lines("" if given is None else str(given)) if not isinstance(given, list | tuple) else ""
    if one.takes == "words":
        words = given if isinstance(given, list | tuple) else text.replace(",", "\n").splitlines()
        found = [str(word).strip() for word in words if str(word).strip()]
        if one.is_needed and not found:
            raise Invalid(f"{one.label}: write at least one", field=one.name)
        return found
    if one.is_needed and not text:
        raise Invalid(f"{one.label} is empty", field=one.name)
    if one.takes in ("number", "segment", "template", "channel", "user", "target", "hook", "media", "flow", "campaign"):
        return _whole(one, text)
    if one.takes == "choice" and text not in {value for value, _ in one.choices} and (text or one.is_needed):
        raise Invalid(f"Choose one: {one.label.lower()}", field=one.name)
    return text


def _whole(one: Field, text: str) -> int | None:
    if not text:
        return None
    if not text.removeprefix("-").isdecimal() or not text.isascii() or len(text) > 9:
        raise Invalid(f"{one.label}: write a whole number", field=one.name)
    return int(text)


def filled(text: str, values: Mapping[str, str]) -> str:
    """A text with its gaps filled; where nothing is known the gap is left out. The values are never read as texts."""
    parsed = placeholders.parse(text)
    return placeholders.fill(parsed, {name: values.get(name, "") for name in parsed.names}).strip()


def quoted(text: str) -> str:
    """A text as it stands in a sentence."""
    return f"“{shortened(text, 60)}”"
