"""Facts for many happenings at once, in a fixed number of queries."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ARRAY, ColumnElement, Integer, and_, any_, bindparam, column, func, literal, or_, select
from sqlalchemy.orm import aliased

from core.errors import NotFound
from core.opening import Hours, hours_of
from core.states import ConsentState
from models import Contact, ContactTag, Conversation, Message, RuleRun, Segment, Tag, db, is_sqlite
from services import channels, inbox, segments, sending, settings
from services.automation.happening import Facts, Happening, Person
from services.automation.keywords import said

HOUR = timedelta(hours=1)
ANSWERS = timedelta(hours=72)  # a message answers the campaign that reached them last within this
_m = Message.__table__.c
_PERSON = (Contact.id, Contact.name, Contact.first_name, Contact.phone, Contact.email, Contact.company, Contact.language,
           Contact.country, Contact.zone, Contact.source, Contact.marketing, Contact.utility, Contact.birthday,
           Contact.fields, Contact.created_at)


@dataclass(slots=True)
class Known:
    """What does not change from happening to happening."""

    zone: str
    channel_names: Mapping[int, str]
    first_channel: int | None
    hours: Mapping[int | None, Hours] = field(default_factory=dict)
    words: inbox.Meanings = field(default_factory=dict)  # STOP, START and their like

    def hours_for(self, channel_id: int | None) -> Hours:
        """Opening hours of a number, or those of the business."""
        return self.hours.get(channel_id) or self.hours[None]


def known() -> Known:
    """Settings and numbers. A few queries."""
    zone = settings.time_zone()
    found = channels.all_channels()
    usable = next((one.id for one in found if channels.is_in_use(one)), None)
    chosen = settings.get("default_channel")
    first = chosen if any(one.id == chosen for one in found) else usable
    kept = settings.get("business_hours")
    hours: dict[int | None, Hours] = {
        None if key == "default" else int(key): hours_of(value, zone) for key, value in kept.items()}
    hours.setdefault(None, hours_of({}, zone))
    return Known(zone, {one.id: one.name for one in found}, first, hours, inbox.meanings())


def facts_of(happenings: Sequence[Happening], *, book_segments: Iterable[int] = (), rules: Iterable[int] = (),
             as_known: Known | None = None, counts_automatic: bool = True) -> list[Facts]:
    """The facts of each, in order. About ten queries, whatever their number. `rules`: whose last runs are asked for."""
    known_here = as_known or known()
    ids, asked = sorted({one.contact_id for one in happenings if one.contact_id}), frozenset(book_segments)
    people = {row.id: row for row in db.session.execute(select(*_PERSON).where(among(Contact.id, ids)))} if ids else {}
    messages = _messages([one.message_id for one in happenings if one.message_id])
    tags, members = _tags(ids), _members(ids, asked)
    talks, ran = _talks(ids), _ran(ids, list(rules))
    before, names = _before(happenings), _names(known_here, asked)
    automatic = _automatic(ids, max((one.at for one in happenings), default=None)) if counts_automatic else {}
    found = []
    for place, one in enumerate(happenings):
        message = messages.get(one.message_id or 0)
        channel_id = one.channel_id or (message.channel_id if message else None) or _last_channel(
            talks.get(one.contact_id or 0, {})) or known_here.first_channel
        talk = talks.get(one.contact_id or 0, {}).get(channel_id or 0)
        hours = known_here.hours_for(channel_id)
        heard, campaign_id = before.get(place) or (_heard(talks.get(one.contact_id or 0, {})), None)
        row = people.get(one.contact_id or 0)
        found.append(Facts(
            at=one.at, person=person_of(row, known_here.zone) if row else None, tags=tags.get(one.contact_id or 0, {}),
            segments=members.get(one.contact_id or 0, frozenset()), channel_id=channel_id,
            channel_name=known_here.channel_names.get(channel_id or 0, ""), names=names,
            said=said(message.text if message else ""), message_kind=message.kind if message else "",
            says_stop=message is not None and one.kind == "message.received" and says_stop(message, known_here),
            content=(message.content or {}) if message else {},
            wire_id=(message.wire_id or "") if message else "", heard_before=heard, campaign_id=campaign_id,
            window_ends_at=talk.window_ends_at if talk else None, talk_state=talk.state if talk else "",
            is_assigned=bool(talk and talk.assigned_to), taken_over_at=talk.taken_over_at if talk else None,
            is_open=hours.is_open(one.at), zone=known_here.zone, values=values_in(one.details),
            ran=ran.get(one.contact_id or 0, {}), automatic=automatic.get(one.contact_id or 0, 0)))
    return found


def _names(known_here: Known, asked: frozenset[int]) -> dict[str, str]:
    """Names of numbers, and of the segments that are asked for, by kind and id."""
    names = {f"channel:{number}": name for number, name in known_here.channel_names.items()}
    if asked:
        names |= {f"segment:{row.id}": f"“{row.name}”" for row in db.session.execute(
            select(Segment.id, Segment.name).where(Segment.id.in_(asked)))}
    return names


def says_stop(message: Any, known_here: Known) -> bool:
    """Whether a message, or what has its `text` and `kind`, says stop and nothing else."""
    return inbox.asked_by(message.text, message.kind, known_here.words) == ConsentState.WITHDRAWN


def among(wanted: Any, ids: Sequence[int]) -> ColumnElement[bool]:
    """Whether a column is one of these numbers, all handed over as one value: hundreds of them cost no more than one."""
    if is_sqlite():
        found: ColumnElement[bool] = wanted.in_(select(column("value")).select_from(
            func.json_each(bindparam(None, json.dumps(list(ids)))).table_valued("value")))
        return found
    return wanted == any_(literal(list(ids), ARRAY(Integer)))


def person_of(row: Any, zone: str) -> Person:
    """A person's columns as the value conditions see."""
    return Person(row.id, row.name, row.first_name, row.phone or "", row.email, row.company, row.language, row.country,
                  sending.zone_of(row.zone, row.country, zone), row.source, str(row.marketing), str(row.utility),
                  row.birthday, row.fields or {}, row.created_at)


