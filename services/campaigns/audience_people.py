"""Whom a campaign means, as one question to the database: people of tags, segments and its own list, less the excluded.

The people come from two sides that have nobody in common: contacts, each once however often they are meant, and rows
of the campaign's own list that stand for no contact of their own (unknown numbers, numbers that cannot be read, repeats).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, exists, func, literal, or_, select, union

from core.states import MessageState
from models import Campaign, CampaignListRow, Contact, ContactTag, Message, Segment, Tag, db
from services import segments

_c, _r = Contact.__table__.c, CampaignListRow.__table__.c
_GOT_NOTHING = [str(state) for state in (MessageState.SKIPPED, MessageState.CANCELLED, MessageState.FAILED)]


@dataclass(frozen=True, slots=True)
class Excluded:
    """How many of those who are meant are taken out again by one exclusion. `kind` is tag, segment or campaign."""

    kind: str
    id: int
    name: str
    count: int


def ids_in(campaign: Campaign, key: str) -> list[int]:
    """The ids one part of the audience names: tags, segments, without_tags …"""
    return [int(one) for one in campaign.audience.get(key, [])]


def has_list(campaign: Campaign) -> bool:
    """Whether the campaign has a list of its own."""
    return bool(campaign.audience.get("list"))


def is_empty(campaign: Campaign) -> bool:
    """Whether nobody has been chosen yet."""
    audience = campaign.audience
    return not (audience.get("tags") or audience.get("segments") or audience.get("list") or audience.get("everyone"))


def gone_segments(campaign: Campaign) -> int:
    """How many segments the audience names that were deleted since. One query, none without segments."""
    wanted = {*ids_in(campaign, "segments"), *ids_in(campaign, "without_segments")}
    if not wanted:
        return 0
    return len(wanted) - (db.session.scalar(select(func.count()).where(Segment.id.in_(wanted))) or 0)


def members(campaign: Campaign, *conditions: ColumnElement[bool], with_excluded: bool = False) -> Any:
    """The ids of every contact that is meant, each once, as a table with the column `id`.

    `conditions` are about Contact.id; `with_excluded` leaves the exclusions out of account.
    """
    sets = _sets(campaign)
    if not sets:
        return select(_c.id).where(literal(0) == 1).subquery("members")
    chosen = (sets[0] if len(sets) == 1 else union(*sets)).subquery("chosen")
    meant = select(chosen.c.id)
    if not with_excluded and (taken := excluded_if(campaign, chosen.c.id)) is not None:
        meant = meant.where(~taken)
    if conditions:
        meant = meant.join(Contact.__table__, _c.id == chosen.c.id).where(*conditions)
    return meant.subquery("members")


def _sets(campaign: Campaign) -> list[Select[Any]]:
    """Each way in to the audience as a select of contact ids, each id once."""
    if campaign.audience.get("everyone"):
        return [select(_c.id)]
    sets: list[Select[Any]] = []
    if tags := ids_in(campaign, "tags"):
        carriers = select(ContactTag.contact_id.label("id")).where(ContactTag.tag_id.in_(tags))
        sets.append(carriers if len(tags) == 1 else carriers.distinct())
    sets += [segments.members_select(one) for one in _segments(ids_in(campaign, "segments"))]
    if has_list(campaign):
        sets.append(select(_c.id).join(CampaignListRow.__table__, _r.phone == _c.phone)
                    .where(_r.campaign_id == campaign.id, _r.code == "").distinct())
    return sets


def count_strangers(campaign: Campaign) -> int:
    """How many usable numbers of its own list are no contact's. One query, none without a list."""
    if not has_list(campaign):
        return 0
    contact = Contact.__table__.alias("known")
    rows = CampaignListRow.__table__.outerjoin(contact, and_(contact.c.phone == _r.phone, _r.phone != ""))
    return db.session.scalar(select(func.count()).select_from(rows).where(
        unplaced(campaign, contact), _r.code == "")) or 0


def excluded_if(campaign: Campaign, contact_id: Any) -> ColumnElement[bool] | None:
    """What is true of somebody an exclusion takes out; None when there are none."""
    tests = [test for _, _, test in _exclusions(campaign, contact_id)]
    return or_(*tests) if tests else None


def _exclusions(campaign: Campaign, contact_id: Any) -> list[tuple[str, int, ColumnElement[bool]]]:
    """Kind, id and test of every exclusion."""
    found: list[tuple[str, int, ColumnElement[bool]]] = []
    for tag_id in ids_in(campaign, "without_tags"):
        found.append(("tag", tag_id, exists().where(
            ContactTag.contact_id == contact_id, ContactTag.tag_id == tag_id)))
    for one in _segments(ids_in(campaign, "without_segments")):
        inside = segments.members_select(one).subquery()
        found.append(("segment", one.id, exists().where(inside.c.id == contact_id)))
    for other in ids_in(campaign, "without_campaigns"):
        found.append(("campaign", other, exists().where(
            Message.campaign_id == other, Message.contact_id == contact_id, Message.state.not_in(_GOT_NOTHING))))
    return found


def exclusions(campaign: Campaign) -> list[Excluded]:
    """Every exclusion with how many of those who are meant it takes out; one person may count in several. Two
    queries, none without exclusions."""
    everyone = members(campaign, with_excluded=True)
    tests = _exclusions(campaign, everyone.c.id)
    if not tests:
        return []
    counts = db.session.execute(select(*(func.coalesce(func.sum(case((test, 1), else_=0)), 0) for _, _, test in tests))
                                .select_from(everyone)).one()
    names = _names(tests)
    return [Excluded(kind, number, names.get((kind, number), "which was deleted"), int(count))
            for (kind, number, _), count in zip(tests, counts, strict=True)]


def _names(tests: Sequence[tuple[str, int, Any]]) -> dict[tuple[str, int], str]:
    """What the exclusions are called."""
    found: dict[tuple[str, int], str] = {}
    for kind, table in (("tag", Tag), ("segment", Segment), ("campaign", Campaign)):
        ids = [number for one, number, _ in tests if one == kind]
        if ids:
            rows = db.session.execute(select(table.id, table.name).where(table.id.in_(ids)))
            found |= {(kind, row.id): row.name for row in rows}
    return found


def unplaced(campaign: Campaign, contact: Any) -> ColumnElement[bool]:
    """Of a row of the campaign's list, joined to the contact with its number: that it stands for no contact of its own."""
    wanted = and_(_r.campaign_id == campaign.id, or_(_r.code != "", contact.c.id.is_(None)))
    taken = excluded_if(campaign, contact.c.id)
    others = ids_in(campaign, "without_campaigns")
    if taken is not None:
        wanted = and_(wanted, ~func.coalesce(taken, False))
    if others:  # a number that got it, whoever it belonged to then
        wanted = and_(wanted, ~exists().where(Message.campaign_id.in_(others), Message.phone == _r.phone,
                                              _r.phone != "", Message.state.not_in(_GOT_NOTHING)))
    return wanted


def _segments(ids: Sequence[int]) -> Sequence[Segment]:
    """Those of these segments that still exist."""
    return db.session.scalars(select(Segment).where(Segment.id.in_(ids)).order_by(Segment.id)).all() if ids else []


def count_meant(campaign: Campaign) -> int:
    """How many contacts are meant before the exclusions. One query."""
    everyone = members(campaign, with_excluded=True)
    return db.session.scalar(select(func.count()).select_from(everyone)) or 0
