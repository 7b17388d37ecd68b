"""Rules stop when a template they send is not any more what it was."""

from collections.abc import Sequence

from sqlalchemy import select

from core import clock
from core.actor import SYSTEM
from models import Rule, db, transaction
from services import actions
from services.automation.edit import note


def freeze(version_ids: Sequence[int], reason: str) -> int:
    """Switch off every rule that sends one of these versions, and say why on it; how many. Somebody looks and switches it on
    again. Join it to the transaction that writes down what changed."""
    with transaction():
        rules = db.session.scalars(select(Rule).where(Rule.is_on, Rule.deleted_at.is_(None)).order_by(Rule.id)).all()
        using = [rule for rule in rules if actions.versions_in(rule.actions) & set(version_ids)]
        for rule in using:
            rule.is_on, rule.stopped_why, rule.changed_at = False, reason[:300], clock.now()
            note("rule.stopped", rule, SYSTEM, reason=reason)
    return len(using)
