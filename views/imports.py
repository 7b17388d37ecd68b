"""Files of people: bring one, say what its columns hold, look at what will happen, watch it, see what became of it."""

import io
import re
from datetime import datetime
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, stream_with_context, url_for
from flask_login import current_user
from werkzeug.wrappers import Response as Answer

from core import countries
from core.csv_text import DELIMITERS
from core.errors import Conflict, Invalid
from core.pages import Page
from core.rights import Right
from core.states import ImportState
from core.text_encoding import WORDS
from core.words import plural
from forms.imports import ChoicesForm, UploadForm, choices_form
from forms.refusals import show_on
from services import imports
from views.doors import needs

pages = Blueprint("imports", __name__)

AT_WORK = (ImportState.QUEUED, ImportState.RUNNING, ImportState.UNDOING)
OPEN = (ImportState.MAPPING, ImportState.CHECKING)
CELL = re.compile(r"cell-([0-9]{1,10})-([0-9]{1,4})")
KINDS = {"failed": "problems", "skipped": "left_out", "changes": "changes", "mended": "mended", "new": "new"}
PAGE = 50  # rows of a check on one page


@pages.get("")
@needs(Right.IMPORT)
def index() -> str:
    """Every import, newest first."""
    return render_template("imports/index.html", page=imports.recent_imports(page=_page_number()))


@pages.route("/new", methods=["GET", "POST"])
@needs(Right.IMPORT)
def new() -> str | Answer | tuple[str, int]:
    """Bring a file."""
    form = UploadForm()
    if form.validate_on_submit():
        try:
            stream, name = _brought(form)
            row = imports.start_import(stream=stream, file_name=name, by=current_user.actor, may_wait=False)
        except Invalid as error:
            show_on(form, error, otherwise="file")
        else:
            return redirect(url_for("imports.columns", import_id=row.id))
    shown = render_template("imports/new.html", form=form)
    return (shown, 422) if form.errors else shown


@pages.route("/<int:import_id>/columns", methods=["GET", "POST"])
@needs(Right.IMPORT)
def columns(import_id: int) -> str | Answer | tuple[str, int]:
    """What each column holds, and what to do with the people."""
    row = imports.get_import(import_id)
    if row.state not in OPEN:
        return redirect(url_for("imports.show", import_id=import_id))
    if imports.is_unread(row):
        return render_template("imports/reading.html", row=row, is_unread=True)
    form, wrong = _choices_form(row), ""
    if form.validate_on_submit():
        try:
            row = imports.save_choices(import_id=import_id, mapping=form.mapping(), options=form.options())
            if imports.is_large(row):
                imports.start_check(import_id=import_id)
        except Invalid as error:
            if error.field in form:
                show_on(form, error, otherwise="tags")
            else:
                wrong = error.message
        else:
            return redirect(url_for("imports.check", import_id=import_id))
    shown = _columns_page(row, form, wrong)
    return (shown, 422) if wrong or form.errors else shown


@pages.post("/<int:import_id>/reading")
@needs(Right.IMPORT)
def change_reading(import_id: int) -> Answer:
    """Read the same file with other letters, another delimiter, sheet or heading row."""
    wanted = {name: request.form.get(name, "") for name in ("delimiter", "encoding", "sheet")}
    if wanted["encoding"] not in ("", *WORDS):
        raise Invalid("Choose one of the encodings of the list")
    try:
        imports.change_reading(import_id=import_id, heading_row=_whole(request.form.get("heading_row", ""), 0), **wanted)
    except Invalid as error:
        flash(error.message, "bad")
    return redirect(url_for("imports.columns", import_id=import_id))


@pages.get("/<int:import_id>/check")
@needs(Right.IMPORT)
def check(import_id: int) -> str | Answer:
    """What will happen, before anything does; a large file is counted in the background."""
    row = imports.get_import(import_id)
    if row.state not in OPEN:
        return redirect(url_for("imports.show", import_id=import_id))
    if imports.is_unread(row):
        return redirect(url_for("imports.columns", import_id=import_id))
    if row.state == ImportState.CHECKING:
        return render_template("imports/checking.html", row=row)
    try:
        found = imports.last_check(row) or imports.check(import_id=import_id, whole=not imports.is_large(row))
    except Invalid as error:
        flash(error.message, "bad")
        return redirect(url_for("imports.columns", import_id=import_id))
    kind = request.args.get("show", "")
    return render_template("imports/check.html", row=row, found=found, country=_country(row), shown=_columns_of(row, found, kind),
                           before=imports.same_file_before(import_id), wanted=kind if kind in KINDS else "",
                           part=_part(found, kind), most=imports.MOST_SHOWN, days=imports.UNDO_DAYS)


