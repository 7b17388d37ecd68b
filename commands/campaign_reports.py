"""What became of campaigns: report, retry, compare. They belong to the group `campaigns`."""

import json
from dataclasses import asdict
from typing import Any

import click

from commands.campaigns import campaign_argument, group, json_option, says_why
from core.actor import COMMAND
from core.words import plural
from services import campaigns


@group.command("report")
@campaign_argument
@json_option
@says_why
def report(campaign_id: int, as_json: bool) -> None:
    """Figures, times, and why some failed with what to do."""
    found = campaigns.report(campaign_id)
    spreads = campaigns.spreads(found.campaign)
    if as_json:
        times = {name: {"people": one.count, "first_at": one.first_at.isoformat(), "last_at": one.last_at.isoformat(),
                        "median_seconds": one.median, "ninety_percent_seconds": one.most}
                 for name, one in spreads.items()}
        click.echo(json.dumps({"id": campaign_id, "name": found.campaign.name, "state": str(found.campaign.state),
                               **found.figures(), "times": times}))
        return
    click.echo(f"{campaign_id}: {found.campaign.name} is {found.campaign.state}")
    for word, count in found.figures()["funnel"].items():
        share = f"{100 * count / found.recipients:5.1f} %" if found.recipients else ""
        took = f"  half within {spreads[word].median} s, 9 of 10 within {spreads[word].most} s" if word in spreads else ""
        click.echo(f"  {word:<10}{count:>9,}  {share}{took}")
    click.echo(f"  {'said stop':<10}{found.opted_out:>9,}  within {campaigns.ANSWER_WINDOW.total_seconds() / 3600:.0f} hours")
    for reason in found.failed_by:
        click.echo(f"  failed    {reason.count:>9,}  {reason.words} ({reason.code or 'no code'}): {reason.advice.words}")
    for reason in found.skipped_by:
        click.echo(f"  skipped   {reason.count:>9,}  {reason.words}")


@group.command("retry")
@campaign_argument
@click.option("--reason", "codes", multiple=True, metavar="CODE", help="Try those who failed with this code; may be given again.")
@json_option
@says_why
def retry(campaign_id: int, codes: tuple[str, ...], as_json: bool) -> None:
    """Try those who failed once more, by reason. Without --reason it only says who could be tried."""
    if codes:
        count = campaigns.retry(campaign_id, codes=codes, by=COMMAND)
        click.echo(json.dumps({"id": campaign_id, "tried": count}) if as_json
                   else f"{plural(count, 'person is', 'people are')} being tried once more")
        return
    reasons = campaigns.retry_reasons(campaigns.get_campaign(campaign_id))
    if as_json:
        click.echo(json.dumps([{"code": one.code, "words": one.words, "count": one.count, "ready": one.ready,
                                "chance": str(one.advice.chance), "advice": one.advice.words} for one in reasons]))
        return
    for one in reasons:
        click.echo(f"{one.code or 'no code':>8}  {one.ready:,} of {one.count:,}  {one.words}\n          {one.advice.words}")


@group.command("compare")
@click.argument("campaign_ids", type=click.IntRange(1, 2**31 - 1), nargs=-1, required=True)
@json_option
@says_why
def compare(campaign_ids: tuple[int, ...], as_json: bool) -> None:
    """Two to four campaigns side by side, and what differs in words."""
    sides = campaigns.compare(campaign_ids)
    if as_json:
        click.echo(json.dumps([_side(side) for side in sides]))
        return
    for side in sides:
        figures = side.figures
        click.echo(f"{side.campaign.id:>6}  {figures.recipients:>9,} queued  " + "  ".join(
            f"{figures.of(name):,} {name}" for name in campaigns.RATES) + f"  {side.campaign.name}")
    for sentence in campaigns.differences(sides):
        click.echo(sentence)


def _side(side: campaigns.Side) -> dict[str, Any]:
    """One campaign as plain values, with its shares in percent."""
    shares = {name: side.figures.share(name) for name in campaigns.RATES}
    return {"id": side.campaign.id, "name": side.campaign.name, **asdict(side.figures), "percent": shares}
