"""The editor: what is typed is checked by the rule that also refuses, and nothing is kept before it is handed in."""

import contextlib
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from core.errors import Conflict, DashboardError, Invalid
from core.rights import Right
from forms.message_templates import TemplateForm
from services import media, message_templates, settings
from services.message_templates import Beginning, TemplateInvalid, Words
from views.doors import needs
from views.message_templates.part import pages, people_with

Answer = str | Response | tuple[str, int]
Problems = dict[str, list[str]]


@pages.route("/new", methods=["GET", "POST"])
@needs(Right.EDIT_TEMPLATES)
def new() -> Answer:
    """Write a template, from nothing, from a ready text, or from another template."""
    if request.method == "GET":
        return _page(*_begun())
    form = TemplateForm()
    problems = _file_kept(form)
    if not form.validate_on_submit() or problems:
        return _page(form, problems=problems), 422
    if act := request.form.get("act", ""):
        return _page(form, problems=_acted(form, act))
    try:
        template = message_templates.add_template(
            name=(form.name.data or "").strip(), language=form.language.data, category=form.category.data,
            by=current_user.actor, **_typed(form))
    except (TemplateInvalid, Conflict) as error:
        return _page(form, problems=_told(form, error)), 422
    flash(f"{template.name} was handed in. WhatsApp reads it before it may be sent", "good")
    return redirect(url_for("message_templates.show", template_id=template.id))


@pages.route("/<int:template_id>/edit", methods=["GET", "POST"])
@needs(Right.EDIT_TEMPLATES)
def edit(template_id: int) -> Answer:
    """Write the next version; the present one stays in use until WhatsApp has read the new one."""
    template = message_templates.get_template(template_id)
    newest = template.versions[-1]
    form = TemplateForm(category=template.category, body=newest.body, footer=newest.footer)
    del form.name, form.language
    if request.method == "GET":
        form.start_from(header=newest.header, buttons=newest.buttons, given=newest.variables)
        return _page(form, template)
    problems = _file_kept(form)
    if not form.validate_on_submit() or problems:
        return _page(form, template, problems=problems), 422
    if act := request.form.get("act", ""):
        return _page(form, template, problems=_acted(form, act, template))
    try:
        message_templates.change_template(template_id, category=form.category.data, by=current_user.actor,
                                          in_place=request.form.get("in_place") == "1", **_typed(form))
    except (TemplateInvalid, Conflict) as error:
        return _page(form, template, problems=_told(form, error)), 422
    number = message_templates.get_template(template_id).versions[-1].number
    flash(f"Version {number} was handed in. WhatsApp reads it before it may be sent" if number > newest.number
          else "Nothing was changed, so there is no new version", "good" if number > newest.number else "info")
    return redirect(url_for("message_templates.show", template_id=template_id))


@pages.post("/check")
@needs(Right.EDIT_TEMPLATES)
def check() -> str:
    """The parts of the editor that follow what is typed."""
    form = TemplateForm()
    problems = _file_kept(form)
    template = message_templates.get_template(number) if (number := request.args.get("of", 0, type=int)) else None
    found = _acted(form, request.form.get("act", "check"), template)
    return render_template("message_templates/_checked.html", **_values(form, found | problems))


def _begun() -> tuple[TemplateForm, None, Beginning]:
    """An editor that holds what the address asks for."""
    args = request.args
    if idea := args.get("idea", ""):
        begun = message_templates.from_idea(idea)
    elif template_id := args.get("copy", 0, type=int):
        begun = message_templates.from_template(template_id, number=args.get("version", 0, type=int))
    elif template_id := args.get("language_of", 0, type=int):
        begun = message_templates.in_another_language(template_id)
    else:
        begun = message_templates.from_nothing()
    form = TemplateForm(name=begun.name, language=begun.language, category=begun.category, body=begun.words.body,
                        footer=begun.words.footer)
    form.start_from(header=begun.words.header, buttons=begun.words.buttons, given=begun.words.variables)
    return form, None, begun


def _page(form: TemplateForm, template: Any = None, begun: Beginning | None = None, *,
          problems: Problems | None = None) -> str:
    """The editor page, with what was typed and what is wrong with it."""
    values = _values(form, problems or {})
    for name, sentences in (problems or {}).items():
        if name in form:
            form[name].errors = sentences
    return render_template("message_templates/editor.html", template=template, begun=begun, in_place=_in_place(template),
                           **values)


