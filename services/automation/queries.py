"""Every question about rules and their runs; never writes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select

from core import clock
from core.errors import NotFound
from core.pages import Page
from core.states import RunState
from models import Campaign, Channel, Contact, Conversation, Hook, Message, Rule, RuleRun, RuleStep, Segment, db
from services import actions, contacts
from services.automation import conditions
from services.automation.decide import TOO_MANY
from services.automation.examples import Part
from services.automation.trigger_table import TRIGGERS, trigger_of
from services.segments import Condition, Group, Shape, as_json, from_json

LATELY = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Sentence:
    """A rule in words: when something, the part shown apart; if …; then …. `groups`: how each is joined, and its conditions."""

    when: str
    what: str
    groups: tuple[tuple[str, tuple[str, ...]], ...] = ()
    joined: str = "and"
    then: tuple[str, ...] = ()

    def __str__(self) -> str:
        """As one sentence."""
        told = [f" {joined} ".join(some) for joined, some in self.groups]
        if len(told) > 1:
            told = [f"({one})" if len(some) > 1 else one for one, (_, some) in zip(told, self.groups, strict=True)]
        ifs = f", if {f' {self.joined} '.join(told)}" if told else ""
        return f"When {self.when}{f' {self.what}' if self.what else ''}{ifs}, then {' and '.join(self.then)}"


@dataclass(frozen=True, slots=True)
class RuleRow:
    """One line of the list."""

    rule: Rule
    sentence: Sentence
    counts: Mapping[str, int] = field(default_factory=dict)  # runs of the last 30 days by their state


@dataclass(frozen=True, slots=True)
class Run:
    """One run with its person."""

    run: RuleRun
    rule: Rule
    contact_id: int | None
    person: str
    steps: Sequence[RuleStep] = ()


def rules() -> list[RuleRow]:
    """Every rule in order, with what it did in the last 30 days. Four queries."""
    found = db.session.scalars(select(Rule).where(Rule.deleted_at.is_(None)).order_by(Rule.place, Rule.id)).all()
    counts: dict[int, dict[str, int]] = {}
    for rule_id, state, count in db.session.execute(
            select(RuleRun.rule_id, RuleRun.state, func.count()).where(RuleRun.started_at > clock.now() - LATELY)
            .group_by(RuleRun.rule_id, RuleRun.state)):
        counts.setdefault(rule_id, {})[str(state)] = count
    names = names_in_rules()
    return [RuleRow(rule, sentence_of(rule, names), counts.get(rule.id, {})) for rule in found]


def names_in_rules() -> dict[str, str]:
    """What rules name by a number, by kind and number, as it is told in words. Four queries."""
    names = {f"channel:{row.id}": row.name for row in db.session.execute(select(Channel.id, Channel.name))}
    for kind, table in (("segment", Segment), ("campaign", Campaign), ("hook", Hook)):
        names |= {f"{kind}:{row.id}": f"“{row.name}”" for row in db.session.execute(select(table.id, table.name))}
    return names


def sentence_of(rule: Rule, names: Mapping[str, str] | None = None) -> Sentence:
    """A rule in words."""
    kind = TRIGGERS.get(str(rule.trigger.get("kind")))
    when, what = kind.said(rule.trigger) if kind else ("something unknown happens", "")
    shape = from_json(rule.conditions)
    groups = tuple(("or" if group.is_any else "and", tuple(conditions.said(one, names) for one in group.conditions))
                   for group in shape.groups if group.conditions)
    return Sentence(when, _with_name(what, rule.trigger, kind.fields if kind else (), names or {}), groups,
                    "or" if shape.is_any else "and", tuple(actions.words_of(rule.actions)))


_NAMELESS = {"segment": "a segment", "campaign": "a campaign", "hook": "one of your addresses"}


def _with_name(words: str, spec: Mapping[str, Any], fields: Sequence[actions.Field], names: Mapping[str, str]) -> str:
    """Words of a trigger with the name of the address, campaign or segment it is about in place of the …"""
    for one in fields:
        if one.takes in _NAMELESS and spec.get(one.name):
            return words.replace("…", names.get(f"{one.takes}:{spec[one.name]}", _NAMELESS[one.takes]))
    return words


def sentence_of_part(part: Part) -> Sentence:
    """A rule of an example in words."""
    shape = Shape((Group(tuple(Condition(*one) for one in part.conditions)),))
    return sentence_of(Rule(trigger=trigger_of(part.trigger).check(part.trigger), conditions=as_json(shape),
                            actions=actions.check_all(part.actions)))


def runs(*, rule_id: int | None = None, contact_id: int | None = None, state: str = "", page: int = 1,
         size: int = 50) -> Page[Run]:
    """Runs, newest first. Three queries."""
    wanted = select(RuleRun)
    if rule_id:
        wanted = wanted.where(RuleRun.rule_id == rule_id)
    if contact_id:
        wanted = wanted.where(RuleRun.contact_id == contact_id)
    if state in set(RunState):
        wanted = wanted.where(RuleRun.state == state)
    total = db.session.scalar(select(func.count()).select_from(wanted.subquery())) or 0
    number = max(1, min(page, -(-total // size) or 1))
    found = db.session.scalars(wanted.order_by(RuleRun.id.desc()).limit(size).offset((number - 1) * size)).all()
    return Page(_with_people(found), number, size, total)


def lately(count: int = 6) -> list[Run]:
    """What rules did last. Three queries."""
    found = db.session.scalars(select(RuleRun).where(RuleRun.state.in_((RunState.DONE, RunState.FAILED, RunState.HELD)))
                               .order_by(RuleRun.id.desc()).limit(count)).all()
    return _with_people(found)


def held_bursts(since: datetime) -> list[tuple[int, str, int]]:
    """Id and name of each rule that was held back because of too many messages, and how often. One query."""
    rows = db.session.execute(select(Rule.id, Rule.name, func.count()).join(RuleRun, RuleRun.rule_id == Rule.id).where(
        RuleRun.state == RunState.HELD, RuleRun.reason.startswith(TOO_MANY), RuleRun.started_at > since)
        .group_by(Rule.id, Rule.name).order_by(func.count().desc()))
    return [(rule_id, name, count) for rule_id, name, count in rows]


def get_run(run_id: int) -> Run:
    """One run with its steps. Raises NotFound."""
    run = db.session.get(RuleRun, run_id)
    if run is None:
        raise NotFound("There is no such run of a rule")
    return _with_people([run])[0]


def run_of_message(message_id: int) -> int | None:
    """The run that sent a message, if a rule did. One query."""
    return db.session.scalar(select(RuleStep.run_id).where(RuleStep.message_id == message_id).limit(1))


def message_of_run(run: Run) -> tuple[Message, int | None] | None:
    """The message that set a run off, written to us or by us, and the chat it stands in. Two queries."""
    message = db.session.get(Message, run.run.message_id) if run.run.message_id else None
    if message is None:
        return None
    return message, db.session.scalar(select(Conversation.id).where(
        Conversation.contact_id == message.contact_id, Conversation.channel_id == message.channel_id))


def messages_of_run(run: Run) -> list[Message]:
    """What a run sent, in order. One query."""
    ids = [step.message_id for step in run.steps if step.message_id]
    return list(db.session.scalars(select(Message).where(Message.id.in_(ids)).order_by(Message.id))) if ids else []


def _with_people(found: Sequence[RuleRun]) -> list[Run]:
    """Runs with the names of their people and rules, and their steps."""
    rows = {rule.id: rule for rule in db.session.scalars(select(Rule).where(Rule.id.in_({one.rule_id for one in found})))}
    people = {one.id: contacts.name_of(one) for one in db.session.scalars(
        select(Contact).where(Contact.id.in_({one.contact_id for one in found if one.contact_id})))}
    steps: dict[int, list[RuleStep]] = {}
    for step in db.session.scalars(select(RuleStep).where(RuleStep.run_id.in_([one.id for one in found]))
                                   .order_by(RuleStep.run_id, RuleStep.place)):
        steps.setdefault(step.run_id, []).append(step)
    return [Run(one, rows[one.rule_id], one.contact_id, people.get(one.contact_id or 0, "Everybody it is for"),
                steps.get(one.id, [])) for one in found]