def values_in(details: Mapping[str, Any]) -> dict[str, str]:
    """What another system sent along, as texts."""
    return {str(name): str(value) for name, value in (details.get("values") or {}).items()}


def _messages(ids: Sequence[int]) -> dict[int, Any]:
    if not ids:
        return {}
    return {row.id: row for row in db.session.execute(
        select(_m.id, _m.channel_id, _m.kind, _m.text, _m.content, _m.wire_id).where(among(_m.id, ids)))}


def _tags(ids: Sequence[int]) -> dict[int, dict[str, str]]:
    found: dict[int, dict[str, str]] = {}
    if ids:
        for contact_id, key, name in db.session.execute(
                select(ContactTag.contact_id, Tag.key, Tag.name).join(Tag, Tag.id == ContactTag.tag_id)
                .where(among(ContactTag.contact_id, ids))):
            found.setdefault(contact_id, {})[key] = name
    return found


def _members(ids: Sequence[int], wanted: Iterable[int]) -> dict[int, frozenset[int]]:
    """Of which of these segments each person is one, now. One query a segment."""
    found: dict[int, set[int]] = {}
    for segment_id in sorted(wanted) if ids else ():
        try:
            chosen = segments.members_select(segments.get_segment(segment_id))
        except NotFound:
            continue
        for contact_id in db.session.scalars(chosen.where(among(Contact.id, ids))):
            found.setdefault(contact_id, set()).add(segment_id)
    return {contact_id: frozenset(those) for contact_id, those in found.items()}


def _talks(ids: Sequence[int]) -> dict[int, dict[int, Any]]:
    found: dict[int, dict[int, Any]] = {}
    if ids:
        for row in db.session.execute(select(
                Conversation.contact_id, Conversation.channel_id, Conversation.state, Conversation.assigned_to,
                Conversation.taken_over_at, Conversation.window_ends_at, Conversation.last_at, Conversation.last_in_at)
                .where(among(Conversation.contact_id, ids))):
            found.setdefault(row.contact_id, {})[row.channel_id] = row
    return found


def _last_channel(talks: Mapping[int, Any]) -> int | None:
    """The number this person was last in touch with."""
    return max(talks.values(), key=lambda row: row.last_at).channel_id if talks else None


def _heard(talks: Mapping[int, Any]) -> datetime | None:
    """When somebody wrote last, to whichever number."""
    return max((row.last_in_at for row in talks.values() if row.last_in_at), default=None)


def _ran(ids: Sequence[int], rules: Sequence[int]) -> dict[int, dict[int, datetime]]:
    """When each of these rules last did something for each person."""
    found: dict[int, dict[int, datetime]] = {}
    if ids and rules:
        for contact_id, rule_id, at in db.session.execute(
                select(RuleRun.contact_id, RuleRun.rule_id, func.max(RuleRun.started_at))
                .where(among(RuleRun.contact_id, ids), RuleRun.rule_id.in_(rules), RuleRun.next_place > 0)
                .group_by(RuleRun.contact_id, RuleRun.rule_id)):
            found.setdefault(contact_id or 0, {})[rule_id] = at
    return found


def _before(happenings: Sequence[Happening]) -> dict[int, tuple[datetime | None, int | None]]:
    """When each sender had written before, and the campaign that had reached them last, by place. Two queries."""
    ids = {one.message_id: place for place, one in enumerate(happenings) if one.message_id}
    if not ids:
        return {}
    this, earlier = aliased(Message), aliased(Message)
    heard = (select(func.max(earlier.created_at)).where(
        earlier.contact_id == this.contact_id, earlier.direction == "in",
        or_(earlier.created_at < this.created_at, and_(earlier.created_at == this.created_at, earlier.id < this.id)))
        .scalar_subquery())
    asked = (select(earlier.campaign_id).where(
        earlier.contact_id == this.contact_id, earlier.campaign_id.is_not(None), earlier.accepted_at.is_not(None),
        earlier.accepted_at <= this.created_at).order_by(earlier.accepted_at.desc()).limit(1).scalar_subquery())
    when = (select(func.max(earlier.accepted_at)).where(
        earlier.contact_id == this.contact_id, earlier.campaign_id.is_not(None),
        earlier.accepted_at <= this.created_at).scalar_subquery())
    rows = db.session.execute(select(this.id, this.created_at, heard.label("heard"), asked.label("campaign_id"),
                                     when.label("reached")).where(among(this.id, list(ids))))
    return {ids[row.id]: (row.heard, row.campaign_id if row.reached and row.created_at - row.reached <= ANSWERS else None)
            for row in rows}


def _automatic(ids: Sequence[int], at: datetime | None) -> dict[int, int]:
    """How many messages rules and flows queued for each person within the last hour."""
    if not ids or at is None:
        return {}
    rows = db.session.execute(select(_m.contact_id, func.count()).where(
        among(_m.contact_id, ids), _m.direction == "out", _m.author_kind.in_(("rule", "flow")),
        _m.created_at > at - HOUR).group_by(_m.contact_id))
    return {contact_id: count for contact_id, count in rows}


