"""A campaign's list of its own: brought, read again in another way, copied, taken away. Only drafts change."""

import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import islice
from typing import IO, Any, BinaryIO

from sqlalchemy import delete, insert, literal, select

from core import clock
from core.actor import Actor
from core.errors import NotFound
from core.words import one_line
from models import CampaignList, CampaignListRow, db, is_sqlite, transaction
from services import activity
from services.campaigns import own_list_read, sources
from services.campaigns.edit import check_draft, claim_draft
from services.campaigns.own_list_read import Line, Listed
from services.campaigns.own_list_spelling import spell_as_known
from services.campaigns.queries import get_campaign

_AT_ONCE = 5_000  # rows a statement
_COLUMNS = ("campaign_id", "number", "phone", "code", "problem", "cells")
_INSERT = f"INSERT INTO campaign_list_rows ({', '.join(_COLUMNS)}) VALUES (?, ?, ?, ?, ?, ?)"  # noqa: S608  # our names
_COPY = f"COPY campaign_list_rows ({', '.join(_COLUMNS)}) FROM STDIN"


def add_list(campaign_id: int, *, file: BinaryIO | None = None, text: str = "", name: str = "", sheet: str = "",
             country: str = "", phone_column: int | str | None = None, by: Actor) -> CampaignList:
    """Give a draft a list: a CSV, TSV or spreadsheet file, or pasted numbers or cells. It replaces an earlier one.

    `sheet` of a spreadsheet is the first one when empty; `country` is the one numbers without a plus are read under;
    `phone_column` is a place or a heading, and found out when it is None. Rows that cannot be read are kept with their
    reason. Raises NotFound, Conflict unless it is a draft, and Invalid with the field file, pasted, sheet, country or
    phone_column; then the earlier list stays.
    """
    check_draft(get_campaign(campaign_id))
    country = own_list_read.country_of(country)
    with own_list_read.read(file, text, sheet=one_line(sheet), country=country, phone_column=phone_column) as listed:
        return _keep(campaign_id, listed, one_line(name)[:200] if file else "", by)


def read_again(campaign_id: int, *, country: str = "", phone_column: int | str | None = None,
               by: Actor) -> CampaignList:
    """Read the rows that are kept under another country or with another column; what is left out stays as it is.

    Raises NotFound when there is no list, Conflict unless it is a draft, Invalid with the field country or phone_column.
    """
    kept = get_list(campaign_id)
    check_draft(get_campaign(campaign_id))
    place = kept.phone_column if phone_column in (None, "") else own_list_read.place_of(kept.columns, phone_column)
    listed = Listed(list(kept.columns), place, own_list_read.country_of(country or kept.country))
    own_list_read.again(listed, _kept_rows(campaign_id))
    return _keep(campaign_id, listed, kept.file_name, by)


def remove_list(campaign_id: int, *, by: Actor) -> None:
    """Take the list away. Raises NotFound when there is none, and Conflict unless the campaign is a draft."""
    get_list(campaign_id)
    with transaction():
        audience = dict(get_campaign(campaign_id).audience)
        audience.pop("list", None)
        claim_draft(campaign_id, {"audience": audience})
        _forget(campaign_id)
        campaign = get_campaign(campaign_id)
        activity.record("campaign.list_removed", by=by, subject_kind="campaign", subject_id=campaign_id,
                        subject_name=campaign.name)


def copy_list(old_id: int, new_id: int) -> None:
    """Give one campaign the list of another, in one statement over all rows. Call it inside a transaction."""
    own = [CampaignList.file_name, CampaignList.columns, CampaignList.phone_column, CampaignList.country,
           CampaignList.rows, CampaignList.bad, CampaignList.repeated, CampaignList.added_by, CampaignList.added_at]
    row = [CampaignListRow.number, CampaignListRow.phone, CampaignListRow.code, CampaignListRow.problem,
           CampaignListRow.cells]
    for table, columns in ((CampaignList, own), (CampaignListRow, row)):
        db.session.execute(insert(table).from_select(
            ["campaign_id", *(one.key for one in columns)],
            select(literal(new_id), *columns).where(table.campaign_id == old_id)))


def get_list(campaign_id: int) -> CampaignList:
    """The list of a campaign. Raises NotFound when it has none. One query."""
    if 0 < campaign_id < 2**31 and (found := db.session.get(CampaignList, campaign_id, populate_existing=True)):
        return found
    raise NotFound("This campaign has no list of its own")


def _keep(campaign_id: int, listed: Listed, file_name: str, by: Actor) -> CampaignList:
    """Read every row, then write them all in one transaction: the campaign has the old list or the new one."""
    with _aside(listed.lines) as lines, transaction():
        campaign = get_campaign(campaign_id)
        claim_draft(campaign_id, {"audience": {**campaign.audience, "list": True},
                                  "variables": sources.with_columns(campaign, listed.columns)})
        _forget(campaign_id)
        kept = CampaignList(
            campaign_id=campaign_id, file_name=file_name, columns=listed.columns, phone_column=listed.phone_column,
            country=listed.country, rows=listed.rows, bad=listed.bad, repeated=listed.repeated, added_by=by.name,
            added_at=clock.now())
        db.session.add(kept)
        db.session.flush()
        _write(campaign_id, lines)
        spell_as_known(campaign_id)
        activity.record("campaign.list_added", by=by, subject_kind="campaign", subject_id=campaign_id,
                        subject_name=campaign.name, rows=listed.rows)
    return kept


@contextmanager
def _aside(lines: Iterable[Line]) -> Iterator[Iterator[tuple[str, ...]]]:
    """The lines written to a file of their own first, so that nobody waits for the database while they are read."""
    with tempfile.TemporaryFile("w+", encoding="utf-8", newline="\n") as file:
        for line in lines:
            number, phone, code, problem, cells = line
            file.write(f"{number}\t{phone}\t{code}\t{one_line(problem)}\t{cells}\n")
        file.seek(0)
        yield _read_back(file)


def _read_back(file: IO[str]) -> Iterator[tuple[str, ...]]:
    """Lines as they were put aside; cells are JSON, which holds no tab and no line break."""
    return (tuple(line.rstrip("\n").split("\t", 4)) for line in file)


def _write(campaign_id: int, lines: Iterator[tuple[str, ...]]) -> None:
    """All rows, thousands at a time."""
    connection = db.session.connection()
    if is_sqlite():
        while chunk := [(campaign_id, int(line[0]), *line[1:]) for line in islice(lines, _AT_ONCE)]:
            connection.exec_driver_sql(_INSERT, chunk)
        return
    driver: Any = connection.connection.driver_connection
    with driver.cursor() as cursor, cursor.copy(_COPY) as copy:
        for line in lines:
            copy.write_row((campaign_id, *line))


def _forget(campaign_id: int) -> None:
    """Delete the list and its rows."""
    db.session.execute(delete(CampaignListRow).where(CampaignListRow.campaign_id == campaign_id))
    db.session.execute(delete(CampaignList).where(CampaignList.campaign_id == campaign_id))
    db.session.expire_all()


def _kept_rows(campaign_id: int) -> Iterator[tuple[int, dict[str, str]]]:
    """Number and cells of every row, in their order, thousands at a time."""
    after = -1
    while rows := db.session.execute(
            select(CampaignListRow.number, CampaignListRow.cells)
            .where(CampaignListRow.campaign_id == campaign_id, CampaignListRow.number > after)
            .order_by(CampaignListRow.number).limit(_AT_ONCE)).all():
        yield from ((number, cells) for number, cells in rows)
        after = rows[-1].number

