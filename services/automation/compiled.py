"""Rules made ready once for many happenings: what they listen for, their question, their conditions."""

import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import select, update

from core.errors import Invalid
from models import Rule, Setting, db
from services import actions, events
from services.automation.keywords import said
from services.automation.trigger_table import trigger_of
from services.automation.triggers import Meets
from services.segments import Shape, from_json

VERSION = "rules_version"  # of the rules as they are now; another one whenever one of them changes


@dataclass(frozen=True, slots=True)
class Ready:
    """One rule, ready to be asked."""

    id: int
    name: str
    place: int
    trigger: Mapping[str, Any]
    shape: Shape
    actions: Sequence[Mapping[str, Any]]
    channel_id: int | None
    on_since: datetime | None
    tolerance_minutes: int
    listens: tuple[str, ...]
    meets: Meets
    sends: int  # messages each time
    answers: bool  # sends, or hands over to a flow
    stops_others: bool
    first_words: tuple[str, ...] | None = None  # of which one must be in the message; None: it must be asked every time


@dataclass(frozen=True, slots=True)
class Book:
    """Every rule that is on, in order, and by what it listens for."""

    rules: Sequence[Ready] = ()
    by_kind: Mapping[str, Sequence[Ready]] = field(default_factory=dict)
    segments: frozenset[int] = frozenset()  # that some condition asks about
    asks_when_ran: bool = False

    by_word: Mapping[str, Sequence[int]] = field(default_factory=dict)  # word → places in `of("message.received")`
    always: Sequence[int] = ()  # places of those that must be asked every time

    def of(self, kind: str) -> Sequence[Ready]:
        """Those that listen for events of this kind, in order."""
        return self.by_kind.get(kind, ())

    def of_message(self, kind: str, words: frozenset[str]) -> Sequence[Ready]:
        """As `of`, but for messages without those whose words are not among these: most of many rules are never asked."""
        rules = self.of(kind)
        if kind != "message.received":
            return rules
        found = {place for word in words & self.by_word.keys() for place in self.by_word[word]}
        return [rules[place] for place in sorted(found.union(self.always))]


def ready(rule: Rule) -> Ready | None:
    """A rule made ready; None for one that cannot be read any more."""
    try:
        kind = trigger_of(rule.trigger)
        meets = kind.ready(rule.trigger)
    except (Invalid, KeyError):
        return None
    done = list(rule.actions)
    return Ready(
        rule.id, rule.name, rule.place, rule.trigger, from_json(rule.conditions), done, rule.channel_id, rule.on_since,
        rule.tolerance_minutes, kind.listens, meets, actions.sends(done),
        actions.sends(done) > 0 or any(one.get("kind") == "start_flow" for one in done),
        any(one.get("kind") == "stop_rules" for one in done), _first_words(rule.trigger))


def _first_words(trigger: Mapping[str, Any]) -> tuple[str, ...] | None:
    """The words by which a keyword rule can be found, without asking it."""
    if trigger.get("kind") != "keyword" or trigger.get("how") not in ("word", "exact", "starts"):
        return None
    return tuple(said(str(word)).words.split()[0] for word in trigger["words"] if said(str(word)).words.strip())


def book_of(rules: Iterable[Ready]) -> Book:
    """Rules in order as one book."""
    ordered = sorted(rules, key=lambda rule: (rule.place, rule.id))
    by_kind: dict[str, list[Ready]] = {}
    for rule in ordered:
        for kind in rule.listens:
            by_kind.setdefault(kind, []).append(rule)
    by_word: dict[str, list[int]] = {}
    heard = by_kind.get("message.received", [])
    for place, rule in enumerate(heard):
        for word in rule.first_words or ():
            by_word.setdefault(word, []).append(place)
    asked = [one for rule in ordered for one in rule.shape.conditions]
    return Book(ordered, by_kind, frozenset(int(one.value) for one in asked if one.what.startswith("segment.")
                                            and one.value.isdecimal()),
                any(one.what.startswith("ran.") for one in asked), by_word,
                [place for place, rule in enumerate(heard) if rule.first_words is None])


def book() -> Book:
    """Every rule that is on. One small query; rules are read again only when one of them changed."""
    version = db.session.scalar(select(Setting.value).where(Setting.name == VERSION))
    return _book(str(version)) if version else Book()


def changed() -> None:
    """Have every process read the rules again. Join it to the transaction that changes them."""
    mark = secrets.token_hex(8)
    if not db.session.execute(update(Setting).where(Setting.name == VERSION).values(value=mark)).rowcount:
        db.session.add(Setting(name=VERSION, value=mark))
        db.session.flush()
    on = db.session.scalars(select(Rule).where(Rule.is_on, Rule.deleted_at.is_(None)))
    events.listen([kind for rule in on for kind in trigger_of(rule.trigger).listens])


@lru_cache(maxsize=4)
def _book(version: str) -> Book:
    rules = db.session.scalars(select(Rule).where(Rule.is_on, Rule.deleted_at.is_(None)))
    return book_of(one for rule in rules if (one := ready(rule)))
