"""What was known of people at moments that have passed: tags, consent, fields, lines and conversations put back to what they
were, then led forward again, moment by moment, together with what rules that are only imagined would have changed."""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from core.states import ConsentState, MessageState
from core.words import folded
from models import ActivityEntry, ConsentEntry, Conversation, Event, FlowSession, Message, db
from services import contacts, inbox
from services.automation import gather
from services.automation.happening import Facts, Happening, Person

AT_ONCE = 500
LONGEST = timedelta(days=62)  # of lines from before the first happening
WINDOW = timedelta(hours=24)
_NAMED = ("name", "first_name", "email", "company", "language")  # details of a person that can be put back
_TALKS = {"conversation.closed": "closed", "conversation.snoozed": "snoozed", "conversation.reopened": "open",
          "conversation.woken": "open", "conversation.assigned": "assigned", "conversation.freed": "freed"}


@dataclass(frozen=True, slots=True)
class Said:
    """What of ours left, or failed after all: a message that is stored, or those that a rule is imagined to write at once."""

    message_id: int | None = None
    rule_id: int | None = None
    lines: int = 1


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that changed for a person."""

    at: datetime
    what: str  # tag, untag, field, consent, in, out, lost, queued, open, closed, snoozed, assigned, freed, taken
    value: Any = None
    channel_id: int | None = None
    event_id: int | None = None
    said: "Said | None" = None  # of out and lost

    def is_later(self, one: Happening) -> bool:
        """Whether it came after this happening. Of two at the same moment, what a clock sets off comes first."""
        if self.event_id and one.event_id:
            return self.event_id > one.event_id
        return self.at >= one.at if one.kind == "due" else self.at > one.at


@dataclass(slots=True)
class Then:
    """What was known of one person at the moment that has been reached."""

    changes: list[Change] = field(default_factory=list)
    place: int = 0  # of the first change that has not come yet
    has_begun: bool = False
    tags: dict[str, str] = field(default_factory=dict)
    values: dict[str, Any] = field(default_factory=dict)  # details and fields that were others than now
    ledger: list[Any] = field(default_factory=list)
    heard: datetime | None = None
    windows: dict[int, datetime] = field(default_factory=dict)
    states: dict[int, str] = field(default_factory=dict)
    assigned: dict[int, bool] = field(default_factory=dict)
    taken_over: dict[int, datetime] = field(default_factory=dict)
    queued: deque[datetime] = field(default_factory=deque)

    def begin(self, now: Facts) -> None:
        """Put everything back to before the first change, from what is known now."""
        if self.has_begun:
            return
        self.has_begun, self.tags = True, dict(now.tags)
        self.changes.sort(key=lambda change: (change.at, change.event_id or 0))
        self.assigned = {change.channel_id or 0: False for change in self.changes if change.what in ("assigned", "freed")}
        for change in reversed(self.changes):
            if change.what in ("tag", "untag"):
                self.set_tag(change.value, change.what != "tag")
            elif change.what == "field":
                self.values |= {name: both[0] for name, both in change.value.items()}

    def reach(self, one: Happening) -> None:
        """Come to this happening."""
        while self.place < len(self.changes) and not self.changes[self.place].is_later(one):
            self.apply(self.changes[self.place])
            self.place += 1

    def apply(self, change: Change) -> None:
        """One change more."""
        what, number = change.what, change.channel_id or 0
        if what in ("tag", "untag"):
            self.set_tag(change.value, what == "tag")
        elif what == "field":
            self.values |= {name: both[1] for name, both in change.value.items()}
        elif what == "consent":
            self.ledger.append(change.value)
        elif what == "in":
            self.heard = change.at
            if change.value == "opens":
                self.windows[number] = change.at + WINDOW
        elif what == "queued":
            self.queued.append(change.at)
        elif what in ("assigned", "freed"):
            self.assigned[number] = what == "assigned"
        elif what not in ("out", "lost"):
            self._change_state(what, number, change.at)

    def _change_state(self, what: str, number: int, at: datetime) -> None:
        self.states[number] = "open" if what == "taken" else what
        if what == "taken":
            self.taken_over.setdefault(number, at)
        elif what == "closed":
            self.taken_over.pop(number, None)

    def set_tag(self, name: str, is_given: bool) -> None:
        """Give or take a tag."""
        key = folded(" ".join(name.split()))
        if is_given:
            self.tags.setdefault(key, name)
        else:
            self.tags.pop(key, None)

    def sent_lately(self, at: datetime) -> int:
        """How many automatic messages were queued for them within the hour before."""
        while self.queued and self.queued[0] <= at - gather.HOUR:
            self.queued.popleft()
        return len(self.queued)

    def facts(self, now: Facts, one: Happening) -> Facts:
        """Facts as they are known now, put back to this happening, which has been reached."""
        number = now.channel_id or 0
        ends = [end for end in (self.windows.get(number), now.window_ends_at) if end and end - WINDOW <= one.at]
        heard = now.heard_before if one.message_id or not now.heard_before or now.heard_before <= one.at else None
        return replace(
            now, at=one.at, tags=dict(self.tags), person=now.person and self._person(now.person),
            heard_before=heard if one.message_id else self.heard or heard, window_ends_at=max(ends, default=None),
            talk_state=self.states.get(number, ""),
            is_assigned=self.assigned.get(number, now.is_assigned),
            taken_over_at=self.taken_over.get(number), automatic=self.sent_lately(one.at))

    def _person(self, person: Person) -> Person:
        fields = {name: value for name, value in self.values.items() if not hasattr(person, name)}
        return replace(person, marketing=str(contacts.derive_state(self.ledger)),
                       fields={**person.fields, **fields} if fields else person.fields,
                       **{name: value for name, value in self.values.items() if name in _NAMED})


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the ledger that a rule would have written."""

    at: datetime
    state: ConsentState
    how: str = "message"
    overrides_withdrawal: bool = False


