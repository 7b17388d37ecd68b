"""Which carriers, and where simulation answers: everything that varies is put in place here, once."""

from typing import Any

from flask import Flask

from services import automation, channels, drift, flows, hooks, inbox, sending, whatsapp_service
from simulator import magic
from transports import simulator_control
from transports.cloud_api import account, catalogue, engine, media, read
from transports.web.caller import SafeCaller


def install_carriers(app: Flask) -> None:
    """Hand the rules their carriers."""
    whatsapp_service.install(app, engine=engine.CloudEngine, reader=read.CloudReader(),
                             catalogue=catalogue.CloudCatalogue(), account=account.CloudAccount(),
                             media=media.CloudMedia(),
                             phones=simulator_control.SimulatorControl())
    hooks.install(app, SafeCaller())
    sending.install_departed(inbox.departed, lost=inbox.undelivered)
    if app.extensions["settings"].is_simulated:
        app.extensions["magic_numbers"] = magic.table()


def install_flows() -> None:
    """Whoever is in the middle of a flow is led on before any rule is asked; rules may start and stop flows. Both stop
    when a template of theirs changes."""
    flows.offer()
    automation.install_first(flows.take)
    drift.install_stops(automation.freeze, flows.freeze)


def start_simulator(app: Flask) -> Any:
    """Our own Graph API on a loopback port, when the channel is simulated and no other address is set; else None."""
    settings = app.extensions["settings"]
    with app.app_context():
        if not channels.runs_simulator():
            return None
        from simulator import door

        line = channels.line_of(channels.ensure_first())
    running = door.start(
        settings.instance, secret=line.app_secret, token=line.token, verify_token=line.verify_token,
        phone_number_id=line.phone_number_id, business_id=line.business_id,
        webhook_url=f"http://127.0.0.1:{settings.port}/webhook", seed=settings.simulator_seed,
        speed=settings.simulator_speed)
    channels.install_simulator(lambda: running.url)
    return running
