"""The acts that follow the check: send, schedule, pause, resume, cancel, and deciding about doubts."""

from collections.abc import Callable

from flask import flash, redirect, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response as Answer

from core.errors import CarrierTrouble, Conflict, DashboardError, Invalid
from core.rights import Right
from core.states import CampaignState
from core.words import plural
from services import campaigns, sending
from views.campaigns.check import is_open, not_as_seen
from views.campaigns.part import pages
from views.campaigns.when import starts_at
from views.doors import needs


@pages.post("/<int:campaign_id>/send")
@needs(Right.SEND)
def send(campaign_id: int) -> Answer | tuple[str, int]:
    """What the check page's button says, to as many as it said: now, or at the time that was kept."""
    campaign = campaigns.get_campaign(campaign_id)
    if is_open(campaign) and (refused := not_as_seen(campaign)):
        return refused
    wall_text = "" if request.form.get("now") else campaign.wall_time
    try:
        campaign = campaigns.schedule(campaign_id, wall_text=wall_text, zone=campaign.zone,
                                      latest_minutes=campaigns.tolerance_of(campaign), by=current_user.actor)
    except (Conflict, Invalid) as error:
        flash(error.message, "bad")
        page = ".check" if campaign.state in (CampaignState.DRAFT, CampaignState.MISSED) else ".show"
        return redirect(url_for(page, campaign_id=campaign_id))
    starts = f"starts {starts_at(campaign)}" if campaign.wall_time else "is starting"
    starts = f"repeats: {starts_at(campaign)}" if campaign.state is CampaignState.REPEATING else starts
    flash(f"{campaign.name} {starts}", "good")
    return redirect(url_for(".show", campaign_id=campaign_id))


@pages.post("/<int:campaign_id>/pause")
@needs(Right.EDIT_CAMPAIGNS)
def pause(campaign_id: int) -> Answer:
    """Let nothing more leave."""
    return _acted(campaign_id, lambda: campaigns.pause(campaign_id, by=current_user.actor),
                  "Paused: nothing more leaves until you resume it")


@pages.post("/<int:campaign_id>/new-words")
@needs(Right.SEND)
def new_words(campaign_id: int) -> Answer:
    """Go on with the words WhatsApp has in place of the campaign's own."""
    def act() -> None:
        if campaigns.take_new_words(campaign_id, by=current_user.actor).state is CampaignState.PAUSED:
            campaigns.resume(campaign_id, by=current_user.actor)
    return _acted(campaign_id, act, "Everybody who waits gets the new words")


@pages.post("/<int:campaign_id>/resume")
@needs(Right.SEND)
def resume(campaign_id: int) -> Answer:
    """Go on with those who wait."""
    return _acted(campaign_id, lambda: campaigns.resume(campaign_id, by=current_user.actor),
                  "Going on with those who wait")


@pages.post("/<int:campaign_id>/cancel")
@needs(Right.EDIT_CAMPAIGNS)
def cancel(campaign_id: int) -> Answer:
    """Stop for good."""
    try:
        stopped = campaigns.cancel(campaign_id, by=current_user.actor)
        flash(f"Cancelled: {plural(stopped, 'message was', 'messages were')} not sent", "good")
    except Conflict as error:
        flash(error.message, "bad")
    return redirect(url_for(".show", campaign_id=campaign_id))


@pages.post("/<int:campaign_id>/unschedule")
@needs(Right.EDIT_CAMPAIGNS)
def unschedule(campaign_id: int) -> Answer:
    """Back to draft, to be changed or given another time."""
    try:
        campaigns.unschedule(campaign_id, by=current_user.actor)
    except Conflict as error:
        flash(error.message, "bad")
        return redirect(url_for(".show", campaign_id=campaign_id))
    return redirect(url_for(".when", campaign_id=campaign_id))


@pages.post("/<int:campaign_id>/messages/<int:message_id>/sent")
@needs(Right.SEND)
def treat_as_sent(campaign_id: int, message_id: int) -> Answer:
    """A person decides that a message of unknown outcome went out."""
    return _decided(campaign_id, lambda: sending.treat_as_sent(message_id, by=current_user.actor),
                    "Treated as sent")


@pages.post("/<int:campaign_id>/messages/<int:message_id>/again")
@needs(Right.SEND)
def send_again(campaign_id: int, message_id: int) -> Answer:
    """A person has a message of unknown outcome sent once more."""
    return _decided(campaign_id, lambda: sending.send_again(message_id, by=current_user.actor),
                    "It is sent once more")


def _acted(campaign_id: int, act: Callable[[], object], done: str) -> Answer:
    """Do it, say it or say why not, and show the campaign."""
    try:
        act()
        flash(done, "good")
    except (CarrierTrouble, Conflict, Invalid) as error:  # WhatsApp may not take the file of its message
        flash(error.message, "bad")
    return redirect(url_for(".show", campaign_id=campaign_id))


def _decided(campaign_id: int, act: Callable[[], object], done: str) -> Answer:
    """Decide about one doubt and go on with the others."""
    try:
        act()
        flash(done, "good")
    except DashboardError as error:
        flash(error.message, "bad")
    return redirect(url_for(".recipients", campaign_id=campaign_id, show="unknown"))
