"""The rehearsal of a campaign: begin it, see how far it is, read the report to expect."""

from typing import Any

from flask import flash, redirect, render_template, url_for
from flask_login import current_user
from werkzeug.wrappers import Response as Answer

from core.errors import Conflict
from core.rights import Right
from services import campaigns, rehearsals
from views.campaigns.part import pages
from views.doors import needs


@pages.get("/<int:campaign_id>/rehearsal")
def rehearsal(campaign_id: int) -> str:
    """The newest rehearsal: a bar while it runs, afterwards what to expect and how sure that is."""
    return render_template("campaigns/rehearsal.html", **_values(campaign_id))


@pages.get("/<int:campaign_id>/rehearsal/progress")
def rehearsal_progress(campaign_id: int) -> str:
    """The part of the page that refreshes itself."""
    return render_template("campaigns/rehearsal_progress.html", **_values(campaign_id))


@pages.post("/<int:campaign_id>/rehearse")
@needs(Right.EDIT_CAMPAIGNS)
def rehearse(campaign_id: int) -> Answer:
    """Begin one in the background."""
    try:
        rehearsals.start(campaign_id, by=current_user.actor)
    except Conflict as error:
        flash(error.message, "bad")
    return redirect(url_for(".rehearsal", campaign_id=campaign_id))


@pages.post("/<int:campaign_id>/rehearsal/stop")
@needs(Right.EDIT_CAMPAIGNS)
def stop_rehearsal(campaign_id: int) -> Answer:
    """End the one that runs."""
    if rehearsals.stop(campaign_id):
        flash("The rehearsal is stopped. Nobody was written to.", "good")
    return redirect(url_for(".rehearsal", campaign_id=campaign_id))


def _values(campaign_id: int) -> dict[str, Any]:
    campaign = campaigns.get_campaign(campaign_id)
    return {"campaign": campaign, "shown": rehearsals.shown(campaign)}
