"""What people did after a campaign: wrote back, pressed a button, said stop. Each answer belongs to one campaign.

An answer counts for the campaign whose message reached the person last before it, and only within WINDOW of that
message. So somebody who got two campaigns and wrote once answered the second. Questions start from the few answers of
the time in question, not from the many messages.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    CTE,
    BigInteger,
    Interval,
    Select,
    and_,
    cast,
    exists,
    extract,
    func,
    literal,
    literal_column,
    select,
)
from sqlalchemy.orm import aliased

from core import clock
from models import Campaign, ConsentEntry, Message, db, is_sqlite
from services.campaigns.queries import OUT

WINDOW = timedelta(hours=72)
BUTTON_KINDS = ("button", "interactive")
MOST_BUTTONS = 10

_WINDOW_SECONDS = int(WINDOW.total_seconds())


@dataclass(frozen=True, slots=True)
class Pressed:
    """A quick-reply button and how many people pressed it."""

    text: str
    count: int


def seconds(column: Any) -> Any:
    """A time as whole Unix seconds, so that both databases count with the same number."""
    if is_sqlite():
        return func.unixepoch(column, type_=BigInteger)
    return cast(func.floor(extract("epoch", column)), BigInteger)


def whole_second(column: Any) -> Any:
    """A time without its part of a second, to be compared with: what people send us is told in whole seconds."""
    return func.substr(column, 1, 19) if is_sqlite() else func.date_trunc("second", column)


def once(rows: Select[Any], name: str = "once") -> CTE:
    """Rows worked out once: a database that folds the question into the next one would do its sums again and again."""
    return rows.cte(name).prefix_with("MATERIALIZED")


def left_at(message: Any = Message) -> Any:
    """When a message left us."""
    return func.coalesce(message.attempted_at, message.accepted_at, message.sent_at)


def replies(campaigns: Sequence[Campaign], *, of_few: bool = False) -> Select[Any]:
    """One row a person who wrote back: message_id, campaign_id, left (when ours left) and at (their first answer).

    `of_few`: the caller narrows to some messages, so the question starts from those rather than from the answers.
    """
    reply = aliased(Message, name="reply")
    left: Any = func.min(left_at())
    at: Any = func.min(reply.created_at)
    return (
        select(Message.id.label("message_id"), Message.campaign_id, left.label("left"), at.label("at"))
        .select_from(reply).join(Message, _same(reply.contact_id, of_few=of_few))
        .where(reply.direction == literal_column("'in'"), _belongs(campaigns, reply.created_at, of_few=of_few))
        .group_by(Message.id, Message.campaign_id))


def opt_outs(campaigns: Sequence[Campaign]) -> Select[Any]:
    """One row a person who said stop, by a message or in WhatsApp itself: message_id, campaign_id and at."""
    at: Any = func.min(ConsentEntry.at)
    return (
        select(Message.id.label("message_id"), Message.campaign_id, at.label("at"))
        .select_from(ConsentEntry).join(Message, _same(ConsentEntry.contact_id))
        .where(ConsentEntry.state == literal_column("'withdrawn'"), ConsentEntry.how.in_(("message", "preferences")),
               _belongs(campaigns, ConsentEntry.at))
        .group_by(Message.id, Message.campaign_id))


def count_replies(campaigns: Sequence[Campaign]) -> dict[int, int]:
    """How many people wrote back, for each of these campaigns. One query."""
    return _counted(campaigns, replies(campaigns))


def count_opt_outs(campaigns: Sequence[Campaign]) -> dict[int, int]:
    """How many people said stop, for each of these campaigns. One query."""
    return _counted(campaigns, opt_outs(campaigns))


def pressed(campaign: Campaign) -> list[Pressed]:
    """The buttons people pressed, the most frequent first. One query."""
    if campaign.started_at is None:
        return []
    reply = aliased(Message, name="reply")
    rows = db.session.execute(
        select(reply.text, func.count(Message.id.distinct()))
        .select_from(reply).join(Message, _same(reply.contact_id))
        .where(reply.direction == literal_column("'in'"), reply.kind.in_(BUTTON_KINDS), reply.text != "",
               _belongs([campaign], reply.created_at))
        .group_by(reply.text).order_by(func.count(Message.id.distinct()).desc(), reply.text).limit(MOST_BUTTONS))
    return [Pressed(text, count) for text, count in rows]


def _counted(campaigns: Sequence[Campaign], people: Select[Any]) -> dict[int, int]:
    """How many rows each campaign has; 0 for those without."""
    found = {campaign.id: 0 for campaign in campaigns}
    if any(campaign.started_at for campaign in campaigns):
        rows = people.subquery()
        found |= {campaign_id: count for campaign_id, count in db.session.execute(
            select(rows.c.campaign_id, func.count()).group_by(rows.c.campaign_id))}
    return found


def _same(contact_id: Any, *, of_few: bool = False) -> Any:
    """The message's person is the one who answered. Adding nothing keeps SQLite, which has no statistics, from starting
    with the many messages: their side of the join is then the one with an index.
    """
    return Message.contact_id == (contact_id if of_few else contact_id + literal_column("0"))


def _belongs(campaigns: Sequence[Campaign], at: Any, *, of_few: bool = False) -> Any:
    """Whether what happened at `at` follows this person's message of one of these campaigns, and no later one's."""
    first, last = _span(campaigns)
    ids = [campaign.id for campaign in campaigns]
    later = aliased(Message, name="later")
    overtaken = exists().where(
        later.contact_id == Message.contact_id, later.campaign_id.is_not(None), later.id != Message.id,
        later.state.in_(OUT), left_at(later) > left_at(), whole_second(left_at(later)) <= at)
    span = () if of_few else (at >= first, at < last)
    return and_(*span, Message.campaign_id.in_(ids), Message.state.in_(OUT), at >= whole_second(left_at()),
                at < _window_end(left_at()), ~overtaken)


def _window_end(left: Any) -> Any:
    """Until when an answer to a message that left then counts."""
    if is_sqlite():
        return func.datetime(left, f"+{_WINDOW_SECONDS + 1} seconds")
    return left + literal(WINDOW + timedelta(seconds=1), Interval())


def _span(campaigns: Sequence[Campaign]) -> tuple[datetime, datetime]:
    """The time in which answers to these campaigns can lie at all."""
    now = clock.now()
    starts = [campaign.started_at for campaign in campaigns if campaign.started_at]
    ends = [campaign.finished_at or now for campaign in campaigns if campaign.started_at]
    return min(starts, default=now) - timedelta(seconds=1), max(ends, default=now) + WINDOW + timedelta(seconds=1)
