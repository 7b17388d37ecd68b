"""`flask contacts import FILE`: a file of people from the terminal, on the same code as the pages."""

import json
import time
from pathlib import Path
from typing import Any

import click

from commands import contacts as people
from commands import refusals
from core.actor import COMMAND
from core.errors import DashboardError, Invalid
from core.states import ImportState
from services import imports

_OUT_OF_OUR_HANDS = (ImportState.FINISHED, ImportState.FAILED, ImportState.STOPPED)
_LEAVE_OUT = ("", "-", "leave out")
_COUNTS = ("created", "updated", "unchanged", "skipped", "failed")


@people.group.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--map", "pairs", multiple=True, metavar="COLUMN=FIELD",
              help="What a column holds: phone, name, email …, the key of a custom field, new:Label, or - to leave it out.")
@click.option("--tag", "tags", multiple=True, help="Give everybody this tag; may be repeated.")
@click.option("--country", default="", help="Read numbers without a plus under this country, such as GB.")
@click.option("--on-duplicate", default="update", type=click.Choice(["update", "skip"]), show_default=True,
              help="What to do with people who are in your contacts already.")
@click.option("--without-phone", default="", type=click.Choice(["", "email"]), metavar="email",
              help="Keep people without a number, known by their e-mail address.")
@click.option("--consent", "proof", default="", metavar="HOW", help="Everybody agreed to marketing: say how.")
@click.option("--rejects", type=click.Path(path_type=Path, dir_okay=False), help="Write rows that did not come in here.")
@click.option("--json", "as_json", is_flag=True, help="For machines.")
def import_people(file: Path, pairs: tuple[str, ...], tags: tuple[str, ...], country: str, on_duplicate: str,
                  without_phone: str, proof: str, rejects: Path | None, as_json: bool) -> None:
    """Bring in people from FILE: CSV, TSV or a spreadsheet (.xlsx)."""
    options = {"country": country, "tags": list(tags), "on_duplicate": on_duplicate, "proof": proof,
               "without_phone": without_phone,
               "consent": "granted" if proof else "none"}
    try:
        if rejects:
            rejects.touch()  # where it cannot be written, nobody is brought in
        row = _bring_in(file, pairs, options)
        if rejects:
            _write_rejects(row.id, rejects)
    except OSError as error:
        raise click.ClickException(refusals.about_file(error)) from None
    except DashboardError as error:
        raise click.ClickException(str(error)) from None
    _say(row, as_json)
    if row.state != ImportState.FINISHED:
        raise SystemExit(1)


def _bring_in(file: Path, pairs: tuple[str, ...], options: dict[str, Any]) -> Any:
    """Start, confirm and run; the import as it ended."""
    with open(file, "rb") as stream:
        row = imports.start_import(stream=stream, file_name=file.name, by=COMMAND)
    try:
        imports.confirm_import(import_id=row.id, mapping=_with_pairs(row, pairs), options=options, by=COMMAND)
    except DashboardError:
        imports.discard_import(import_id=row.id, by=COMMAND)
        raise
    while True:
        imports.run_here(row.id)  # False when the scheduler was quicker: then it is at work there
        row = imports.get_import(row.id)
        if row.state in _OUT_OF_OUR_HANDS:
            return row
        time.sleep(0.2)


def _with_pairs(row: Any, pairs: tuple[str, ...]) -> dict[str, str]:
    """The guessed mapping with what --map says. Raises Invalid for a column or field that is not there."""
    mapping = dict(row.mapping)
    for pair in pairs:
        heading, sign, wanted = pair.rpartition("=")
        if not sign:
            raise Invalid(f"--map needs COLUMN=FIELD, not “{pair[:60]}”")
        number, target = _column(row.columns, heading), _target(wanted.strip())
        mapping = {place: held for place, held in mapping.items() if held != target or target == "tags"}
        mapping[number] = target
    return mapping


def _column(columns: list[str], heading: str) -> str:
    """The number of the column with this heading, whatever its case."""
    for number, name in enumerate(columns):
        if name.casefold() == heading.strip().casefold():
            return str(number)
    raise Invalid(f"There is no column “{heading[:60]}”; the file has {', '.join(columns)[:300]}")


def _target(wanted: str) -> str:
    """The field meant by a word of the terminal. Raises Invalid."""
    labels = imports.custom_labels()
    if wanted in _LEAVE_OUT:
        return ""
    if wanted in imports.OWN or wanted.startswith((imports.NEW, imports.CUSTOM)):
        return wanted
    for key, label in labels.items():
        if wanted.casefold() in (key.casefold(), label.casefold()):
            return imports.CUSTOM + key
    raise Invalid(f"“{wanted[:40]}” is not a field; choose {', '.join([*imports.OWN, *labels])}, or new:{wanted[:40]}")


def _write_rejects(import_id: int, path: Path) -> None:
    with open(path, "w", encoding="utf-8", newline="") as out:
        out.writelines(imports.rejected_csv(import_id))


def _say(row: Any, as_json: bool) -> None:
    """How it ended, in words or for machines."""
    counts = {name: getattr(row, name) for name in _COUNTS}
    if as_json:
        click.echo(json.dumps({"id": row.id, "file": row.file_name, "state": str(row.state), "rows": row.total_rows,
                               "rows_done": row.rows_done, **counts, "kept_out": row.kept_out, "error": row.error}))
        return
    click.echo(f"{row.file_name}: {row.rows_done:,} of {row.total_rows:,} rows, {row.state}")
    for name, count in counts.items():
        click.echo(f"  {name:9} {count:>9,}")
    if row.kept_out:
        click.echo(f"  {row.kept_out:,} asked to stop earlier; they stay out of marketing")
    if row.error:
        click.echo(f"  {row.error}", err=True)


@people.group.command("undo-import")
@click.argument("number", type=int)
@click.option("--json", "as_json", is_flag=True, help="For machines.")
def undo_import(number: int, as_json: bool) -> None:
    """Put back what the import NUMBER changed, unless somebody changed it since."""
    try:
        imports.undo_import(import_id=number, by=COMMAND)
        while (row := imports.get_import(number)).state == ImportState.UNDOING:
            if not imports.run_here(number):
                time.sleep(0.2)  # the scheduler was quicker: it is at work there
        kept = imports.kept_people(number, size=1000).items
    except DashboardError as error:
        raise click.ClickException(str(error)) from None
    if as_json:
        click.echo(json.dumps({"id": row.id, "file": row.file_name, "state": str(row.state), "people": row.undo_total,
                               "restored": row.restored, "kept": row.kept,
                               "kept_people": [{"id": one.id, "reason": one.reason} for one in kept]}))
        return
    click.echo(f"{row.file_name}: {row.restored:,} put back, {row.kept:,} kept because something happened since")
    for one in kept:
        click.echo(f"  {one.name or one.phone or one.id}: {one.reason}")
