"""Ready answers: the list, write, change, delete."""

from flask import flash, redirect, render_template, url_for
from flask_login import current_user
from werkzeug.wrappers import Response as Answer

from core.errors import DashboardError
from core.rights import Right
from forms.inbox import CannedForm
from forms.refusals import show_on
from services import inbox, message_templates
from views.doors import needs
from views.inbox.part import pages


@pages.get("/answers")
def answers() -> str:
    """Every ready answer."""
    return render_template("inbox/answers.html", answers=inbox.canned_replies())


@pages.route("/answers/new", methods=["GET", "POST"])
@needs(Right.EDIT_TEMPLATES)
def new_answer() -> str | Answer | tuple[str, int]:
    """Write one."""
    form = CannedForm()
    if form.validate_on_submit():
        try:
            made = inbox.add_canned(shortcut=form.shortcut.data, text=form.text.data, by=current_user.actor)
            flash(f"/{made.shortcut} is ready to be used", "good")
            return redirect(url_for("inbox.answers"))
        except DashboardError as error:
            show_on(form, error, otherwise="text")
    return _form(form, "A new ready answer", url_for("inbox.new_answer"))


@pages.route("/answers/<int:canned_id>", methods=["GET", "POST"])
@needs(Right.EDIT_TEMPLATES)
def change_answer(canned_id: int) -> str | Answer | tuple[str, int]:
    """Change one."""
    known = inbox.get_canned(canned_id)
    form = CannedForm(shortcut=known.shortcut, text=known.text)
    if form.validate_on_submit():
        try:
            inbox.change_canned(canned_id, shortcut=form.shortcut.data, text=form.text.data, by=current_user.actor)
            flash("The change is kept", "good")
            return redirect(url_for("inbox.answers"))
        except DashboardError as error:
            show_on(form, error, otherwise="text")
    return _form(form, f"/{known.shortcut}", url_for("inbox.change_answer", canned_id=canned_id))


@pages.post("/answers/<int:canned_id>/delete")
@needs(Right.EDIT_TEMPLATES)
def delete_answer(canned_id: int) -> Answer:
    """Delete one; what was sent with it stays."""
    flash(f"/{inbox.delete_canned(canned_id, by=current_user.actor)} is deleted", "good")
    return redirect(url_for("inbox.answers"))


def _form(form: CannedForm, title: str, url: str) -> str | tuple[str, int]:
    gaps = [*message_templates.FIELDS, "colleague"]
    shown = render_template("inbox/answer.html", form=form, name=title, url=url, gaps=gaps)
    return (shown, 422) if form.errors else shown
