"""Trying again by a person's decision: a new attempt, linked to the one before, to the number the person has now.

The row of the message stays the same, so whoever is tried twice counts once. What is unknown is never tried again in
bulk: only one by one (unknown.py), because somebody may get it twice.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import String, func, null, select, tuple_, type_coerce, update

from core import clock
from core.states import MessageState
from models import Contact, Message, db, transaction
from services.sending.claim import archive
from services.sending.queue import OVERTAKES, nudge
from services.sending.verdict import Person, Verdict, Wanted, judge

AT_ONCE = 5_000

_m = Message.__table__.c
_c = Contact.__table__.c
# what the last attempt left behind; times of a try that failed are not those of the next one
_FRESH = {"state": MessageState.QUEUED, "tries": 0, "reason_code": "", "reason": "", "failed_at": null(),
          "accepted_at": null(), "sent_at": null(), "wire_id": null(), "attempt_id": null(), "latest_at": null()}


@dataclass(frozen=True, slots=True)
class FailedGroup:
    """How many failed for one reason and are alike in all that judging looks at, with the verdict of this moment."""

    code: str
    words: str
    verdict: Verdict
    count: int


def failed_groups(campaign_id: int, wanted: Wanted) -> list[FailedGroup]:
    """Everyone who failed, in groups that are judged once each. One query."""
    facts = _facts()
    rows = db.session.execute(
        select(_m.reason_code, func.min(_m.reason), func.min(_m.contact_id), *facts, func.count())
        .select_from(Message.__table__.outerjoin(Contact.__table__, _c.id == _m.contact_id))
        .where(_m.campaign_id == campaign_id, _m.state == MessageState.FAILED)
        .group_by(_m.reason_code, *facts))
    return [FailedGroup(code, words, _verdict(contact_id, has_phone, marketing, utility, wanted), count)
            for code, words, contact_id, has_phone, marketing, utility, count in rows]


def try_again(campaign_id: int, *, codes: Collection[str], wanted: Wanted) -> int:
    """Queue those who failed for one of these reasons and may get it now; how many. Join it to a transaction."""
    may = [(group[1], group[2]) for group in _kinds(campaign_id) if group[0] and _verdict(1, *group, wanted).ok]
    if not may or not codes:
        return 0
    count, after, now = 0, 0, clock.now()
    consents = tuple_(type_coerce(_c.marketing, String), type_coerce(_c.utility, String))
    with transaction():
        while ids := db.session.scalars(
                select(_m.id).select_from(Message.__table__.join(Contact.__table__, _c.id == _m.contact_id))
                .where(_m.campaign_id == campaign_id, _m.state == MessageState.FAILED, _m.reason_code.in_(codes),
                       _c.phone != "", consents.in_(may), _m.id > after)
                .order_by(_m.id).limit(AT_ONCE).with_for_update(of=Message.__table__)).all():
            count += queue_again(ids, now, states=[MessageState.FAILED])
            after = ids[-1]
        nudge()
    return count


def queue_again(ids: Sequence[int], now: datetime, *, states: Sequence[MessageState], overtakes: bool = False) -> int:
    """Back to the queue as a new try. The one before is kept: its echo, should it still come, stops this one.

    It goes to the number the person has by now, and no latest moment holds any more: somebody has decided.
    """
    wanted = db.session.execute(select(_m.id, _m.state).where(_m.id.in_(ids), _m.state.in_(states))).all()
    for state in {row.state for row in wanted}:
        archive([row.id for row in wanted if row.state == state], str(state))
    present = select(func.nullif(_c.phone, "")).where(_c.id == _m.contact_id).scalar_subquery()
    values: dict[str, Any] = {**_FRESH, "due_at": now, "phone": func.coalesce(present, _m.phone)}
    if overtakes:
        values["priority"] = OVERTAKES
    return int(db.session.execute(
        update(Message.__table__).where(_m.id.in_([row.id for row in wanted]), _m.state.in_(states))
        .values(**values)).rowcount)


def _kinds(campaign_id: int) -> list[tuple[bool, str, str]]:
    """The sorts of people among those who failed: whether they have a number, and what they agreed to."""
    rows = db.session.execute(
        select(*_facts()).select_from(Message.__table__.join(Contact.__table__, _c.id == _m.contact_id))
        .where(_m.campaign_id == campaign_id, _m.state == MessageState.FAILED).distinct())
    return [(bool(has_phone), marketing, utility) for has_phone, marketing, utility in rows]


def _facts() -> tuple[Any, Any, Any]:
    """What judging looks at, as columns to group by."""
    has_phone = (func.coalesce(_c.phone, "") != "").label("has_phone")
    return (has_phone, type_coerce(_c.marketing, String).label("marketing"),
            type_coerce(_c.utility, String).label("utility"))


def _verdict(contact_id: int | None, has_phone: bool, marketing: str | None, utility: str | None,
             wanted: Wanted) -> Verdict:
    """The judgement on a group; its values were complete when it was frozen."""
    if contact_id is None or marketing is None:
        return judge(None, wanted)
    return judge(Person(contact_id, "+" if has_phone else "", marketing, utility or ""), wanted)
