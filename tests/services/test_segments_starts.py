"""Where a question starts: the smallest group is found first, and who is found stays the same wherever it starts."""

from itertools import combinations

import pytest
from sqlalchemy import select, text

from models import Contact, db, transaction
from services import contacts, segments
from services.contacts import letters_postgres
from services.segments import Condition, all_of, starts
from tests.factories.contacts import a_contact

ALL = [Condition("tag.is", "many"), Condition("tag.is", "few"), Condition("text.holds", "oka"), Condition("text.holds", "ik"),
       Condition("source.command"), Condition("marketing.granted"), Condition("tag.is", "nobody")]
LONG = {"company": "ż" * 200, "email": f"{'a' * 64}@{'b' * 63}.{'c' * 63}.{'d' * 50}.example"}


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
class TestOnPostgres:
    """Letters beside something else, or too few for the index of letters, are found first where few people hold them."""

    @pytest.fixture(autouse=True)
    def indexes(self, people):
        assert contacts.index_letters() and contacts.index_letters()
        yield
        with transaction():
            for name in (letters_postgres.LETTERS, letters_postgres.NARROW, letters_postgres.LONG):
                db.session.execute(text(f"DROP INDEX IF EXISTS {name}"))

    def test_letters_beside_something_else(self):
        assert "ANY" in sentence(ALL[0], ALL[2])
        assert "ANY" not in sentence(ALL[2])
        assert "ANY" not in sentence(ALL[0], ALL[1])

    def test_two_letters_also_in_a_text_too_long_for_the_narrow_index(self):
        long, short = a_contact("Xq" * 100, **LONG), a_contact("Max Quinn", company="xq")

        assert len(long.search) > 600
        assert "ANY" in sentence(Condition("text.holds", "xq"))
        assert set(db.session.scalars(segments.ids_matching(all_of([Condition("text.holds", "xq")])))) == {long.id, short.id}
        assert segments.count(all_of([Condition("text.holds", "zx")])) == 0

    def test_letters_that_many_hold_are_looked_for_in_the_table(self, monkeypatch):
        monkeypatch.setattr(starts, "MOST_HELD", 3)
        monkeypatch.setattr(starts, "EASY", 3)
        monkeypatch.setattr(starts, "MOST", 0)

        assert "ANY" not in sentence(Condition("text.holds", "ok"))
        assert "ANY" not in sentence(ALL[0], ALL[2])

    def test_letters_that_nearly_everybody_holds_are_no_place_to_start_from(self, monkeypatch):
        monkeypatch.setattr(starts, "EASY", 0)
        monkeypatch.setattr(starts, "RARE", 2)

        assert "ANY" not in sentence(ALL[0], ALL[2])
        monkeypatch.setattr(starts, "COMMON", 0)
        assert "ANY" in sentence(ALL[0], ALL[2])

    def test_two_letters_without_the_narrow_index(self):
        with transaction():
            db.session.execute(text(f"DROP INDEX {letters_postgres.NARROW}"))

        assert "ANY" not in sentence(Condition("text.holds", "ik"))
        assert segments.count(all_of([Condition("text.holds", "ik")])) == 2

    @pytest.mark.parametrize("most", [0, 4, 60_000])
    def test_who_has_several_tags_and_some_letters(self, monkeypatch, most):
        monkeypatch.setattr(starts, "EASY", 0)
        monkeypatch.setattr(starts, "MOST", most)
        everybody = {one.name for one in db.session.scalars(select(Contact))}

        found = db.session.scalars(segments.ids_matching(all_of(ALL[:3]))).all()

        assert {db.session.get(Contact, one).name for one in found} == {"Ada Okafor"} < everybody

    def test_of_several_tags_and_letters_everything_is_known_and_not_asked_again(self, monkeypatch):
        for name, value in {"EASY": 0, "MOST": 3, "RARE": 1, "COMMON": 0}.items():
            monkeypatch.setattr(starts, name, value)
        assert len(a_contact("Okafor" * 30, tags=["few"], **LONG).search) > 600

        assert "EXISTS" not in sentence(*ALL[:3])
        assert segments.count(all_of(ALL[:3])) == 1
        assert "EXISTS" in sentence(*ALL[:3], Condition("marketing.granted"))

    def test_about_how_many_hold_some_letters(self):
        share = contacts.share_holding(contacts.holds("oka"))

        assert share == pytest.approx(4 / 6)

    def test_settings_of_the_connection_are_as_before(self):
        sentence(Condition("text.holds", "xq"))

        assert db.session.scalar(text("SELECT current_setting('enable_seqscan')")) == "on"
