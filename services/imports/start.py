"""Bring a file in, say what its columns hold, and let it go: everything before the first person is written."""

from collections.abc import Callable, Mapping
from typing import Any, BinaryIO

from sqlalchemy import update

from core import clock
from core.actor import Actor
from core.background import Job, enqueue
from core.csv_text import DELIMITERS
from core.errors import Conflict, Invalid
from core.states import ImportState, check_import_move
from core.words import folded, one_line
from models import Import, after_commit, db, transaction
from services import activity, contacts, settings
from services.imports import fields, files, memory, queries
from services.imports.rows import Options, RowReader, read_options


def start_import(*, stream: BinaryIO, file_name: str, by: Actor, may_wait: bool = True) -> Import:
    """Keep a file and guess how it is to be read. Nothing else is changed.

    Unless the caller `may_wait`, a large spreadsheet is only kept, and read in the background: see `is_unread`.

    Raises Invalid with a sentence for a file that is no CSV, is empty, or cannot be read without guessing letters.
    """
    stored_name, size, digest = files.keep(stream)
    try:
        shape = None
        if may_wait or not files.is_slow(stored_name):
            shape = files.shape_of(stored_name)
            _check_has_heading(shape)
    except BaseException:
        files.forget(stored_name)
        raise
    name = one_line(file_name)[:200] or "people.csv"
    known = memory.recall(shape.heading.columns) if shape else None
    reading = _reading(shape) if shape else {"state": ImportState.CHECKING}
    with transaction():
        row = Import(
            file_name=name, stored_name=stored_name, size=size, digest=digest, created_by=by.name, **reading,
            options=Options(settings.default_country()).as_dict() | (known.options if known else {}))
        db.session.add(row)
        db.session.flush()
        activity.record("import.uploaded", by=by, subject_kind="import", subject_id=row.id, subject_name=name)
        if shape is None:
            after_commit(lambda: enqueue(Job.RUN_IMPORTS))
    return row


def is_unread(row: Import) -> bool:
    """Whether a large spreadsheet waits to be read, or is being read now."""
    return not row.encoding and row.state in memory.OPEN


def read_file(row: Import, tell: Callable[[int], None]) -> dict[str, Any]:
    """What becomes known of a large spreadsheet by reading it, as values for its import. Raises Invalid."""
    sheet = row.sheet
    shape = files.shape_of(row.stored_name, sheet, tell=tell)
    _check_has_heading(shape)
    known = memory.recall(shape.heading.columns)
    return _reading(shape) | ({"sheet": sheet} if sheet else {}) | {
        "options": row.options | (known.options if known else {})}


def save_choices(*, import_id: int, mapping: Mapping[str, str], options: Mapping[str, Any]) -> Import:
    """Keep what the columns hold and what to do with the people. Nothing else is changed.

    Raises Invalid, naming the field; Conflict when the import has begun already.
    """
    row = queries.get_import(import_id)
    if row.state not in memory.OPEN:
        raise Conflict("This import has begun already; its columns cannot be changed any more")
    chosen = read_options(options, default_country=settings.default_country())
    kept = fields.check_mapping(row.columns, mapping, custom_labels(), chosen.without_phone)
    with transaction():
        db.session.execute(update(Import).where(Import.id == import_id, Import.state.in_(memory.OPEN))
                           .values(mapping=_known_fields(kept), options=chosen.as_dict(), **memory.UNCHECKED))
    return queries.get_import(import_id)


def confirm_import(*, import_id: int, by: Actor, mapping: Mapping[str, str] | None = None,
                   options: Mapping[str, Any] | None = None) -> Import:
    """Let the import begin in the background; new custom fields and tags are made now.

    `mapping` and `options` replace what was chosen before. Raises Invalid, or Conflict when it has begun already.
    """
    row = queries.get_import(import_id)
    if mapping is not None or options is not None:
        row = save_choices(import_id=import_id, mapping=row.mapping if mapping is None else mapping,
                           options=row.options if options is None else options)
    else:
        fields.check_mapping(row.columns, row.mapping, custom_labels(), row.options.get("without_phone", ""))
    with transaction():
        row = queries.get_import(import_id)
        check_import_move(row.state, ImportState.QUEUED)
        known = set(custom_labels())
        new_tags = [folded(name) for name in row.options.get("tags") or [] if contacts.find_tag(name) is None]
        mapping = _with_new_fields(row.mapping, by)
        won = db.session.execute(
            update(Import).where(Import.id == import_id, Import.state.in_(memory.OPEN))
            .values(state=ImportState.QUEUED, mapping=mapping, lease_token="", lease_until=None, foreseen={},
                    made={"tags": new_tags, "fields": sorted(set(custom_labels()) - known)})).rowcount
        if not won:
            raise Conflict("This import has begun already")
        memory.remember(row, mapping)
        contacts.tags_named(row.options.get("tags") or [], by=by)
        activity.record("import.started", by=by, subject_kind="import", subject_id=import_id,
                        subject_name=row.file_name)
        after_commit(lambda: enqueue(Job.RUN_IMPORTS))
    return queries.get_import(import_id)


