"""The map of the web: address, part, who may call. Mounted by app.py."""

from flask import Flask, abort, request
from flask_wtf import CSRFProtect

import api
from views import (
    flows, activity, auth, automation, campaigns, contacts, errors, health, home, hooks, imports,
    inbox, media, message_templates, reports, samples, segments, settings, simulation, unknown, webhooks,
)
from views.doors import anyone, carrier, door_of, own_pages_only, signed_in

MAP = [
    # address      part                     who may call, where a page does not say otherwise
    ("/",          home.pages,              signed_in),
    ("/",          auth.pages,              anyone),
    ("/",          health.pages,            anyone),
    ("/webhook",   webhooks.pages,          carrier),
    ("/hooks",     hooks.pages,             carrier),
    ("/api/v1",    api.pages,               api.api_key),
    ("/inbox",     inbox.pages,             signed_in),
    ("/contacts",  contacts.pages,          signed_in),
    ("/segments",  segments.pages,          signed_in),
    ("/imports",   imports.pages,           signed_in),
    ("/templates", message_templates.pages, signed_in),
    ("/campaigns", campaigns.pages,         signed_in),
    ("/automation", automation.pages,       signed_in),
    ("/unknown",   unknown.pages,           signed_in),
    ("/reports",   reports.pages,           signed_in),
    ("/flows",     flows.pages,             signed_in),
    ("/media",     media.pages,             signed_in),
    ("/activity",  activity.pages,          signed_in),
    ("/settings",  settings.pages,          signed_in),
    ("/samples",   samples.pages,           signed_in),
    ("/simulation", simulation.pages,       signed_in),
]


def install(app: Flask, csrf: CSRFProtect) -> None:
    """Mount every part of the map behind its door, and the one error map. Carriers sign and programs have keys; neither
    sends the token of a form."""
    doors = {"static": anyone, "vendor": anyone}
    for address, part, door in MAP:
        app.register_blueprint(part, url_prefix=address if address != "/" else None)
        doors[part.name] = door
        if door in (carrier, api.api_key):
            csrf.exempt(part)

    @app.before_request
    def check_the_door():
        if request.endpoint is None:
            return None  # no such page: let Flask say 404
        door = door_of(app.view_functions[request.endpoint]) or doors.get(request.blueprint or request.endpoint)
        if door is not carrier:
            own_pages_only()
        return door() if door else abort(403)

    errors.install(app)
