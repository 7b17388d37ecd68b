"""What rules would have done: the same questions over what is stored of the last days. Nothing is written.

Everything comes in its order, as it would have come then: events, the moments of clocks, silences, and where rules that wait
go on. Tags, fields, consent, lines and conversations count as they were at each moment, with what these rules would have
changed themselves; segments, business hours and the dates of people count as they are now.
"""

import heapq
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from sqlalchemy import select

from core.states import RunState
from models import Message, db
from services import settings
from services.automation import decide, gather, happened
from services.automation.compiled import Book, Ready, book_of
from services.automation.decide import Decision
from services.automation.happened import MOST
from services.automation.happening import Facts, Happening
from services.automation.histories import Change, Histories, Said
from services.automation.imagined import imagine
from services.automation.quiet import Due, Quiet

DAYS = 30
AT_ONCE = 500
SHOWN = 50  # of the times it would have acted
CHECK, GOES_ON, DUE, EVENT = range(4)  # of what comes at the same moment; what is said then leaves after all of its kind
LAST = 1 << 62


@dataclass(frozen=True, slots=True)
class Fired:
    """One time a rule would have acted, or been held back."""

    rule: Ready
    happening: Happening
    outcome: str
    said: str
    reason: str = ""


@dataclass(slots=True)
class Past:
    """What a look back came to."""

    fired: list[Fired] = field(default_factory=list)
    held: int = 0
    unmet: int = 0
    looked_at: int = 0
    is_cut: bool = False  # there was more than is looked at

    @property
    def newest(self) -> list[Fired]:
        """The last of those times, newest first."""
        return self.fired[:-SHOWN - 1:-1]

    @property
    def people(self) -> list[int]:
        """Whom it would have been for, once each."""
        return list(dict.fromkeys(one.happening.contact_id for one in self.fired if one.happening.contact_id))


def look_back(rule: Ready, now: datetime, *, days: int = DAYS) -> Past:
    """What one rule would have done in the last days, had it alone been on."""
    return replay(book_of([rule]), now - timedelta(days=days), now, mode=settings.get("rules_mode"))


def replay(book: Book, since: datetime, until: datetime, *, mode: str, most: int = MOST) -> Past:
    """What these rules would have done together, in the order in which things happened; the newest `most` of them."""
    known = gather.known()

    def facts_of(those: Sequence[Happening]) -> list[Facts]:
        return gather.facts_of(those, book_segments=book.segments, as_known=known, counts_automatic=False)

    again = _Again(book, mode, settings.get("automatic_an_hour"), Histories(
        since, frozenset(rule.name for rule in book.rules), frozenset(rule.id for rule in book.rules)))
    events = happened.happened(set(book.by_kind), since, until, most=most)
    again.past.is_cut = len(events) > most
    dues = [(rule, one) for rule in book.rules for one in happened.of_clocks(rule, since, until)]
    again.past.is_cut = again.past.is_cut or len(dues) > most
    dues = sorted(dues, key=lambda row: row[1].at)[-most:]
    again.open(events[-most:], dues, _quiet_keys(book, since), facts_of, known.hours_for)
    again.go(since, until)
    return again.past


def _quiet_keys(book: Book, since: datetime) -> list[tuple[int, int]]:
    """The conversations in which a rule of silence may have been met, the newest when there are too many."""
    spans = [rule for rule in book.rules if rule.trigger.get("kind") == "silence"]
    if not spans:
        return []
    rows = db.session.execute(select(Message.contact_id, Message.channel_id).where(
        Message.contact_id.is_not(None), Message.created_at > since - timedelta(days=60), Message.campaign_id.is_(None))
        .group_by(Message.contact_id, Message.channel_id).order_by(Message.contact_id.desc()).limit(MOST)).all()
    return [(row.contact_id or 0, row.channel_id) for row in rows]


