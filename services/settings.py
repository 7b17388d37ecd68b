"""Settings for the rules: what the operator may change (in the database), and a view of the start-up settings."""

from typing import Any

from flask import current_app

from core.actor import Actor
from core.stop_words import START, STOP
from models import Setting, db, transaction
from services import activity

DEFAULTS: dict[str, Any] = {
    "business_name": "Your business",
    "default_country": "",  # empty: DEFAULT_COUNTRY
    "default_channel": 0,  # id of the business number of new campaigns; 0: the first in use
    "timezone": "",  # empty: TIMEZONE
    "opt_out_words": STOP,
    "opt_in_words": START,
    "confirms_stop": True,  # whoever writes one of the first gets one answer
    "keep_days": {"notices": 90, "logs": 90, "files": 90, "received": 3650, "events": 90, "runs": 730},  # bodies of webhooks,
    # ^ log lines, unused files, files people sent us, what happened to people, and what rules did about it
    "templates_to_forget": [],  # [account, name, id] of templates deleted here, which their carrier still holds
    "rules_mode": "answer",  # answer | first | all: which of the rules that fit the same event do something
    "automatic_an_hour": 10,  # messages of rules and flows to one person, at most
    "business_hours": {},  # "default" or the id of a number → as core/opening.py reads them; empty: always open
    "shows_read_marks": True,  # people see two blue ticks once somebody of the team has opened their chat
    "shows_typing": True,  # people see that we write
    "quiet_hours": {"is_on": False, "from": "21:00", "to": "08:00"},  # marketing only, on each person's own clock
}


def start_up() -> Any:
    """The start-up settings (config.Settings), put in place by app.py."""
    return current_app.extensions["settings"]


def get(name: str) -> Any:
    """One operator setting, or its default. KeyError for a name that does not exist."""
    default = DEFAULTS[name]
    row = db.session.get(Setting, name)
    return default if row is None else row.value


def change(name: str, value: Any, *, by: Actor) -> None:
    """Keep a new value and note it in the activity."""
    if get(name) == value:
        return
    with transaction():
        if row := db.session.get(Setting, name):
            row.value = value
        else:
            db.session.add(Setting(name=name, value=value))
        activity.record("settings.changed", by=by, subject_kind="setting", subject_name=name)


def default_country() -> str:
    """ISO code under which numbers without a plus are read."""
    return get("default_country") or start_up().default_country


def time_zone() -> str:
    """IANA name of the zone in which times are shown unless a person chose another."""
    return get("timezone") or start_up().timezone
