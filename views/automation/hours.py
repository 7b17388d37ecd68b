"""Business hours: when somebody is there, for every number or one of them, and the days that are different."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_login import current_user

from core import opening
from core.errors import Invalid
from core.rights import Right
from services import channels, settings
from views.automation.part import pages
from views.doors import needs


@pages.route("/hours", methods=["GET", "POST"])
@needs(Right.MANAGE)
def hours() -> Any:
    """Read and write the hours; a number without hours of its own follows those of the business."""
    key = _key(request.values.get("number", ""))
    kept = settings.get("business_hours")
    shown = _shown(kept.get(key) or {})
    if request.method == "GET":
        return _page(key, shown, is_own=key in kept)
    if "follow" in request.form:
        settings.change("business_hours", {name: one for name, one in kept.items() if name != key}, by=current_user.actor)
        flash("This number follows the hours of the business", "good")
        return redirect(url_for("automation.hours", number=key))
    shown = {name: request.form.get(name, "")[:4000] for name in shown}
    try:
        days = {str(day): opening.read_spans(shown[f"day-{day}"], field=f"day-{day}") for day in range(7)}
        holidays = opening.read_holidays(shown["holidays"], field="holidays")
    except Invalid as error:
        return _page(key, shown, is_own=key in kept, error=error), 422
    settings.change("business_hours", {**kept, key: {"zone": "", "days": days, "holidays": holidays}}, by=current_user.actor)
    flash("The business hours are kept", "good")
    return redirect(url_for("automation.hours", number=key))


def _key(number: str) -> str:
    """default, or the id of a number there is."""
    return number if number in {str(one.id) for one in channels.all_channels()} else "default"


def _shown(kept: Any) -> dict[str, str]:
    days = kept.get("days") or {}
    return {f"day-{day}": opening.spans_text(days.get(str(day)) or ()) for day in range(7)} | {
        "holidays": opening.holidays_text(kept.get("holidays") or ())}


def _page(key: str, shown: dict[str, str], *, is_own: bool, error: Invalid | None = None) -> str:
    return render_template("automation/hours.html", key=key, shown=shown, days=opening.DAYS, error=error, is_own=is_own,
                           channels=channels.all_channels(), zone=settings.time_zone())
