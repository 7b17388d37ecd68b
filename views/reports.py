"""Reports: totals of each day in a period, for all campaigns or one, as charts, a table and CSV."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from flask import Blueprint, Response, render_template, request

from core import charts, clock
from core.csv_text import escape_cell
from core.errors import DashboardError
from services import campaigns
from views.csv_answer import csv_answer
from views.page_context import viewer_zone

pages = Blueprint("reports", __name__)

PERIODS = {"7": "Last 7 days", "28": "Last 28 days", "90": "Last 90 days", "own": "Days I choose"}
HEADINGS = {"sent": "Sent", "delivered": "Delivered", "read": "Read", "failed": "Failed", "unknown": "Unknown",
            "replied": "Wrote back", "opted_out": "Said stop"}
MOST_CAMPAIGNS = 200  # of the choice; any other is reached from its own page


@pages.get("")
def index() -> str:
    """The period and the campaign are in the address; what cannot be read shows the last seven days of all."""
    asked, first, last, problem = _asked()
    zone = viewer_zone()
    days = campaigns.daily(first, last, zone=zone, campaign_id=asked["campaign"] or None)
    before = campaigns.daily(first - (last - first) - timedelta(days=1), first - timedelta(days=1), zone=zone,
                             campaign_id=asked["campaign"] or None)
    return render_template(
        "reports/index.html", asked=asked, first=first, last=last, days=days, problem=problem, periods=PERIODS,
        total=campaigns.total_of(days), before=campaigns.total_of(before), headings=HEADINGS, chosen=_chosen(asked),
        choices=campaigns.find_campaigns(size=MOST_CAMPAIGNS).items, out_chart=_chart(days, "sent", "delivered", "read"),
        answer_chart=_chart(days, "replied", "opted_out"), arguments=_arguments(asked),
        reasons=campaigns.failed_by_reason(first, last, zone=zone, campaign_id=asked["campaign"] or None))


@pages.get("/days.csv")
def days_csv() -> Response:
    """The same days as a spreadsheet."""
    asked, first, last, _ = _asked()
    days = campaigns.daily(first, last, zone=viewer_zone(), campaign_id=asked["campaign"] or None)
    return csv_answer(_rows(days), f"report-{first}-to-{last}.csv")


def _rows(days: list[campaigns.Day]) -> Iterator[list[str]]:
    yield ["day", *HEADINGS]
    for day in days:
        yield [escape_cell(day.day.isoformat()), *(str(day.of(name)) for name in HEADINGS)]


def _asked() -> tuple[dict[str, Any], date, date, str]:
    """What the address asks for, its first and last day, and what was wrong with it in words."""
    today = clock.now().astimezone(viewer_zone()).date()
    period = request.args.get("period", "7")
    asked: dict[str, Any] = {"period": period if period in PERIODS else "7", "campaign": _campaign(), "from": "", "to": ""}
    if asked["period"] != "own":
        return asked, today - timedelta(days=int(asked["period"]) - 1), today, ""
    first, last = _day("from"), _day("to")
    if first and last and 0 <= (last - first).days < campaigns.LONGEST_REPORT:
        return asked | {"from": first.isoformat(), "to": last.isoformat()}, first, last, ""
    problem = (f"Choose a first and a last day, at most {campaigns.LONGEST_REPORT} days; the last seven are shown"
               if request.args.get("from") or request.args.get("to") else "")
    return asked, today - timedelta(days=6), today, problem


def _campaign() -> int:
    """The campaign in the address; 0 for all, and for one that is not there."""
    text = request.args.get("campaign", "")
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        return 0
    try:
        return int(campaigns.get_campaign(int(text)).id)
    except DashboardError:
        return 0


def _chosen(asked: dict[str, Any]) -> Any:
    return campaigns.get_campaign(asked["campaign"]) if asked["campaign"] else None


def _arguments(asked: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in asked.items() if value}


def _day(name: str) -> date | None:
    try:
        day = date.fromisoformat(request.args.get(name, ""))
    except ValueError:
        return None
    return day if 1971 <= day.year <= 2200 else None


def _chart(days: list[campaigns.Day], *names: str) -> charts.Chart:
    """Some counts of the days as bars; more than 45 days are drawn by week."""
    step = 7 if len(days) > 45 else 1
    groups = [days[place:place + step] for place in range(0, len(days), step)]
    style = "%a %-d %b" if len(groups) <= 7 else "%-d %b"
    labels = tuple(("week of " if step > 1 else "") + group[0].day.strftime(style) for group in groups)
    return charts.Chart(labels, tuple(
        charts.Series(HEADINGS[name], "stopped" if name == "opted_out" else name,
                      tuple(sum(day.of(name) for day in group) for group in groups)) for name in names))
