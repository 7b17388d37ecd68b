"""The list of templates, one template with its versions and who uses them, and the files of headers."""

from flask import Response as Raw
from flask import flash, redirect, render_template, request, send_file, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from core.errors import CarrierTrouble, Conflict
from core.rights import Right
from core.states import TemplateState
from services import channels, media, message_templates
from services.message_templates import TemplateInvalid
from views.doors import needs
from views.message_templates.part import pages, people_with

_KEPT_SECONDS = 86_400  # files never change


@pages.get("/")
def index() -> str:
    """Every template with its newest version."""
    chosen = {name: request.args.get(name, "") for name in ("state", "category", "language")}
    text = request.args.get("q", "")
    found = message_templates.list_templates(text=text, page=request.args.get("page", 1, type=int), **chosen)
    return render_template(
        "message_templates/index.html", page=found, text=text, chosen=chosen, states=list(TemplateState)[1:],
        categories=message_templates.CATEGORIES, languages=message_templates.languages_in_use(),
        lists=list(channels.speakers().values()))


@pages.get("/<int:template_id>")
def show(template_id: int) -> str:
    """One template: its versions, what WhatsApp says of them, what changed between two, and the text on a phone."""
    template = message_templates.get_template(template_id)
    by_number = {one.number: one for one in template.versions}
    version = by_number.get(request.args.get("version", 0, type=int), template.versions[-1])
    against = by_number.get(request.args.get("against", 0, type=int))
    search = request.args.get("seen_by", "")
    preview = message_templates.preview_of(version, contact_id=request.args.get("contact_id", ""), search=search)
    changes = message_templates.changes(
        message_templates.words_in(against), message_templates.words_in(version)) if against else []
    return render_template(
        "message_templates/show.html", template=template, version=version, against=against, changes=changes,
        preview=preview, people=people_with(preview, search), seen_by=search,
        campaigns=message_templates.campaigns_by_version(template_id), uses=message_templates.uses_of(template_id),
        siblings=message_templates.siblings_of(template), lacks_file=message_templates.lacks_file(version),
        lacks_place=message_templates.lacks_place(version.header or {}),
        is_elsewhere=message_templates.is_elsewhere(version))


@pages.get("/<int:template_id>/standing")
def standing(template_id: int) -> str:
    """The part of `show` that changes by itself while WhatsApp reads."""
    template = message_templates.get_template(template_id)
    return render_template("message_templates/_standing.html", template=template, version=template.versions[-1],
                           campaigns=message_templates.campaigns_by_version(template_id))


@pages.post("/<int:template_id>/versions/<int:number>/restore")
@needs(Right.EDIT_TEMPLATES)
def restore(template_id: int, number: int) -> Response:
    """Write the words of an older version again, as the newest one."""
    try:
        template = message_templates.restore_version(template_id, number, by=current_user.actor)
    except (Conflict, TemplateInvalid) as error:
        flash(error.message, "bad")
    else:
        newest = message_templates.get_template(template.id).versions[-1].number
        flash(f"Version {newest} says what version {number} said; it was handed in to WhatsApp", "good")
    return redirect(url_for("message_templates.show", template_id=template_id))


@pages.post("/<int:template_id>/delete")
@needs(Right.EDIT_TEMPLATES)
def delete(template_id: int) -> Response:
    """Delete a template no campaign needs, here and at WhatsApp: in its language, or in every one."""
    try:
        count = message_templates.delete_template(template_id, by=current_user.actor,
                                                  every_language=request.form.get("every_language") == "1")
    except (Conflict, CarrierTrouble) as error:
        flash(error.message, "bad")
        return redirect(url_for("message_templates.show", template_id=template_id))
    flash("The template was deleted" if count == 1 else f"The template was deleted in {count} languages", "good")
    return redirect(url_for("message_templates.index"))


@pages.get("/files/<int:media_id>")
def file(media_id: int) -> Raw:
    """The file of a header: pictures are shown, everything else is handed out as a download."""
    found = media.get_media(min(media_id, 2**31 - 1))  # ids are of this size in the database
    answer = send_file(media.open_file(found.id), mimetype=found.mime, download_name=found.name,
                       as_attachment=not media.is_shown_inline(found), max_age=_KEPT_SECONDS, etag=found.digest)
    answer.headers["Cache-Control"] = f"private, max-age={_KEPT_SECONDS}"
    return answer
