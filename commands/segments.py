"""Segments from the terminal: which there are, and how many people are in one."""

import json
from typing import Any

import click

from commands import refusals
from core.errors import DashboardError
from core.words import folded, plural, shortened
from services import segments

group = refusals.Group("segments", help="Segments: which there are, how many people are in each.")
json_option = click.option("--json", "as_json", is_flag=True, help="For machines.")


@group.command("list")
@json_option
def list_all(as_json: bool) -> None:
    """Every segment, its conditions in words, and how many people are in it now."""
    rows = [_facts(row) for row in segments.all_segments()]
    if as_json:
        click.echo(json.dumps(rows))
        return
    for row in rows:
        click.echo(f"{row['id']:>5}  {row['people']:>9,}  {row['name']}  ({row['words']})")


@group.command()
@click.argument("segment")
@json_option
def count(segment: str, as_json: bool) -> None:
    """How many people are in SEGMENT now; give its number or its name."""
    try:
        row = _named(segment)
        facts = _facts(row)
    except DashboardError as error:
        raise click.ClickException(error.message) from None
    click.echo(json.dumps(facts) if as_json else plural(facts["people"], "person", "people"))


def _named(text: str) -> Any:
    """The segment of this number or name, whatever its case. Raises NotFound or ClickException."""
    if text.isascii() and text.isdecimal() and len(text) < 11:
        return segments.get_segment(int(text))
    for row in segments.all_segments():
        if row.key == folded(" ".join(text.split())):
            return row
    raise click.ClickException(f"There is no segment “{shortened(text)}”")


def _facts(row: Any) -> dict[str, Any]:
    """One segment as plain values."""
    shape = segments.shape_of(row)
    return {"id": row.id, "name": row.name, "people": segments.count(shape), "words": _words(shape)}


def _words(shape: segments.Shape) -> str:
    """The conditions as one sentence."""
    groups = [(" or " if is_any else " and ").join(f"{one.about} {one.words}" for one in said)
              for is_any, said in segments.in_words(shape)]
    return (" or " if shape.is_any else " and ").join(f"({group})" if len(groups) > 1 else group for group in groups)
