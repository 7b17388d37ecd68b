"""Sample data: what it is, load it, see exactly what removing takes away, remove it."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from core.errors import Conflict
from core.rights import Right
from core.words import plural
from services import samples
from views.doors import needs

pages = Blueprint("samples", __name__)


@pages.app_context_processor
def names() -> dict[str, Any]:
    """What empty pages ask for by themselves, when they offer the sample."""
    return {"sample_standing": samples.standing, "may_load_samples": may_load}


def may_load() -> bool:
    """Whether whoever looks may load the sample here."""
    return bool(current_user.is_authenticated and current_user.may(Right.IMPORT) and samples.may_load())


@pages.get("")
def index() -> str:
    """The page of the sample."""
    standing = samples.standing()
    return render_template("samples/index.html", standing=standing, plan=samples.plan() if standing.is_loaded else None)


@pages.post("/load")
@needs(Right.IMPORT)
def load() -> Response:
    """One click; a second one finds it done."""
    try:
        standing = samples.load(by=current_user.actor)
    except Conflict as error:
        flash(error.message, "bad")
    else:
        flash(f"The sample is here: {plural(standing.people, 'made-up person', 'made-up people')}, three templates and "
              "two campaigns. One of them is being sent to simulated phones in a moment.", "good")
    return redirect(url_for("samples.index"))


@pages.post("/remove")
@needs(Right.IMPORT)
def remove() -> Response:
    """Take away what was loaded and say what stays."""
    try:
        plan = samples.remove(by=current_user.actor)
    except Conflict as error:
        flash(error.message, "bad")
    else:
        if not plan.is_empty:
            flash(f"The sample is gone: {plural(len(plan.people), 'person', 'people')}, "
                  f"{plural(len(plan.campaigns), 'campaign', 'campaigns')} and "
                  f"{plural(plan.messages, 'message', 'messages')}.", "good")
        for one in plan.left:
            flash(f"Kept: {one.name}, because {one.why}.", "info")
    return redirect(url_for("samples.index"))