def change_reading(*, import_id: int, encoding: str = "", delimiter: str = "", heading_row: int = 0,
                   sheet: str = "") -> Import:
    """Read the same file in another way, when the guess was wrong. What was mended and chosen before is forgotten.

    `heading_row` is the row that names the columns as the spreadsheet shows it; 0 looks for it again. Raises Invalid
    when the file cannot be read that way, Conflict when the import has begun.
    """
    row = queries.get_import(import_id)
    if row.state not in memory.OPEN:
        raise Conflict("This import has begun already; it cannot be read in another way any more")
    if is_unread(row):
        raise Conflict("This file is still being read; look again in a moment")
    if delimiter and delimiter not in DELIMITERS:
        raise Invalid("Choose comma, semicolon, tab or vertical bar", field="delimiter")
    if sheet and sheet not in row.sheets:
        raise Invalid("There is no such sheet in this file", field="sheet")
    if sheet and sheet != row.sheet and files.is_slow_book(row.stored_name):
        return _read_later(row, sheet)
    if row.sheets and sheet and sheet != row.sheet:
        shape = files.shape_of(row.stored_name, sheet)
        encoding, delimiter = shape.encoding, shape.delimiter
    if heading_row or not row.sheets or sheet in ("", row.sheet):
        shape = files.measure(row.stored_name, encoding or row.encoding, delimiter or row.delimiter,
                              heading_row or row.heading_row, tuple(row.sheets))
    with transaction():
        db.session.execute(update(Import).where(Import.id == import_id, Import.state.in_(memory.OPEN)).values(
            **_reading(shape) | {"sheet": sheet or row.sheet, "corrections": {}}, **memory.UNCHECKED))
    return queries.get_import(import_id)


def _read_later(row: Import, sheet: str) -> Import:
    """Let another sheet of a large spreadsheet be read in the background."""
    with transaction():
        db.session.execute(update(Import).where(Import.id == row.id, Import.state.in_(memory.OPEN)).values(
            **memory.UNCHECKED | {"state": ImportState.CHECKING}, encoding="", sheet=sheet[:40], corrections={}))
        after_commit(lambda: enqueue(Job.RUN_IMPORTS))
    return queries.get_import(row.id)


def _reading(shape: files.Shape) -> dict[str, Any]:
    """How a file is read, and what its columns seem to hold: as for the last file of this shape, else guessed."""
    columns, known = shape.heading.columns, memory.recall(shape.heading.columns)
    return {"encoding": shape.encoding, "delimiter": shape.delimiter, "columns": columns, "total_rows": shape.total_rows,
            "heading_row": shape.heading_row, "sheets": list(shape.sheets), "sheet": (shape.sheets or ("",))[0][:40],
            "remembered": {"file": known.file_name, "at": known.at.isoformat()} if known else {},
            "mapping": known.mapping if known else fields.guess_mapping(columns, shape.samples, custom_labels())}


def reader_of(row: Import) -> RowReader:
    """What reads the rows of this import under its mapping and options."""
    return RowReader(row.mapping, read_options(row.options, default_country=settings.default_country()),
                     custom=contacts.all_fields(), file_name=row.file_name, today=clock.now().date())


def custom_labels() -> dict[str, str]:
    """Key to label of every custom field."""
    return {field.key: field.label for field in contacts.all_fields()}


def _known_fields(mapping: Mapping[str, str]) -> dict[str, str]:
    """`new:` columns whose label is a field already become that field."""
    known = {fields.plain(label): key for key, label in custom_labels().items()}
    return {number: fields.CUSTOM + known[fields.plain(fields.new_field(target)[1])]
            if target.startswith(fields.NEW) and fields.plain(fields.new_field(target)[1]) in known else target
            for number, target in mapping.items()}


def _with_new_fields(mapping: Mapping[str, str], by: Actor) -> dict[str, str]:
    """The mapping with every `new:` field made."""
    made = {}
    for number, target in mapping.items():
        if target.startswith(fields.NEW):
            kind, label = fields.new_field(target)
            target = fields.CUSTOM + contacts.add_field(label=label, kind=kind, by=by)
        made[number] = target
    return made


def _check_has_heading(shape: files.Shape) -> None:
    """Raise Invalid when the first row is a person."""
    if fields.is_headless(shape.heading.columns, settings.default_country()):
        raise Invalid("The first row must name the columns, such as Name and Phone; this file begins with a person",
                      field="file")
