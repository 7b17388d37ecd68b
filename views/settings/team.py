"""The team: who works here, what they may do, invitations, closed accounts."""

from flask import flash, redirect, render_template, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from core.errors import DashboardError
from core.rights import Right
from forms.refusals import show_on
from forms.settings import NewPersonForm, PersonForm
from services import auth
from views.doors import needs
from views.settings.part import pages


@pages.route("/team", methods=["GET", "POST"])
@needs(Right.MANAGE)
def team() -> Response | str:
    """Everybody, and a form for one more."""
    form = NewPersonForm(role="agent")
    if form.validate_on_submit():
        try:
            user_id = auth.add_user(email=form.email.data, name=form.name.data, role=form.role.data,
                                    may_send=form.may_send.data, password=form.password.data or "",
                                    by=current_user.actor)
        except DashboardError as error:
            show_on(form, error, otherwise="email")
        else:
            if not form.password.data:
                return _invitation(user_id)
            flash(f"{form.name.data} can sign in now.", "good")
            return redirect(url_for("settings.team"))
    return render_template("settings/team.html", form=form, people=auth.all_users())


@pages.route("/team/<int:user_id>", methods=["GET", "POST"])
@needs(Right.MANAGE)
def person(user_id: int) -> Response | str:
    """One person's name and rights."""
    user = auth.get_user(user_id)
    shown = {"name": user.name, "email": user.email, "is_closed": user.disabled_at is not None}
    form = PersonForm(name=user.name, role=user.role, may_send=user.may_send)
    if form.validate_on_submit():
        try:
            auth.change_user(user_id=user_id, name=form.name.data, role=form.role.data, may_send=form.may_send.data,
                             by=current_user.actor)
        except DashboardError as error:
            show_on(form, error, otherwise="role")
        else:
            flash(f"The rights of {form.name.data} are kept. Where they changed, they sign in again.", "good")
            return redirect(url_for("settings.team"))
    return render_template("settings/person.html", form=form, user_id=user_id, **shown)


@pages.post("/team/<int:user_id>/close")
@needs(Right.MANAGE)
def close(user_id: int) -> Response:
    """Close an account; its sessions end at once."""
    auth.disable_user(user_id=user_id, by=current_user.actor)
    flash("The account is closed; whoever used it is signed out.", "good")
    return redirect(url_for("settings.person", user_id=user_id))


@pages.post("/team/<int:user_id>/reopen")
@needs(Right.MANAGE)
def reopen(user_id: int) -> Response:
    """Open a closed account again."""
    auth.enable_user(user_id=user_id, by=current_user.actor)
    flash("The account is open again.", "good")
    return redirect(url_for("settings.person", user_id=user_id))


@pages.post("/team/<int:user_id>/invite")
@needs(Right.MANAGE)
def invite(user_id: int) -> str:
    """Show an invitation once: whoever holds it chooses this person's password."""
    return _invitation(user_id)


def _invitation(user_id: int) -> str:
    user = auth.get_user(user_id)
    return render_template("settings/invitation.html", name=user.name, email=user.email,
                           path=url_for("auth.choose_password", token=auth.invitation_for(user_id)))
