"""Papers do not lag: settings, commands, jobs and pins."""

import re
from dataclasses import fields

import click

from config import Settings
from core.background import Job
from tests.source import ROOT

SETTING = re.compile(r"^#? ?([A-Z][A-Z0-9_]+)=", re.MULTILINE)
PIN = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^]]*\])?==([^ ;\\]+)", re.MULTILINE)


def read(name):
    return (ROOT / name).read_text(encoding="utf-8")


def test_every_setting_is_explained_in_the_example_file():
    explained = set(SETTING.findall(read(".env.example")))

    assert explained == {field.name.upper() for field in fields(Settings)}


def test_what_the_example_file_says_is_what_happens_without_it():
    said = dict(line.split("=", 1) for line in read(".env.example").splitlines() if SETTING.match(line))
    wrong = []
    for field in fields(Settings):
        shown = said[field.name.upper()]
        usual = str(int(field.default)) if isinstance(field.default, bool) else f"{field.default:g}" if isinstance(
            field.default, float) else str(field.default)
        if shown != usual:
            wrong.append(f"{field.name.upper()}: the file says {shown!r}, the program {usual!r}")

    assert not wrong, "\n".join(wrong)


def commands_of(group, before=""):
    """Every command with the groups it is in: `contacts import`."""
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands_of(command, f"{before}{name} ")
        else:
            yield f"{before}{name}"


def test_every_command_is_in_the_papers(built_app):
    others = {"run", "shell", "routes"}
    ours = {name for name in commands_of(built_app.cli) if name not in others and not name.startswith("db ")}
    written = read("docs/running.md")
    missing = [name for name in sorted(ours) if f"flask {name}" not in written]

    assert not missing, f"docs/running.md does not know: {missing}"


def test_every_command_in_the_papers_exists(built_app):
    there = set(commands_of(built_app.cli))
    papers = read("docs/running.md") + read("README.md")
    written = set(re.findall(r"\.venv/bin/flask ((?:[a-z-]+)(?: [a-z-]+)?)", papers))
    unknown = [name for name in written if name not in there and name.split()[0] not in there]

    assert not unknown, f"written down, but not there: {unknown}"


def test_every_make_target_explains_itself():
    targets = set(re.findall(r"^([a-z]+):", read("Makefile"), re.MULTILINE)) - {"setup", "dev"}
    explained = set(re.findall(r"^([a-z]+):.*## \w", read("Makefile"), re.MULTILINE))

    assert targets == explained
    assert {"run", "test", "demo", "bench", "worker", "browser", "screenshots", "lint", "types", "sure", "lock",
            "help"} <= targets


def test_every_make_target_in_the_readme_exists():
    targets = set(re.findall(r"^([a-z]+):", read("Makefile"), re.MULTILINE))

    assert set(re.findall(r"`make ([a-z]+)", read("README.md") + read("docs/running.md"))) <= targets


def test_every_job_has_a_call():
    from jobs.registry import JOBS

    assert set(JOBS) == set(Job)


def test_what_runs_it_is_pinned_alike_in_both_environments():
    run, dev = dict(PIN.findall(read("requirements.txt"))), dict(PIN.findall(read("requirements-dev.txt")))

    assert run.items() <= dev.items(), sorted(set(run.items()) - set(dev.items()))


def test_every_pin_has_a_hash():
    for name in ("requirements.txt", "requirements-dev.txt"):
        parts = re.split(r"\n(?=[a-zA-Z])", read(name))

        assert not [part.splitlines()[0] for part in parts if PIN.match(part) and "--hash=sha256:" not in part]


def test_the_readme_fits_one_screen():
    assert len(read("README.md").splitlines()) <= 60


def test_every_link_in_the_papers_leads_somewhere():
    papers = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
    wrong = [f"{paper.relative_to(ROOT)} → {link}" for paper in papers
             for link in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", paper.read_text())
             if not (paper.parent / link).exists()]

    assert not wrong, "\n".join(wrong)
