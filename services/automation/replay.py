"""What rules would have done: the same questions over what is stored of the last days. Nothing is written.

Tags, consent, earlier messages and earlier runs count as they were at each moment; segments, fields, conversations and
business hours as they are now.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import func, or_, select

from core.opening import wall_clock
from core.states import RunState
from models import ConsentEntry, Contact, Event, Message, db
from services import contacts, segments, sending, settings
from services.automation import conditions, decide, gather, periods, timed
from services.automation.compiled import Book, Ready, book_of
from services.automation.happening import Facts, Happening

DAYS = 30
MOST = 20_000  # happenings looked at
AT_ONCE = 500
_FROM_ELSEWHERE = ("message.received", "contact.added", "consent.withdrawn", "consent.granted")


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
    def people(self) -> list[int]:
        """Whom it would have been for, once each."""
        return list(dict.fromkeys(one.happening.contact_id for one in self.fired if one.happening.contact_id))


def look_back(rule: Ready, now: datetime, *, days: int = DAYS) -> Past:
    """What one rule would have done in the last days, had it alone been on."""
    since = now - timedelta(days=days)
    kind = str(rule.trigger.get("kind"))
    if kind in ("date", "schedule", "silence"):
        return _look_at_clocks(rule, since, now)
    return replay(book_of([rule]), since, now, mode="all")


def replay(book: Book, since: datetime, until: datetime, *, mode: str) -> Past:
    """What these rules would have done together, in the order in which things happened."""
    past, most = Past(), settings.get("automatic_an_hour")
    sent: dict[int, deque[datetime]] = {}
    ran: dict[int, dict[int, datetime]] = {}
    happened = _happened(set(book.by_kind), since, until)
    past.is_cut = len(happened) > MOST
    for one, facts in _as_they_were(happened[-MOST:], book):
        past.looked_at += 1
        person = one.contact_id or 0
        recent = sent.setdefault(person, deque())
        while recent and recent[0] <= one.at - gather.HOUR:
            recent.popleft()
        seen = replace(facts, automatic=len(recent), ran=ran.get(person, {}))
        for decision in decide.decide(book.of_message(one.kind, seen.said.each), one, seen, mode=mode, most_an_hour=most):
            if decision.outcome == RunState.DONE:
                past.fired.append(Fired(decision.rule, one, decision.outcome, decision.said))
                recent.extend([one.at] * decision.rule.sends)
                ran.setdefault(person, {})[decision.rule.id] = one.at
            past.held += decision.outcome == RunState.HELD
            past.unmet += decision.outcome == RunState.UNMET
    return past


def _happened(kinds: set[str], since: datetime, until: datetime) -> list[Happening]:
    """All of these kinds between two moments, in order; messages, people and consent from their own tables."""
    found: list[tuple[datetime, int, Happening]] = []
    if "message.received" in kinds:
        for row in db.session.execute(
                select(Message.id, Message.contact_id, Message.channel_id, Message.created_at, Message.kind, Event.id)
                .outerjoin(Event, (Event.message_id == Message.id) & (Event.kind == "message.received"))
                .where(Message.direction == "in", Message.created_at > since, Message.created_at <= until,
                       Message.contact_id.is_not(None))
                .order_by(Message.created_at.desc(), Message.id.desc()).limit(MOST + 1)):
            found.append((row[3], row[5] or row[0], Happening(
                "message.received", row[3], row[1], row[2], row[0], {"kind": row[4]}, row[5])))
    if "contact.added" in kinds:
        for contact_id, at in db.session.execute(select(Contact.id, Contact.created_at).where(
                Contact.created_at > since, Contact.created_at <= until)
                .order_by(Contact.created_at.desc()).limit(MOST + 1)):
            found.append((at, 0, Happening("contact.added", at, contact_id)))
    found += [(one.at, one.event_id or 0, one) for one in _noted(kinds - set(_FROM_ELSEWHERE), since, until)]
    found += [(one.at, 0, one) for one in _agreed(kinds, since, until)]
    return [one for _, _, one in sorted(found, key=lambda row: row[:2])]


def _noted(kinds: Iterable[str], since: datetime, until: datetime) -> Iterator[Happening]:
    """What is kept as events only."""
    wanted = sorted(kinds)
    for row in db.session.scalars(select(Event).where(
            Event.kind.in_(wanted), Event.at > since, Event.at <= until, Event.by_itself.is_(False),
            Event.contact_id.is_not(None)).order_by(Event.id.desc()).limit(MOST + 1)) if wanted else ():
        yield Happening(row.kind, row.at, row.contact_id, row.channel_id, row.message_id, row.details, row.id)


def _agreed(kinds: set[str], since: datetime, until: datetime) -> Iterator[Happening]:
    """Consent given and withdrawn, by the ledger."""
    wanted = [state for state in ("withdrawn", "granted") if f"consent.{state}" in kinds]
    for row in db.session.execute(select(ConsentEntry.contact_id, ConsentEntry.state, ConsentEntry.at).where(
            ConsentEntry.category == "marketing", ConsentEntry.state.in_(wanted), ConsentEntry.at > since,
            ConsentEntry.at <= until).limit(MOST + 1)) if wanted else ():
        yield Happening(f"consent.{row.state}", row.at, row.contact_id)


def _as_they_were(happened: Sequence[Happening], book: Book) -> Iterator[tuple[Happening, Facts]]:
    """Each with its facts, tags and consent put back to what they were."""
    known = gather.known()
    for start in range(0, len(happened), AT_ONCE):
        part = happened[start:start + AT_ONCE]
        facts = gather.facts_of(part, book_segments=book.segments, as_known=known, counts_automatic=False)
        ids = sorted({one.contact_id for one in part if one.contact_id})
        changes, ledger = _tag_changes(ids, part[0].at), _ledger(ids)
        for one, seen in zip(part, facts, strict=True):
            person = one.contact_id or 0
            tags = _tags_then(seen.tags, changes.get(person, ()), one)
            was = contacts.derive_state([line for line in ledger.get(person, ()) if line.at <= one.at])
            yield one, replace(seen, tags=tags, taken_over_at=None,
                               person=seen.person and replace(seen.person, marketing=str(was)))


def _tag_changes(ids: Sequence[int], since: datetime) -> dict[int, list[Any]]:
    """Every tag given or taken since a moment, newest first, by person."""
    found: dict[int, list[Any]] = {}
    for row in db.session.execute(select(Event.id, Event.contact_id, Event.kind, Event.at, Event.details).where(
            Event.contact_id.in_(ids), Event.kind.in_(("tag.added", "tag.removed")), Event.at >= since)
            .order_by(Event.id.desc())):
        found.setdefault(row.contact_id, []).append(row)
    return found


def _tags_then(tags: Mapping[str, str], changes: Iterable[Any], at: Happening) -> dict[str, str]:
    """The tags somebody had when this happened: what came later is taken back."""
    had = dict(tags)
    for change in changes:
        is_later = change.id > at.event_id if at.event_id else change.at > at.at
        key = str(change.details.get("tag"))
        if is_later and change.kind == "tag.added":
            had.pop(key, None)
        elif is_later:
            had[key] = key
    return had


def _ledger(ids: Sequence[int]) -> dict[int, list[ConsentEntry]]:
    found: dict[int, list[ConsentEntry]] = {}
    for line in db.session.scalars(select(ConsentEntry).where(
            ConsentEntry.contact_id.in_(ids), ConsentEntry.category == "marketing").order_by(ConsentEntry.id)):
        found.setdefault(line.contact_id, []).append(line)
    return found


def _look_at_clocks(rule: Ready, since: datetime, now: datetime) -> Past:
    """Dates and schedules of the last days, with the conditions as people are now."""
    past = Past()
    happened = [one for one in _clock_happenings(rule, since, now)]
    past.is_cut = len(happened) > MOST
    for start in range(0, min(len(happened), MOST), AT_ONCE):
        part = happened[start:start + AT_ONCE]
        facts = gather.facts_of(part, book_segments=book_of([rule]).segments, counts_automatic=False)
        for one, seen in zip(part, facts, strict=True):
            past.looked_at += 1
            held = conditions.judge(rule.shape, replace(seen, taken_over_at=None), rule.id)[1]
            past.unmet += not held
            if held:
                past.fired.append(Fired(rule, one, RunState.DONE, str(one.details.get("said", ""))))
    return past


def _clock_happenings(rule: Ready, since: datetime, now: datetime) -> Iterator[Happening]:
    kind = rule.trigger["kind"]
    if kind == "date":
        shift, at = timed.shift_of(rule.trigger), wall_clock(rule.trigger["at"])
        for number in range((now - since).days + 2):
            day: date = (since + timedelta(days=number)).date()
            yield from _whose_day(rule, day, shift, {zone: moment for moment, zone in timed.wall_moments(day, at)
                                                     if since < moment <= now})
    elif kind == "schedule":
        people = list(db.session.scalars(segments.members_select(segments.get_segment(rule.trigger["segment_id"])).limit(MOST)))
        for moment in timed.moments(rule.trigger, settings.time_zone(), since, now):
            yield from (Happening("due", moment, contact_id) for contact_id in people)
    else:
        yield from _silences(rule, since, now)


def _whose_day(rule: Ready, day: date, shift: timedelta, due: Mapping[str, datetime]) -> Iterator[Happening]:
    zone = settings.time_zone()
    chosen = periods.whose_date(str(rule.trigger["field"]), day - shift, is_yearly=rule.trigger["repeats"] == "yearly")
    for contact_id, own, country in db.session.execute(chosen) if due else ():
        if moment := due.get(sending.zone_of(own, country, zone)):
            yield Happening("due", moment, contact_id, details={"said": rule.trigger["field"]})


def _silences(rule: Ready, since: datetime, now: datetime) -> Iterator[Happening]:
    """Lines that stayed unanswered for so long, one for each silence."""
    span = timedelta(minutes=timed.silence_of(rule.trigger))
    last = "out" if rule.trigger["who"] == "them" else "in"
    ahead = func.lead(Message.direction).over(partition_by=(Message.contact_id, Message.channel_id),
                                              order_by=(Message.created_at, Message.id))
    when = func.lead(Message.created_at).over(partition_by=(Message.contact_id, Message.channel_id),
                                              order_by=(Message.created_at, Message.id))
    lines = select(Message.contact_id, Message.channel_id, Message.direction, Message.created_at, Message.author_kind,
                   ahead.label("next"), when.label("next_at")).where(
        Message.contact_id.is_not(None), Message.created_at > since - span, Message.campaign_id.is_(None)).subquery()
    asked = select(lines.c.contact_id, lines.c.channel_id, lines.c.created_at, lines.c.next_at).where(
        lines.c.direction == last, or_(lines.c.next.is_(None), lines.c.next != last)).order_by(lines.c.created_at).limit(MOST)
    for contact_id, channel_id, at, next_at in db.session.execute(asked):
        if since < at + span <= now and (next_at is None or next_at > at + span):
            yield Happening("due", at + span, contact_id, channel_id)


