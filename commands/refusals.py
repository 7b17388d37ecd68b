"""Why a command could not do what was asked: words for people; with --json, {"error": …} on the output. Exit code 1."""

import json
from typing import Any

import click


class Group(click.Group):
    """Commands that say what is wrong in the form they were asked to answer in."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; with --json a refusal is JSON, too."""
        wants_json = "--json" in (*getattr(ctx, "_protected_args", ()), *ctx.args)
        try:
            return super().invoke(ctx)
        except click.ClickException as error:
            if not wants_json:
                raise
            click.echo(json.dumps({"error": error.format_message()}, ensure_ascii=False))
            raise SystemExit(1) from None


def about_file(error: OSError) -> str:
    """What is wrong with a file, in plain words."""
    name = error.filename or "The file"
    if isinstance(error, FileNotFoundError):
        return f"There is no file {name}; check its name and folder"
    if isinstance(error, IsADirectoryError):
        return f"{name} is a folder, not a file"
    if isinstance(error, PermissionError):
        return f"{name} may not be opened by you"
    return f"{name} cannot be opened: {error.strerror or error}"
