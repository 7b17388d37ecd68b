"""Whom and what of `flask campaigns create`: names, numbers and files as typed, as the rules take them."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from commands import refusals
from core.actor import COMMAND
from core.errors import Invalid
from core.words import folded, shortened
from services import campaigns, contacts, message_templates, segments

_OPTIONS = (
    click.option("--tag", "tags", multiple=True, help="Everybody with this tag; may be given again."),
    click.option("--segment", "segments", multiple=True, help="Everybody in this segment, by name or number."),
    click.option("--everyone", is_flag=True, help="Everybody in the contacts."),
    click.option("--list", "list_file", metavar="FILE", default="",
                 help="A CSV, TSV or spreadsheet of numbers for this campaign only; - for what is piped in."),
    click.option("--sheet", default="", help="Sheet of the spreadsheet; the first one when left out."),
    click.option("--country", default="", help="Where numbers of the list without a plus belong; ours when left out."),
    click.option("--phone-column", default="", help="Heading of the column with the numbers, where it is not found."),
    click.option("--not-tag", "without_tags", multiple=True, help="Not those with this tag; may be given again."),
    click.option("--not-segment", "without_segments", multiple=True, help="Not those in this segment."),
    click.option("--not-campaign", "without_campaigns", multiple=True,
                 help="Not those who got this campaign, by name or number."),
)


def whom_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options that say whom a campaign is for; `whom_of` reads them."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def whom_of(typed: Mapping[str, Any]) -> dict[str, Any]:
    """The audience from the options. Raises Invalid for a name that does not exist, UsageError when nobody is named."""
    if not any(typed[key] for key in ("tags", "segments", "everyone", "list_file")):
        raise click.UsageError("Say whom it is for: --tag, --segment, --list or --everyone")
    tags = {folded(tag.name): tag.id for tag in contacts.all_tags()}
    groups = {folded(one.name): one.id for one in segments.all_segments()}
    earlier = {folded(one.name): one.id for one in reversed(campaigns.begun(limit=10_000))}
    return {
        "everyone": typed["everyone"], "tags": _ids(typed["tags"], tags, "tag", by_number=False),
        "segments": _ids(typed["segments"], groups, "segment"),
        "without_tags": _ids(typed["without_tags"], tags, "tag", by_number=False),
        "without_segments": _ids(typed["without_segments"], groups, "segment"),
        "without_campaigns": _ids(typed["without_campaigns"], earlier, "campaign that has begun"),
    }


def _ids(typed: Iterable[str], known: Mapping[str, int], word: str, *, by_number: bool = True) -> list[int]:
    """The ids behind these names, whatever their case. Raises Invalid for one that does not exist."""
    found = []
    for name in typed:
        plain = folded(name.strip())
        if plain in known:
            found.append(known[plain])
        elif by_number and plain.isdecimal() and len(plain) < 11 and int(plain) in known.values():
            found.append(int(plain))
        else:
            raise Invalid(f"There is no {word} “{shortened(name)}”" + ("" if by_number else "; nobody carries it"))
    return found


def version_of(name: str, language: str) -> int:
    """The version a campaign with this template is made with. Raises NotFound."""
    template = message_templates.by_name(name, language)
    return next(one.version_id for one in message_templates.ready_versions() if one.template_id == template.id)


def add(typed: Mapping[str, Any], *, name: str, version_id: int, variables: Sequence[str], unknown_policy: str) -> Any:
    """The draft with its list and its mapping; nothing is left of it when something is refused. Raises Invalid."""
    sources = dict(map(source_of, variables))
    campaign = campaigns.add_campaign(name=name, whom=whom_of(typed), unknown_policy=unknown_policy, by=COMMAND)
    try:
        if typed["list_file"]:
            _give_list(campaign.id, typed)
        changed = campaigns.change_campaign(campaign.id, version_id=version_id, by=COMMAND)
        if sources:
            return campaigns.change_campaign(campaign.id, variables=changed.variables | sources, by=COMMAND)
        return changed
    except BaseException:
        campaigns.delete_draft(campaign.id, by=COMMAND)
        raise


def _give_list(campaign_id: int, typed: Mapping[str, Any]) -> None:
    """Read the file. Raises ClickException when it cannot be opened, Invalid when it is no list."""
    try:
        with click.open_file(typed["list_file"], "rb") as file:
            campaigns.add_list(campaign_id, file=file, name=Path(typed["list_file"]).name, sheet=typed["sheet"],  # type: ignore[arg-type]
                               country=typed["country"], phone_column=typed["phone_column"] or None, by=COMMAND)
    except OSError as error:
        raise click.ClickException(refusals.about_file(error)) from None


def source_of(text: str) -> tuple[str, dict[str, str]]:
    """first_name=field:first_name|there, table=column:Table|any, or day=text:Saturday."""
    name, _, source = text.partition("=")
    kind, mark, rest = source.partition(":")
    if kind == "text" and mark:
        return name.strip(), {"from": "text", "text": rest}
    if kind in ("field", "column") and mark:
        where, _, fallback = rest.partition("|")
        return name.strip(), {"from": kind, kind: where.strip(), "fallback": fallback}
    raise click.BadParameter(f"“{shortened(text)}” is not a source; write name=field:first_name|fallback, "
                             "name=column:Heading|fallback or name=text:Hello", param_hint="--var")
