"""People from the terminal: how many, and out as CSV."""

import json
import sys

import click

from commands import refusals
from core.actor import COMMAND
from core.errors import DashboardError
from services import contacts

group = refusals.Group("contacts", help="People: bring them in, take them out, count them.")


@group.command()
@click.option("--tag", default="", help="Only people with this tag.")
@click.option("--json", "as_json", is_flag=True, help="For machines.")
def count(tag: str, as_json: bool) -> None:
    """How many people there are."""
    people = contacts.count_contacts(tag=tag)
    click.echo(json.dumps({"people": people, "tag": tag or None}) if as_json else people)


@group.command()
@click.argument("file", default="-", type=click.Path(allow_dash=True, dir_okay=False))
@click.option("--tag", default="", help="Only people with this tag.")
@click.option("--json", "as_json", is_flag=True, help="Say afterwards, for machines, how many were written.")
def export(file: str, tag: str, as_json: bool) -> None:
    """Write people as CSV to FILE, or to the screen without one."""
    people = contacts.count_contacts(tag=tag)
    try:
        with click.open_file(file, "w", encoding="utf-8", lazy=False) as out:
            for piece in contacts.export_contacts(tag=tag, by=COMMAND):
                out.write(piece)
    except OSError as error:
        raise click.ClickException(f"Nothing could be written. {refusals.about_file(error)}") from None
    except DashboardError as error:
        raise click.ClickException(f"Nothing could be written to {file}: {error}") from None
    if as_json:
        click.echo(json.dumps({"people": people, "file": file}), file=sys.stderr if file == "-" else sys.stdout)
    elif file != "-":
        click.echo(f"{people:,} people are in {file}")
