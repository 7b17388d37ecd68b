"""Try a campaign before it is sent: a test on one's own telephone."""

from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response as Answer

from core.errors import CarrierTrouble, Conflict, Invalid, TooMany
from core.phone import international
from core.rights import Right
from services import auth, campaigns, rehearsals, settings
from views.campaigns.part import pages
from views.doors import needs


@pages.app_context_processor
def names() -> dict[str, Any]:
    """What the check page includes asks for by itself, when it is shown."""
    return {"tried_out": tried_out}


def tried_out(campaign: Any) -> dict[str, Any]:
    """One's own number, the newest tests and the newest rehearsal. Five queries."""
    return {"own_phone": auth.own_phone(current_user.id), "tests": campaigns.tried(campaign.id),
            "rehearsal": rehearsals.shown(campaign)}


@pages.post("/<int:campaign_id>/test")
@needs(Right.EDIT_CAMPAIGNS)
def send_test(campaign_id: int) -> Answer:
    """To one's own number, or to another that was typed for this once; that needs the right to send."""
    own = auth.own_phone(current_user.id)
    typed = "" if request.form.get("to") == "me" else request.form.get("phone", "")
    if typed.strip() and not current_user.may(Right.SEND):
        abort(403)
    try:
        phone = campaigns.own_or_typed(typed, own=own, country=settings.default_country())
        campaigns.send_test(campaign_id, phone=phone, as_contact_id=_chosen(), by=current_user.actor)
    except (CarrierTrouble, Conflict, Invalid, TooMany) as error:
        flash(error.message, "bad")
    else:
        flash(f"A test is on its way to {international(phone.e164)}. It counts in no report.", "good")
    return redirect(url_for(".check", campaign_id=campaign_id, person=request.form.get("person") or None, _anchor="try"))


@pages.get("/<int:campaign_id>/tests")
def tests(campaign_id: int) -> str:
    """The list of tests, as it refreshes itself."""
    campaign = campaigns.get_campaign(campaign_id)
    return render_template("campaigns/_test.html", campaign=campaign, tests=campaigns.tried(campaign_id))


def _chosen() -> int | None:
    """The person whose values fill the test; None for the samples."""
    text = request.form.get("as", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None
