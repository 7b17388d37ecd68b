"""The map of commands: what `.venv/bin/flask` can do beside serving. Each group lives in commands/."""

import functools
import importlib
import pkgutil
from collections.abc import Callable
from typing import Any

import click
from flask import Flask
from sqlalchemy.exc import OperationalError, ProgrammingError

import bootstrap
import commands


def install(app: Flask) -> None:
    """Register every command: each module of commands/ has a `group` or a `command`."""
    for found in pkgutil.iter_modules(commands.__path__):
        module = importlib.import_module(f"commands.{found.name}")
        for name in ("group", "command"):
            if hasattr(module, name):
                app.cli.add_command(_in_words(getattr(module, name)))


def _in_words(command: click.Command) -> click.Command:
    """The command, saying it in words when the database was never made or is of another version."""
    for one in getattr(command, "commands", {"": command}).values():
        if one.callback is not None and not hasattr(one.callback, "says_why"):
            one.callback = _saying_why(one.callback)
    return command


def _saying_why(callback: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(callback)
    def run(*args: Any, **options: Any) -> Any:
        try:
            return callback(*args, **options)
        except (OperationalError, ProgrammingError):
            now, newest = bootstrap.present_version(), bootstrap.newest_version()
            if now == newest:
                raise
            raise click.ClickException(f"The database is at version {now or 'none'}, and this program needs {newest}: start the "
                                       "program once (make run), which brings it up to date") from None

    run.says_why = True  # type: ignore[attr-defined]
    return run
