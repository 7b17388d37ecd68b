"""`flask simulator`: our own Graph API in a process of its own, for tests and for a look."""

import re
from dataclasses import fields
from pathlib import Path

import click
from flask import current_app
from flask.cli import with_appcontext

from core.errors import DashboardError
from services import channels


@click.command("simulator")
@click.option("--port", type=click.IntRange(0, 65535), default=9000, show_default=True, help="0 takes a free one.")
@click.option("--webhook", default="", help="Where news is told; without it the dashboard of this machine.")
@click.option("--no-webhook", is_flag=True, help="Tell no news.")
@click.option("--seed", type=int, default=None, help="The same seed tells the same stories.")
@click.option("--speed", type=click.FloatRange(0.001, 1_000_000), default=None,
              help="10: people are ten times as quick.")
@click.option("--latency", default="0", show_default=True, metavar="MS",
              help="Milliseconds before each answer; 10-30 is somewhere between.")
@click.option("--rate", type=click.FloatRange(0), default=1000.0, show_default=True,
              help="Messages a second before 130429; 0: no limit.")
@click.option("--folder", type=click.Path(file_okay=False, path_type=Path), default=None,
              help="Where it keeps its ledger; without it the instance folder.")
@click.option("--chance", "chances", multiple=True, metavar="NAME=SHARE",
              help="How people and network behave, such as delivered=0.9; may be repeated.")
@click.option("--fault", "faults", multiple=True, metavar="NAME=WHEN",
              help="What goes wrong, such as reset-after-accepting=1%; may be repeated. docs/simulator.md lists them.")
@with_appcontext
def command(port: int, webhook: str, no_webhook: bool, seed: int | None, speed: float | None, latency: str, rate: float,
            folder: Path | None, chances: tuple[str, ...], faults: tuple[str, ...]) -> None:
    """Play WhatsApp on a port of this machine until stopped (Ctrl-C or SIGTERM)."""
    import bootstrap
    from simulator import door
    from simulator.world import World

    (least, most), behaviour, wrong = _latency(latency), _chances(chances), _faults(faults)
    settings = current_app.extensions["settings"]
    bootstrap.prepare_new(current_app._get_current_object())  # type: ignore[attr-defined]  # it may be what is started first
    try:
        channel = channels.ensure_first()
    except DashboardError as error:
        raise click.ClickException(error.message) from None
    line = channels.line_of(channel)
    world = World(
        folder=folder or settings.instance, secret=line.app_secret, token=line.token, verify_token=line.verify_token,
        phone_number_id=line.phone_number_id, business_id=line.business_id,
        webhook_url="" if no_webhook else webhook or f"http://127.0.0.1:{settings.port}/webhook",
        display_phone=channel.display_phone or channels.SIMULATED_NUMBER,
        seed=settings.simulator_seed if seed is None else seed,
        speed=settings.simulator_speed if speed is None else speed,
        latency=least, latency_most=most, rate=rate, chances=behaviour, faults=wrong)
    try:
        door.serve(world, port=port, on_open=lambda url: _greet(url, world.webhook_url))
    except OSError as error:
        raise click.ClickException(f"Port {port} cannot be opened: {error.strerror}. Choose another.") from None
    click.echo("The simulator has stopped. News that was not told waits for the next start.")


def _greet(url: str, webhook_url: str) -> None:
    """Say where it answers and which numbers are magic."""
    from simulator.magic import table

    click.echo(f"The simulator answers at {url} (GRAPH_API_URL={url}). Stop it with Ctrl-C.")
    click.echo(f"News is told to {webhook_url}." if webhook_url else "News is not told.")
    click.echo("Magic numbers:")
    for number, words in table():
        click.echo(f"  {number}  {words}")


def _latency(given: str) -> tuple[float, float]:
    """Seconds at least and at most. Raises a usage error."""
    found = re.fullmatch(r"([0-9]{1,5})(?:-([0-9]{1,5}))?(?:ms)?", given)
    if not found or int(found[2] or found[1]) < int(found[1]):
        raise click.BadParameter(f"{given} is no number of milliseconds such as 10 or 10-30", param_hint="--latency")
    return int(found[1]) / 1000, int(found[2] or found[1]) / 1000


def _faults(given: tuple[str, ...]) -> tuple[str, ...]:
    """The same, when all of them exist. Raises a usage error that names the wrong one."""
    from simulator.faults import rule_of

    for text in given:
        try:
            rule_of(text)
        except ValueError as error:
            raise click.BadParameter(str(error), param_hint="--fault") from None
    return given


def _chances(given: tuple[str, ...]) -> object:
    """NAME=SHARE pairs as the chances of a world. Raises a usage error that names the wrong one."""
    from simulator.story import Chances

    known = {field.name: field.type for field in fields(Chances)}
    values: dict[str, float] = {}
    for pair in given:
        name, _, share = pair.partition("=")
        try:
            values[name] = int(share) if known.get(name) in (int, "int") else float(share)
        except ValueError:
            raise click.BadParameter(f"{pair} is not NAME=SHARE with a number", param_hint="--chance") from None
        if name not in known or not 0 <= values[name] < 1e6:
            raise click.BadParameter(f"{pair}: choose one of {', '.join(known)}, from 0 to 1", param_hint="--chance")
    return Chances(**values)  # type: ignore[arg-type]
