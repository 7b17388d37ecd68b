"""`flask rehearse`: a whole campaign on the simulator, without a browser and without touching anybody."""

import json
import time
from typing import Any, NoReturn

import click
from flask.cli import with_appcontext

from core import clock
from core.actor import COMMAND
from core.errors import DashboardError
from core.states import RehearsalState
from services import rehearsals

AT_WORK = (RehearsalState.QUEUED, RehearsalState.RUNNING)


@click.command("rehearse")
@click.argument("campaign", type=int)
@click.option("--json", "as_json", is_flag=True, help="For machines.")
@with_appcontext
def command(campaign: int, as_json: bool) -> None:
    """Run CAMPAIGN (its number) on the simulator and say what to expect. Nobody is written to. Exit 1 when it fails."""
    try:
        rehearsals.start(campaign, by=COMMAND)
        row = _until_over(campaign, quiet=as_json)
    except DashboardError as error:
        _refuse(error.message, as_json)
    if row.state is not RehearsalState.FINISHED:
        _refuse(row.reason, as_json)
    if as_json:
        click.echo(json.dumps(row.figures, ensure_ascii=False))
    else:
        _say(row.figures)


def _until_over(campaign: int, *, quiet: bool) -> Any:
    """Run it here, unless a dashboard beside us is quicker."""
    shown = ""
    while True:
        rehearsals.look(clock.now())
        row = rehearsals.latest(campaign)
        assert row is not None  # it was started above
        if row.state not in AT_WORK:
            rehearsals.stop_own()
            return row
        line = f"  {row.done:,} of {row.total:,}" if row.total else "  getting ready"
        if line != shown and not quiet:
            click.echo(line)
            shown = line
        time.sleep(0.2)


def _say(figures: dict[str, Any]) -> None:
    """The report to expect, as a person reads it."""
    report = figures["report"]
    click.echo(f"\n  certain, as things stand\n  sent to   {report['funnel']['queued']:>9,}  of {report['total']:,}")
    click.echo(f"  skipped   {report['states']['skipped']:>9,}")
    for reason in report["skipped_by_reason"]:
        click.echo(f"            {reason['count']:>9,}  {reason['words']}")
    click.echo(f"  takes     {figures['seconds']:>9,}  seconds at {figures['rate']:g} a second, {len(figures['waves'])} waves")
    click.echo("\n  an expectation: the people of the simulator, not yours")
    for name in ("sent", "delivered", "read"):
        click.echo(f"  {name:<10}{report['funnel'][name]:>9,}")
    click.echo(f"  failed    {report['states']['failed']:>9,}")
    for reason in report["failed_by_reason"]:
        click.echo(f"            {reason['count']:>9,}  {reason['words']}")
    if figures["paused"]:
        click.echo(f"\n  It would have been paused: {figures['paused']}")
    click.echo("\n  Nobody was written to.")


def _refuse(words: str, as_json: bool) -> NoReturn:
    """Why not, in the form that was asked for."""
    click.echo(json.dumps({"error": words}, ensure_ascii=False) if as_json else f"Error: {words}", err=not as_json)
    raise SystemExit(1)
