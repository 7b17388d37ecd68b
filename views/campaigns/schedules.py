"""What repeats, on a page of its own: its rule, its next runs, the campaigns it made; and what becomes of what is late."""

from collections.abc import Callable
from typing import Any

from flask import flash, redirect, render_template, url_for
from flask_login import current_user
from werkzeug.wrappers import Response as Answer

from core.errors import Conflict
from core.rights import Right
from core.states import CampaignState
from core.words import plural
from services import campaigns
from views.campaigns.part import pages
from views.campaigns.when import runs_of
from views.doors import needs


@pages.get("/<int:campaign_id>/repeats")
def repeats(campaign_id: int) -> str | Answer:
    """One campaign that repeats, or did."""
    campaign, row = campaigns.get_campaign(campaign_id), campaigns.repeat_of(campaign_id)
    if row is None or campaign.state is CampaignState.DRAFT:
        return redirect(url_for(".show", campaign_id=campaign_id))
    made, totals = campaigns.occurrences(campaign_id)
    is_running = campaign.state is CampaignState.REPEATING
    return render_template(
        "campaigns/schedule.html", campaign=campaign, repeat=row, rule=campaigns.repeat_words(row),
        runs=runs_of(campaign, row) if is_running else [], made=made, totals=totals, is_running=is_running,
        tags=campaigns.tags_of(campaign))


@pages.post("/<int:campaign_id>/repeats/pause")
@needs(Right.EDIT_CAMPAIGNS)
def pause_repeat(campaign_id: int) -> Answer:
    """Make no more runs until it is resumed."""
    return _acted(campaign_id, lambda: campaigns.pause_repeat(campaign_id, by=current_user.actor),
                  "Paused: no run starts until you resume it")


@pages.post("/<int:campaign_id>/repeats/resume")
@needs(Right.SEND)
def resume_repeat(campaign_id: int) -> Answer:
    """Go on with the next run."""
    return _acted(campaign_id, lambda: campaigns.resume_repeat(campaign_id, by=current_user.actor),
                  "It goes on with its next run")


@pages.post("/<int:campaign_id>/repeats/stop")
@needs(Right.EDIT_CAMPAIGNS)
def stop_repeat(campaign_id: int) -> Answer:
    """No more runs, for good."""
    return _acted(campaign_id, lambda: campaigns.stop_repeat(campaign_id, by=current_user.actor),
                  "Stopped: no more runs start; what is being sent goes on")


@pages.post("/<int:campaign_id>/repeats/change")
@needs(Right.EDIT_CAMPAIGNS)
def change_repeat(campaign_id: int) -> Answer:
    """Back to draft, to be changed and started again."""
    try:
        campaigns.change_repeat(campaign_id, by=current_user.actor)
    except Conflict as error:
        flash(error.message, "bad")
        return redirect(url_for(".repeats", campaign_id=campaign_id))
    flash("It is a draft again: no run starts until you send it anew", "info")
    return redirect(url_for(".when", campaign_id=campaign_id))


@pages.post("/<int:campaign_id>/late/send")
@needs(Right.SEND)
def send_late(campaign_id: int) -> Answer:
    """Those who wait past the latest useful time get it all the same."""
    return _decided(campaign_id, lambda: campaigns.send_late(campaign_id, by=current_user.actor),
                    ("person gets", "people get"), "it all the same")


@pages.post("/<int:campaign_id>/late/leave-out")
@needs(Right.SEND)
def leave_out_late(campaign_id: int) -> Answer:
    """They do not get it, and the others do."""
    return _decided(campaign_id, lambda: campaigns.leave_out_late(campaign_id, by=current_user.actor),
                    ("person is", "people are"), "left out")


def _acted(campaign_id: int, act: Callable[[], Any], done: str) -> Answer:
    """Do it, say it or say why not, and show what repeats."""
    try:
        act()
        flash(done, "good")
    except Conflict as error:
        flash(error.message, "bad")
    return redirect(url_for(".repeats", campaign_id=campaign_id))


def _decided(campaign_id: int, act: Callable[[], int], words: tuple[str, str], done: str) -> Answer:
    """Decide about what is late, and show the campaign, which goes on."""
    try:
        flash(f"{plural(act(), *words)} {done}; the campaign goes on", "good")
    except Conflict as error:
        flash(error.message, "bad")
    return redirect(url_for(".show", campaign_id=campaign_id))
