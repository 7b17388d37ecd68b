"""An audience becomes messages: one INSERT … SELECT with everybody's address, values, verdict and moment."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import JSON, DateTime, Integer, String, and_, bindparam, cast, func, select
from sqlalchemy.dialects.postgresql import JSONB

from core import clock
from core.actor import SYSTEM
from core.phone import country_of
from models import Campaign, CampaignListRow, db, is_sqlite
from services import contacts, sending
from services.campaigns import audience_facts as facts
from services.campaigns import audience_people as people
from services.campaigns import own_time
from services.campaigns.audience_facts import FIRST_ROW, Kind
from services.campaigns.own_list_spelling import spell_as_known

STRANGERS_AT_ONCE = 5_000
_r = CampaignListRow.__table__.c


def add_strangers(campaign: Campaign) -> int:
    """Make contacts of the numbers of its list that nobody has and that may be written to; how many. Some thousands a
    transaction, so that others can write meanwhile; a second call adds only what is still missing."""
    if not people.has_list(campaign) or campaign.version is None:
        return 0
    spell_as_known(campaign.id)
    return sum(_add(phones) for phones in _strangers(campaign))


def _strangers(campaign: Campaign) -> Iterator[list[str]]:
    """Numbers of usable rows without a contact whose verdict is OK, in the order of the list."""
    after, plan = 0, own_time.plan_of(campaign, clock.now())
    while True:
        table = facts.relation(campaign, plan, _r.id > after, _r.code == "", side="rows")
        rows = db.session.execute(select(table.c.ordinal, table.c.phone, table.c.key, table.c.place)
                                  .order_by(table.c.ordinal).limit(STRANGERS_AT_ONCE)).all()
        if not rows:
            return
        after = rows[-1].ordinal - FIRST_ROW
        kinds = facts.judged(campaign, plan, {(row.key, row.place, 1) for row in rows})
        welcome = {(one.key, one.place) for one in kinds if one.verdict.ok}
        if phones := [row.phone for row in rows if (row.key, row.place) in welcome]:
            yield phones


def _add(phones: Sequence[str]) -> int:
    """New contacts with these numbers and nothing else; whoever withdrew before they were deleted stays withdrawn."""
    people = [contacts.Incoming(phone=phone, country=country_of(phone)) for phone in phones]
    outcomes = contacts.add_or_update_many(people, on_duplicate="skip", source="list", by=SYSTEM)
    return outcomes.kinds.count("created")


def freeze(campaign: Campaign, now: datetime) -> int:
    """Write one message for everybody in the audience; how many. Join it to the launching transaction.

    Every kind of people there can be is judged first; then one statement gives each person the verdict of their kind.
    """
    plan = own_time.plan_of(campaign, now)
    table = facts.relation(campaign, plan, more=("variables",))
    kind = _kinds_table(facts.every_kind(campaign, plan))
    columns: dict[str, Any] = {
        "contact_id": table.c.contact_id, "phone": table.c.phone, "variables": table.c.variables,
        "list_row_id": table.c.row_id, "state": kind.c.state, "reason_code": kind.c.code, "reason": kind.c.words,
        "due_at": kind.c.due_at, "latest_at": kind.c.latest_at}
    rows = select(*columns.values()).select_from(table.join(kind, and_(
        kind.c.key == table.c.key, kind.c.place == table.c.place)))
    return sending.queue_set(list(columns), rows, campaign_id=campaign.id, channel_id=campaign.channel_id,
                             version_id=campaign.version.id, now=now)  # type: ignore[union-attr]


def _kinds_table(kinds: Sequence[Kind]) -> Any:
    """Verdicts and moments by key and place, as a table the audience is joined to."""
    rows = [[one.key, one.place, "queued" if one.verdict.ok else "skipped", one.verdict.code, one.verdict.words[:300],
             _stored(one.slot.due_at), _stored(one.slot.latest_at)] for one in kinds]
    given = bindparam("kinds", rows, type_=JSON().with_variant(JSONB(), "postgresql"))
    names = ("key", "place", "state", "code", "words", "due_at", "latest_at")
    if is_sqlite():
        each = func.json_each(given).table_valued("value", name="each_kind")
        cells: list[Any] = [func.json_extract(each.c.value, f"$[{place}]").label(name) for place, name in enumerate(names)]
        return select(*cells).select_from(each).cte("kinds").prefix_with("MATERIALIZED", dialect="sqlite")
    each = func.jsonb_array_elements(given).table_valued("value", name="each_kind")
    cells = [each.c.value.op("->>")(place) for place in range(len(names))]
    kinds_of: dict[str, Any] = {"key": Integer, "due_at": DateTime(timezone=True), "latest_at": DateTime(timezone=True)}
    return select(*(cast(cell, kinds_of.get(name, String)).label(name)
                    for name, cell in zip(names, cells, strict=True))).select_from(each).cte("kinds")


def _stored(at: datetime | None) -> str | None:
    """A moment as the database keeps it."""
    if at is None:
        return None
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f}" + ("" if is_sqlite() else "+00")
