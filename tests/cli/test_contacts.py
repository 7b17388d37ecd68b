"""`flask contacts`: counting people and taking them out."""

import csv
import json

import pytest

from tests.factories.contacts import a_contact


@pytest.fixture
def run(app):
    """Run a command as typed in a terminal."""
    from commands.contacts import group

    def invoke(*words):
        return app.test_cli_runner().invoke(group, words)

    return invoke


def test_people_are_counted(run):
    a_contact("Ada", tags=["vip"])
    a_contact("Ben")

    assert run("count").output == "2\n"
    assert run("count", "--tag", "VIP").output == "1\n"
    assert json.loads(run("count", "--tag", "none", "--json").output) == {"people": 0, "tag": "none"}


def test_people_are_written_to_a_file(run, tmp_path):
    a_contact("Ada", tags=["vip"])
    a_contact("Ben")
    path = tmp_path / "people.csv"

    answer = run("export", str(path), "--tag", "vip", "--json")

    assert json.loads(answer.output) == {"people": 1, "file": str(path)}
    assert [row[1] for row in csv.reader(path.open(encoding="utf-8", newline=""))] == ["name", "Ada"]


def test_people_are_written_to_the_screen_without_a_file(run):
    a_contact("Ada Obi")

    answer = run("export")

    assert answer.exit_code == 0 and answer.output.startswith("phone,name") and "Ada Obi" in answer.output


def test_a_file_that_cannot_be_written_is_a_sentence(run, tmp_path):
    answer = run("export", str(tmp_path / "nowhere" / "people.csv"))

    assert answer.exit_code != 0 and "Traceback" not in answer.output and answer.output.strip()
