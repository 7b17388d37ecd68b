"""Where a question starts: the smallest group is found first, and who is found stays the same wherever it starts."""

from itertools import combinations

import pytest
from sqlalchemy import select

from models import Contact, db
from services import segments
from services.segments import Condition, all_of, starts
from tests.factories.contacts import a_contact

ALL = [Condition("tag.is", "many"), Condition("tag.is", "few"), Condition("text.holds", "oka"), Condition("text.holds", "ik"),
       Condition("source.command"), Condition("marketing.granted"), Condition("tag.is", "nobody")]


@pytest.fixture(autouse=True)
def people(app):
    for number, name in enumerate(["Ada Okafor", "Ben Okafor", "Ik Okafor", "Ik Bello", "Cy Diaz", "Dee Okada"]):
        a_contact(name, tags=["many"] * (number < 5) + ["few"] * (number % 3 == 0), granted=number % 2 == 0)


def sentence(*conditions: Condition) -> str:
    return str(segments.ids_matching(all_of(conditions)).compile(db.engine, compile_kwargs={"literal_binds": True}))


@pytest.mark.parametrize("most", [0, 2, 60_000])
def test_who_is_found_does_not_depend_on_where_it_starts(monkeypatch, most):
    monkeypatch.setattr(starts, "MOST", most)
    for wanted in (list(some) for size in (1, 2, 3) for some in combinations(ALL, size)):
        shape = all_of(wanted)
        everybody = select(Contact.id).where(segments.where(shape))
        found = db.session.scalars(segments.ids_matching(shape)).all()
        assert sorted(found) == sorted(db.session.scalars(everybody)), wanted
        assert segments.count(shape) == len(found)


@pytest.mark.only_on("sqlite")
@pytest.mark.parametrize("order", [slice(None), slice(None, None, -1)])
def test_of_large_groups_it_starts_from_the_rarest_tag(monkeypatch, order):
    monkeypatch.setattr(starts, "MOST", 0)

    assert "WHERE tags.\"key\" = 'few'" in sentence(*ALL[:2][order]).replace("tags.key", 'tags."key"')


@pytest.mark.only_on("postgresql")
def test_letters_beside_something_else_are_found_first_where_few_hold_them():
    assert "OFFSET 0" in sentence(ALL[0], ALL[2])
    assert "OFFSET" not in sentence(ALL[2])
    assert "OFFSET" not in sentence(ALL[0], ALL[1])
