"""`flask contacts import`: the same import, from the terminal."""

import json

import pytest
from click.testing import CliRunner

from commands import imports as command
from sample.make_sample import make_sample
from services import contacts, imports


@pytest.fixture
def run(app, tmp_path):
    """Write a file and import it with some arguments; the result."""

    def call(text, *arguments):
        path = tmp_path / "people.csv"
        path.write_text(text, encoding="utf-8")
        return CliRunner().invoke(command.import_people, [str(path), *arguments])

    return call


def test_counts_come_back_for_machines(run):
    result = run("Name,Phone\nAna,07700900001\nBo,hello\n", "--json")

    said = json.loads(result.stdout)
    assert result.exit_code == 0
    assert (said["state"], said["rows"], said["created"], said["failed"]) == ("finished", 2, 1, 1)


def test_counts_come_back_in_words(run):
    result = run("Name,Phone\nAna,07700900001\n")

    assert "people.csv: 1 of 1 rows, finished" in result.stdout


def test_a_column_can_be_named_by_hand(run):
    run("Who,Reach\nAna,07700900001\n", "--map", "Who=name", "--map", "reach=phone")

    assert contacts.contact_by_phone("+447700900001").name == "Ana"


def test_tags_country_and_consent_are_given_to_all(run):
    run("Name,Phone\nAna,020 7946 0018\n", "--tag", "nov", "--tag", "vip", "--country", "gb", "--consent", "Signed")

    person = contacts.contact_by_phone("+442079460018")
    assert [tag.name for tag in person.tags] == ["nov", "vip"]
    assert person.marketing == "granted"


def test_rejected_rows_are_written_safely_with_number_and_reason(run, tmp_path):
    run("Name,Phone\n=cmd(),hello\n", "--rejects", str(tmp_path / "out.csv"))

    lines = (tmp_path / "out.csv").read_text(encoding="utf-8-sig").splitlines()
    assert lines[0] == "Row,Outcome,Reason,Name,Phone"
    assert lines[1].startswith("2,failed,")
    assert lines[1].endswith(",'=cmd(),hello")


@pytest.mark.parametrize(("arguments", "words"), [
    (["--map", "Nowhere=phone"], "There is no column “Nowhere”"), (["--map", "Name=mood"], "is not a field"),
    (["--country", "ZZZ"], "is not a country code"), (["--map", "nonsense"], "COLUMN=FIELD"),
])
def test_a_refusal_is_a_sentence_and_exit_code_1(run, arguments, words):
    result = run("Name,Phone\nAna,07700900001\n", *arguments)

    assert result.exit_code == 1
    assert words in result.output
    assert "Traceback" not in result.output
    assert imports.recent_imports().total == 0


def test_a_file_that_is_not_there_is_a_sentence(app):
    result = CliRunner().invoke(command.import_people, ["/nowhere/people.csv"])

    assert (result.exit_code, "There is no file /nowhere/people.csv" in result.output) == (1, True)


def test_the_sample_comes_in_exactly_as_its_maker_says(app, tmp_path):
    made = make_sample(tmp_path / "sample.csv", 1200)

    said = json.loads(CliRunner().invoke(command.import_people, [str(tmp_path / "sample.csv"), "--json"]).stdout)

    assert {name: said[name] for name in ("rows", "created", "skipped", "failed")} == {
        name: made[name] for name in ("rows", "created", "skipped", "failed")}
    assert contacts.count_by_consent()["withdrawn"] == made["said_no"]


def test_an_import_can_be_undone_from_the_terminal(run):
    number = json.loads(run("Name,Phone\nAna,07700900001\n", "--json").stdout)["id"]

    result = CliRunner().invoke(command.undo_import, [str(number), "--json"])

    said = json.loads(result.stdout)
    assert (said["state"], said["restored"], said["kept"], contacts.count_contacts()) == ("undone", 1, 0, 0)


def test_undoing_twice_is_refused_in_words(run):
    number = json.loads(run("Name,Phone\nAna,07700900001\n", "--json").stdout)["id"]
    CliRunner().invoke(command.undo_import, [str(number)])

    result = CliRunner().invoke(command.undo_import, [str(number)])

    assert result.exit_code == 1
    assert "This import is undone" in result.stderr


def test_nobody_comes_in_when_the_file_of_rejected_rows_cannot_be_written(run, tmp_path):
    result = run("Name,Phone\nAna,07700900001\n", "--rejects", str(tmp_path / "nowhere" / "out.csv"))

    assert (result.exit_code, "nowhere/out.csv" in result.output, contacts.count_contacts()) == (1, True, 0)
