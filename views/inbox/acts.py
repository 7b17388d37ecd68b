"""What the team does with a conversation, each a form; afterwards the same thread, or the list."""

from flask import flash, redirect, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response as Answer

from core.errors import DashboardError
from core.rights import Right
from forms.inbox import id_of, moment_of
from services import inbox
from views.doors import needs, open_to, signed_in
from views.inbox.part import back_to, looking, pages
from views.inbox.threads import snooze_until
from views.page_context import viewer_zone


@pages.post("/<int:conversation_id>/assign")
@needs(Right.ANSWER)
def assign(conversation_id: int) -> Answer:
    """Give the chat to somebody; an empty choice gives it to nobody."""
    try:
        inbox.assign(conversation_id, user_id=id_of(request.form.get("user_id")), by=current_user.actor)
    except DashboardError as error:
        flash(error.message, "bad")
    return redirect(back_to(conversation_id))


@pages.post("/<int:conversation_id>/snooze")
@needs(Right.ANSWER)
def snooze(conversation_id: int) -> Answer:
    """Put the chat off until one of the offered moments, or a day and time."""
    try:
        until = snooze_until(request.form.get("until", "")) or moment_of(
            request.form.get("day"), request.form.get("time"), viewer_zone())
        if until is None:
            flash("Choose until when", "warn")
            return redirect(back_to(conversation_id))
        inbox.snooze(conversation_id, until=until, by=current_user.actor)
    except DashboardError as error:
        flash(error.message, "bad")
        return redirect(back_to(conversation_id))
    flash("Put off. It comes back by itself, or at once when they write.", "good")
    return redirect(url_for("inbox.index", **looking().values()))


@pages.post("/<int:conversation_id>/close")
@needs(Right.ANSWER)
def close(conversation_id: int) -> Answer:
    """Nothing is left to do; back to the list."""
    inbox.close(conversation_id, by=current_user.actor)
    flash("Closed. It opens by itself when they write.", "good")
    return redirect(url_for("inbox.index", **looking().values()))


@pages.post("/<int:conversation_id>/reopen")
@needs(Right.ANSWER)
def reopen(conversation_id: int) -> Answer:
    """Take it up again."""
    inbox.reopen(conversation_id, by=current_user.actor)
    return redirect(back_to(conversation_id))


@pages.post("/<int:conversation_id>/read")
@needs(Right.ANSWER)
def read(conversation_id: int) -> Answer:
    """Everything up to a line has been seen."""
    inbox.mark_read(conversation_id, up_to=id_of(request.form.get("up_to")))
    return _done(conversation_id)


@pages.post("/<int:conversation_id>/unread")
@needs(Right.ANSWER)
def unread(conversation_id: int) -> Answer:
    """Leave it for later as if nobody had looked."""
    try:
        inbox.mark_unread(conversation_id)
    except DashboardError as error:
        flash(error.message, "bad")
        return redirect(back_to(conversation_id))
    return redirect(url_for("inbox.index", **looking().values()))


@pages.post("/<int:conversation_id>/fetch")
@needs(Right.ANSWER)
def fetch(conversation_id: int) -> Answer:
    """A file of theirs that did not come yet is asked for again."""
    try:
        inbox.fetch_again(conversation_id, id_of(request.form.get("message_id")) or 0)
    except DashboardError as error:
        flash(error.message, "bad")
    return redirect(back_to(conversation_id))


@pages.post("/<int:conversation_id>/here")
@open_to(signed_in)
def here(conversation_id: int) -> Answer:
    """A page says that somebody has this thread open, or writes, or has left."""
    user_id = current_user.actor.user_id
    if request.form.get("left"):
        inbox.left(conversation_id, user_id=user_id)
    else:
        is_writing = bool(request.form.get("writing")) and current_user.may(Right.ANSWER)
        inbox.here(conversation_id, user_id=user_id, is_writing=is_writing)
    return Answer(status=204)


@pages.post("/<int:conversation_id>/draft")
@needs(Right.ANSWER)
def draft(conversation_id: int) -> Answer:
    """What was typed so far, so that it is never lost."""
    inbox.keep_draft(conversation_id, user_id=current_user.actor.user_id, text=request.form.get("text", ""))
    return Answer(status=204)


@pages.post("/start")
@needs(Right.ANSWER)
def start() -> Answer:
    """The chat with a person, begun when there is none."""
    try:
        talk = inbox.start(id_of(request.form.get("contact_id")) or 0, channel_id=id_of(request.form.get("channel_id")))
    except DashboardError as error:
        flash(error.message, "bad")
        return redirect(url_for("inbox.index"))
    return redirect(url_for("inbox.show", conversation_id=talk.id))


def _done(conversation_id: int) -> Answer:
    """Scripts want no page."""
    if request.headers.get("X-Live"):
        return Answer(status=204)
    return redirect(back_to(conversation_id))
