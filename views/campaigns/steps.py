"""What the steps of composing share: only a draft is open, and a refused form comes back with its page."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as Answer

from core.states import CampaignState


def is_open(campaign: Any) -> bool:
    """Whether it may be changed."""
    return bool(campaign.state == CampaignState.DRAFT)


def elsewhere(campaign: Any) -> Answer:
    """To the page of a campaign that is no draft, with the reason."""
    can_go_back = campaign.state in (CampaignState.SCHEDULED, CampaignState.MISSED)
    flash(f"This campaign is {campaign.state}, so it cannot be changed"
          + ("; take it back to draft first" if can_go_back else ""), "info")
    return redirect(url_for(".show", campaign_id=campaign.id))


def step_page(template: str, form: Any, campaign: Any, **more: Any) -> str | tuple[str, int]:
    """One step of composing; 422 when what was typed was refused."""
    shown = render_template(template, form=form, campaign=campaign, **more)
    return (shown, 422) if request.method == "POST" else shown
