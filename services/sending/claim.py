"""Taking messages out of the queue: the old state lets one sender win, the intent is safe before any byte leaves."""

import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import (
    Select,
    and_,
    bindparam,
    case,
    exists,
    func,
    insert,
    literal,
    literal_column,
    or_,
    select,
    text,
    update,
)

from core.states import CampaignState, MessageState
from models import Campaign, Channel, Contact, Message, MessageAttempt, db, is_sqlite
from services.sending.verdict import Person, Verdict, judge, tester
from services.sending.wording import Words, outgoing_of
from transports.port import Content, OutgoingMessage

_messages = Message.__table__
_m, _c, _k, _ch = _messages.c, Contact.__table__.c, Campaign.__table__.c, Channel.__table__.c
NO_WORDING = "no_wording"
# literals, not parameters: a partial index is used only when the statement itself says so
_QUEUED = _m.state == literal_column("'queued'")
_OVERTAKING = and_(_QUEUED, _m.priority == literal_column("0"))


class Queued(NamedTuple):
    """A message in the queue, with what its person has agreed to by now, and the number they have by now (`was`: the one
    it was queued with)."""

    id: int
    campaign_id: int | None
    contact_id: int | None
    version_id: int | None
    phone: str
    text: str
    variables: Mapping[str, str]
    tries: int
    attempt_id: str | None
    test_of: int | None
    was: str
    marketing: str | None
    utility: str | None
    rests: int | None  # 1: the carrier asks us to send them no marketing for now


class Extra(NamedTuple):
    """What only free messages, and people without a number, need (services/sending/free.py)."""

    content: Content | None = None
    user_id: str = ""
    reply_to: str = ""
    is_window_open: bool = False
    trouble: str = ""  # why it cannot be sent as it is


_NO_EXTRA = Extra()


@dataclass(slots=True)
class Claim:
    """One message that is ours until `lease_until`; it may leave at `leaves_at`. Both in Unix seconds."""

    message_id: int
    attempt_id: str
    campaign_id: int | None
    contact_id: int | None
    tries: int
    lease_until: float
    outgoing: OutgoingMessage
    leaves_at: float = 0.0
    is_urgent: bool = False  # overtakes campaigns
    is_void: bool = False  # something happened since: give it back instead of sending it


def running_campaigns(channel_id: int) -> list[Any]:
    """Campaigns of this channel that may be claimed from (id, canary), held so until this transaction ends."""
    asked = _RUNNING if is_sqlite() else _RUNNING_HELD
    return list(db.session.execute(asked, {"channel": channel_id}))


def tried(campaign_id: int) -> int:
    """How many messages of a campaign have left the queue to be sent. One query over an index."""
    return db.session.scalar(select(func.count()).where(_m.campaign_id == campaign_id, _m.state.in_(_TRIED))) or 0


_TRIED = [state for state in MessageState if state not in (
    MessageState.QUEUED, MessageState.SKIPPED, MessageState.CANCELLED, MessageState.RECEIVED)]
_RUNNING = select(_k.id, _k.canary).where(
    _k.state == literal_column("'sending'"), _k.channel_id == bindparam("channel")).order_by(_k.id)
_RUNNING_HELD = _RUNNING.with_for_update(read=True)


def overtakers(channel_id: int, now: datetime, count: int) -> list[Queued]:
    """Replies, and what people send again by hand: first in line, also for campaigns that have finished."""
    return _queued(_OVERTAKERS, {"channel": channel_id, "now": now, "count": count})


def of_campaign(channel_id: int, campaign_id: int, now: datetime, count: int) -> list[Queued]:
    """The next messages of one campaign."""
    return _queued(_OF_CAMPAIGN, {"channel": channel_id, "campaign": campaign_id, "now": now, "count": count})


# a number that was corrected is used; one that belongs to somebody else by now is never written to in their stead. What is
# no campaign's, and tests, go where they were meant to go.
_present = case((or_(_c.id.is_(None), _m.test_of.is_not(None)), _m.phone),
                (_m.campaign_id.is_(None), func.coalesce(func.nullif(_c.phone, ""), _m.phone)),
                else_=func.coalesce(_c.phone, "")).label("phone")


