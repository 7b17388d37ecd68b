"""Acts as sentences, found again by who, what and when."""

from datetime import timedelta

import pytest

from core import clock
from core.actor import SYSTEM, Actor
from models import ActivityEntry, db, transaction
from services import activity

AMINA = Actor("user", "Amina Bello")


def test_an_act_without_a_sentence_cannot_be_recorded(app):
    with pytest.raises(KeyError):
        activity.record("nothing.known", by=SYSTEM)


def test_an_act_that_is_undone_leaves_no_line(app):
    with pytest.raises(RuntimeError), transaction():
        activity.record("contact.added", by=AMINA, subject_name="Ada")
        raise RuntimeError

    assert activity.recent().total == 0


def test_the_subject_stands_between_two_parts_of_the_sentence(app):
    activity.record("user.added", by=AMINA, subject_kind="user", subject_name="Ada", role="agent")

    assert activity.sentence(activity.recent().items[0]) == ("added ", " to the team as agent")


@pytest.mark.parametrize("text", ["{subject}", "{role}", "{0.__class__}", "%(role)s", "{{7*7}}", "{", "}"])
def test_details_are_data_and_are_never_filled_again(app, text):
    activity.record("campaign.paused", by=AMINA, subject_name="Flu", reason=text, role="secret")

    assert activity.sentence(activity.recent().items[0])[1] == f": {text}"


def test_figures_are_grouped(app):
    activity.record("campaign.started", by=SYSTEM, subject_name="Flu", queued=2679, skipped=0)

    assert activity.sentence(activity.recent().items[0])[1] == ": 2,679 queued, 0 skipped"


class TestFinding:
    @pytest.fixture(autouse=True)
    def story(self, app):
        activity.record("contact.added", by=AMINA, subject_kind="contact", subject_id=7, subject_name="Ada Obi")
        activity.record("contacts.exported", by=AMINA, count=3)
        activity.record("campaign.finished", by=SYSTEM, subject_kind="campaign", subject_id=7, subject_name="100% off_")

    @pytest.mark.parametrize(("asked", "found"), [
        ({}, 3), ({"verb": "contact"}, 2), ({"verb": "contact."}, 1), ({"actor": "Amina Bello"}, 2), ({"actor": "Amina"}, 0),
        ({"text": "ada"}, 1), ({"text": "AMINA"}, 2), ({"text": "%"}, 1), ({"text": "_"}, 1), ({"text": "\\"}, 0),
        ({"verb": "c_mpaign"}, 0), ({"subject_kind": "contact", "subject_id": 7}, 1)])
    def test_by_what_was_asked(self, asked, found):
        assert activity.recent(**asked).total == found

    def test_an_export_holds_the_same_lines_in_the_same_order(self):
        listed = [entry.id for entry in activity.recent(verb="contact").items]

        assert [entry.id for entry in activity.each(verb="contact")] == listed

    def test_by_when(self):
        with transaction():
            db.session.query(ActivityEntry).filter_by(verb="contact.added").update({"at": clock.now() - timedelta(days=2)})

        assert activity.recent(since=clock.now() - timedelta(days=1)).total == 2
        assert activity.recent(until=clock.now() - timedelta(days=1)).total == 1

    @pytest.mark.parametrize("page", [-1, 0, 1, 2, 10**9])
    def test_a_page_that_does_not_exist_is_the_nearest_that_does(self, page):
        assert len(activity.recent(page=page, size=2).items) > 0


def test_an_export_longer_than_one_fetch_is_whole(app):
    with transaction():
        db.session.add_all([ActivityEntry(actor_kind="system", actor_name="P", verb="user.signed_in", details={})
                            for _ in range(2105)])

    assert len({entry.id for entry in activity.each()}) == 2105
