"""The second step: which template in which version, and where each of its values comes from."""

from typing import Any

from flask import redirect, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response as Answer

from core.errors import DashboardError
from core.rights import Right
from forms.campaigns import WhatForm, what_form
from forms.choices import choices
from forms.refusals import show_on
from services import campaigns, contacts, message_templates, settings
from views.campaigns.part import pages
from views.campaigns.steps import elsewhere, is_open, step_page
from views.doors import needs

SHOWN = 30  # templates in the list; a search finds the others
SAMPLES = 3


@pages.route("/<int:campaign_id>/what", methods=["GET", "POST"])
@needs(Right.EDIT_CAMPAIGNS)
def what(campaign_id: int) -> Answer | str | tuple[str, int]:
    """The template, and where each of its values comes from."""
    campaign = campaigns.get_campaign(campaign_id)
    if not is_open(campaign):
        return elsewhere(campaign)
    form = _what_form(campaign)
    if not form.validate_on_submit() or not _is_a_template(form):
        return _what_step(form, campaign)
    chosen = int(form.version_id.data)
    is_new = chosen != campaign.version_id
    try:
        changed = campaigns.change_campaign(
            campaign_id, version_id=chosen, variables=None if is_new else form.mapping(),
            unknown_policy=form.unknown_policy.data, by=current_user.actor)
    except DashboardError as error:
        _show_on_gap(form, error)
        return _what_step(form, campaign)
    if is_new and changed.version and changed.version.variables:
        return redirect(url_for(".what", campaign_id=campaign_id, _anchor="gaps"))
    if request.form.get("stay"):
        return redirect(url_for(".what", campaign_id=campaign_id, _anchor="preview"))
    return redirect(url_for(".when", campaign_id=campaign_id))


def _what_step(form: WhatForm, campaign: Any) -> str | tuple[str, int]:
    """Choosing a template, or filling the gaps of the one that is chosen."""
    if campaign.version is None or request.args.get("choose") or form.version_id.errors:
        return _choosing(form, campaign)
    total = campaigns.count(campaign)
    seen = [one for number in range(1, min(SAMPLES, total) + 1) if (one := campaigns.preview(campaign, number, total=total))]
    looks = total <= campaigns.MOST_CHECKED or bool(request.args.get("count"))
    if request.method == "GET":
        _say_what_is_gone(form, campaign)
    return step_page(
        "campaigns/what.html", form, campaign, seen=seen, lacks=campaigns.lacks(campaign) if looks else None, total=total,
        newer=campaigns.newer_version(campaign), business=settings.get("business_name"),
        shown=message_templates.shown(campaign.version, seen[0].values if seen else {}))


def _choosing(form: WhatForm, campaign: Any) -> str | tuple[str, int]:
    """Every template that may be used, searched, with the one that is looked at on a phone."""
    text = request.args.get("q", "")[:200]
    found = [one for one in message_templates.ready_versions() if one.is_usable]
    known = len(found)
    if text.strip():
        page = message_templates.list_templates(text=text, size=200)
        ids = {row.id for row in page.items}
        found = [one for one in found if one.template_id in ids]
    wanted = request.args.get("look", 0, type=int)
    look = next((one.version_id for one in found if one.version_id == wanted), found[0].version_id if found else 0)
    version = message_templates.get_version(look) if look else None
    return step_page(
        "campaigns/choose.html", form, campaign, found=found[:SHOWN], more=max(0, len(found) - SHOWN), known=known, text=text,
        look=version, business=settings.get("business_name"),
        shown=message_templates.shown(version, message_templates.samples_of(version.variables)) if version else None)


def _what_form(campaign: Any) -> WhatForm:
    """With the gaps of the template that is chosen."""
    fields = dict(message_templates.FIELDS) | {f"field:{one.key}": one.label for one in contacts.all_fields()}
    variables = campaign.version.variables if campaign.version else []
    names = [str(one["name"]) for one in variables]
    columns = campaigns.columns_of(campaign)
    guessed = campaigns.suggestions(names, columns)
    known = {name: campaign.variables.get(name) or guessed.get(name) or message_templates.suggested_source(name)
             for name in names}
    form = what_form(variables, known, fields=fields, columns=columns, start={
        "version_id": str(campaign.version_id or ""), "unknown_policy": campaign.unknown_policy})
    form.unknown_policy.choices = choices(campaigns.POLICIES.items())
    return form


def _say_what_is_gone(form: WhatForm, campaign: Any) -> None:
    """A column that the list does not have any more is said beside its gap."""
    for name, column in campaigns.stale(campaign, campaigns.columns_of(campaign)).items():
        form[f"from_{name}"].errors = [f"Your list has no column “{column}” any more; choose where this comes from"]


def _is_a_template(form: WhatForm) -> bool:
    """Whether one was chosen; else the field says so."""
    if (form.version_id.data or "").isdecimal():
        return True
    form.version_id.errors = ["Choose one of the templates of the list"]
    return False


def _show_on_gap(form: WhatForm, error: DashboardError) -> None:
    """A refusal about `variable:<name>` belongs to that gap: to its source, or to its text when that is at fault."""
    kind, _, name = error.field.partition(":")
    if kind == "variable":
        error.field = f"from_{name}" if "choose where" in error.message.lower() else f"text_{name}"
    show_on(form, error, otherwise="version_id")
