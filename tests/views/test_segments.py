"""Segments in the browser: built with and without scripts, kept, shown, deleted."""

import pytest

from models import Segment, db
from services import segments
from services.segments import Condition, Group, Shape, all_of
from tests.factories.contacts import a_contact


def a_segment(by, name="VIPs", *conditions):
    """One segment, of people tagged vip when nothing else is said."""
    return segments.add_segment(name=name, shape=all_of(conditions or [Condition("tag.is", "vip")]), by=by)


class TestList:
    def test_nothing_yet_says_what_to_do(self, browser):
        page = browser.get("/segments")

        assert "No segments yet" in page.text and "New segment" in page.text

    def test_each_stands_with_its_words_and_its_people(self, browser, by):
        a_contact("Ada", tags=["vip"])
        row = a_segment(by)

        page = browser.get("/segments")

        assert "VIPs" in page.text and "is vip" in page.text and f"/contacts?segment={row.id}" in page.text

    def test_one_that_cannot_be_counted_does_not_break_the_page(self, browser, by):
        row = a_segment(by)
        row.conditions = {"any": False, "groups": [{"any": False, "conditions": [["field_gone.is", "x"]]}]}
        db.session.commit()

        assert "cannot be counted" in browser.get("/segments").text
        assert browser.get(f"/segments/{row.id}").status_code == 200
        assert browser.get(f"/contacts?segment={row.id}").status_code == 422


class TestBuild:
    def test_the_filters_of_the_list_are_filled_in(self, browser):
        a_contact("Ada", tags=["vip"])

        page = browser.get("/segments/new?q=ada&where=tag.is:vip&where=heard.within:90")

        assert 'value="vip"' in page.text and 'value="90"' in page.text and 'value="ada"' in page.text
        assert "0 people are in it now" in page.text

    def test_counting_shows_how_many_and_ten_of_them_and_keeps_nothing(self, browser):
        for number in range(12):
            a_contact(f"Person {number:02}", tags=["vip"])

        page = browser.post("/segments/new", {"name": "V", "what-0-0": "tag.is", "value-0-0": "VIP", "count": "1"})

        assert page.status_code == 200 and "12 people are in it now" in page.text
        assert page.text.count("segment-person") == 10 and 'value="V"' in page.text
        assert db.session.query(Segment).count() == 0

    def test_the_part_a_script_renews_is_the_same_part(self, browser):
        a_contact("Ada", tags=["vip"])

        with browser.without_checks():
            part = browser.post("/segments/count", {"what-0-0": "tag.is", "value-0-0": "vip"})

        assert "1 person is in it now" in part.text and "<html" not in part.text

    def test_keeping_leads_to_its_people(self, browser):
        a_contact("Ada", tags=["vip"])
        a_contact("Ben")

        page = browser.post("/segments/new", {"name": "VIPs", "what-0-0": "tag.is", "value-0-0": "vip", "keep": "1"},
                            follow_redirects=True)

        assert "is kept" in page.text and ">Ada<" in page.text and ">Ben<" not in page.text and "Segment" in page.text

    def test_groups_and_their_joins_are_kept(self, browser):
        browser.post("/segments/new", {
            "name": "Both", "any": "any", "any-0": "any", "what-0-0": "heard.never", "what-0-1": "tag.is",
            "value-0-1": "vip", "any-1": "all", "what-1-0": "email.known", "keep": "1"})

        row = db.session.query(Segment).one()
        assert segments.shape_of(row) == Shape((
            Group((Condition("heard.never"), Condition("tag.is", "vip")), True), Group((Condition("email.known"),))), True)

    def test_rows_and_groups_are_added_and_removed_without_scripts(self, browser):
        sent = {"name": "V", "what-0-0": "heard.never", "what-0-1": "email.known"}

        more = browser.post("/segments/new", sent | {"group": "1"})
        less = browser.post("/segments/new", sent | {"drop": "0-0"})

        assert "Group 2" in more.text and 'name="what-1-0"' in more.text
        assert 'value="heard.never" selected' not in less.text and 'value="email.known" selected' in less.text

    @pytest.mark.parametrize(("sent", "words"), [
        ({"name": ""}, "needs a name"), ({"name": "x" * 81}, "80 characters"), ({"value-0-0": "soon"}, "not a number of days"),
        ({"what-0-0": "nothing.at.all"}, "no condition"), ({"what-0-0": ""}, "at least one condition"),
        ({"name": "Known"}, "already"),
    ])
    def test_what_cannot_be_is_said_beside_it_and_nothing_typed_is_lost(self, browser, by, sent, words):
        a_segment(by, "known")
        typed = {"name": "Silent", "what-0-0": "heard.within", "value-0-0": "30", "keep": "1"} | sent

        page = browser.post("/segments/new", typed)

        assert page.status_code == 422 and words in page.text
        assert not typed["what-0-0"] or typed["value-0-0"] in page.text
        assert db.session.query(Segment).count() == 1

    def test_a_change_is_kept(self, browser, by):
        row = a_segment(by)
        assert 'value="vip"' in browser.get(f"/segments/{row.id}").text

        browser.post(f"/segments/{row.id}", {"name": "Silent", "what-0-0": "heard.never", "keep": "1"})

        db.session.expire_all()
        assert segments.get_segment(row.id).name == "Silent"

    def test_names_and_values_are_data(self, browser, by):
        row = a_segment(by, "<b>{{7*7}}</b>", Condition("company.holds", "<script>alert(1)</script>{{7*7}}"))

        for address in ("/segments", f"/segments/{row.id}", f"/contacts?segment={row.id}", f"/segments/{row.id}/delete"):
            page = browser.get(address)
            assert "<b>{{" not in page.text and "<script>alert" not in page.text and ">49<" not in page.text


class TestDelete:
    def test_it_asks_by_name_and_then_forgets(self, browser, by):
        row = a_segment(by)
        assert "VIPs" in browser.get(f"/segments/{row.id}/delete").text

        page = browser.post(f"/segments/{row.id}/delete", follow_redirects=True)

        assert "is deleted" in page.text and db.session.query(Segment).count() == 0


class TestDoors:
    @pytest.mark.parametrize("address", ["/segments", "/segments/new", "/segments/1"])
    def test_strangers_are_led_to_the_sign_in_page(self, stranger, address):
        assert "/sign-in" in stranger.get(address).headers["Location"]

    def test_viewers_look_and_change_nothing(self, browser_as, by):
        row = a_segment(by)
        viewer = browser_as("viewer")

        assert "New segment" not in viewer.get("/segments").text
        for address in ("/segments/new", f"/segments/{row.id}", f"/segments/{row.id}/delete", "/segments/count"):
            assert viewer.post(address).status_code == 403

    @pytest.mark.parametrize("wrong", ["0", "999999", "99999999999999999999", "-1", "abc"])
    def test_what_is_not_there_is_not_found(self, browser, wrong):
        assert browser.get(f"/segments/{wrong}").status_code == 404