@pages.get("/<int:import_id>/left-out.csv")
@needs(Right.IMPORT)
def left_out(import_id: int) -> Answer:
    """Every row that would not come in, before anything does; the page shows the first hundreds."""
    row = imports.get_import(import_id)
    if row.state not in OPEN or imports.is_unread(row):
        return redirect(url_for("imports.show", import_id=import_id))
    try:
        lines = imports.left_out_csv(import_id)
    except Invalid as error:
        flash(error.message, "bad")
        return redirect(url_for("imports.columns", import_id=import_id))
    answer = Response(stream_with_context(lines), mimetype="text/csv")
    answer.headers["Content-Disposition"] = f'attachment; filename="rows-left-out-{import_id}.csv"'
    return answer


@pages.post("/<int:import_id>/check")
@needs(Right.IMPORT)
def check_all(import_id: int) -> Answer:
    """Count all rows of a large file in the background."""
    imports.start_check(import_id=import_id)
    return redirect(url_for("imports.check", import_id=import_id))


@pages.get("/<int:import_id>/checking")
@needs(Right.IMPORT)
def checking(import_id: int) -> str:
    """The live part of the page that waits for the counts."""
    return render_template("imports/_checking.html", row=imports.get_import(import_id))


@pages.get("/<int:import_id>/being-read")
@needs(Right.IMPORT)
def being_read(import_id: int) -> str:
    """The live part of the page that waits for a large spreadsheet."""
    row = imports.get_import(import_id)
    return render_template("imports/_reading.html", row=row, is_unread=imports.is_unread(row))


@pages.post("/<int:import_id>/mend")
@needs(Right.IMPORT)
def mend(import_id: int) -> Answer:
    """Keep corrected cells and look again."""
    cells = {(int(found[1]), int(found[2])): text for name, text in request.form.items()
             if (found := CELL.fullmatch(name)) and text != request.form.get(f"was-{found[1]}-{found[2]}")}
    try:
        row = imports.mend(import_id=import_id, cells=cells)
        if cells and imports.is_large(row):
            imports.start_check(import_id=import_id)
    except (Conflict, Invalid) as error:
        flash(error.message, "bad")
    else:
        flash(f"{plural(len(cells), 'cell', 'cells')} kept and checked again" if cells else "Nothing was typed",
              "good" if cells else "info")
    return redirect(url_for("imports.check", import_id=import_id))


@pages.post("/<int:import_id>/start")
@needs(Right.IMPORT)
def start(import_id: int) -> Answer:
    """Let it begin."""
    try:
        imports.confirm_import(import_id=import_id, by=current_user.actor)
    except (Conflict, Invalid) as error:
        flash(error.message, "bad")
    return redirect(url_for("imports.show", import_id=import_id))


@pages.get("/<int:import_id>")
@needs(Right.IMPORT)
def show(import_id: int) -> str | Answer:
    """How far it is, and what became of every row."""
    row = imports.get_import(import_id)
    if row.state in OPEN:
        return redirect(url_for("imports.columns", import_id=import_id))
    return _became("imports/show.html", row)


def _became(template: str, row: Any) -> str:
    """What became of every row: the page, or its live part."""
    outcome = request.args.get("outcome", "")
    return render_template(template, row=row, at_work=AT_WORK, outcome=outcome, shown=_shown_columns(row),
                           can_undo=imports.can_be_undone(row), days=imports.UNDO_DAYS,
                           kept=imports.kept_people(row.id, page=_page_number()) if row.kept else None,
                           problems=imports.problem_rows(row.id, outcome=outcome, page=_page_number()))


@pages.get("/<int:import_id>/progress")
@needs(Right.IMPORT)
def progress(import_id: int) -> str:
    """The live part of the same page."""
    return _became("imports/_progress.html", imports.get_import(import_id))


@pages.post("/<int:import_id>/undo")
@needs(Right.IMPORT)
def undo(import_id: int) -> Answer:
    """Put back what this import changed."""
    return _move(imports.undo_import, import_id, "It is being undone. What somebody changed since stays.")


@pages.post("/<int:import_id>/stop")
@needs(Right.IMPORT)
def stop(import_id: int) -> Answer:
    """Stop between two sets of rows."""
    return _move(imports.stop_import, import_id, "Stopped. What came in so far stays; you can go on whenever you like.")


