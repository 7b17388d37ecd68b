"""Campaigns from the terminal: write one, start it, stop it, see what became of it."""

import json
from collections.abc import Callable
from functools import wraps
from typing import Any

import click

from commands import campaign_choices, refusals
from core.actor import COMMAND
from core.errors import DashboardError
from core.states import CampaignState
from core.words import plural
from services import campaigns

group = refusals.Group("campaigns", help="Campaigns: write one, start it, stop it, see what became of it.")
campaign_argument = click.argument("campaign_id", type=click.IntRange(1, 2**31 - 1))
json_option = click.option("--json", "as_json", is_flag=True, help="For machines.")


def says_why(call: Callable[..., Any]) -> Callable[..., Any]:
    """A refusal ends the command with its sentence and exit code 1."""

    @wraps(call)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        try:
            return call(*args, **kwargs)
        except DashboardError as error:
            raise click.ClickException(error.message) from None

    return guarded


@group.command()
@click.option("--name", required=True, help="What the team calls it.")
@campaign_choices.whom_options
@click.option("--template", required=True, help="Name of an approved template.")
@click.option("--language", default="", help="Where the template exists in several languages.")
@click.option("--var", "variables", multiple=True, metavar="NAME=SOURCE",
              help="Where a value comes from: name=field:first_name|fallback, name=column:Heading|fallback or "
                   "name=text:Hello. Left out, it comes from the column or field of its own name.")
@click.option("--at", default="", metavar="TIME", help="Wall time of the start, such as 2026-11-24T09:00.")
@click.option("--zone", default="", help="Zone of that time, such as Africa/Lagos; ours when left out.")
@click.option("--now", is_flag=True, help="Start it at once.")
@click.option("--late", default=campaigns.USEFUL_MINUTES, show_default=True, help="Minutes a start may be late.")
@click.option("--unknown", "unknown_policy", default="hold", type=click.Choice(list(campaigns.POLICIES)),
              help="What to do about sends of unknown outcome.")
@json_option
@says_why
def create(name: str, template: str, language: str, variables: tuple[str, ...], at: str, zone: str, now: bool, late: int,
           unknown_policy: str, as_json: bool, **whom: Any) -> None:
    """Write a campaign. It stays a draft unless --at or --now says when it starts."""
    if at and now:
        raise click.UsageError("Give --at or --now, not both")
    campaigns.time_of(wall_text=at, zone=zone, latest_minutes=late)  # refused before anything is written
    campaign = campaign_choices.add(whom, name=name, version_id=campaign_choices.version_of(template, language),
                                    variables=variables, unknown_policy=unknown_policy)
    if at or now:
        try:
            campaigns.schedule(campaign.id, wall_text=at, zone=zone, latest_minutes=late, by=COMMAND)
        except DashboardError as error:
            raise click.ClickException(f"{error.message}. It is kept as draft {campaign.id}.") from None
    _say(campaign.id, as_json)


@group.command()
@campaign_argument
@click.option("--only-missed", is_flag=True, help="Leave out everybody who got the old one, or may have.")
@json_option
@says_why
def duplicate(campaign_id: int, only_missed: bool, as_json: bool) -> None:
    """A new draft with the same people, list, template and values, without a time."""
    _say(campaigns.duplicate(campaign_id, only_missed=only_missed, by=COMMAND).id, as_json)


@group.command("left-out")
@campaign_argument
@says_why
def left_out(campaign_id: int) -> None:
    """The rows of its own list that cannot be used, as CSV with row number and reason."""
    for part in campaigns.bad_rows_csv(campaign_id):
        click.echo(part, nl=False)


@group.command()
@campaign_argument
@click.option("--now", is_flag=True, help="At once, whatever time it has.")
@json_option
@says_why
def start(campaign_id: int, now: bool, as_json: bool) -> None:
    """Start a campaign: at the time it was given, else at once. One that is scheduled or sending is left alone."""
    campaign = campaigns.get_campaign(campaign_id)
    has_begun = campaign.state in (CampaignState.SCHEDULED, CampaignState.SENDING)
    if now and campaign.state is not CampaignState.SENDING:
        campaigns.start_now(campaign_id, by=COMMAND)
    elif not has_begun and campaign.state is CampaignState.DRAFT and campaign.wall_time:
        campaigns.schedule(campaign_id, wall_text=campaign.wall_time, zone=campaign.zone,
                           latest_minutes=campaigns.tolerance_of(campaign), by=COMMAND)
    elif not has_begun:
        campaigns.start_now(campaign_id, by=COMMAND)
    _say(campaign_id, as_json)


