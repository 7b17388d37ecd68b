"""Before a rule is switched on: a sentence that is tried, a dry run for one person, which rules meet on the same event."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

from sqlalchemy import select

from core import clock
from core.errors import Conflict
from core.states import RunState
from models import Contact, Conversation, Rule, db
from services import actions, contacts, segments, sending, settings
from services.automation import acting, compiled, conditions, decide, edit, gather, periods, replay
from services.automation.compiled import Ready, book_of
from services.automation.decide import Decision
from services.automation.happening import Facts, Happening
from services.automation.keywords import said

FEW = 300  # messages that are looked at for rules that meet


@dataclass(frozen=True, slots=True)
class Meeting:
    """Two rules that were met by the same messages lately; the upper one came first."""

    upper: Ready
    lower: Ready
    count: int
    examples: tuple[str, ...]


def try_sentence(text: str, *, contact_id: int | None = None, kind: str = "text") -> list[Decision]:
    """What each rule that is on would make of these words from this person, now. Nothing is sent or written."""
    book = compiled.book()
    happening, facts = _as_if(text, contact_id, kind, book.segments, [rule.id for rule in book.rules])
    return decide.decide(book.of("message.received"), happening, facts, mode=settings.get("rules_mode"),
                         most_an_hour=settings.get("automatic_an_hour"), all_of_them=True)


def dry_run(rule_id: int, *, contact_id: int) -> tuple[Decision, list[str]]:
    """What a rule would do for one person now, its trigger taken as met; each action in words. Raises NotFound."""
    rule = _ready(edit.get_rule(rule_id))
    happening, facts = _as_if("", contact_id, "", book_of([rule]).segments, [rule.id])
    seen, held = conditions.judge(rule.shape, facts, rule.id)
    decision = decide.guarded(rule, facts, "tried by hand", seen, settings.get("automatic_an_hour") - facts.automatic)
    if not held:
        decision = Decision(rule, RunState.UNMET, "", "Its conditions are not met", seen)
    known = acting.gaps(facts)
    words = []
    for spec in rule.actions:
        shown = {name: actions.filled(value, known) if name in ("text", "value") and isinstance(value, str) else value
                 for name, value in spec.items()}
        words.append(actions.words_of([shown])[0] + _unless(spec, rule, facts))
    return decision, words


def _unless(spec: Mapping[str, Any], rule: Ready, facts: Facts) -> str:
    """Why the message of an action would not leave now, as every message is asked before it leaves. Where a message sets the
    rule off, they have just written."""
    wanted = actions.ACTIONS[spec["kind"]].wanted(spec) if spec.get("kind") in actions.ACTIONS else None
    if wanted is None or facts.person is None:
        return ""
    about = facts.person
    is_open = "message.received" in rule.listens or (facts.window_ends_at is not None and facts.window_ends_at > facts.at)
    verdict = sending.judge(sending.Person(about.id, about.phone, about.marketing, about.utility), wanted, is_window_open=is_open)
    return "" if verdict.ok else f". It would not leave: {verdict.words}"


def run_now(rule_id: int, *, contact_id: int | None = None, segment_id: int | None = None) -> int:
    """Run a rule by hand for a person, or for everybody of a segment; how many. Its conditions are asked as always."""
    rule = _ready(edit.get_rule(rule_id))
    people = select(Contact.id).where(Contact.id == contact_id) if contact_id else segments.members_select(
        segments.get_segment(segment_id or 0))
    return periods.now_for(rule, people)


def of_draft(columns: Mapping[str, Any], rule_id: int = 0) -> Ready:
    """A rule that is only being written, as `edit.checked` gives its columns, ready to be asked."""
    return _ready(Rule(id=rule_id, place=0, is_on=False, on_since=None, **columns))


def look_back(rule: Ready, *, days: int = replay.DAYS) -> replay.Past:
    """What it would have done in the last days."""
    return replay.look_back(rule, clock.now(), days=days)


def meetings(*, days: int = replay.DAYS, most: int = FEW) -> list[Meeting]:
    """Pairs of rules that answer and were both met by the same messages of the last days, the most frequent first.

    Only the newest `most` messages are looked at, because the list of rules asks each time it is opened.
    """
    book, now = compiled.book(), clock.now()
    answering = book_of(rule for rule in book.of("message.received") if rule.answers)
    if len(answering.rules) < 2:
        return []
    by_message: dict[int, list[replay.Fired]] = {}
    for fired in replay.replay(answering, now - timedelta(days=days), now, mode="all", most=most).fired:
        by_message.setdefault(fired.happening.message_id or 0, []).append(fired)
    pairs: dict[tuple[int, int], list[replay.Fired]] = {}
    for met in by_message.values():
        for lower in met[1:]:
            pairs.setdefault((met[0].rule.id, lower.rule.id), []).append(lower)
    rules = {rule.id: rule for rule in answering.rules}
    found = [Meeting(rules[upper], rules[lower], len(those), tuple(dict.fromkeys(one.said for one in those[-3:])))
             for (upper, lower), those in pairs.items()]
    return sorted(found, key=lambda one: -one.count)


def _ready(rule: Rule) -> Ready:
    found = compiled.ready(rule)
    if found is None:
        raise Conflict("This rule cannot be read any more: change it first")
    return found


def _as_if(text: str, contact_id: int | None, kind: str, asked: Sequence[int] | frozenset[int],
           rules: Sequence[int]) -> tuple[Happening, Facts]:
    """A message that was not sent, and what is known of whoever might have."""
    now = clock.now()
    happening = Happening("message.received", now, contact_id)
    known = gather.known()
    facts = gather.facts_of([happening], book_segments=asked, rules=rules, as_known=known)[0]
    heard = contacts.get_contact(contact_id).last_heard_at if contact_id else None
    window = facts.window_ends_at if not text else now + timedelta(hours=24)
    return happening, replace(
        facts, said=said(text), message_kind=kind, heard_before=heard, window_ends_at=window,
        says_stop=gather.says_stop(SimpleNamespace(text=text, kind=kind), known))


def last_writers(count: int = 30) -> list[tuple[int, str]]:
    """Whom a sentence may be tried as: those who wrote last."""
    rows = db.session.scalars(select(Contact).join(Conversation, Conversation.contact_id == Contact.id)
                              .order_by(Conversation.last_at.desc()).limit(count)).all()
    return list(dict.fromkeys((one.id, contacts.name_of(one)) for one in rows))




def of_rule(rule: Rule) -> Ready:
    """A rule as it is kept, ready to be asked. Raises Conflict for one that cannot be read any more."""
    return _ready(rule)