@pages.post("/<int:import_id>/resume")
@needs(Right.IMPORT)
def resume(import_id: int) -> Answer:
    """Go on where it stopped."""
    return _move(imports.resume_import, import_id, "It goes on with the row after the last one.")


@pages.post("/<int:import_id>/discard")
@needs(Right.IMPORT)
def discard(import_id: int) -> Answer:
    """Throw the file away before anything was imported."""
    imports.discard_import(import_id=import_id, by=current_user.actor)
    flash("The file is thrown away; nothing was changed", "good")
    return redirect(url_for("imports.index"))


@pages.get("/<int:import_id>/rejected.csv")
@needs(Right.IMPORT)
def rejected(import_id: int) -> Response:
    """The rows that did not come in, with number and reason."""
    imports.get_import(import_id)
    answer = Response(stream_with_context(imports.rejected_csv(import_id)), mimetype="text/csv")
    answer.headers["Content-Disposition"] = f'attachment; filename="rejected-rows-{import_id}.csv"'
    return answer


def _move(act: Any, import_id: int, words: str) -> Answer:
    try:
        act(import_id=import_id, by=current_user.actor)
    except Conflict as error:
        flash(error.message, "bad")
    else:
        flash(words, "info")
    return redirect(url_for("imports.show", import_id=import_id))


def _choices_form(row: Any) -> ChoicesForm:
    """The form for the columns of this file."""
    custom = [(imports.CUSTOM + key, label) for key, label in imports.custom_labels().items()]
    return choices_form(row.columns, targets=[*imports.OWN.items(), *custom], countries=countries.by_name(),
                        mapping=row.mapping, options=row.options, new=imports.NEW,
                        kinds=imports.NEW_KINDS)


def _columns_page(row: Any, form: ChoicesForm, wrong: str) -> str:
    return render_template("imports/columns.html", row=row, form=form, wrong=wrong, delimiters=DELIMITERS,
                           cells=imports.first_values(row), remembered_at=_remembered_at(row),
                           encodings=_encodings(row), before=imports.same_file_before(row.id), words=WORDS)


def _remembered_at(row: Any) -> datetime | None:
    """When the columns of a file of this shape were chosen before."""
    return datetime.fromisoformat(row.remembered["at"]) if row.remembered else None


def _encodings(row: Any) -> list[tuple[str, str]]:
    """Other ways to read the letters; a choice only where bytes do not say it themselves."""
    western = ("cp1252", "iso8859-15")
    return [(name, WORDS[name]) for name in western] if row.encoding in western else []


def _shown_columns(row: Any) -> list[int]:
    """The columns worth showing beside a reason: five of those that come in, where mistakes are likely first."""
    first = ("phone", "name", "first_name", "email", "birthday", "consent", "last_name", "language")
    rank = {target: place for place, target in enumerate(first)}
    taken = sorted(row.mapping, key=lambda number: (rank.get(row.mapping[number], len(first)), int(number)))[:5]
    return sorted(map(int, taken))


def _brought(form: UploadForm) -> tuple[Any, str]:
    """The file, or the pasted rows as one, and its name."""
    if form.file.data and form.file.data.filename:
        return form.file.data.stream, form.file.data.filename
    return io.BytesIO((form.pasted.data or "").strip("\r\n").encode("utf-8", "replace")), "Pasted rows"


def _country(row: Any) -> str:
    """The name of the country under which numbers are read."""
    return dict(countries.by_name()).get(row.options["country"], row.options["country"])


def _part(found: imports.Foreseen, kind: str) -> Page[Any]:
    """The page of rows the address asks for: those that cannot be read, unless it asks for others."""
    rows = getattr(found, KINDS.get(kind, "problems"))
    number = max(1, min(_page_number(), -(-len(rows) // PAGE) or 1))
    return Page(rows[(number - 1) * PAGE:number * PAGE], number, PAGE, len(rows))


def _columns_of(row: Any, found: imports.Foreseen, kind: str) -> list[int]:
    """The columns worth showing, and every one in which a cell of this page is at fault or was mended."""
    faults = {column for one in _part(found, kind).items for column in
              (getattr(one, "columns", ()) or map(int, getattr(one, "was", {})))}
    return sorted(faults.union(_shown_columns(row)))


def _page_number() -> int:
    """The page the address asks for; the first when it is no number."""
    return _whole(request.args.get("page", ""), 1)


def _whole(text: str, otherwise: int) -> int:
    """A number somebody typed, when it is a small whole one."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else otherwise
