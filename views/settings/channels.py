"""Business numbers: connect one step by step, see how each does, switch it off and on. Secrets go in and never out."""

import secrets
from collections.abc import Callable

from flask import flash, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from core.errors import DashboardError
from core.rights import Right
from core.words import one_line
from forms.channels import ChannelForm, NewChannelForm
from forms.refusals import show_on
from services import channels, settings
from views.doors import needs
from views.settings.part import pages


@pages.get("/channels")
@needs(Right.MANAGE)
def channel_list() -> str:
    """Every number with how it does."""
    lines = channels.all_channels()
    chosen = channels.default_channel().id if lines else 0
    return render_template("settings/channels.html", lines=lines, chosen=chosen,
                           facts={one.id: channels.facts_of(one) for one in lines},
                           troubles={one.id: channels.troubles_of(one) for one in lines}, is_in_use=channels.is_in_use)


@pages.route("/channels/new", methods=["GET", "POST"])
@needs(Right.MANAGE)
def new_channel() -> Response | str | tuple[str, int]:
    """Connect a real number: ids and secrets in, then the check says what is missing."""
    form = NewChannelForm(graph_version=settings.start_up().graph_api_version)
    if not form.validate_on_submit():
        return render_template("settings/channel_new.html", form=form)
    word = form.verify_token.data or secrets.token_urlsafe(24)
    try:
        channel = channels.add_channel(**(form.values() | {
            "token": form.token.data or "", "app_secret": form.app_secret.data or "", "verify_token": word,
        }), by=current_user.actor)  # type: ignore[arg-type]  # the rules look at every value themselves
    except DashboardError as error:
        show_on(form, error, otherwise="name")
        return render_template("settings/channel_new.html", form=form), 422
    channels.check(channel.id, by=current_user.actor)
    return render_template("settings/channel_added.html", line=channels.get_channel(channel.id), word=word,
                           fields=channels.FIELDS)


@pages.get("/channels/<int:channel_id>")
@needs(Right.MANAGE)
def channel(channel_id: int) -> str:
    """One number: what Meta said, how it does, what may be done."""
    line = channels.get_channel(channel_id)
    return render_template(
        "settings/channel.html", line=line, findings=channels.findings_of(line), facts=channels.facts_of(line),
        troubles={line.id: channels.troubles_of(line)}, notices=channels.notices_of(channel_id),
        is_in_use=channels.is_in_use(line), is_ready=channels.is_ready(line),
        is_default=channels.default_channel().id == line.id)


@pages.route("/channels/<int:channel_id>/edit", methods=["GET", "POST"])
@needs(Right.MANAGE)
def edit_channel(channel_id: int) -> Response | str | tuple[str, int]:
    """Change name, pace, ids; an empty secret keeps the old one."""
    line = channels.get_channel(channel_id)
    form = ChannelForm(obj=None, data={name: getattr(line, name) for name in (
        "name", "business_id", "send_rate", "graph_url", "graph_version")})
    if line.kind == "simulation":
        for name in ("business_id", "token", "app_secret", "verify_token", "graph_url", "graph_version"):
            delattr(form, name)
    if not form.validate_on_submit():
        return render_template("settings/channel_edit.html", form=form, line=line)
    try:
        channels.change_channel(channel_id, **form.values(), by=current_user.actor)
    except DashboardError as error:
        show_on(form, error, otherwise="name")
        return render_template("settings/channel_edit.html", form=form, line=line), 422
    flash("Kept. Press “Ask Meta now” to see whether it works.", "good")
    return redirect(url_for("settings.channel", channel_id=channel_id))


@pages.post("/channels/<int:channel_id>/check")
@needs(Right.MANAGE)
def check_channel(channel_id: int) -> Response:
    """Ask Meta now."""
    return _acted(channel_id, lambda: channels.check(channel_id, by=current_user.actor),
                  "Meta was asked; the answers stand below.")


@pages.post("/channels/<int:channel_id>/subscribe")
@needs(Right.MANAGE)
def subscribe_channel(channel_id: int) -> Response:
    """Have the account tell our app what happens, then look again."""
    def act() -> None:
        channels.subscribe(channel_id, by=current_user.actor)
        channels.check(channel_id, by=current_user.actor)
    return _acted(channel_id, act, "The account now tells this app what happens.")


@pages.post("/channels/<int:channel_id>/on")
@needs(Right.MANAGE)
def switch_on_channel(channel_id: int) -> Response:
    """Send from it."""
    return _acted(channel_id, lambda: channels.switch_on(channel_id, by=current_user.actor), "The number is on.")


@pages.post("/channels/<int:channel_id>/off")
@needs(Right.MANAGE)
def switch_off_channel(channel_id: int) -> Response:
    """Send nothing more from it."""
    return _acted(channel_id, lambda: channels.switch_off(channel_id, by=current_user.actor),
                  "The number is off: what waits for it keeps waiting, and leaves through no other number.")


@pages.post("/channels/<int:channel_id>/default")
@needs(Right.MANAGE)
def choose_channel(channel_id: int) -> Response:
    """Have new campaigns use it."""
    return _acted(channel_id, lambda: channels.make_default(channel_id, by=current_user.actor),
                  "New campaigns use this number from now on.")


@pages.post("/channels/<int:channel_id>/pause")
@needs(Right.MANAGE)
def pause_channel(channel_id: int) -> Response:
    """Let nothing leave from it until somebody resumes it."""
    def act() -> None:
        channels.pause(channel_id, reason=_reason(), by=current_user.actor)
    return _acted(channel_id, act, "Paused: nothing leaves from this number until it is resumed.")


@pages.post("/channels/<int:channel_id>/seen")
@needs(Right.MANAGE)
def saw_notices(channel_id: int) -> Response:
    """What WhatsApp told of it was read."""
    return _acted(channel_id, lambda: channels.mark_seen(channel_id, by=current_user.actor), "Marked as seen.")


def _reason() -> str:
    """Why, as it was typed, or who did it."""
    return one_line(request.form.get("reason", ""))[:200] or f"Paused by {current_user.name}"


@pages.post("/channels/<int:channel_id>/resume")
@needs(Right.MANAGE)
def resume_channel(channel_id: int) -> Response:
    """Go on sending from a paused number."""
    return _acted(channel_id, lambda: channels.resume(channel_id, by=current_user.actor), "Sending goes on.")


def _acted(channel_id: int, act: Callable[[], object], words: str) -> Response:
    """Do it, and say so or why not, on the number's page."""
    channels.get_channel(channel_id)
    try:
        act()
        flash(words, "good")
    except DashboardError as error:
        flash(error.message, "bad")
    return redirect(url_for("settings.channel", channel_id=channel_id))
