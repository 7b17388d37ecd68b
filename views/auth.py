"""Signing in and out, the first visit, choosing a password by invitation, light or dark."""

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from core import clock, countries
from core.errors import Conflict, Invalid, TooMany
from forms.auth import ChoosePasswordForm, SetupForm, SignInForm
from forms.choices import choices
from forms.refusals import show_on
from services import auth, settings
from views import page_context
from views import sign_in as session_of
from views.doors import anyone, open_to, signed_in

pages = Blueprint("auth", __name__)
A_YEAR = 365 * 24 * 3600
SAFE = "Simulation is on, so nothing you try reaches a real person. "


@pages.route("/sign-in", methods=["GET", "POST"])
@open_to(anyone)
def sign_in() -> Response | str | tuple[str, int, dict[str, str]]:
    """E-mail and password; while there is nobody, the first visit instead."""
    wanted = session_of.own_path(request.args.get("next", ""))
    if current_user.is_authenticated:
        return redirect(wanted)
    if not auth.has_users():
        return redirect(url_for("auth.setup"))
    form = SignInForm()
    if not form.validate_on_submit():
        return render_template("auth/sign_in.html", form=form)
    try:
        token = auth.sign_in(email=form.email.data, password=form.password.data, address=session_of.address(),
                             browser=request.user_agent.string)
    except Invalid as error:
        show_on(form, error, otherwise="password")
        return render_template("auth/sign_in.html", form=form), 422, {}
    except TooMany as error:
        show_on(form, error, otherwise="password")
        return render_template("auth/sign_in.html", form=form), 429, {"Retry-After": str(error.wait_seconds)}
    session_of.begin(token)
    return redirect(wanted)


@pages.post("/sign-out")
@open_to(signed_in)
def sign_out() -> Response:
    """End this session on the server, too."""
    auth.sign_out(session_id=current_user.session_id, by=current_user.actor)
    session_of.end()
    return redirect(url_for("auth.sign_in"))


@pages.route("/setup", methods=["GET", "POST"])
@open_to(anyone)
def setup() -> Response | str:
    """The first visit: the first admin, country and zone. Closed as soon as somebody has an account."""
    if auth.has_users():
        return redirect(url_for("auth.sign_in"))
    form = SetupForm(country=settings.default_country(), timezone=settings.time_zone(), business_name="")
    form.country.choices = choices(countries.by_name())
    form.timezone.choices = sorted(clock.zone_names())
    if not form.validate_on_submit():
        return render_template("auth/setup.html", form=form)
    try:
        user_id = auth.create_first_admin(email=form.email.data, password=form.password.data, name=form.name.data)
    except Invalid as error:
        show_on(form, error, otherwise="email")
        return render_template("auth/setup.html", form=form)
    except Conflict as error:
        flash(error.message, "warn")
        return redirect(url_for("auth.sign_in"))
    _enter(user_id)
    for name, value in (("business_name", form.business_name.data), ("default_country", form.country.data),
                        ("timezone", form.timezone.data)):
        settings.change(name, value, by=current_user.actor)
    is_safe = settings.start_up().whatsapp_mode == "simulation"
    flash(f"Welcome. {SAFE if is_safe else ''}Next: bring in your people.", "good")
    return redirect(url_for("home.index"))


@pages.route("/choose-password/<token>", methods=["GET", "POST"])
@open_to(anyone)
def choose_password(token: str) -> Response | str:
    """Somebody who was invited chooses a password and is signed in."""
    person = auth.user_of_invitation(token)
    form = ChoosePasswordForm()
    if form.validate_on_submit():
        try:
            fresh = auth.choose_password(token=token, password=form.password.data, address=session_of.address(),
                                         browser=request.user_agent.string)
        except Invalid as error:
            show_on(form, error, otherwise="password")
        else:
            session_of.begin(fresh)
            return redirect(url_for("home.index"))
    return render_template("auth/choose_password.html", form=form, email=person.email)


@pages.post("/theme")
@open_to(anyone)
def theme() -> Response:
    """Remember light, dark or the system's look in this browser."""
    answer = make_response(redirect(session_of.own_path(request.form.get("next", ""))))
    wanted = request.form.get("theme", "")
    if wanted in page_context.LOOKS:
        answer.set_cookie("theme", wanted, max_age=A_YEAR, httponly=True, samesite="Lax",
                          secure=settings.start_up().https)
    return answer


def _enter(user_id: int) -> None:
    session_of.begin(auth.start_session(user_id=user_id, address=session_of.address(),
                                        browser=request.user_agent.string))
