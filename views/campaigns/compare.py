"""Campaigns side by side: some that were chosen, or all times of one that repeats."""

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as Answer

from core.errors import Invalid
from services import campaigns
from views.campaigns.part import pages

_KINDS = {"sent": "sent", "delivered": "delivered", "read": "read", "replied": "replied"}


@pages.get("/compare")
def compare() -> str | Answer:
    """Figures, rates and what differs in words; the campaigns are in the address."""
    try:
        sides = campaigns.compare(_chosen())
    except Invalid as error:
        flash(error.message, "info")
        return redirect(url_for(".index"))
    return render_template("campaigns/compare.html", sides=sides, rates=campaigns.RATES, kinds=_KINDS,
                           differences=campaigns.differences(sides))


@pages.get("/<int:campaign_id>/times")
def times(campaign_id: int) -> str:
    """Every campaign a repeating one has made, with the totals of all."""
    sides, totals = campaigns.occurrences(campaign_id)
    return render_template("campaigns/times.html", campaign=campaigns.get_campaign(campaign_id), sides=sides,
                           totals=totals)


def _chosen() -> list[int]:
    """The ids in the address; what is none is left out."""
    texts = request.args.getlist("campaign")[:20]
    return [int(text) for text in texts if text.isascii() and text.isdigit() and len(text) < 10 and int(text)]