class _Again:
    """The last days once more: a queue of what comes, in its order, to which rules themselves add."""

    def __init__(self, book: Book, mode: str, most: int, histories: Histories) -> None:
        self.book, self.mode, self.most, self.histories = book, mode, most, histories
        self.past = Past()
        self._queue: list[tuple[datetime, int, int, int, Callable[..., None], tuple[Any, ...]]] = []
        self._number = count()
        self._ran: dict[tuple[int, int], datetime] = {}
        self._quiet = Quiet([rule for rule in book.rules if rule.trigger.get("kind") == "silence"])
        self._quiet_facts: dict[tuple[int, int], Facts] = {}

    def open(self, events: Sequence[Happening], dues: Sequence[tuple[Ready, Happening]], keys: Sequence[tuple[int, int]],
             facts_of: Callable[[Sequence[Happening]], list[Facts]], hours_for: Callable[[int | None], Any]) -> None:
        """Put everything that is stored into the queue, with what is known of it."""
        self._hours_for = hours_for
        people = {one.contact_id or 0 for one in events} | {one.contact_id or 0 for _, one in dues}
        self.histories.read(people | {contact_id for contact_id, _ in keys})
        for one, facts in _in_parts(events, facts_of):
            self._put(one.at, EVENT, one.event_id or one.message_id or 0, self._event, one, facts)
        order = {rule.id: place for place, rule in enumerate(self.book.rules)}
        for (rule, one), (_, facts) in zip(dues, _in_parts([one for _, one in dues], facts_of), strict=True):
            self._put(one.at, DUE, order[rule.id], self._due, rule, one, facts)
        self._order = order
        self._quiet_facts = dict(zip(keys, (facts for _, facts in _in_parts(
            [Happening("due", self.histories.since, *key) for key in keys], facts_of)), strict=True))
        for contact_id in {contact_id for contact_id, _ in keys}:
            for change in self.histories.of(contact_id).changes:
                if change.channel_id:
                    self._put(change.at, EVENT, 0, self._line, contact_id, change)

    def go(self, since: datetime, until: datetime) -> None:
        """From the first moment to the last."""
        self._since = since
        while self._queue and self._queue[0][0] <= until:
            _, _, _, _, do, told = heapq.heappop(self._queue)
            do(*told)

    def _put(self, at: datetime, order: int, place: int, do: Callable[..., None], *told: Any) -> None:
        heapq.heappush(self._queue, (at, order, place, next(self._number), do, told))

    def _then(self, one: Happening, facts: Facts) -> Facts:
        """Facts as they were when this happened."""
        then = self.histories.of(one.contact_id or 0)
        then.begin(facts)
        then.reach(one)
        seen = then.facts(facts, one)
        ran = {rule.id: at for rule in self.book.rules if (at := self._ran.get((rule.id, one.contact_id or 0)))}
        return replace(seen, ran=ran, is_open=self._hours_for(facts.channel_id).is_open(one.at))

    def _event(self, one: Happening, facts: Facts) -> None:
        """Something happened."""
        self.past.looked_at += 1
        seen = self._then(one, facts)
        rules = self.book.of_message(one.kind, seen.said.each)
        for decision in decide.decide(rules, one, seen, mode=self.mode, most_an_hour=self.most):
            self._decided(decision, one, seen)

    def _due(self, rule: Ready, one: Happening, facts: Facts) -> None:
        """The moment of a rule came."""
        self.past.looked_at += 1
        seen = self._then(one, facts)
        self._decided(decide.due(rule, seen, str(one.details.get("said", "")), self.most - seen.automatic), one, seen)

    def _line(self, contact_id: int, change: Change) -> None:
        """A line in a conversation that rules of silence look at."""
        then, key = self.histories.of(contact_id), (contact_id, change.channel_id or 0)
        if key in self._quiet_facts:
            then.begin(self._quiet_facts[key])
            then.reach(Happening("due", change.at, contact_id))
        for due in self._quiet.hear(contact_id, change, is_taken_over=key[1] in then.taken_over,
                                    is_open=then.states.get(key[1]) == "open"):
            self._put(due.at, CHECK, self._order[due.rule.id], self._silent, due)

    def _silent(self, due: Due) -> None:
        """A silence may have lasted long enough."""
        one = Happening("due", due.at, due.key[0], due.key[1])
        facts = self._quiet_facts.get(due.key)
        if due.at <= self._since or facts is None:
            return
        seen = self._then(one, facts)
        if (due.rule.trigger["who"] == "them" or seen.talk_state == "open") and self._quiet.is_met(due):
            self._put(due.at, DUE, self._order[due.rule.id], self._due, due.rule, one, facts)

    def _decided(self, decision: Decision, one: Happening, seen: Facts) -> None:
        """Count what a rule would have done, and imagine that it did it."""
        self.past.held += decision.outcome == RunState.HELD
        self.past.unmet += decision.outcome == RunState.UNMET
        if decision.outcome != RunState.DONE:
            return
        self.past.fired.append(Fired(decision.rule, one, decision.outcome, decision.said))
        self._ran[decision.rule.id, one.contact_id or 0] = one.at
        self._do(decision.rule, 0, one, seen)

    def _do(self, rule: Ready, place: int, one: Happening, seen: Facts) -> None:
        """Imagine the actions from this place on."""
        contact_id, number = one.contact_id or 0, seen.channel_id
        came = imagine(rule.actions, place, seen, self.histories.of(contact_id), one.at)
        order = DUE if one.kind == "due" else EVENT
        if came.leaves:
            self._put(one.at, order, LAST, self._line, contact_id, Change(
                one.at, "out", "rule", number, said=Said(rule_id=rule.id, lines=came.leaves)))
        if came.is_closed:
            self._put(one.at, order, LAST, self._line, contact_id, Change(one.at, "closed", None, number))
        if came.goes_on:
            self._put(came.goes_on.at, GOES_ON, 0, self._goes_on, rule, came.goes_on.place,
                      replace(one, kind="due", at=came.goes_on.at), came.goes_on.facts)

    def _goes_on(self, rule: Ready, place: int, one: Happening, facts: Facts) -> None:
        """A rule that waited, unless it is held back now."""
        seen = self._then(one, facts)
        if decide.guarded(rule, seen, "", [], self.most - seen.automatic).outcome == RunState.DONE:
            self._do(rule, place, one, seen)


def _in_parts(those: Sequence[Happening], facts_of: Callable[[Sequence[Happening]], list[Facts]]) -> Iterable[Any]:
    """Each with its facts, some hundred at once."""
    for start in range(0, len(those), AT_ONCE):
        part = those[start:start + AT_ONCE]
        yield from zip(part, facts_of(part), strict=True)
