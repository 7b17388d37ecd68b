"""The page of an act on many people that is done in the background: how far it is, stop it, what became of it."""

from flask import flash, redirect, render_template, url_for
from flask_login import current_user
from werkzeug.wrappers import Response as Answer

from core.errors import Conflict
from core.rights import Right
from services import contacts
from views.contacts.filters import filters_in
from views.contacts.part import pages
from views.doors import needs


@pages.get("/acts/<int:act_id>")
@needs(Right.EDIT_CONTACTS)
def show_act(act_id: int) -> str:
    """How far it is, and what became of it."""
    return _shown("contacts/act.html", act_id)


@pages.get("/acts/<int:act_id>/progress")
@needs(Right.EDIT_CONTACTS)
def act_progress(act_id: int) -> str:
    """The live part of the same page."""
    return _shown("contacts/_act.html", act_id)


@pages.post("/acts/<int:act_id>/stop")
@needs(Right.EDIT_CONTACTS)
def stop_act(act_id: int) -> Answer:
    """Stop between two parts; whoever is left stays as they are."""
    try:
        contacts.stop_bulk(act_id, by=current_user.actor)
    except Conflict as error:
        flash(error.message, "bad")
    return redirect(url_for("contacts.show_act", act_id=act_id))


def _shown(template: str, act_id: int) -> str:
    act = contacts.get_act(act_id)
    return render_template(template, act=act, name=contacts.name_of_act(act), can_undo=contacts.can_undo_act(act),
                           back=filters_in(act.filters).address())
