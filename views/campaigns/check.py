"""The check: exactly who gets it, who does not and why, what anybody reads and when; and the people behind each number."""

import csv
import io
import re
from collections.abc import Iterator, Sequence
from typing import Any

from flask import Response, flash, redirect, render_template, request, stream_with_context, url_for
from werkzeug.wrappers import Response as Answer

from core import clock, csv_text
from core.errors import Invalid
from core.states import CampaignState
from core.words import plural
from services import campaigns, message_templates, sending, settings
from views.campaigns.part import pages
from views.campaigns.when import latest_at, starts_at
from views.page_context import viewer_zone

TO_TYPE = 1_000  # from so many people on the number is typed once more
HEADINGS = ("Row of the list", "Name", "Phone", "Why")


@pages.get("/<int:campaign_id>/check")
def check(campaign_id: int) -> str | Answer:
    """Exactly who gets it, who is skipped and why, what any of them reads; the button names the effect."""
    campaign = campaigns.get_campaign(campaign_id)
    if not is_open(campaign):
        return redirect(url_for(".show", campaign_id=campaign_id))
    return check_page(campaign)


def check_page(campaign: Any, *, typed_error: str = "") -> str:
    """The page; `typed_error` stands beside the number that was to be typed."""
    found = campaigns.check(campaign)
    search = request.args.get("q", "").strip()[:200]
    preview = campaigns.preview(campaign, number_of("person"), total=found.total, search=search)
    return render_template(
        "campaigns/check.html", campaign=campaign, check=found, why_not=why_not(campaign, found),
        preview=preview, search=search, shown=_shown(campaign, preview), tags=campaigns.tags_of(campaign),
        exclusions=campaigns.exclusions(campaign), warnings=campaigns.warnings(campaign), advice=campaigns.ADVICE,
        note=campaigns.note_of(campaign), policies=campaigns.POLICIES, takes_words=_takes(campaign, found.ready),
        segments=campaigns.segments_of(campaign),
        starts=starts_at(campaign) if campaign.wall_time and campaign.state is CampaignState.DRAFT else "",
        repeats=campaigns.repeat_of(campaign.id) is not None, latest=latest_at(campaign), typed_error=typed_error,
        business=settings.get("business_name"),
        must_type=found.ready > TO_TYPE, limit_note=limit_note(campaign))


@pages.get("/<int:campaign_id>/skipped")
def skipped(campaign_id: int) -> str | Answer:
    """Exactly the people one reason of the check speaks of; a file of them all."""
    campaign = campaigns.get_campaign(campaign_id)
    if campaign.started_at is not None:
        return redirect(url_for(".recipients", campaign_id=campaign_id, show="skipped"))
    code, words = request.args.get("code", "")[:40], request.args.get("words", "")[:300]
    if request.args.get("format") == "csv":
        return _csv(campaign, code, words)
    after = number_of("after", otherwise=0)
    if code == "excluded":
        page, words = campaigns.excluded_people(campaign, after=after), "Taken out by your exclusions"
    else:
        page = campaigns.skipped_people(campaign, code=code, words=words, after=after)
    return render_template("campaigns/skipped.html", campaign=campaign, page=page, code=code, words=words, after=after,
                           advice=campaigns.ADVICE)


def _csv(campaign: Any, code: str, words: str) -> Response:
    """Everybody of a reason as a file, safe for spreadsheets."""
    def lines() -> Iterator[str]:
        yield "\ufeff" + _line(HEADINGS)
        for one in campaigns.every_skipped(campaign, code=code, words=words):
            yield _line([str(one.row or ""), one.name, one.phone, one.words])

    return Response(stream_with_context(lines()), mimetype="text/csv", headers={
        "Content-Disposition": f'attachment; filename="skipped-campaign-{campaign.id}.csv"'})


def _line(cells: Sequence[str]) -> str:
    """One line of a file; no cell can become a formula."""
    written = io.StringIO()
    csv.writer(written).writerow([csv_text.escape_cell(cell) for cell in cells])
    return written.getvalue()


def number_of(name: str, *, otherwise: int = 1) -> int:
    """A number from the address; `otherwise` for anything that is none, and at least that."""
    text = request.args.get(name, "")
    return max(otherwise, int(text)) if text.isascii() and text.isdigit() and len(text) < 12 else otherwise


def why_not(campaign: Any, found: campaigns.Check) -> str:
    """Why it cannot be sent as it is; empty when it can."""
    if reason := campaigns.why_not(campaign, found):
        return reason
    if campaign.state is CampaignState.MISSED:
        return ""
    try:
        campaigns.time_of_draft(campaign)
    except Invalid as error:
        return error.message
    return ""


def is_open(campaign: Any) -> bool:
    """Whether the check is the page it is on: a draft, or one that did not start."""
    return campaign.state in (CampaignState.DRAFT, CampaignState.MISSED)


def not_as_seen(campaign: Any) -> Answer | tuple[str, int] | None:
    """Whoever pressed the button meant the number on it: when it is another by now, or was not typed where it must be,
    they are asked again. None when all is as seen."""
    seen = request.form.get("seen", "")
    if not seen:  # a page of before, or another program: the rules decide
        return None
    ready = campaigns.check(campaign).ready
    if seen != str(ready):
        flash(f"The number changed while you looked: it is {plural(ready, 'person', 'people')} now. "
              "Nothing was sent; look once more", "warn")
        return redirect(url_for(".check", campaign_id=campaign.id))
    typed = re.sub(r"[\s.,’']", "", request.form.get("typed", ""))
    if ready > TO_TYPE and typed != str(ready):
        return check_page(campaign, typed_error=f"Type {ready:,} to say that you mean so many people"), 422
    return None


def _takes(campaign: Any, ready: int) -> str:
    """How long sending takes, as people say it."""
    if days := _days(campaign, ready):
        return days
    seconds = campaigns.how_long(campaign, ready).total_seconds()
    pace = f"at {campaign.channel.send_rate:,.0f} a second"
    if seconds <= 1:
        return f"Sending takes a moment, {pace}."
    for length, one, many in ((5400, "hour", "hours"), (90, "minute", "minutes"), (0, "second", "seconds")):
        if seconds >= length:
            count = round(seconds / {"hour": 3600, "minute": 60, "second": 1}[one])
            return f"Sending takes about {plural(count, one, many)}, {pace}."
    return ""


def _days(campaign: Any, ready: int) -> str:
    """What the limit of the account means for so many people; empty when they all fit in today."""
    allowed = sending.allowance(campaign.channel)
    if not allowed.limit or allowed.left is None or ready <= allowed.left:
        return ""
    takes = campaigns.how_long(campaign, ready)
    ends = max(clock.now(), campaign.start_at or clock.now()) + takes
    return (f"WhatsApp lets this account open {allowed.limit:,} people in 24 hours; {allowed.opened:,} were opened already. "
            f"So it is spread over {plural(max(1, round(takes.total_seconds() / 86_400)), 'day', 'days')} and ends about "
            f"{ends.astimezone(viewer_zone()):%a %-d %b, %H:%M} for you.")


def limit_note(campaign: Any) -> str:
    """Said of a real number whose limit is not known."""
    if campaign.channel.kind != "cloud" or sending.allowance(campaign.channel).limit is not None:
        return ""
    return "How many people WhatsApp lets this account open in a day is not known here, so nothing is held back."


def _shown(campaign: Any, preview: campaigns.Preview | None) -> Any:
    """The message as it stands on that person's phone; nothing for somebody who is skipped."""
    if preview is None or not preview.is_ready:
        return None
    return message_templates.shown(campaign.version, preview.values)
