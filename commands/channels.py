"""Business numbers from the terminal: which there are, what Meta says of one, a new key for their secrets."""

import json
from typing import Any

import click

from commands import refusals
from core.actor import COMMAND
from core.errors import DashboardError
from core.words import plural
from services import channels

group = refusals.Group("channels", help="Business numbers: list them, ask Meta, renew the encryption key.")


@group.command("list")
@click.option("--json", "as_json", is_flag=True, help="For machines.")
def list_channels(as_json: bool) -> None:
    """Every number and how it does."""
    found = [_facts(channel) for channel in channels.all_channels()]
    if as_json:
        click.echo(json.dumps(found))
    for one in [] if as_json else found:
        state = "off" if not one["in_use"] else f"paused: {one['paused_reason']}" if one["paused"] else "working"
        click.echo(f"{one['id']:>4}  {one['name']}  {one['kind']}  {one['display_phone'] or one['phone_number_id']}  {state}")


@group.command()
@click.argument("channel_id", type=int)
@click.option("--json", "as_json", is_flag=True, help="For machines.")
def check(channel_id: int, as_json: bool) -> None:
    """Ask Meta about one number. Exit 1 when something is missing."""
    try:
        findings = channels.check(channel_id, by=COMMAND)
    except DashboardError as error:
        raise click.ClickException(error.message) from None
    if as_json:
        click.echo(json.dumps([{"part": one.part, "step": one.step, "says": one.says, "advice": one.advice}
                               for one in findings]))
    for one in [] if as_json else findings:
        click.echo(f"{one.step:<5} {one.part}: {one.says}{' ' + one.advice if one.advice else ''}")
    raise SystemExit(1 if any(one.step == channels.Step.BAD for one in findings) else 0)


@group.command("rotate-key")
def rotate_key() -> None:
    """Seal every kept secret under a new key; with ENCRYPTION_KEY, under the first of its keys."""
    try:
        count = channels.rotate_key(by=COMMAND)
    except DashboardError as error:
        raise click.ClickException(error.message) from None
    click.echo(f"The secrets of {plural(count, 'business number is', 'business numbers are')} sealed under the newest key.")


def _facts(channel: Any) -> dict[str, Any]:
    """One number as plain values; no secrets."""
    facts = channels.facts_of(channel)
    return {"id": channel.id, "name": channel.name, "kind": channel.kind, "display_phone": channel.display_phone,
            "phone_number_id": channel.phone_number_id, "in_use": channels.is_in_use(channel),
            "paused": channel.paused_at is not None, "paused_reason": channel.paused_reason,
            "tried_24h": facts.tried, "failed_24h": facts.failed, "opened_24h": facts.opened, "limit": facts.limit}
