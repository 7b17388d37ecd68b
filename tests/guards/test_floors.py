"""The law of the house: who stands on whom."""

import sys

import pytest

from tests.source import ASSEMBLY, ROOT, STARTS_PROCESSES, files_of, imports_of, name_of

MAY_IMPORT = {
    "core": set(),
    "tables": {"core"},
    "models": {"core", "tables"},
    "transports": {"core"},
    "simulator": {"core"},
    "services": {"core", "models", "transports"},
    "forms": {"core"},
    "views": {"core", "services", "forms"},
    "api": {"core", "services"},
    "commands": {"core", "services", "forms", "config", "transports"},
    "jobs": {"core", "services"},
    "config": {"core"},
}
FLOORS = set(MAY_IMPORT) | set(ASSEMBLY)
PHONE_BOOK = {"core/phone.py": {"phonenumbers"}, "core/phone_fast.py": {"phonenumbers"}}  # hidden behind Phone
SUBJECTS = ("activity", "events", "settings", "auth", "keys", "channels", "contacts", "segments", "imports", "media", "message_templates",
            "sending", "campaigns", "rehearsals", "inbox", "simulation", "hooks", "actions", "flows", "automation", "costs", "analytics",
            "drift", "webhooks", "retention", "health", "samples", "home")


def all_files():
    return [path for floor in MAY_IMPORT for path in files_of(floor)]


@pytest.mark.parametrize("floor", MAY_IMPORT)
def test_a_floor_stands_only_on_the_floors_below(floor):
    allowed = MAY_IMPORT[floor] | {floor}
    wrong = []
    for path in files_of(floor):
        above = {name.split(".")[0] for name in imports_of(path)} & FLOORS - allowed
        if name_of(path) in STARTS_PROCESSES:
            above -= {"bootstrap", "wiring", "jobs", "simulator", "app"}
        wrong += [f"{name_of(path)} reaches up to {name}: move it down, or pass it in" for name in sorted(above)]

    assert not wrong, "\n".join(wrong)


def test_the_ground_is_made_of_the_standard_library():
    for path in files_of("core"):
        used = {name.split(".")[0] for name in imports_of(path)} - sys.stdlib_module_names - {"core"}

        assert not used - PHONE_BOOK.get(name_of(path), set()), f"{name_of(path)} needs {used}"


@pytest.mark.parametrize("floor", ["services", "commands"])
def test_of_the_wire_only_the_port_is_known(floor):
    wrong = [f"{name_of(path)} imports {name}" for path in files_of(floor) for name in imports_of(path)
             if name.startswith("transports") and not name.startswith("transports.port")]

    assert not wrong, "\n".join(wrong)


def test_rules_know_nothing_of_requests_and_pages():
    banned = {f"flask.{name}" for name in ("request", "session", "render_template", "redirect", "url_for", "flash",
                                           "abort", "Blueprint")} | {"flask_login", "flask_wtf", "wtforms"}
    wrong = [f"{name_of(path)} imports {name}" for path in files_of("services") for name in imports_of(path)
             if name in banned or name.split(".")[0] in banned]

    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("path", files_of("services"), ids=name_of)
def test_a_subject_calls_only_subjects_before_it_and_only_their_face(path):
    subject = path.relative_to(ROOT / "services").parts[0].removesuffix(".py")
    if subject in ("__init__", "whatsapp_service"):
        return
    assert subject in SUBJECTS, f"{subject} has no place in the order of the subjects"
    before = set(SUBJECTS[:SUBJECTS.index(subject)]) | {"whatsapp_service"}
    wrong = []
    for name in imports_of(path):
        parts = name.split(".")
        if parts[0] != "services" or len(parts) < 2 or parts[1] == subject:
            continue
        if parts[1] not in before:
            wrong.append(f"{name_of(path)} calls {parts[1]}, which comes later")
        if len(parts) > 2 and (ROOT / "services" / parts[1] / f"{parts[2]}.py").exists():
            wrong.append(f"{name_of(path)} reaches into {name}: from services import {parts[1]}")

    assert not wrong, "\n".join(wrong)


def test_nobody_imports_the_assembly():
    wrong = [f"{name_of(path)} imports {name}" for path in all_files() for name in imports_of(path)
             if name.split(".")[0] in ASSEMBLY and name_of(path) not in STARTS_PROCESSES]

    assert not wrong, "\n".join(wrong)


def test_what_starts_processes_exists():
    assert {name for name in STARTS_PROCESSES if not (ROOT / name).exists()} == set()


def test_only_simulator_and_wire_ask_whether_a_channel_is_simulated():
    """Labels may know (templates, the shell of a page); rules behave the same."""
    labels = {"services/channels/edit.py", "services/channels/queries.py", "services/home/running.py",
              "views/page_context.py", "views/simulation.py", "wiring.py", "config.py", "commands/check.py",
              "commands/demo.py", "services/health.py", "views/doors.py"}
    wrong = [name_of(path) for floor in ("services", "views", "jobs", "commands", "wiring") for path in files_of(floor)
             if "is_simulated" in path.read_text() and name_of(path) not in labels]

    assert not wrong, f"{wrong} ask whether a channel is simulated"
