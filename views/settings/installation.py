"""The installation: business name, country, zone, stop words."""

import platform
from importlib.metadata import version

from flask import flash, redirect, render_template, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from core import clock, countries
from core.rights import Right
from forms.choices import choices
from forms.settings import InstallationForm, words_of
from services import settings
from views.doors import needs
from views.settings.part import pages


@pages.route("", methods=["GET", "POST"])
@needs(Right.MANAGE)
def index() -> Response | str:
    """Change what may be changed while we run; see the rest."""
    quiet, days = settings.get("quiet_hours"), settings.DEFAULTS["keep_days"] | settings.get("keep_days")
    form = InstallationForm(
        business_name=settings.get("business_name"), country=settings.default_country(),
        timezone=settings.time_zone(), opt_out_words=", ".join(settings.get("opt_out_words")),
        opt_in_words=", ".join(settings.get("opt_in_words")), confirms_stop=settings.get("confirms_stop"),
        shows_read_marks=settings.get("shows_read_marks"), shows_typing=settings.get("shows_typing"),
        quiet_on=quiet["is_on"], quiet_from=quiet["from"], quiet_to=quiet["to"],
        keep_notices=days["notices"], keep_logs=days["logs"], keep_files=days["files"],
        keep_received=days["received"], keep_events=days["events"], keep_runs=days["runs"])
    form.country.choices = choices(countries.by_name())
    form.timezone.choices = sorted(clock.zone_names())
    if form.validate_on_submit():
        _keep(form)
        flash("The settings are kept and apply from now on.", "good")
        return redirect(url_for("settings.index"))
    return render_template("settings/index.html", form=form, about=_about())


def _keep(form: InstallationForm) -> None:
    """Each setting on its own, so that the activity says which one changed."""
    wanted = {"business_name": form.business_name.data.strip(), "default_country": form.country.data,
              "timezone": form.timezone.data, "opt_out_words": words_of(form.opt_out_words.data),
              "opt_in_words": words_of(form.opt_in_words.data), "confirms_stop": bool(form.confirms_stop.data),
              "shows_read_marks": bool(form.shows_read_marks.data), "shows_typing": bool(form.shows_typing.data),
              "quiet_hours": form.quiet_hours(), "keep_days": form.keep_days()}
    shown = {"default_country": settings.default_country(), "timezone": settings.time_zone()}
    for name, value in wanted.items():
        if value != shown.get(name, settings.get(name)):
            settings.change(name, value, by=current_user.actor)


def _about() -> list[tuple[str, str]]:
    """Versions and places, for whoever looks after this installation."""
    start = settings.start_up()
    database = "PostgreSQL" if start.database_url.startswith("postgres") else "SQLite"
    return [("Database", database), ("Graph API", start.graph_api_version),
            ("Mode", "simulation" if start.whatsapp_mode == "simulation" else "real messages"),
            ("Sender inside the web process", "yes" if start.embedded_worker else "no"),
            ("Flask", version("flask")), ("Python", platform.python_version())]