@dataclass(slots=True)
class Histories:
    """The histories of people. `names` and `rule_ids` are those of the rules that are looked back with: what they said and
    agreed to themselves is left out, because it is imagined anew."""

    since: datetime
    names: frozenset[str] = frozenset()
    rule_ids: frozenset[int] = frozenset()
    people: dict[int, Then] = field(default_factory=dict)

    def of(self, contact_id: int) -> Then:
        """One person."""
        return self.people.setdefault(contact_id, Then())

    def read(self, ids: Iterable[int]) -> None:
        """Read the histories of these people. Six queries for every five hundred."""
        wanted = sorted(set(ids))
        for start in range(0, len(wanted), AT_ONCE):
            part = wanted[start:start + AT_ONCE]
            for load in (self._events, self._lines, self._talks, self._handed_over, self._consents):
                for contact_id, change in load(part):
                    self.of(contact_id).changes.append(change)

    def _events(self, ids: Sequence[int]) -> Iterator[tuple[int, Change]]:
        """Tags and fields that changed since."""
        for row in db.session.execute(select(Event.id, Event.contact_id, Event.kind, Event.at, Event.details).where(
                gather.among(Event.contact_id, ids), Event.kind.in_(("tag.added", "tag.removed", "contact.changed")),
                Event.at >= self.since).order_by(Event.id)):
            if row.kind == "contact.changed":
                yield row.contact_id, Change(row.at, "field", row.details.get("fields") or {}, event_id=row.id)
            else:
                yield row.contact_id, Change(row.at, "tag" if row.kind == "tag.added" else "untag",
                                             str(row.details.get("tag")), event_id=row.id)

    def _lines(self, ids: Sequence[int]) -> Iterator[tuple[int, Change]]:
        """What was said, both ways; of what the rules themselves said only that it failed, for they are imagined to say it."""
        m = Message
        for row in db.session.execute(
                select(m.id, m.contact_id, m.channel_id, m.direction, m.kind, m.content, m.author_kind, m.author_id,
                       m.created_at, m.accepted_at, m.state, m.failed_at).where(
                    gather.among(m.contact_id, ids), m.created_at > self.since - LONGEST, m.campaign_id.is_(None),
                    m.test_of.is_(None)).order_by(m.created_at, m.id)):
            if row.direction == "in":
                kind = "opens" if inbox.opens_window(row.kind, row.content or {}) else ""
                yield row.contact_id, Change(row.created_at, "in", kind, row.channel_id)
                if inbox.is_counted(row.kind):
                    yield row.contact_id, Change(row.created_at, "open", "they", row.channel_id)
            elif row.author_kind == "rule" and row.author_id in self.rule_ids:
                yield from _lost(row, Said(rule_id=row.author_id))
            else:
                yield from _ours(row)

    def _talks(self, ids: Sequence[int]) -> Iterator[tuple[int, Change]]:
        """What was done with conversations; not what the rules themselves did."""
        a = ActivityEntry
        for contact_id, number, made_at in db.session.execute(select(
                Conversation.contact_id, Conversation.channel_id, Conversation.created_at).where(
                gather.among(Conversation.contact_id, ids))):
            yield contact_id, Change(made_at, "open", "made", number)
        for row in db.session.execute(
                select(a.verb, a.at, a.actor_kind, a.actor_name, Conversation.contact_id, Conversation.channel_id)
                .join(Conversation, Conversation.id == a.subject_id)
                .where(a.subject_kind == "conversation", a.verb.in_(_TALKS), gather.among(Conversation.contact_id, ids))
                .order_by(a.id)):
            if not (row.actor_kind == "rule" and row.actor_name in self.names):
                yield row.contact_id, Change(row.at, _TALKS[row.verb], None, row.channel_id)

    def _handed_over(self, ids: Sequence[int]) -> Iterator[tuple[int, Change]]:
        """Where a flow gave somebody to the team."""
        s = FlowSession
        for row in db.session.execute(select(s.contact_id, s.channel_id, s.ended_at).where(
                gather.among(s.contact_id, ids), s.ended == "handed_over", s.ended_at >= self.since - LONGEST)):
            yield row.contact_id, Change(row.ended_at, "taken", "flow", row.channel_id)

    def _consents(self, ids: Sequence[int]) -> Iterator[tuple[int, Change]]:
        """The ledger of marketing; not what the rules themselves wrote into it."""
        for line in db.session.scalars(select(ConsentEntry).where(
                gather.among(ConsentEntry.contact_id, ids), ConsentEntry.category == "marketing").order_by(ConsentEntry.id)):
            if not (line.by in self.names and line.proof.startswith("The rule “")):
                yield line.contact_id, Change(line.at, "consent", line)


def _ours(row: Any) -> Iterator[tuple[int, Change]]:
    """A line of ours: when it was queued, when it left; whoever of the team answers takes the conversation over."""
    if row.author_kind in ("rule", "flow"):
        yield row.contact_id, Change(row.created_at, "queued", None, row.channel_id)
    if row.author_kind == "user":
        yield row.contact_id, Change(row.created_at, "taken", "user", row.channel_id)
    if inbox.is_counted(row.kind) and (row.accepted_at or row.author_kind in ("user", "app")):
        said = Said(message_id=row.id)
        yield row.contact_id, Change(row.accepted_at or row.created_at, "out", row.author_kind, row.channel_id, said=said)
        yield from _lost(row, said)


def _lost(row: Any, said: Said) -> Iterator[tuple[int, Change]]:
    """A line of ours that failed after all, with when it was written."""
    if row.state == MessageState.FAILED and row.failed_at:
        yield row.contact_id, Change(row.failed_at, "lost", row.created_at, row.channel_id, said=said)
