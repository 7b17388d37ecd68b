"""One's own account: name, zone, look, password, and where one is signed in."""

from flask import flash, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from core import clock
from core.errors import Invalid, NotFound
from core.rights import Right
from forms.choices import choices
from forms.refusals import show_on
from forms.settings import PasswordForm, ProfileForm
from services import auth, settings
from views import sign_in
from views.doors import needs
from views.settings.part import pages

BROWSERS = (("Edg/", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari"))
SYSTEMS = (("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"), ("Mac OS", "macOS"),
           ("Linux", "Linux"))


@pages.route("/account", methods=["GET", "POST"])
@needs(Right.SEE)
def account() -> Response | str:
    """Name and zone; the other forms of the page have addresses of their own."""
    form = _profile_form()
    if form.validate_on_submit():
        try:
            auth.change_profile(user_id=current_user.id, name=form.name.data, timezone=form.timezone.data,
                                phone=form.phone.data, by=current_user.actor)
        except Invalid as error:
            show_on(form, error, otherwise="name")
        else:
            flash("Your account is kept.", "good")
            return redirect(url_for("settings.account"))
    return _page(form, PasswordForm(formdata=None))


@pages.post("/account/password")
@needs(Right.SEE)
def change_password() -> Response | str:
    """A new password; every other session ends, this one gets a fresh token."""
    form = PasswordForm()
    if form.validate_on_submit():
        try:
            token = auth.change_own_password(
                user_id=current_user.id, present=form.present.data, wanted=form.password.data, by=current_user.actor,
                address=sign_in.address(), browser=request.user_agent.string)
        except Invalid as error:
            show_on(form, error, otherwise="password")
        else:
            sign_in.begin(token)
            flash("Your password is changed. Everywhere else you are signed out.", "good")
            return redirect(url_for("settings.account"))
    return _page(_profile_form(fresh=True), form)


@pages.post("/account/sessions/end-others")
@needs(Right.SEE)
def end_other_sessions() -> Response:
    """Sign out everywhere but here."""
    auth.end_other_sessions(user_id=current_user.id, keep=current_user.session_id, by=current_user.actor)
    flash("Everywhere else you are signed out.", "good")
    return redirect(url_for("settings.account"))


@pages.post("/account/sessions/<int:session_id>/end")
@needs(Right.SEE)
def end_session(session_id: int) -> Response:
    """Sign out in one place; only one's own sessions can be named."""
    if not auth.end_session(session_id=session_id, user_id=current_user.id):
        raise NotFound("This session has ended already, or it is not yours")
    flash("You are signed out there.", "good")
    return redirect(url_for("settings.account"))


def _profile_form(*, fresh: bool = False) -> ProfileForm:
    values = {"name": current_user.name, "timezone": current_user.timezone, "phone": auth.own_phone(current_user.id)}
    given = {"formdata": None, "data": values} if fresh else {"data": values}
    form = ProfileForm.of(settings.default_country(), **given)
    zones = [(name, name) for name in sorted(clock.zone_names())]
    form.timezone.choices = choices([("", f"The installation’s ({settings.time_zone()})"), *zones])
    return form


def browser_words(agent: str) -> str:
    """Chrome on Android, as far as a browser tells; enough to know one's own devices by."""
    name = next((word for mark, word in BROWSERS if mark in agent), "")
    system = next((word for mark, word in SYSTEMS if mark in agent), "")
    return " on ".join(part for part in (name, system) if part) or agent[:40] or "Unknown browser"


def _page(form: ProfileForm, password_form: PasswordForm) -> str:
    return render_template("settings/account.html", form=form, password_form=password_form,
                           sessions=auth.sessions_of(current_user.id), browser_words=browser_words)
