"""`flask worker`: scheduler, sender and webhook reading without the web."""

import os
import signal
import threading

import click
from flask import current_app
from flask.cli import with_appcontext


@click.command("worker")
@with_appcontext
def command() -> None:
    """Run scheduler, sender and webhook reading until stopped (Ctrl-C or SIGTERM)."""
    import bootstrap
    from jobs import memory

    app = current_app._get_current_object()  # type: ignore[attr-defined]  # threads need the app itself
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    bootstrap.prepare(app)
    bootstrap.start_background(app)
    memory.look_after()
    click.echo(f"The worker is running (process {os.getpid()}). Stop it with Ctrl-C.")
    stopped.wait()
    click.echo("Stopping: what is on its way is written down first.")
    bootstrap.stop_background()
