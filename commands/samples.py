"""`flask samples`: made-up people and campaigns to try things with; loaded, and taken away again."""

import json

import click

from commands import refusals
from core.actor import COMMAND
from core.errors import DashboardError
from services import samples

group = refusals.Group("samples", help="Sample data: load it, remove exactly it.")
json_option = click.option("--json", "as_json", is_flag=True, help="For machines.")


@group.command("load")
@json_option
def load(as_json: bool) -> None:
    """Load the sample, once. Refused where the business number is a real one."""
    try:
        standing = samples.load(by=COMMAND)
    except DashboardError as error:
        raise click.ClickException(error.message) from None
    if as_json:
        click.echo(json.dumps({"people": standing.people, "draft": standing.draft_id, "example": standing.example_id}))
    else:
        click.echo(f"{standing.people} made-up people are here. The draft is campaign {standing.draft_id}; campaign "
                   f"{standing.example_id} is sent to simulated phones as soon as its template is approved.")


@group.command("remove")
@json_option
def remove(as_json: bool) -> None:
    """Remove exactly what was loaded; what is yours stays and is named."""
    try:
        plan = samples.remove(by=COMMAND)
    except DashboardError as error:
        raise click.ClickException(error.message) from None
    if as_json:
        click.echo(json.dumps({"people": len(plan.people), "campaigns": len(plan.campaigns), "messages": plan.messages,
                               "left": [[one.name, one.why] for one in plan.left]}))
        return
    click.echo(f"Removed {len(plan.people)} people, {len(plan.campaigns)} campaigns and {plan.messages} messages.")
    for one in plan.left:
        click.echo(f"Kept {one.name}: {one.why}.")