def _in_place(template: Any) -> dict[str, Any] | None:
    """Whether the words may take the place of those WhatsApp has; None where it has none."""
    present = message_templates.present(template) if template else None
    if present is None:
        return None
    return {"why_not": message_templates.why_not_in_place(present), "chosen": request.form.get("in_place") == "1"}


def _values(form: TemplateForm, problems: Problems) -> dict[str, Any]:
    """What the editor and its live parts show."""
    words = _words(form)
    search = form.seen_by.data or ""
    preview = message_templates.preview_of(words, contact_id=form.contact_id.data or "", search=search)
    form.category.choices = list(message_templates.CATEGORIES.items())
    form.header_kind.choices = list(message_templates.HEADERS.items())
    form.contact_id.choices, form.contact_id.data = people_with(preview, search), preview.contact_id
    if "language" in form:
        known = sorted(message_templates.LANGUAGES.items(), key=lambda one: one[1])
        form.language.choices = known if form.language.data else [("", "Choose a language"), *known]
    return {
        "form": form, "words": words, "problems": problems, "preview": preview, "fields": message_templates.FIELDS,
        "kinds": message_templates.KINDS, "file": _file_of(words), "pictures": _pictures_of(words), "file_kinds": media.KINDS,
        "limits": {"body": message_templates.BODY_LIMIT, "header_text": message_templates.HEADER_LIMIT,
                   "footer": message_templates.FOOTER_LIMIT, "button": message_templates.TEXT_LIMIT,
                   "offer": message_templates.OFFER_LIMIT, "card": message_templates.CARD_LIMIT,
                   "buttons": message_templates.MOST_BUTTONS}}


def _file_of(words: Words) -> Any:
    """The file of the header, if there is one and it is still there."""
    if number := words.header.get("media_id"):
        try:
            return media.get_media(number)
        except DashboardError:
            return None
    return None


def _pictures_of(words: Words) -> dict[int, Any]:
    """The files of the cards that are still there, by id."""
    found = {}
    for number in media.named_in(words.header):
        with contextlib.suppress(DashboardError):
            found[number] = media.get_media(number)
    return found


def _typed(form: TemplateForm) -> dict[str, Any]:
    """The words of the form."""
    return {"body": form.body.data or "", "footer": form.footer.data or "", "header": form.header,
            "buttons": form.buttons, "variables": form.given}


def _words(form: TemplateForm) -> Words:
    """The words of the form as they would be kept."""
    return message_templates.words_of(**_typed(form), country=settings.default_country())


def _file_kept(form: TemplateForm) -> Problems:
    """Keep a file that came along, so that it survives until the template is handed in; what is wrong with it."""
    kind = form.header_kind.data or ""
    is_cards = kind == message_templates.CARDS
    if not is_cards and kind not in message_templates.MEDIA:
        return {}
    uploads = [one for one in request.files.getlist("header_file") if one.filename]
    try:
        for upload in uploads[:message_templates.MOST_CARDS if is_cards else 1]:
            kept = media.keep(upload.stream, name=upload.filename or "", kind="image" if is_cards else kind,
                              by=current_user.actor)
            if is_cards:
                form.add_card(kept.id)
            else:
                form.media_id.data = str(kept.id)
    except Invalid as error:
        return {"header": [error.message]}
    return {}


def _acted(form: TemplateForm, act: str, template: Any = None) -> Problems:
    """Do what was pressed besides handing in, and say what is wrong so far."""
    if act == "no_file":
        form.media_id.data = ""
    form.act_on_rows(act)
    found = message_templates.problems_of(
        _words(form), name=template.name if template else (form.name.data or "").strip() if "name" in form else "",
        language=template.language if template else form.language.data or "", category=form.category.data or "")
    return _by_field(form, ((problem.field, problem.sentence) for problem in found))


def _told(form: TemplateForm, error: DashboardError) -> Problems:
    """A refusal by the fields it speaks of."""
    if isinstance(error, TemplateInvalid):
        return _by_field(form, ((problem.field, problem.sentence) for problem in error.problems))
    return {error.field or "body": [error.message]}


def _by_field(form: TemplateForm, found: Any) -> Problems:
    """Sentences grouped by field; those about a button by the row it stands in, empty rows counted, too."""
    grouped: Problems = {}
    rows = form.filled_rows
    for field, sentence in found:
        if field.startswith("button:"):
            _, at, part = field.split(":")
            field = f"button:{rows[int(at)]}:{part}"
        grouped.setdefault(field, []).append(sentence)
    return grouped
