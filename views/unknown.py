"""Messages of every campaign and conversation whose outcome nobody knows; a person decides, one by one or many at once."""

from collections.abc import Callable

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response as Answer

from core.actor import Actor
from core.errors import DashboardError
from core.rights import Right
from core.words import plural
from services import sending
from views.doors import needs

pages = Blueprint("unknown", __name__)


@pages.get("")
def index() -> str:
    """The oldest first."""
    number = request.args.get("page", "1")
    return render_template("unknown/index.html",
                           page=sending.unknown_messages(page=int(number) if number.isdecimal() and len(number) < 7 else 1))


@pages.post("/sent")
@needs(Right.SEND)
def treat_as_sent() -> Answer:
    """Treat those that were chosen as sent."""
    return _decided(sending.treat_as_sent, "treated as sent")


@pages.post("/again")
@needs(Right.SEND)
def send_again() -> Answer:
    """Send those that were chosen once more."""
    return _decided(sending.send_again, "sent once more")


def _decided(act: Callable[..., None], done: str) -> Answer:
    """Decide about each that was chosen; each is noted on its own. Those that were settled meanwhile are left alone."""
    chosen = {int(one) for one in request.form.getlist("message") if one.isdecimal() and len(one) < 11}
    by: Actor = current_user.actor
    count, whys = 0, set()
    for message_id in sorted(chosen)[:100]:
        try:
            act(message_id, by=by)
            count += 1
        except DashboardError as error:
            whys.add(error.message if error.field == "campaign" else "The others were settled meanwhile")
    if not chosen:
        flash("Choose at least one message", "warn")
    elif count < len(chosen):
        flash(". ".join([f"{plural(count, 'message is', 'messages are')} {done}", *sorted(whys)]), "warn")
    else:
        flash(f"{plural(count, 'message is', 'messages are')} {done}", "good")
    return redirect(url_for(".index"))
