"""Writing: answers, notes, files, what can be tapped, reactions, templates; and taking back what has not left."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response as Answer

from core.errors import DashboardError, NotFound
from core.rights import Right
from forms.inbox import EXTRAS, WriteForm, id_of, moment_of
from forms.refusals import show_on
from services import inbox, message_templates, settings
from views.doors import needs
from views.inbox.part import back_to, looking, me, pages
from views.inbox.threads import page_of, thread_parts
from views.page_context import viewer_zone

Shown = str | Answer | tuple[str, int]


@pages.post("/<int:conversation_id>/write")
@needs(Right.ANSWER)
def write(conversation_id: int) -> Shown:
    """Send an answer, or keep a note; what was typed stays when it is refused."""
    form = WriteForm()
    if form.validate_on_submit():
        try:
            _sent(conversation_id, form)
            return redirect(back_to(conversation_id) + "#end")
        except DashboardError as error:
            inbox.keep_draft(conversation_id, user_id=current_user.actor.user_id, text=form.text.data or "")
            show_on(form, error, otherwise="text")
    return page_of(conversation_id, form), 422


def _sent(conversation_id: int, form: WriteForm) -> None:
    """Hand on what the composer holds. Raises what the rules refuse."""
    text = form.text.data or ""
    if form.mode.data == "note":
        inbox.add_note(conversation_id, text=text, by=current_user.actor)
        inbox.keep_draft(conversation_id, user_id=current_user.actor.user_id, text="")
        return
    kind, content = "text", {}
    upload = request.files.get("file")
    if upload is not None and upload.filename:
        kind, content = inbox.keep_file(upload.stream, name=upload.filename, by=current_user.actor)
    inbox.reply(conversation_id, kind=kind, text=text, content=content, reply_to=form.quoted(), author=me(),
                due_at=form.due_at(viewer_zone()) if request.form.get("when") == "later" else None)


@pages.route("/<int:conversation_id>/send/<word>", methods=["GET", "POST"])
@needs(Right.ANSWER)
def extra(conversation_id: int, word: str) -> Shown:
    """A location, a contact card, or one of the messages with something to tap."""
    if word not in EXTRAS:
        raise NotFound("That cannot be sent from here")
    kind, words, made = EXTRAS[word]
    form: Any = made()
    if form.validate_on_submit():
        try:
            inbox.reply(conversation_id, kind=kind, text=form.text.data if "text" in form else "", content=form.content(),
                        author=me())
            return redirect(back_to(conversation_id) + "#end")
        except DashboardError as error:
            show_on(form, error, otherwise=next(name for name in form._fields if name != "csrf_token"))
    talk = inbox.get_conversation(conversation_id)
    shown = render_template("inbox/extra.html", form=form, word=word, words=words, looking=looking(), **thread_parts(talk))
    return (shown, 422) if form.errors else shown


@pages.post("/<int:conversation_id>/react")
@needs(Right.ANSWER)
def react(conversation_id: int) -> Answer:
    """Set a sign on a line, or take ours away."""
    try:
        inbox.react(conversation_id, message_id=id_of(request.form.get("message_id")) or 0,
                    sign=request.form.get("sign", ""), author=me())
    except DashboardError as error:
        flash(error.message, "bad")
    return redirect(back_to(conversation_id))


@pages.post("/<int:conversation_id>/take-back")
@needs(Right.ANSWER)
def take_back(conversation_id: int) -> Answer:
    """A message that has not left comes back as a draft."""
    try:
        text = inbox.take_back(id_of(request.form.get("message_id")) or 0, conversation_id=conversation_id)
        inbox.keep_draft(conversation_id, user_id=current_user.actor.user_id, text=text)
        flash("Taken back. Its text is in the field again.", "good")
    except DashboardError as error:
        flash(error.message, "bad")
    return redirect(back_to(conversation_id) + "#end")


@pages.post("/<int:conversation_id>/forget-note")
@needs(Right.ANSWER)
def forget_note(conversation_id: int) -> Answer:
    """Take one's own note away."""
    try:
        inbox.delete_note(id_of(request.form.get("note_id")) or 0, conversation_id=conversation_id, by=current_user.actor)
    except DashboardError as error:
        flash(error.message, "bad")
    return redirect(back_to(conversation_id))


@pages.route("/<int:conversation_id>/template", methods=["GET", "POST"])
@needs(Right.ANSWER)
def template(conversation_id: int) -> Shown:
    """Choose a template, fill its gaps, see it, send it."""
    talk = inbox.get_conversation(conversation_id)
    version_id, trouble = id_of(request.values.get("version")), None
    version = message_templates.get_version(version_id) if version_id else None
    values = inbox.values_for(conversation_id, version.id) if version else {}
    values |= {name: request.form[f"value-{name}"][:1024] for name in values if f"value-{name}" in request.form}
    if version and request.method == "POST" and request.form.get("act") == "send":
        try:
            inbox.send_template(conversation_id, version_id=version.id, values=values, author=me(),
                                due_at=moment_of(request.form.get("day"), request.form.get("time"), viewer_zone()))
            return redirect(back_to(conversation_id) + "#end")
        except DashboardError as error:
            trouble = error
    shown = render_template(
        "inbox/template.html", version=version, values=values, trouble=trouble, looking=looking(),
        business=settings.get("business_name"),
        choices=message_templates.ready_versions() if version is None else [],
        shown=message_templates.shown(version, values) if version else None,
        url=url_for("inbox.template", conversation_id=conversation_id, **looking().values()), **thread_parts(talk))
    return (shown, 422) if trouble else shown