@group.command()
@campaign_argument
@click.option("--reason", default="", help="Shown to the team.")
@json_option
@says_why
def pause(campaign_id: int, reason: str, as_json: bool) -> None:
    """Let nothing more leave until it is resumed."""
    campaigns.pause(campaign_id, reason=reason, by=COMMAND)
    _say(campaign_id, as_json)


@group.command()
@campaign_argument
@json_option
@says_why
def resume(campaign_id: int, as_json: bool) -> None:
    """Go on with those who wait."""
    campaigns.resume(campaign_id, by=COMMAND)
    _say(campaign_id, as_json)


@group.command()
@campaign_argument
@json_option
@says_why
def cancel(campaign_id: int, as_json: bool) -> None:
    """Stop it for good; who waits gets nothing."""
    campaigns.cancel(campaign_id, by=COMMAND)
    _say(campaign_id, as_json)


@group.command()
@campaign_argument
@json_option
@says_why
def show(campaign_id: int, as_json: bool) -> None:
    """One campaign and what became of everybody in it."""
    _say(campaign_id, as_json)


@group.command("list")
@click.option("--state", default="", type=click.Choice(["", *map(str, CampaignState)]),
              help="Only those in this state.")
@json_option
def list_all(state: str, as_json: bool) -> None:
    """Every campaign, newest first."""
    first = campaigns.list_campaigns(state=state, size=100)
    pages = [first, *(campaigns.list_campaigns(state=state, page=number, size=100)
                      for number in range(2, first.last + 1))]
    rows = [_short(row) for page in pages for row in page.items]
    if as_json:
        click.echo(json.dumps(rows))
        return
    for row in rows:
        click.echo(f"{row['id']:>5}  {row['state']:<10} {row['name']}  ({row['sent']:,} of {row['recipients']:,} sent)")


def _short(row: campaigns.CampaignRow) -> dict[str, Any]:
    """One line of the list."""
    return {"id": row.campaign.id, "name": row.campaign.name, "state": str(row.campaign.state),
            "start_at": _iso(row.campaign.start_at), "recipients": row.total, "sent": row.sent,
            "states": {str(state): count for state, count in row.counts.items() if count}}


def _say(campaign_id: int, as_json: bool) -> None:
    """One campaign, as JSON or as a few lines."""
    found = campaigns.report(campaign_id)
    facts = _facts(found)
    if as_json:
        click.echo(json.dumps(facts))
        return
    reason = f" ({facts['reason']})" if facts["reason"] else ""
    click.echo(f"{facts['id']}: {facts['name']} is {facts['state']}{reason}")
    if found.campaign.state is CampaignState.SCHEDULED:
        click.echo(f"Starts {campaigns.words_of(found.campaign)}")
    if "check" in facts:
        click.echo(f"{plural(facts['check']['ready'], 'person', 'people')} would get it now")
    for row in facts.get("check", {}).get("skipped", []) + facts["skipped_by_reason"]:
        click.echo(f"  skipped {row['count']:>7,}  {row['words']}")
    for state, count in facts["states"].items():
        if count and state != "skipped":
            click.echo(f"  {state:<9}{count:>7,}")
    for row in facts["failed_by_reason"]:
        click.echo(f"  failed  {row['count']:>7,}  {row['words']}")


def _facts(found: campaigns.Report) -> dict[str, Any]:
    """Everything there is to know of a campaign, as plain values."""
    one, version = found.campaign, found.campaign.version
    facts = {
        "id": one.id, "name": one.name, "state": str(one.state), "reason": one.paused_reason,
        "tags": [tag.name for tag in campaigns.tags_of(one)], "audience": one.audience, "list": _list(one),
        "template": version and {"name": version.template.name, "language": version.template.language,
                                 "version": version.number, "state": str(version.state)},
        "variables": one.variables, "unknown_policy": one.unknown_policy, "wall_time": one.wall_time, "zone": one.zone,
        "start_at": _iso(one.start_at), "latest_at": _iso(one.latest_at), "started_at": _iso(one.started_at),
        "finished_at": _iso(one.finished_at), "created_by": one.created_by, **found.figures()}
    if one.started_at is None:
        checked = campaigns.check(one)
        facts["check"] = {"total": checked.total, "ready": checked.ready, "skipped": [
            {"code": row.code, "words": row.words, "count": row.count} for row in checked.skipped]}
    return facts


def _list(one: Any) -> dict[str, Any] | None:
    """Its own list in figures, if it has one."""
    own = campaigns.list_of(one.id)
    return own and {"file": own.file_name, "columns": own.columns, "country": own.country, "rows": own.rows, "bad": own.bad,
                    "repeated": own.repeated}


def _iso(at: Any) -> str | None:
    return at.isoformat(timespec="seconds") if at else None
