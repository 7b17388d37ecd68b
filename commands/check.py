"""`flask check`: what is configured, reachable, missing, in plain words."""

import json
from dataclasses import asdict, dataclass
from typing import Any

import click
from flask import current_app
from flask.cli import with_appcontext

from services import channels, health, whatsapp_service
from transports.port import SendFailed


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    part: str
    ok: bool
    says: str


@click.command("check")
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")
@with_appcontext
def command(as_json: bool) -> None:
    """Say what is configured, reachable and missing. Exit 1 when something needs attention."""
    findings = _database()
    if all(finding.ok for finding in findings):
        findings += [*_parts(), *_channel()]
    is_well = all(finding.ok for finding in findings)
    if as_json:
        click.echo(json.dumps({"ok": is_well, "findings": [asdict(finding) for finding in findings]}, indent=2))
    else:
        for finding in findings:
            click.echo(f"{'ok     ' if finding.ok else 'LOOK   '} {finding.part}: {finding.says}")
    raise SystemExit(0 if is_well else 1)


def _database() -> list[Finding]:
    """Does it answer, and is it at the version of this program?"""
    import bootstrap

    try:
        now, newest = bootstrap.present_version(), bootstrap.newest_version()
    except Exception as error:
        return [Finding("database", False, f"does not answer ({type(error).__name__}); look at DATABASE_URL")]
    kind = current_app.config["SQLALCHEMY_DATABASE_URI"].partition(":")[0].partition("+")[0]
    if now != newest:
        says = f"{kind} is at version {now or 'none'}, this program expects {newest}; start the program to upgrade it"
        return [Finding("database", False, says)]
    return [Finding("database", True, f"{kind}, version {now}")]


def _parts() -> list[Finding]:
    """What runs in the background."""
    return [Finding(part.part, part.is_well, part.words) for part in health.report() if part.part != "database"]


def _channel() -> list[Finding]:
    """The business number: what is set, and whether its carrier answers."""
    channel = channels.ensure_first()
    line = channels.line_of(channel)
    missing = [name for name, value in (("WHATSAPP_TOKEN", line.token), ("APP_SECRET", line.app_secret),
                                        ("WEBHOOK_VERIFY_TOKEN", line.verify_token)) if not value]
    found = [Finding("WhatsApp", not missing, f"mode {channel.kind}, number id {line.phone_number_id}"
                     + (f"; missing: {', '.join(missing)}" if missing else ""))]
    if not line.base_url:
        return [*found, Finding("Graph API", True, "the simulator runs inside the worker, so it is not asked from here")]
    return [*found, _graph(line)]


def _graph(line: Any) -> Finding:
    """Ask the carrier about the number."""
    try:
        info = whatsapp_service.catalogue().number_info(line)
    except SendFailed as error:
        return Finding("Graph API", False, f"{line.base_url}: {error.words}")
    return Finding("Graph API", True, f"{line.base_url} answers for {info.get('display_phone_number', 'the number')}")
