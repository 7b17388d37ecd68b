"""The list, one campaign while it runs and afterwards, the people behind each number and one person's message."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from flask import Response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as Answer

from core import clock
from core.rights import Right
from core.states import CampaignState, MessageState
from core.words import one_line, plural
from services import campaigns, channels, sending, settings
from views.campaigns.check import number_of
from views.campaigns.part import pages
from views.campaigns.when import latest_at, starts_at
from views.csv_answer import csv_answer
from views.doors import needs
from views.page_context import viewer_zone

_SOON = timedelta(minutes=5)


@pages.get("")
def index() -> str:
    """Campaigns that need a person first, then the newest; the filters are in the address."""
    asked, since, until = _filters()
    counts = campaigns.state_counts()
    page = campaigns.find_campaigns(
        state=asked["state"], text=asked["q"], since=since, until=until, after=request.args.get("after", ""),
        before=request.args.get("before", ""), number=number_of("page"))
    return render_template(
        "campaigns/index.html", page=page, asked=asked, counts=counts, states=list(CampaignState), S=MessageState,
        missing=campaigns.missing_steps,
        arguments={name: value for name, value in asked.items() if value})


@pages.get("/<int:campaign_id>")
def show(campaign_id: int) -> str | Answer:
    """One campaign. A draft opens at the step that comes next."""
    report = campaigns.report(campaign_id)
    if report.campaign.state is CampaignState.DRAFT:
        return redirect(url_for(_next_step(report.campaign), campaign_id=campaign_id))
    if report.campaign.started_at is None and campaigns.repeat_of(campaign_id):
        return redirect(url_for(".repeats", campaign_id=campaign_id))
    return render_template("campaigns/show.html", **values_of(report), tags=campaigns.tags_of(report.campaign))


@pages.get("/<int:campaign_id>/progress")
def progress(campaign_id: int) -> str:
    """The part of the page that refreshes itself."""
    return render_template("campaigns/_progress.html", **values_of(campaigns.report(campaign_id)))


@pages.get("/<int:campaign_id>/recipients")
def recipients(campaign_id: int) -> str:
    """Exactly the people one number of the report counts."""
    asked = _asked()
    return render_template(
        "campaigns/recipients.html", campaign=campaigns.get_campaign(campaign_id), labels=campaigns.LABELS, asked=asked,
        page=campaigns.recipients(campaign_id, **asked, after=_id("after"), before=_id("before"),
                                  number=number_of("page")),
        arguments={name: value for name, value in asked.items() if value})


@pages.get("/<int:campaign_id>/recipients.csv")
@needs(Right.IMPORT)
def recipients_csv(campaign_id: int) -> Response:
    """The same people as a spreadsheet, with the columns they came with."""
    return csv_answer(campaigns.csv_of(campaign_id, **_asked()), f"campaign-{campaign_id}.csv")


@pages.get("/<int:campaign_id>/messages/<int:message_id>")
def message(campaign_id: int, message_id: int) -> str:
    """One person's message as it was sent, each try, and everything that was heard of it."""
    told = campaigns.recipient_message(campaign_id, message_id)
    return render_template("campaigns/message.html", told=told, one=told.recipient, campaign=told.campaign,
                           business=settings.get("business_name"))


def values_of(report: campaigns.Report) -> dict[str, Any]:
    """What the page and its live part show."""
    retry, seconds_left = any(reason.advice.chance == "now" for reason in report.failed_by), _seconds_left(report)
    return {"report": report, "campaign": report.campaign, "S": MessageState,
            "seconds_left": seconds_left,
            "done_by": clock.now() + timedelta(seconds=seconds_left) if seconds_left else None,
            "starts": starts_at(report.campaign) if report.campaign.start_at else "", "hours": _window_hours(),
            "why_no_retry": campaigns.why_no_retry(report.campaign), "has_safe_retry": retry,
            "latest": latest_at(report.campaign), "late": campaigns.late(report.campaign),
            "is_moving": _is_moving(report.campaign), "changed": campaigns.changed(report.campaign),
            "waits_for": _waits_for(report)}


def _seconds_left(report: campaigns.Report) -> int | None:
    """Until the last of those who wait: at the pace of now, or over as many days as the account's limit asks for."""
    if _waits_for_tomorrow(report):
        return round(campaigns.how_long(report.campaign, report.waiting_now).total_seconds())
    return report.seconds_left


def _waits_for_tomorrow(report: campaigns.Report) -> bool:
    """Whether some wait because the account has opened as many people as it may in a day."""
    campaign = report.campaign
    return bool(campaign.state is CampaignState.SENDING and report.of(MessageState.QUEUED)
                and sending.is_spent(campaign.channel))


def _waits_for(report: campaigns.Report) -> list[str]:
    """Why not everybody is on their way although it is sending."""
    campaign, found = report.campaign, []
    if campaign.state is CampaignState.SENDING and report.waiting and (why := channels.why_nothing_leaves(campaign.channel)):
        found.append(why.rstrip(".") + ".")
    if first := campaigns.first_of(campaign):
        found.append(f"The first {plural(first.size, 'person goes', 'people go')} ahead: {first.tried:,} left, "
                     f"{first.delivered:,} got it, {first.failed:,} failed. The others wait until half of them got it.")
    if _waits_for_tomorrow(report):
        found.append("WhatsApp lets this account open only so many people in 24 hours, and today’s are used up. "
                     "The others get it as the hours pass.")
    return found


def _window_hours() -> int:
    """How long after their message an answer counts."""
    return campaigns.ANSWER_WINDOW // timedelta(hours=1)


def _asked() -> dict[str, str]:
    """What the address asks for; words nobody knows show everyone."""
    shown = request.args.get("show", "")
    return {"show": shown if shown in campaigns.LABELS else "", "code": request.args.get("code", "")[:40],
            "words": request.args.get("words", "")[:300], "text": one_line(request.args.get("text", ""))[:100]}


def _filters() -> tuple[dict[str, str], datetime | None, datetime | None]:
    """State, words and days of the list, and the days as moments; what cannot be read is left out."""
    asked = {name: one_line(request.args.get(name, ""))[:100] for name in ("state", "q", "from", "to")}
    asked["state"] = asked["state"] if asked["state"] in set(CampaignState) else ""
    start, end = day_of(asked["from"]), day_of(asked["to"])
    asked["from"], asked["to"] = start.isoformat() if start else "", end.isoformat() if end else ""
    return asked, midnight(start) if start else None, midnight(end + timedelta(days=1)) if end else None


def day_of(text: str) -> date | None:
    """A day out of the address, within the years every zone can hold; None when it is none."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if 1970 <= day.year <= 2200 else None


def midnight(day: date) -> datetime:
    """When a day begins where the viewer is."""
    return datetime.combine(day, time(), viewer_zone()).astimezone(UTC)


def _id(name: str) -> int:
    """An id out of the address; 0 for anything that is none."""
    text = request.args.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def _is_moving(campaign: Any) -> bool:
    """Whether the page changes by itself soon: it is being sent, or starts within a few minutes."""
    is_due = campaign.state is CampaignState.SCHEDULED and campaign.start_at - clock.now() < _SOON
    return campaign.state is CampaignState.SENDING or is_due


def _next_step(campaign: Any) -> str:
    """The page of the first step that is not done."""
    if not any(campaign.audience.get(part) for part in ("tags", "segments", "list")):
        return ".whom"
    return ".check" if campaign.version else ".what"
