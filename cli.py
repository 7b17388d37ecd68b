"""The map of commands: what `.venv/bin/flask` can do beside serving. Each group lives in commands/."""

import importlib
import pkgutil

from flask import Flask

import commands


def install(app: Flask) -> None:
    """Register every command: each module of commands/ has a `group` or a `command`."""
    for found in pkgutil.iter_modules(commands.__path__):
        module = importlib.import_module(f"commands.{found.name}")
        for name in ("group", "command"):
            if hasattr(module, name):
                app.cli.add_command(getattr(module, name))
