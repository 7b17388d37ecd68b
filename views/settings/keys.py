"""Keys for programs: make one, see it once, revoke it."""

from flask import flash, redirect, render_template, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from core import clock
from core.errors import DashboardError
from core.rights import Right
from forms.refusals import show_on
from forms.settings import KeyForm
from services import keys
from views.doors import needs
from views.settings.part import pages


@pages.route("/keys", methods=["GET", "POST"])
@needs(Right.MANAGE)
def key_list() -> Response | str:
    """Every key, and a form for one more; the new one is shown once."""
    form = KeyForm()
    if form.validate_on_submit():
        try:
            made = keys.make_key(name=form.name.data, scopes=form.scopes(), days=int(form.days.data) or None,
                                 by=current_user.actor)
        except DashboardError as error:
            show_on(form, error, otherwise="name")
        else:
            return render_template("settings/key_made.html", name=form.name.data, secret=made.secret)
    return render_template("settings/keys.html", form=form, keys=keys.all_keys(), at=clock.now(), scopes=keys.SCOPES)


@pages.post("/keys/<int:key_id>/revoke")
@needs(Right.MANAGE)
def revoke_key(key_id: int) -> Response:
    """End a key at once."""
    try:
        keys.revoke_key(key_id, by=current_user.actor)
        flash("The key is revoked: whoever has it is refused from now on.", "good")
    except DashboardError as error:
        flash(error.message, "bad")
    return redirect(url_for("settings.key_list"))