def _in_line(*conditions: Any) -> Select[Any]:
    """The first messages that meet the conditions, in the order of the queue; what is of no use any more is passed over."""
    known = {"phone": _present, "was": _m.phone.label("was"), "marketing": _c.marketing, "utility": _c.utility,
             "rests": case((_c.marketing_rest_until > bindparam("now"), literal_column("1"))).label("rests")}
    conditions = (*conditions, or_(_m.latest_at.is_(None), _m.latest_at >= bindparam("now")))
    return (
        select(*(known.get(name, _messages.c.get(name)) for name in Queued._fields))
        .select_from(_messages.outerjoin(Contact.__table__, _c.id == _m.contact_id))
        .where(_m.channel_id == bindparam("channel"), _m.due_at <= bindparam("now"), *conditions)
        .order_by(_m.due_at, _m.id).limit(bindparam("count")))


_may_overtake = exists(select(_k.id).where(
    _k.id == _m.campaign_id, _k.state.in_([CampaignState.SENDING, CampaignState.FINISHED])))


def _both(wanted: Select[Any]) -> tuple[Select[Any], Select[Any]]:
    """The question as SQLite answers fastest (one JSON text, made without the interpreter's lock), and as PostgreSQL
    must be asked (passing over rows that somebody else holds)."""
    rows = wanted.subquery()
    cells = [func.json(rows.c.variables) if name == "variables" else rows.c[name] for name in Queued._fields]
    return (select(func.json_group_array(func.json_array(*cells))),
            wanted.with_for_update(of=_messages, skip_locked=True))


_OVERTAKERS = _both(_in_line(_OVERTAKING, or_(_m.campaign_id.is_(None), _may_overtake)))
_OF_CAMPAIGN = _both(_in_line(_QUEUED, _m.campaign_id == bindparam("campaign"), _m.priority != literal_column("0")))


def _queued(asked: tuple[Select[Any], Select[Any]], values: Mapping[str, Any]) -> list[Queued]:
    """The answer to one of the two questions."""
    if is_sqlite():
        return [Queued(*cells) for cells in json.loads(db.session.execute(asked[0], values).scalar_one())]
    return [Queued(*row) for row in db.session.execute(asked[1], values)]


def judged(rows: Sequence[Queued], words: Mapping[int | None, Words], extras: Mapping[int, Extra] | None = None,
           ) -> tuple[list[Queued], list[tuple[int, Verdict]]]:
    """Those that may leave now, and the others with the reason: consent, window and approval may have changed since."""
    good, refused = [], []
    fine: set[tuple[int | str | None, ...]] = set()  # most people of a campaign are in the same case
    for row in rows:
        wording = words[row.version_id]
        area = row.phone[:5] if row.phone[:2] == "+1" else ""
        alike = (row.version_id, row.marketing, row.utility, row.rests, area)
        if alike in fine and row.contact_id is not None and row.phone and not _missing(row, wording):
            good.append(row)
            continue
        verdict = _verdict_of(row, wording, (extras or {}).get(row.id, _NO_EXTRA))
        if verdict.ok:
            if row.test_of is None and row.version_id is not None:  # a test asks for less, a free text for more
                fine.add(alike)
            good.append(row)
        else:
            refused.append((row.id, verdict))
    return good, refused


def _verdict_of(row: Queued, words: Words, extra: Extra) -> Verdict:
    """The verdict on one message."""
    if extra.trouble:
        return Verdict(False, NO_WORDING, extra.trouble)
    if row.contact_id is None and row.test_of is None:
        return judge(None, words.wanted)
    rests_until = db.session.scalar(select(_c.marketing_rest_until).where(_c.id == row.contact_id)) if row.rests else None
    person = Person(row.contact_id or 0, row.phone or extra.user_id, row.marketing or "", row.utility or "", rests_until)
    person = person if row.test_of is None else tester(person)
    return judge(person, words.wanted, missing=_missing(row, words), is_window_open=extra.is_window_open)


def _missing(row: Queued, words: Words) -> str:
    """The first variable without a value; empty when each has one."""
    values = row.variables
    for name in words.names:
        if not values.get(name):
            return name
    return ""


