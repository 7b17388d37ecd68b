"""Segments from the terminal."""

import json

import pytest

from services import segments
from services.segments import Condition, all_of
from tests.factories.contacts import a_contact


@pytest.fixture
def vips(app, by):
    """A segment with one person in it."""
    a_contact("Ada", tags=["vip"])
    return segments.add_segment(name="Very important", shape=all_of([Condition("tag.is", "vip")]), by=by)


def run(app, *words):
    """What a command says and how it ends."""
    return app.test_cli_runner().invoke(args=["segments", *words])


def test_they_are_listed_with_words_and_people(app, vips):
    assert "1  Very important  (Tag is vip)" in run(app, "list").output
    assert json.loads(run(app, "list", "--json").output) == [
        {"id": vips.id, "name": "Very important", "people": 1, "words": "Tag is vip"}]


def test_one_is_counted_by_number_or_name(app, vips):
    for said in (str(vips.id), "very IMPORTANT"):
        assert run(app, "count", said).output == "1 person\n"
    assert json.loads(run(app, "count", str(vips.id), "--json").output)["people"] == 1


@pytest.mark.parametrize("said", ["nobody", "0", "99999999999999999999", "9999"])
def test_what_is_not_there_ends_in_words(app, vips, said):
    answer = run(app, "count", said)

    assert answer.exit_code == 1 and "There is no" in answer.output and "Traceback" not in answer.output
