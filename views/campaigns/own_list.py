"""A campaign's list of its own: its rows as they came, those that cannot be used first, and other ways to read it."""

from flask import Response, flash, redirect, render_template, request, stream_with_context, url_for
from flask_login import current_user
from werkzeug.wrappers import Response as Answer

from core import countries
from core.errors import DashboardError, Invalid
from core.rights import Right
from core.words import plural
from forms.campaigns import ReadingForm
from forms.choices import choices
from forms.refusals import show_on
from services import campaigns
from views.campaigns.part import pages
from views.campaigns.steps import is_open
from views.doors import needs

COLUMNS_SHOWN = 12
SHOWS = ("bad", "repeated", "usable")


@pages.route("/<int:campaign_id>/list", methods=["GET", "POST"])
@needs(Right.EDIT_CAMPAIGNS)
def own_list(campaign_id: int) -> str | Answer | tuple[str, int]:
    """Its rows; a POST reads them again under another column or country."""
    campaign, own = campaigns.get_campaign(campaign_id), campaigns.get_list(campaign_id)
    form = ReadingForm(data={"phone_column": str(own.phone_column), "country": own.country})
    form.phone_column.choices = choices((str(place), name) for place, name in enumerate(own.columns))
    form.country.choices = choices(countries.by_name())
    if form.validate_on_submit():
        try:
            kept = campaigns.read_again(campaign_id, country=form.country.data or "", phone_column=form.place,
                                        by=current_user.actor)
        except Invalid as error:
            show_on(form, error, otherwise="phone_column")
        else:
            flash(f"Read again: {plural(kept.rows - kept.bad - kept.repeated, 'row', 'rows')} can be used", "good")
            return redirect(url_for(".own_list", campaign_id=campaign_id))
    show = request.args.get("show", "")
    page = campaigns.list_rows(campaign_id, text=request.args.get("q", ""), show=show,
                               page=max(1, request.args.get("page", 1, type=int)))
    shown = render_template(
        "campaigns/list.html", campaign=campaign, own=own, page=page, form=form, show=show if show in SHOWS else "",
        text=request.args.get("q", "")[:200], columns=_columns(own), is_open=is_open(campaign),
        country=dict(countries.by_name()).get(own.country, own.country))
    return (shown, 422) if form.errors else shown


@pages.post("/<int:campaign_id>/list/remove")
@needs(Right.EDIT_CAMPAIGNS)
def remove_list(campaign_id: int) -> Answer:
    """Take it away."""
    try:
        campaigns.remove_list(campaign_id, by=current_user.actor)
        flash("The list was taken away", "good")
    except DashboardError as error:
        flash(error.message, "bad")
    return redirect(url_for(".whom", campaign_id=campaign_id))


@pages.get("/<int:campaign_id>/list/bad.csv")
@needs(Right.EDIT_CAMPAIGNS)
def bad_rows(campaign_id: int) -> Response:
    """The rows that cannot be used, with number and reason."""
    campaigns.get_list(campaign_id)
    answer = Response(stream_with_context(campaigns.bad_rows_csv(campaign_id)), mimetype="text/csv")
    answer.headers["Content-Disposition"] = f'attachment; filename="rows-left-out-{campaign_id}.csv"'
    return answer


def _columns(own: object) -> list[str]:
    """The columns worth showing: the one of the numbers, then the first ones."""
    names: list[str] = own.columns  # type: ignore[attr-defined]
    phone = names[own.phone_column:][:1]  # type: ignore[attr-defined]
    return [*phone, *[name for name in names if name not in phone]][:COLUMNS_SHOWN]
