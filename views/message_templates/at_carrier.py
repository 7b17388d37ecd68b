"""What is asked of WhatsApp itself: its list, a pause that should end, the file of a template that was made there."""

from typing import Any

from flask import flash, redirect, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from core.errors import CarrierTrouble, Conflict, DashboardError, NotFound
from core.rights import Right
from services import drift, media, message_templates
from views.doors import needs
from views.message_templates.part import pages


@pages.post("/sync")
@needs(Right.EDIT_TEMPLATES)
def sync() -> Response:
    """Ask WhatsApp for its list now."""
    try:
        done = drift.sync_now(by=current_user.actor)
    except CarrierTrouble as error:
        flash(error.message, "bad")
    else:
        flash(done.words, "good")
    return redirect(url_for("message_templates.index"))


@pages.post("/<int:template_id>/versions/<int:number>/unpause")
@needs(Right.EDIT_TEMPLATES)
def unpause(template_id: int, number: int) -> Response:
    """Have WhatsApp let a template go on that it paused because the first people took it badly."""
    version = _version(template_id, number)
    try:
        message_templates.unpause(version.id, by=current_user.actor)
    except (Conflict, CarrierTrouble) as error:
        flash(error.message, "bad")
    else:
        flash("WhatsApp was asked to let it go on, and says itself when it does", "good")
    return redirect(url_for("message_templates.show", template_id=template_id))


@pages.post("/<int:template_id>/versions/<int:number>/file")
@needs(Right.EDIT_TEMPLATES)
def set_file(template_id: int, number: int) -> Response:
    """The file that goes with its messages."""
    version = _version(template_id, number)
    kind, upload = message_templates.lacks_file(version), request.files.get("file")
    try:
        if upload is None or not upload.filename:
            raise Conflict("Choose a file first")
        if not kind:
            raise Conflict("This version needs no file")
        kept = media.keep(upload.stream, name=upload.filename, kind=kind, by=current_user.actor)
        message_templates.set_file(version.id, kept.id, by=current_user.actor)
    except DashboardError as error:
        flash(error.message, "bad")
    else:
        flash(f"{kept.name} goes with every message of this version", "good")
    return redirect(url_for("message_templates.show", template_id=template_id, version=number))


@pages.post("/<int:template_id>/versions/<int:number>/place")
@needs(Right.EDIT_TEMPLATES)
def set_place(template_id: int, number: int) -> Response:
    """The place that goes with its messages."""
    version = _version(template_id, number)
    try:
        message_templates.set_place(version.id, {part: request.form.get(part, "") for part in (
            "latitude", "longitude", "name", "address")}, by=current_user.actor)
    except DashboardError as error:
        flash(error.message, "bad")
    else:
        flash("This place goes with every message of this version from now on", "good")
    return redirect(url_for("message_templates.show", template_id=template_id, version=number))


def _version(template_id: int, number: int) -> Any:
    """One version of a template. Raises NotFound."""
    for version in message_templates.get_template(template_id).versions:
        if version.number == number:
            return version
    raise NotFound("There is no such version of a template")
