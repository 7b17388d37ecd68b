"""The team from the terminal: who works here, and one more."""

import json
import sys
from typing import Any

import click

from commands import refusals
from core.actor import COMMAND
from core.errors import DashboardError
from core.rights import RIGHTS
from services import auth

group = refusals.Group("users", help="The team: who may sign in, and what they may do.")


@group.command()
@click.option("--email", required=True, help="With this address they sign in.")
@click.option("--name", default="", help="What colleagues call them.")
@click.option("--role", type=click.Choice(list(RIGHTS)), default="viewer", show_default=True)
@click.option("--may-send", is_flag=True, help="May send campaigns; a right of its own.")
@click.option("--password-stdin", is_flag=True, help="Read the password from the first line of the input.")
@click.option("--json", "as_json", is_flag=True, help="For machines.")
def add(email: str, name: str, role: str, may_send: bool, password_stdin: bool, as_json: bool) -> None:
    """Add a person. The password is asked for, or read with --password-stdin; it is never an argument."""
    password = _password(password_stdin)
    try:
        user_id = auth.add_user(email=email, name=name, role=role, may_send=may_send, password=password, by=COMMAND)
    except DashboardError as error:
        raise click.ClickException(error.message) from None
    user = auth.get_user(user_id)
    click.echo(json.dumps(_facts(user)) if as_json else f"{user.name} ({user.email}) can sign in as {user.role}.")


@group.command("list")
@click.option("--json", "as_json", is_flag=True, help="For machines.")
def list_users(as_json: bool) -> None:
    """Everybody of the team."""
    people = [_facts(user) for user in auth.all_users()]
    if as_json:
        click.echo(json.dumps(people))
    elif not people:
        click.echo("Nobody yet. The first visitor of the dashboard sets it up, or use: flask users add")
    for person in [] if as_json else people:
        sending = "may send" if person["may_send"] else "may not send"
        click.echo(f"{person['id']:>5}  {person['email']}  {person['name']}  {person['role']}, {sending}"
                   f"{', closed' if person['is_closed'] else ''}")


def _password(from_input: bool) -> str:
    """What the person will sign in with. Raises ClickException where there is nobody to ask."""
    if from_input:
        password = sys.stdin.readline().rstrip("\r\n")
    elif sys.stdin.isatty():
        password = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    else:
        raise click.ClickException("There is nobody to ask for a password: give it on the input with --password-stdin")
    if not password:
        raise click.ClickException("The password is empty")
    return password


def _facts(user: Any) -> dict[str, object]:
    fields = ("id", "email", "name", "role", "may_send")
    return {field: getattr(user, field) for field in fields} | {"is_closed": user.disabled_at is not None}
