"""Composing in steps, each savable: whom. What is in what.py, when in when.py; the check is the fourth, in send.py."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response as Answer

from core import countries
from core.errors import DashboardError, Invalid
from core.rights import Right
from core.words import plural
from forms.campaigns import PARTS, WhomForm
from forms.choices import choices
from forms.refusals import show_on
from services import campaigns, contacts, segments, settings
from views.campaigns.part import pages
from views.campaigns.steps import elsewhere, is_open, step_page
from views.doors import needs

RECENT = 100  # campaigns that are offered to be left out


@pages.route("/new", methods=["GET", "POST"])
@needs(Right.EDIT_CAMPAIGNS)
def new() -> Answer | str | tuple[str, int]:
    """A new draft begins with whom."""
    form = _filled(WhomForm(), None)
    if not form.validate_on_submit():
        return _whom_page(form, None)
    try:
        campaign = campaigns.add_campaign(name=form.name.data, whom=form.whom(), by=current_user.actor)
    except DashboardError as error:
        show_on(form, error, otherwise="name")
        return _whom_page(form, None)
    return _with_list(form, campaign)


@pages.route("/<int:campaign_id>/whom", methods=["GET", "POST"])
@needs(Right.EDIT_CAMPAIGNS)
def whom(campaign_id: int) -> Answer | str | tuple[str, int]:
    """Name, those who get it, and those who do not after all."""
    campaign = campaigns.get_campaign(campaign_id)
    if not is_open(campaign):
        return elsewhere(campaign)
    kept = {part: campaign.audience.get(part, []) for part in PARTS}
    form = _filled(WhomForm(data={"name": campaign.name, "everyone": bool(campaign.audience.get("everyone")), **kept}), campaign)
    if not form.validate_on_submit():
        return _whom_page(form, campaign)
    try:
        campaign = campaigns.change_campaign(campaign_id, name=form.name.data, whom=form.whom(), by=current_user.actor)
    except DashboardError as error:
        show_on(form, error, otherwise="name")
        return _whom_page(form, campaigns.get_campaign(campaign_id))
    return _with_list(form, campaign)


@pages.post("/whom/size")
@needs(Right.EDIT_CAMPAIGNS)
def size_of_new() -> str:
    """How many people the boxes mean that are ticked, before anything is kept."""
    return _size(None)


@pages.post("/<int:campaign_id>/whom/size")
@needs(Right.EDIT_CAMPAIGNS)
def size(campaign_id: int) -> str:
    """The same for a draft, with its list."""
    return _size(campaigns.get_campaign(campaign_id))


@pages.post("/<int:campaign_id>/duplicate")
@needs(Right.EDIT_CAMPAIGNS)
def duplicate(campaign_id: int) -> Answer:
    """A new draft like this one."""
    copy = campaigns.duplicate(campaign_id, only_missed=request.form.get("only") == "missed", by=current_user.actor)
    flash("This copy is a draft; nothing is sent until you say so", "good")
    return redirect(url_for(".whom", campaign_id=copy.id))


@pages.post("/<int:campaign_id>/delete")
@needs(Right.EDIT_CAMPAIGNS)
def delete(campaign_id: int) -> Answer:
    """Throw a draft away."""
    campaigns.delete_draft(campaign_id, by=current_user.actor)
    flash("The draft was deleted", "good")
    return redirect(url_for(".index"))


def _with_list(form: WhomForm, campaign: Any) -> Answer | str | tuple[str, int]:
    """Take the list that came along; then on to the next step, or to the rows that need a look."""
    if not form.has_list:
        return redirect(url_for(".what", campaign_id=campaign.id))
    file = form.file.data if form.file.data and form.file.data.filename else None
    try:
        kept = campaigns.add_list(campaign.id, file=file.stream if file else None, name=file.filename if file else "",
                                  text="" if file else form.pasted.data or "", sheet=form.sheet.data or "",
                                  country=form.country.data or "", by=current_user.actor)
    except Invalid as error:
        show_on(form, error, otherwise="file")
        return _whom_page(form, campaigns.get_campaign(campaign.id))
    if kept.bad or kept.repeated:
        return redirect(url_for(".own_list", campaign_id=campaign.id))
    flash(f"{plural(kept.rows, 'number', 'numbers')} of your list kept; all can be read", "good")
    return redirect(url_for(".what", campaign_id=campaign.id))


def _whom_page(form: WhomForm, campaign: Any) -> str | tuple[str, int]:
    """The step with what is kept of the list, and how many people it means."""
    own = campaigns.list_of(campaign.id) if campaign and campaign.audience.get("list") else None
    return step_page("campaigns/whom.html", form, campaign, own=own, size=_size_of(form, campaign))


def _size(campaign: Any) -> str:
    form = WhomForm()
    return render_template("campaigns/_size.html", size=_size_of(form, campaign))


def _size_of(form: WhomForm, campaign: Any) -> campaigns.Size:
    """How many people the boxes mean, with the list of the draft."""
    chosen = {key: value for key, value in form.whom().items() if value}
    if campaign and campaign.audience.get("list"):
        chosen["list"] = True
    return campaigns.size_of(campaign.id if campaign else 0, chosen)


def _filled(form: WhomForm, campaign: Any) -> WhomForm:
    """With all there is to choose from; what is chosen already comes first."""
    tags = contacts.all_tags()
    named = {"tags": [(tag.id, tag.name) for tag in tags], "segments": [(one.id, one.name) for one in segments.all_segments()]}
    named["without_tags"], named["without_segments"] = named["tags"], named["segments"]
    named["without_campaigns"] = _earlier(campaign, form.without_campaigns.data or [])
    for part in PARTS:
        picked = set(form[part].data or [])
        form[part].choices = sorted(named[part], key=lambda pair: pair[0] not in picked)  # noqa: B023  # used at once
    form.people = {tag.id: tag.people for tag in tags}  # type: ignore[attr-defined]
    form.country.choices = choices(countries.by_name())
    if not form.country.data:
        form.country.data = settings.default_country()
    return form


def _earlier(campaign: Any, picked: list[int]) -> list[tuple[int, str]]:
    """Campaigns that have begun, newest first, and those that are picked."""
    return [(one.id, one.name) for one in campaigns.begun(limit=RECENT, also=picked)
            if campaign is None or one.id != campaign.id]
