"""Rules: add, change, put in order, switch on and off, delete."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import func, select, update

from core import clock
from core.actor import Actor
from core.errors import Conflict, Invalid, NotFound
from core.words import one_line
from models import Rule, db, transaction
from services import actions, activity, channels
from services.automation import compiled, conditions
from services.automation.trigger_table import trigger_of
from services.segments import Group, Shape, as_json

MOST_RULES = 1000
MOST_TOLERANCE = 60 * 24 * 7  # minutes
LONGEST_NAME = 80


def checked(*, name: str, trigger: Mapping[str, Any], shape: Shape, done: Sequence[Mapping[str, Any]],
            channel_id: int | None = None, tolerance_minutes: int = 1440) -> dict[str, Any]:
    """The columns of a rule. Raises Invalid; `field` says where: name, trigger.<field>, conditions, actions …"""
    called = one_line(name)
    if not 1 <= len(called) <= LONGEST_NAME:
        raise Invalid(f"A rule needs a name of 1 to {LONGEST_NAME} characters", field="name")
    if not 0 <= tolerance_minutes <= MOST_TOLERANCE:
        raise Invalid("What was missed can be made up for within 7 days at most", field="tolerance_minutes")
    if channel_id:
        channels.get_channel(channel_id)
    groups = tuple(Group(tuple(conditions.check(one) for one in group.conditions), group.is_any)
                   for group in shape.groups if group.conditions)
    return {"name": called, "trigger": _trigger(trigger), "conditions": as_json(Shape(groups, shape.is_any)),
            "actions": actions.check_all(done), "channel_id": channel_id or None, "tolerance_minutes": tolerance_minutes}


def _trigger(trigger: Mapping[str, Any]) -> dict[str, Any]:
    try:
        return trigger_of(trigger).check(trigger)
    except Invalid as error:
        raise Invalid(error.message, field=f"trigger.{error.field}" if error.field != "trigger" else "trigger") from None


def get_rule(rule_id: int) -> Rule:
    """One rule. Raises NotFound, also for one that was deleted."""
    rule = db.session.get(Rule, rule_id)
    if rule is None or rule.deleted_at:
        raise NotFound("There is no such rule; it may have been deleted")
    return rule


def add_rule(*, by: Actor, **given: Any) -> Rule:
    """Add a rule below all others, switched off. Raises Invalid, as `checked` does."""
    columns = checked(**given)
    with transaction():
        count, last = db.session.execute(select(func.count(), func.max(Rule.place)).where(Rule.deleted_at.is_(None))).one()
        if count >= MOST_RULES:
            raise Conflict(f"There can be {MOST_RULES:,} rules at most")
        rule = Rule(**columns, place=(last or 0) + 1, created_by=by.name)
        db.session.add(rule)
        db.session.flush()
        note("rule.added", rule, by)
    return rule


def change_rule(rule_id: int, *, by: Actor, **given: Any) -> Rule:
    """Change a rule; runs that wait go on as it was when they began. Raises Invalid, NotFound."""
    columns = checked(**given)
    with transaction():
        rule = get_rule(rule_id)
        for name, value in columns.items():
            setattr(rule, name, value)
        rule.changed_at = clock.now()
        note("rule.changed", rule, by)
    return rule


def switch_on(rule_id: int, *, by: Actor) -> Rule:
    """Have it act on what happens from now on. Raises NotFound, Invalid when it cannot be as it is."""
    with transaction():
        rule = get_rule(rule_id)
        trigger_of(rule.trigger).check(rule.trigger)
        actions.check_all(rule.actions)
        actions.check_templates(rule.actions)
        if not rule.is_on:
            now = clock.now()
            rule.stopped_why = ""
            rule.is_on, rule.on_since, rule.swept_until, rule.changed_at = True, now, now, now
            note("rule.switched_on", rule, by)
    return rule


def switch_off(rule_id: int, *, by: Actor) -> Rule:
    """Have it do nothing more; runs that wait for their time end with the next look. Raises NotFound."""
    with transaction():
        rule = get_rule(rule_id)
        if rule.is_on:
            rule.is_on, rule.changed_at = False, clock.now()
            note("rule.switched_off", rule, by)
    return rule


def delete_rule(rule_id: int, *, by: Actor) -> str:
    """Take it off every list; what it did stays. Its name. Raises NotFound."""
    with transaction():
        rule = get_rule(rule_id)
        rule.is_on, rule.deleted_at, rule.changed_at = False, clock.now(), clock.now()
        note("rule.deleted", rule, by)
    return rule.name


def move(rule_id: int, *, above: int | None = None, step: int = 0, by: Actor) -> None:
    """Put it right above another rule, or `step` places down (negative: up). Raises NotFound."""
    with transaction():
        rule = get_rule(rule_id)
        order = list(db.session.scalars(select(Rule.id).where(Rule.deleted_at.is_(None)).order_by(Rule.place, Rule.id)))
        at = order.index(rule_id)
        order.remove(rule_id)
        to = order.index(above) if above in order else max(0, min(len(order), at + step))
        order.insert(to, rule_id)
        now = clock.now()
        for place, one in enumerate(order, start=1):
            db.session.execute(update(Rule).where(Rule.id == one, Rule.place != place).values(place=place, changed_at=now))
        db.session.expire_all()
        if to != at:
            note("rule.moved", rule, by)


def note(verb: str, rule: Rule, by: Actor, **words: str) -> None:
    """Note a change of a rule, and have every process read the rules again. Joins the caller's transaction."""
    db.session.flush()
    compiled.changed()
    activity.record(verb, by=by, subject_kind="rule", subject_id=rule.id, subject_name=rule.name, **words)
