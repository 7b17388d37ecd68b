"""The third step of composing: now, at a wall time in a named zone or on each person's own clock, or again and again."""

from dataclasses import dataclass
from datetime import time, timedelta
from itertools import islice
from typing import Any

from flask import redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response as Answer

from core import clock, wall_time
from core.errors import DashboardError
from core.rights import Right
from forms.campaign_times import WhenForm, fields_of, start_of
from forms.choices import choices
from forms.refusals import show_on
from services import campaigns, sending
from views.campaigns.part import pages
from views.campaigns.steps import elsewhere, is_open
from views.doors import needs
from views.page_context import viewer_zone

LATENESS = {5: "up to 5 minutes late", 30: "up to half an hour late", 60: "up to an hour late",
            120: "up to 2 hours late", 240: "up to 4 hours late", 720: "up to 12 hours late", 1440: "up to a day late"}
SHOWN_RUNS = 5
MOST_CLOCKS = 60  # rows of the table of clocks; the rest is summed up
NIGHT = sending.QuietHours(time(21), time(8))  # when a message may wake somebody, whatever the setting says


@dataclass(frozen=True, slots=True)
class Clocks:
    """What the page tells of the clocks of the audience."""

    rows: list[Any]
    more: int  # clocks beyond those shown
    at_night: int  # people who would get it at night
    put_off: int  # people whose quiet hours put it off
    left_out: dict[str, int]  # code → people who would not get it
    guessed: int  # people whose clock is not known


@pages.route("/<int:campaign_id>/when", methods=["GET", "POST"])
@needs(Right.EDIT_CAMPAIGNS)
def when(campaign_id: int) -> Answer | str | tuple[str, int]:
    """Keep when it starts; “Show what this means” stays here, “Keep and check” goes on."""
    campaign = campaigns.get_campaign(campaign_id)
    if not is_open(campaign):
        return elsewhere(campaign)
    form = _when_form(campaign)
    if not form.validate_on_submit():
        return _page(form, campaign)
    try:
        _keep(campaign_id, form)
    except DashboardError as error:
        error.field = form.errors_go_to(error.field)
        show_on(form, error, otherwise="when")
        return _page(form, campaigns.get_campaign(campaign_id))
    if "look" in request.form:
        return redirect(url_for(".when", campaign_id=campaign_id, _anchor="means"))
    return redirect(url_for(".check", campaign_id=campaign_id))


def latest_at(campaign: Any) -> str:
    """Until when a start is still useful, in words, on the same clocks as its start."""
    return wall_time.words(campaign.latest_at, campaign.zone or viewer_zone().key) if campaign.latest_at else ""


def starts_at(campaign: Any) -> str:
    """The moment of a wall time in words, with day, hour and place; of what repeats, its rule and its first time."""
    row = campaigns.repeat_of(campaign.id) if campaign.wall_time and campaign.pattern_id is None else None
    if row is None:
        return campaigns.words_of(campaign) if campaign.local_time and campaign.wall_time else wall_time.words(
            campaign.start_at, campaign.zone or viewer_zone().key)
    return f"{campaigns.repeat_words(row)} ({_clock_words(campaign, row)}), first on {_day_of(campaign)}"


def runs_of(campaign: Any, row: Any, count: int = SHOWN_RUNS) -> list[Any]:
    """The next times of what repeats, with what clock changes do to them."""
    after = row.next_at - clock.TICK if row.next_at else clock.now()
    return list(islice(campaigns.coming_runs(row, local_time=campaign.local_time, after=after), count))


def _keep(campaign_id: int, form: WhenForm) -> None:
    """What was chosen. Raises Invalid and Conflict."""
    if form.repeats:
        campaigns.set_repeat(
            campaign_id, rule=form.rule(), at=form.time.data or "", zone=form.zone.data or "",
            starts_on=form.day.data or "", ends_on=form.last_day(), latest_minutes=form.latest_minutes.data,
            local_time=form.local_time.data, by=current_user.actor)
    else:
        campaigns.set_time(campaign_id, wall_text=form.wall_text(), zone=form.zone.data or "",
                           latest_minutes=form.latest_minutes.data, local_time=form.local_time.data,
                           by=current_user.actor)


def _page(form: WhenForm, campaign: Any) -> str | tuple[str, int]:
    """The form, and below it what is kept means: the next runs, the clocks of the people, quiet hours. 422 when refused."""
    row = campaigns.repeat_of(campaign.id)
    shown = render_template(
        "campaigns/when.html", form=form, campaign=campaign, repeat=row, note=campaigns.note_of(campaign),
        rule=campaigns.repeat_words(row) if row else "", runs=runs_of(campaign, row) if row else [],
        clocks=_clocks(campaign), quiet=sending.quiet_hours() if _is_marketing(campaign) else None,
        is_marketing=_is_marketing(campaign))
    return (shown, 422) if request.method == "POST" else shown


def _clocks(campaign: Any) -> Clocks:
    """The clocks of the audience, the first ones first."""
    rows = campaigns.waves(campaign, clock.now())
    left_out: dict[str, int] = {}
    for row in rows:
        if row.code:
            left_out[row.code] = left_out.get(row.code, 0) + row.people
    good = [row for row in rows if not row.code]
    return Clocks(rows[:MOST_CLOCKS], max(0, len(rows) - MOST_CLOCKS),
                  sum(row.people for row in good if NIGHT.hold(row.local.time())),
                  sum(row.people for row in good if row.is_put_off), left_out,
                  sum(row.people for row in rows if row.is_guessed))


def _is_marketing(campaign: Any) -> bool:
    """Whether quiet hours are about this campaign."""
    return bool(campaign.version and campaign.version.template.category == sending.MARKETING)


def _clock_words(campaign: Any, row: Any) -> str:
    """Whose clock the time of a rule is on."""
    return "on each person’s own clock" if campaign.local_time else row.zone.rpartition("/")[2].replace("_", " ")


def _day_of(campaign: Any) -> str:
    """The day of its wall time in words."""
    return wall_time.day(wall_time.parse(campaign.wall_time).date())


def _when_form(campaign: Any) -> WhenForm:
    """With what is kept, or tomorrow at nine in the viewer's zone."""
    row = campaigns.repeat_of(campaign.id)
    day, hour = (row.starts_on, row.wall_time[:5]) if row else start_of(campaign.wall_time)
    tomorrow = clock.now().astimezone(viewer_zone()) + timedelta(days=1)
    zone = campaign.zone or viewer_zone().key
    form = WhenForm(data={
        "when": "repeat" if row else "later" if campaign.wall_time else "now",
        "day": day or tomorrow.date().isoformat(), "time": hour or "09:00", "zone": zone,
        "local_time": campaign.local_time, "latest_minutes": campaigns.tolerance_of(campaign)}
        | fields_of(row.rule if row else {"every": "month", "day": tomorrow.day}, row.ends_on if row else ""))
    form.zone.choices = choices((name, name.replace("_", " ")) for name in sorted({*clock.zone_names(), zone}))
    lateness = LATENESS | {form.latest_minutes.data: LATENESS.get(
        form.latest_minutes.data, f"up to {form.latest_minutes.data} minutes late")}
    form.latest_minutes.choices = choices(sorted(lateness.items()))
    return form
