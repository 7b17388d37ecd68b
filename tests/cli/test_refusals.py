"""What the terminal says when it cannot: plain words; with --json, JSON on the output."""

import importlib
import json

import pytest


@pytest.fixture
def run(app):
    """Run a command of a group as typed in a terminal."""
    def invoke(group, *words):
        importlib.import_module("commands.imports")
        return app.test_cli_runner().invoke(importlib.import_module(f"commands.{group}").group, words)

    return invoke


REFUSED = [
    ("contacts", "import", "no-such-file.csv"),
    ("contacts", "undo-import", "999"),
    ("contacts", "export", "/no/such/folder/people.csv"),
    ("campaigns", "create", "--name", "Sale", "--tag", "vip", "--template", "no_such_template"),
    ("campaigns", "show", "999"),
    ("campaigns", "create", "--name", "Sale", "--no-such-option"),
    ("templates", "add", "--name", "Not A Name", "--body", "Hello"),
    ("segments", "count", "no such segment"),
    ("users", "add", "--email", "not an address", "--password-stdin"),
]


@pytest.mark.parametrize("words", REFUSED, ids=" ".join)
def test_with_json_it_is_json_on_the_output_and_exit_code_1(run, words):
    answer = run(*words, "--json")

    assert answer.exit_code == 1
    assert json.loads(answer.stdout)["error"]


@pytest.mark.parametrize("words", REFUSED, ids=" ".join)
def test_without_it_nothing_stands_on_the_output(run, words):
    answer = run(*words)

    assert answer.exit_code in (1, 2)
    assert answer.stdout == ""
    assert answer.stderr


def test_a_file_that_is_not_there_is_said_in_plain_words(run, tmp_path):
    assert "There is no file missing.csv; check its name and folder" in run("contacts", "import", "missing.csv").stderr
    assert f"{tmp_path} is a folder, not a file" in run("contacts", "import", str(tmp_path)).stderr
