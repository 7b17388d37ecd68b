"""`flask templates`: write templates and list them."""

import json
from pathlib import Path

import click
from flask.cli import with_appcontext

from commands import refusals
from core.actor import COMMAND
from core.errors import CarrierTrouble, DashboardError
from services import drift, media, message_templates
from services.message_templates import TemplateInvalid, TemplateRow


@click.group("templates", cls=refusals.Group)
def group() -> None:
    """Texts that WhatsApp approves, so that you may write first."""


@group.command("add")
@click.option("--name", required=True, help="Small letters, digits and _.")
@click.option("--category", default="marketing", show_default=True, help="marketing or utility")
@click.option("--language", default="en_GB", show_default=True, help="A code of WhatsApp's, such as en_GB.")
@click.option("--body", required=True, help="The text; {{first_name}} is a gap, \\n a line break.")
@click.option("--footer", default="", help="The last, small line.")
@click.option("--header", default="", help="One line at the top; may hold one gap.")
@click.option("--picture", "picture", type=click.Path(exists=True, dir_okay=False, path_type=Path),
              help="A picture at the top instead of a line.")
@click.option("--button", "buttons", multiple=True, metavar="KIND|WORDS|VALUE",
              help="quick_reply|Yes, url|Book|https://…, phone|Call us|+44…, copy_code|FLU26, offer|Ends soon|48; may be "
                   "repeated.")
@click.option("--sample", "samples", multiple=True, metavar="NAME=VALUE", help="An example for a gap; may be repeated.")
@click.option("--fallback", "fallbacks", multiple=True, metavar="NAME=VALUE",
              help="What stands in a gap when a person's value is not known; may be repeated.")
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")
@with_appcontext
def add(name: str, category: str, language: str, body: str, footer: str, header: str, picture: Path | None,
        buttons: tuple[str, ...], samples: tuple[str, ...], fallbacks: tuple[str, ...], as_json: bool) -> None:
    """Write a template and hand it in for approval."""
    try:
        template = message_templates.add_template(
            name=name, category=category, language=language, body=body.replace("\\n", "\n"), footer=footer,
            header=_header(header, picture), buttons=[_button(one) for one in buttons],
            variables=_variables(samples, fallbacks), by=COMMAND)
    except DashboardError as error:
        _refuse(error, as_json=as_json)
        raise SystemExit(1) from None
    if as_json:
        click.echo(json.dumps({"id": template.id, "name": template.name, "language": template.language,
                               "category": template.category, "version": 1, "state": "pending"}))
    else:
        click.echo(f"{template.name} ({template.language}) was handed in; its id is {template.id}")


@group.command("gallery")
@with_appcontext
def gallery() -> None:
    """The ready texts a template may begin from."""
    for idea in message_templates.gallery():
        click.echo(f"{idea.slug}  ({idea.category})  {idea.when}\n    " + idea.words.body.replace("\n", "\n    "))


@group.command("sync")
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")
@with_appcontext
def sync(as_json: bool) -> None:
    """Ask WhatsApp for its list of templates now: made there comes in, gone there is marked, changed there stops what
    uses it. Exit 1 when it could not be asked."""
    try:
        done = drift.sync_now(by=COMMAND)
    except CarrierTrouble as error:
        _refuse(error, as_json=as_json)
        raise SystemExit(1) from None
    click.echo(json.dumps({"accounts": done.accounts, "listed": done.listed, "added": done.added, "changed": done.changed,
                           "gone": done.gone}) if as_json else done.words)


@group.command("list")
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")
@with_appcontext
def list_all(as_json: bool) -> None:
    """Every template with what WhatsApp says of its newest version."""
    rows = _every_row()
    if as_json:
        click.echo(json.dumps([_as_values(row) for row in rows], indent=2, ensure_ascii=False))
        return
    for row in rows:
        in_use = f", version {row.approved_number} in use" if row.approved_number else ""
        click.echo(f"{row.id:>5}  {row.name}  {row.language}  {row.category}  version {row.number} {row.state}{in_use}"
                   + (f": {row.reason}" if row.reason else ""))
    if not rows:
        click.echo("No templates yet")


def _every_row() -> list[TemplateRow]:
    """All of them, page by page."""
    rows: list[TemplateRow] = []
    number = 1
    while True:
        page = message_templates.list_templates(page=number, size=500)
        rows += page.items
        if number >= page.last:
            return rows
        number += 1


def _as_values(row: TemplateRow) -> dict[str, object]:
    return {"id": row.id, "name": row.name, "language": row.language, "category": row.category, "version": row.number,
            "state": str(row.state), "reason": row.reason, "approved_version": row.approved_number,
            "campaigns": row.campaigns, "body": row.body}


def _header(text: str, picture: Path | None) -> dict[str, object]:
    """What stands at the top. Raises Invalid for a file that is no picture WhatsApp takes."""
    if picture is None:
        return {"kind": "text", "text": text} if text else {}
    with picture.open("rb") as stream:
        return {"kind": "image", "media_id": media.keep(stream, name=picture.name, kind="image", by=COMMAND).id}


def _button(written: str) -> dict[str, str]:
    """KIND|WORDS|VALUE as a button; of copy_code the words are WhatsApp's own."""
    kind, *rest = [part.strip() for part in written.split("|", 2)]
    if kind not in message_templates.KINDS or not rest:
        raise click.BadParameter(f"“{written}” must be written as KIND|WORDS|VALUE, with one of the kinds "
                                 f"{', '.join(message_templates.KINDS)}", param_hint="--button")
    value = rest[-1] if len(rest) > 1 or kind == "copy_code" else ""
    return {"kind": kind, "text": rest[0], "url": value, "phone": value, "sample": value, "hours": value}


def _variables(samples: tuple[str, ...], fallbacks: tuple[str, ...]) -> list[dict[str, str]]:
    """NAME=VALUE pairs of both kinds, by name."""
    by_name: dict[str, dict[str, str]] = {}
    for kind, pairs in (("sample", samples), ("fallback", fallbacks)):
        for pair in pairs:
            name, equals, value = pair.partition("=")
            if not equals:
                raise click.BadParameter(f"“{pair}” must be written as NAME=VALUE", param_hint=f"--{kind}")
            by_name.setdefault(name.strip(), {"name": name.strip()})[kind] = value
    return list(by_name.values())


def _refuse(error: DashboardError, *, as_json: bool) -> None:
    """Every reason, one a line, or as JSON."""
    found = ([(problem.field, problem.sentence) for problem in error.problems] if isinstance(error, TemplateInvalid)
             else [(error.field, error.message)])
    if as_json:
        click.echo(json.dumps({"error": " ".join(sentence for _, sentence in found), "errors": [
            {"field": field, "error": sentence} for field, sentence in found]}, ensure_ascii=False))
    else:
        for field, sentence in found:
            click.echo(f"{field or 'templates'}: {sentence}", err=True)