_TAKE = """
    UPDATE messages SET state = 'sending', attempt_id = :prefix || id, attempted_at = :now, lease_until = :until,
                        tries = tries + 1
    WHERE state = 'queued' AND id {these}"""
_times = (bindparam("now", type_=_m.attempted_at.type), bindparam("until", type_=_m.lease_until.type))
_TAKE_SQLITE = text(_TAKE.replace("{these}", "IN (SELECT value FROM json_each(:ids))")).bindparams(*_times)
_TAKE_POSTGRES = text(_TAKE.replace("{these}", "= ANY(:ids)")).bindparams(*_times)


def take(rows: Sequence[Queued], words: Mapping[int | None, Words], now: datetime, lease: timedelta,
         extras: Mapping[int, Extra] | None = None) -> list[Claim]:
    """Move these messages from queued to sending under new attempt ids and give them back as claims."""
    ids = [row.id for row in rows]
    if any(row.attempt_id for row in rows):
        archive(ids, "refused")
    token = secrets.token_urlsafe(15)
    until = now + lease
    statement, listed = (_TAKE_SQLITE, json.dumps(ids)) if is_sqlite() else (_TAKE_POSTGRES, ids)
    won = db.session.execute(statement, {"prefix": f"{token}.", "now": now, "until": until, "ids": listed}).rowcount
    if won != len(ids):
        raise RuntimeError("messages left the queue while their rows were held")  # undone; nothing has left
    lease_until = until.timestamp()
    return [_claim(row, words[row.version_id], f"{token}.{row.id}", lease_until, (extras or {}).get(row.id, _NO_EXTRA))
            for row in rows]


def _claim(row: Queued, words: Words, attempt_id: str, lease_until: float, extra: Extra) -> Claim:
    """One claimed message, ready for the wire."""
    outgoing = outgoing_of(words, to=row.phone, attempt_id=attempt_id, values=row.variables, text=row.text,
                           free=extra.content, user_id="" if row.phone else extra.user_id, reply_to=extra.reply_to)
    return Claim(row.id, attempt_id, row.campaign_id, row.contact_id, row.tries + 1, lease_until, outgoing)


def archive(ids: Sequence[int], outcome: str) -> None:
    """Keep the tries of these messages that are followed by another, so that a late echo still finds its message."""
    kept = (_m.attempt_id, _m.attempted_at, _m.reason_code, _m.reason, _m.wire_id)
    db.session.execute(insert(MessageAttempt.__table__).from_select(
        ["message_id", "outcome", "attempt_id", "attempted_at", "reason_code", "reason", "wire_id"],
        select(_m.id, literal(outcome), *kept).where(_m.id.in_(ids), _m.attempt_id.is_not(None))))


def keep_numbers(rows: Sequence[Queued]) -> None:
    """Write down the numbers that were corrected since these messages were queued."""
    if changed := [{"b_id": row.id, "b_phone": row.phone} for row in rows if row.phone != row.was]:
        db.session.execute(_CORRECT, changed)


_CORRECT = update(_messages).where(_m.id == bindparam("b_id")).values(phone=bindparam("b_phone"))


def refuse(refused: Sequence[tuple[int, Verdict]]) -> None:
    """Take these out of the queue for good, each with its reason."""
    for message_id, verdict in refused:
        db.session.execute(update(_messages).where(_m.id == message_id, _QUEUED).values(
            state=MessageState.SKIPPED, reason_code=verdict.code, reason=verdict.words[:300]))


def anything_due(channel_id: int, now: datetime) -> bool:
    """Whether a claim would find something. One cheap question, asked while idle."""
    overtaking = exists().where(_OVERTAKING, _m.channel_id == channel_id, _m.due_at <= now)
    of_some_campaign = exists().where(_QUEUED, _m.channel_id == channel_id, _m.campaign_id == _k.id, _m.due_at <= now)
    in_line = exists(select(_k.id).where(
        _k.state == CampaignState.SENDING, _k.channel_id == channel_id, of_some_campaign))
    return bool(db.session.scalar(select(or_(overtaking, in_line)).where(
        exists().where(_ch.id == channel_id, _ch.paused_at.is_(None)))))
