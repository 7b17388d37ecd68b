"""A campaign over time, and trying those who failed once more."""

from datetime import datetime, timedelta
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response as Answer

from core import charts
from core.errors import Conflict, Invalid
from core.rights import Right
from core.words import plural
from services import campaigns
from views.campaigns.part import pages
from views.campaigns.show import values_of
from views.doors import needs
from views.page_context import viewer_zone

_STEPS = ((86400, "day"), (3600, "hour"), (60, "minute"), (1, "second"))


@pages.get("/<int:campaign_id>/report")
def over_time(campaign_id: int) -> str:
    """How fast it went out, when people got it, read it and answered; each picture with its numbers."""
    told = campaigns.story(campaigns.get_campaign(campaign_id))
    report = campaigns.report(campaign_id, replied=told.replied)
    out, later = told.out, told.later
    return render_template(
        "campaigns/report.html", **values_of(report), spreads=told.spreads, out=out, later=later,
        out_chart=_chart(out, ("Sent", "left")), out_step=_step(out.step), later_step=_step(later.step),
        later_chart=_chart(later, ("Delivered", "delivered"), ("Read", "read"), is_total=True),
        reply_chart=_chart(later, ("Wrote back", "replied")))


@pages.get("/<int:campaign_id>/retry")
@needs(Right.SEND)
def retry(campaign_id: int) -> str:
    """Why some failed, which of them may be tried again, and the button with the exact number."""
    campaign = campaigns.get_campaign(campaign_id)
    return _retry_page(campaign)


@pages.post("/<int:campaign_id>/retry")
@needs(Right.SEND)
def retry_now(campaign_id: int) -> Answer:
    """What the button says: exactly those people, once more."""
    codes = request.form.getlist("code")[:200]
    shown = request.form.get("number", "")
    expected = int(shown) if shown.isascii() and shown.isdigit() and len(shown) < 10 else None
    try:
        count = campaigns.retry(campaign_id, codes=codes, expected=expected, by=current_user.actor)
    except (Conflict, Invalid) as error:
        flash(error.message, "bad")
        return redirect(url_for(".retry", campaign_id=campaign_id, code=codes, chosen=1))
    flash(f"{plural(count, 'person is', 'people are')} being tried once more", "good")
    return redirect(url_for(".show", campaign_id=campaign_id))


def _retry_page(campaign: Any) -> str:
    """The reasons with those ticked that were chosen, or that make sense."""
    reasons = campaigns.retry_reasons(campaign)
    wanted = set(request.args.getlist("code")) if request.args.get("chosen") else {
        reason.code for reason in reasons if reason.is_sensible}
    ticked = [reason for reason in reasons if reason.code in wanted]
    return render_template(
        "campaigns/retry.html", campaign=campaign, reasons=reasons, ticked={reason.code for reason in ticked},
        number=sum(reason.ready for reason in ticked), why_not=campaigns.why_no_retry(campaign))


def _chart(line: campaigns.Timeline, *shown: tuple[str, str], is_total: bool = False) -> charts.Chart:
    """One timeline as a chart; with `is_total` each value holds all before it."""
    shift = timedelta(seconds=line.step if is_total else 0)  # what is added up is named by the end of its part
    labels = tuple(label_of(bucket.start + shift, line.step) for bucket in line.buckets)
    if line.has_more and labels:
        labels = (*labels[:-1], f"{labels[-1]} or later")
    series = []
    for name, kind in shown:
        values = tuple(getattr(bucket, kind) for bucket in line.buckets)
        series.append(charts.Series(name, kind, charts.running_total(values) if is_total else values))
    return charts.Chart(labels, tuple(series))


def label_of(at: datetime, step: int) -> str:
    """A moment of a chart where the viewer is, as fine as its steps are."""
    style = "%H:%M:%S" if step < 60 else "%H:%M" if step < 1800 else "%a %H:%M" if step < 86400 else "%-d %b"
    return at.astimezone(viewer_zone()).strftime(style)


def _step(seconds: int) -> str:
    """How long a bucket lasts: minute, 5 minutes, 3 hours."""
    size, word = next((size, word) for size, word in _STEPS if seconds % size == 0)
    return word if seconds == size else f"{seconds // size} {word}s"
