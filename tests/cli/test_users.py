"""`flask users`: who works here, and one more."""

import json

import pytest

from commands import users
from services import auth

GOOD = "harbour lights 9"


@pytest.fixture
def run(app):
    """Run a command as typed in a terminal, with lines on its input."""
    return lambda *words, typed="": app.test_cli_runner().invoke(users.group, list(words), input=typed)


def test_a_person_added_can_sign_in(run):
    answer = run("add", "--email", "Ada@X.example", "--name", "Ada", "--role", "manager", "--may-send", "--password-stdin",
                 "--json", typed=f"{GOOD}\n")
    person = auth.person_of(auth.sign_in(email="ada@x.example", password=GOOD))

    assert answer.exit_code == 0
    assert json.loads(answer.output) == {"id": person.id, "email": "ada@x.example", "name": "Ada", "role": "manager",
                                         "may_send": True, "is_closed": False}


@pytest.mark.parametrize(("words", "typed", "sentence"), [
    (["--email", "ada"], GOOD, "not an e-mail address"), (["--email", "a@b.de"], "short", "at least 10 characters"),
    (["--email", "a@b.de"], "", "The password is empty"), (["--email", "a@b.de", "--role", "owner"], GOOD, "owner")])
def test_a_refusal_is_a_sentence_and_an_exit_code(run, words, typed, sentence):
    answer = run("add", *words, "--password-stdin", typed=typed)

    assert answer.exit_code != 0
    assert sentence in answer.output
    assert not auth.has_users()


def test_without_a_terminal_it_says_how_to_give_the_password(run):
    answer = run("add", "--email", "a@b.de")

    assert answer.exit_code == 1
    assert "--password-stdin" in answer.output


def test_the_list_is_readable_for_people_and_machines(run):
    empty = run("list").output
    auth.create_first_admin(email="folake@clinic.example", password=GOOD, name="Folake")

    assert "Nobody yet" in empty
    assert "folake@clinic.example  Folake  admin, may send" in run("list").output
    assert json.loads(run("list", "--json").output)[0]["role"] == "admin"
