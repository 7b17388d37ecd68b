"""What carriers told us, as it came: waiting, read, or set aside with the reason; read again by one press, harmlessly."""

from collections.abc import Mapping
from datetime import UTC, datetime

from flask import Response as Download
from flask import flash, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from core import wall_time
from core.errors import DashboardError, Invalid
from core.rights import Right
from core.words import plural
from services import channels, webhooks
from views.doors import needs
from views.page_context import viewer_zone
from views.settings.part import pages

NARROWS = ("state", "reason", "start", "end")


@pages.get("/webhooks")
@needs(Right.MANAGE)
def webhook_list() -> str:
    """Newest first; state, reason and period narrow, `before` pages on."""
    asked = {name: request.args.get(name, "").strip() for name in NARROWS}
    try:
        wanted = _wanted(asked)
        wanted.conditions()
    except Invalid as error:
        flash(error.message, "bad")
        asked |= {"start": "", "end": ""}
        wanted = _wanted(asked)
    before = request.args.get("before", "")
    shelf = webhooks.shelf(wanted, before=int(before) if before.isascii() and before.isdigit() and len(before) < 10 else 0)
    return render_template("settings/webhooks.html", shelf=shelf, asked=asked, states=webhooks.STATES,
                           unset=[one for one in channels.troubles() if one.kind == "secret"],
                           here={name: text for name, text in asked.items() if text})


@pages.get("/webhooks/<int:event_id>")
@needs(Right.MANAGE)
def webhook(event_id: int) -> str:
    """One notice, byte for byte where it is no JSON."""
    event = webhooks.get_event(event_id)
    return render_template("settings/webhook.html", event=event, body=webhooks.body_in_words(event))


@pages.get("/webhooks/<int:event_id>/body")
@needs(Right.MANAGE)
def webhook_body(event_id: int) -> Download:
    """Its bytes, as a file that no browser opens."""
    answer = Download(webhooks.get_event(event_id).body, mimetype="application/octet-stream")
    answer.headers["Content-Disposition"] = f'attachment; filename="notice-{event_id}.json"'
    return answer


@pages.post("/webhooks/<int:event_id>/replay")
@needs(Right.MANAGE)
def replay_webhook(event_id: int) -> Response:
    """Read one again."""
    webhooks.get_event(event_id)
    webhooks.replay([event_id], by=current_user.actor)
    flash("It is being read again; what it says counts once.", "good")
    return redirect(url_for("settings.webhook", event_id=event_id))


@pages.post("/webhooks/replay")
@needs(Right.MANAGE)
def replay_webhooks() -> Response:
    """Read again everything that is shown, or everything of a period."""
    asked = {name: request.form.get(name, "").strip() for name in NARROWS}
    try:
        count = webhooks.replay_all(_wanted(asked), by=current_user.actor)
    except DashboardError as error:
        flash(error.message, "bad")
    else:
        flash(f"{plural(count, 'notice is', 'notices are')} being read again; every fact counts once.", "good")
    return redirect(url_for("settings.webhook_list", state=asked["state"] or None))


def _wanted(asked: Mapping[str, str]) -> webhooks.Wanted:
    """What an address or a form means. Raises Invalid for a time that cannot be read."""
    state = asked["state"] if asked["state"] in webhooks.STATES else ""
    return webhooks.Wanted(state, asked["reason"], _moment(asked, "start"), _moment(asked, "end"))


def _moment(asked: Mapping[str, str], field: str) -> datetime | None:
    """A wall time of the viewer's zone, None where nothing was typed. Raises Invalid."""
    if not asked[field]:
        return None
    wall = wall_time.parse(asked[field], field=field)
    return wall_time.moment(wall, viewer_zone().key).utc.astimezone(UTC)
