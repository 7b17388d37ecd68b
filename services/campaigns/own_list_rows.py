"""Every question about the rows of a campaign's own list; never writes."""

import csv
import io
from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import ColumnElement, String, case, cast, func, select, type_coerce

from core.csv_text import escape_cell
from core.pages import Page
from core.words import one_line
from models import CampaignList, CampaignListRow, db
from services.campaigns.own_list import get_list
from services.campaigns.own_list_read import BAD, REPEATED

SHOWN = {"bad": BAD, "repeated": REPEATED, "usable": ""}
_BATCH = 2_000


def list_of(campaign_id: int) -> CampaignList | None:
    """The list of a campaign, if it has one. One query."""
    return db.session.get(CampaignList, campaign_id, populate_existing=True) if 0 < campaign_id < 2**31 else None


def list_rows(campaign_id: int, *, text: str = "", show: str = "", page: int = 1, size: int = 50
              ) -> Page[CampaignListRow]:
    """Rows of the list, those that cannot be used first, then in their order; `show` is bad, repeated or usable.

    `text` is looked for in the numbers, the reasons and the cells. Raises NotFound when there is no list. Three queries.
    """
    get_list(campaign_id)
    wanted = _wanted(campaign_id, text, show)
    total = db.session.scalar(select(func.count()).select_from(CampaignListRow).where(*wanted)) or 0
    number = max(1, min(page, -(-total // size) or 1))
    first = case((CampaignListRow.code == BAD, 0), (CampaignListRow.code == REPEATED, 1), else_=2)
    rows = db.session.scalars(select(CampaignListRow).where(*wanted).order_by(first, CampaignListRow.number)
                              .limit(size).offset((number - 1) * size)).all()
    return Page(rows, number, size, total)


def bad_rows_csv(campaign_id: int) -> Iterator[str]:
    """The rows that cannot be used, line by line: row number, reason, then the cells as they came.

    Cells that a spreadsheet would take for a formula carry an apostrophe. Raises NotFound when there is no list.
    """
    columns = get_list(campaign_id).columns
    yield "\ufeff" + _line(["Row", "Reason", *columns])
    after = -1
    while rows := db.session.execute(
            select(CampaignListRow.number, CampaignListRow.problem, CampaignListRow.cells)
            .where(CampaignListRow.campaign_id == campaign_id, CampaignListRow.code != "", CampaignListRow.number > after)
            .order_by(CampaignListRow.number).limit(_BATCH)).all():
        yield "".join(_line([str(row.number), row.problem, *(row.cells.get(heading, "") for heading in columns)])
                      for row in rows)
        after = rows[-1].number


def _wanted(campaign_id: int, text: str, show: str) -> list[ColumnElement[bool]]:
    """Which rows."""
    wanted: list[Any] = [CampaignListRow.campaign_id == campaign_id]
    if show in SHOWN:
        wanted.append(CampaignListRow.code == SHOWN[show])
    if plain := one_line(text)[:100]:
        wanted.append(holds(plain) | CampaignListRow.problem.icontains(plain, autoescape=True))
    return wanted


def holds(text: str) -> ColumnElement[bool]:
    """Whether a row has this in one of its cells, or as part of its number however that is written."""
    plain = one_line(text)[:100]
    digits = "".join(sign for sign in plain if sign.isascii() and sign.isdigit()).lstrip("0")  # 07700 … is +44 7700 …
    found = type_coerce(cast(CampaignListRow.cells, String), String).icontains(plain, autoescape=True)
    if len(digits) > 2 and len(digits) >= len(plain) / 2:
        found = found | CampaignListRow.phone.contains(digits)
    return found


def _line(cells: Sequence[str]) -> str:
    """One line of CSV with every cell made harmless."""
    line = io.StringIO()
    csv.writer(line).writerow([escape_cell(cell) for cell in cells])
    return line.getvalue()
