"""Messages from the terminal: who got what, and what became of it."""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

import click

from core.states import MessageState
from services import sending

AT_ONCE = 5_000

STATES = [str(state) for state in MessageState if state != MessageState.RECEIVED]

group = click.Group("messages", help="Messages we sent or tried to send.")


@group.command("list")
@click.option("--campaign", "campaign_id", type=click.IntRange(1, 2**31 - 1), help="Only those of this campaign.")
@click.option("--state", default=None, type=click.Choice(STATES), help="Only those in this state.")
@click.option("--limit", default=0, type=click.IntRange(0), help="So many at most; 0 is all of them.")
@click.option("--json", "as_json", is_flag=True, help="For machines: one list of objects.")
def list_all(campaign_id: int | None, state: str | None, limit: int, as_json: bool) -> None:
    """Messages in the order they were queued, each with its state and reason."""
    rows = _rows(campaign_id, state, limit)
    if as_json:
        before = "["
        for row in rows:
            click.echo(before + json.dumps(row, default=_plain), nl=False)
            before = ",\n "
        click.echo("]" if before != "[" else "[]")
        return
    for row in rows:
        click.echo(f"{row['id']:>8}  {row['phone']:<16} {row['state']:<10} {row['reason']}".rstrip())


def _rows(campaign_id: int | None, state: str | None, limit: int) -> Iterator[Mapping[str, Any]]:
    """All of them, a few thousand in memory at a time."""
    after, left = 0, limit or None
    while rows := sending.messages_list(campaign_id=campaign_id, state=state, after_id=after,
                                        limit=min(AT_ONCE, left or AT_ONCE)):
        yield from rows
        after = int(str(rows[-1]["id"]))
        if left is not None and (left := left - len(rows)) <= 0:
            return


def _plain(value: object) -> str:
    return value.isoformat(timespec="milliseconds") if isinstance(value, datetime) else str(value)
