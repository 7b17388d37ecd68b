"""The filters of the list: in the address, combined, removed one by one; what is exported and selected is what is shown."""

import re

import pytest

from services import contacts, segments
from services.contacts import listing, tallies
from services.segments import Condition, all_of
from tests.factories.contacts import a_contact


def shown(page):
    """The names on the page, in order."""
    return re.findall(r'<a class="plain" href="[^"]+"><strong>([^<]*)</strong>', page.text)


class TestFilters:
    def test_they_narrow_together_and_each_can_be_removed(self, browser):
        a_contact("Ada", tags=["vip", "patient"])
        a_contact("Ben", tags=["vip"])

        page = browser.get("/contacts?where=tag.is:vip&where=tag.is:patient&q=a")

        assert shown(page) == ["Ada"] and "1</strong> person matches" in page.text
        removals = re.findall(r'class="filter-chip">(?:.|\n)*?href="([^"]+)"', page.text)
        assert len(removals) == 3
        without_patient = next(url for url in removals if "patient" not in url)
        assert shown(browser.get(without_patient.replace("&amp;", "&"))) == ["Ada"] or "q=a" in without_patient

    def test_adding_one_leads_to_an_address_that_can_be_shared(self, browser):
        a_contact("Ada", tags=["vip"])

        answer = browser.get("/contacts?q=ada&where=heard.never&sort=created&order=desc&add=tag.is&value=VIP")

        assert answer.status_code == 302
        assert answer.headers["Location"] == "/contacts?q=ada&where=heard.never&where=tag.is:VIP&sort=created&order=desc"

    def test_a_filter_that_cannot_be_added_is_said_beside_the_box(self, browser):
        a_contact("Ada")

        page = browser.get("/contacts?add=heard.within&value=soon")

        assert page.status_code == 422 and "not a number of days" in page.text and 'value="soon"' in page.text
        assert shown(page) == ["Ada"]

    @pytest.mark.parametrize("query", [
        "where=", "where=:", "where=tag.is", "where=nothing.is:1", "where=heard.within:-1", "where=field_x.is:1",
        "segment=abc", "segment=99999999999999999999", "segment=0", "add=x&value=y", "where=created.since:soon",
        "where=country.is:x", "where=birthday.month:99",
    ])
    def test_what_cannot_be_is_said_and_left_out(self, browser, query):
        a_contact("Ada")

        page = browser.get(f"/contacts?{query}")

        assert page.status_code == 422 and shown(page) == ["Ada"]

    def test_no_more_than_twenty_are_taken(self, browser):
        a_contact("Ada")

        page = browser.get("/contacts?" + "&".join(f"where=tag.is_not:t{number}" for number in range(30)))

        assert page.status_code == 422 and "20 filters at most" in page.text

    def test_a_segment_is_a_filter(self, browser, by):
        a_contact("Ada", tags=["vip"])
        a_contact("Ben", tags=["vip"], company="Shop")
        a_contact("Cleo")
        row = segments.add_segment(name="VIPs", shape=all_of([Condition("tag.is", "vip")]), by=by)

        assert shown(browser.get(f"/contacts?segment={row.id}")) == ["Ada", "Ben"]
        assert shown(browser.get(f"/contacts?segment={row.id}&where=company.known")) == ["Ben"]

    def test_the_export_is_exactly_what_is_shown(self, browser):
        a_contact("Ada", tags=["vip"])
        a_contact("Ben")

        with browser.without_checks():
            file = browser.get("/contacts/export?where=tag.is:vip").get_data(as_text=True)
            refused = browser.get("/contacts/export?where=tag.with:vip")

        assert "Ada" in file and "Ben" not in file and refused.status_code == 422


class TestPages:
    @pytest.fixture
    def many(self, app):
        """Seven people, two of them without a number."""
        for number in range(7):
            a_contact(f"Person {number}", phone=None if number in (2, 5) else "", tags=["a"])

    def walk(self, order, size=2, where=None):
        """Every page forward by its place, then back again from the last."""
        pages = [contacts.list_people(where, order=order, size=size)]
        while pages[-1].after:
            pages.append(contacts.list_people(where, order=order, size=size, after=pages[-1].after,
                                              page=len(pages) + 1))
        back = [pages[-1]]
        while back[-1].before:
            back.append(contacts.list_people(where, order=order, size=size, before=back[-1].before,
                                             page=back[-1].number - 1))
        return pages, back

    @pytest.mark.parametrize("sort", contacts.SORTS)
    @pytest.mark.parametrize("descending", [False, True])
    def test_places_lead_through_everybody_once_and_back(self, many, sort, descending):
        pages, back = self.walk(contacts.Order(sort, descending))

        forward = [row.id for page in pages for row in page.items]
        assert len(forward) == len(set(forward)) == 7
        assert {row.id for page in back for row in page.items} == set(forward)
        assert back[-1].number == 1 and not back[-1].before

    @pytest.mark.parametrize("sort", contacts.SORTS)
    @pytest.mark.parametrize("descending", [False, True])
    def test_numbers_lead_to_the_same_pages(self, many, sort, descending):
        order = contacts.Order(sort, descending)
        pages, _ = self.walk(order)

        by_number = [contacts.list_people(order=order, size=2, page=number) for number in (1, 2, 3, 4)]

        assert [[row.id for row in page.items] for page in by_number] == [
            [row.id for row in page.items] for page in pages]

    @pytest.mark.parametrize("sort", contacts.SORTS)
    @pytest.mark.parametrize("descending", [False, True])
    @pytest.mark.parametrize("stretch", [1, 100])
    def test_more_people_than_are_counted_are_walked_the_same_way(self, many, monkeypatch, sort, descending, stretch):
        order = contacts.Order(sort, descending)
        where = segments.where(all_of([Condition("tag.is", "a")]))
        counted = [row.id for page in (1, 2, 3, 4) for row in contacts.list_people(
            where, order=order, size=2, page=page).items]
        monkeypatch.setattr(listing, "MOST_COUNTED", 3)
        monkeypatch.setattr(listing, "STRETCHES", (1, stretch))

        pages, back = self.walk(order, where=where)

        assert [row.id for page in pages for row in page.items] == counted
        assert pages[0].is_more and pages[0].total == 3 and len({row.id for page in back for row in page.items}) == 7

    @pytest.mark.parametrize("place", ["~", "x", "~0", "~-1", "~99999999999", "\x00~1", "person~1e3", "~²"])
    def test_a_place_that_cannot_be_is_the_start(self, many, place):
        assert contacts.list_people(after=place, size=2).number == 1

    def test_a_time_that_cannot_be_is_the_start(self, many):
        order = contacts.Order("created", True)

        for place in ("soon~1", "9999-99-99~1", "0001-01-01T00:00:00+14:00~1"):
            assert contacts.list_people(order=order, after=place, size=2).items

    def test_the_page_leads_on_by_place(self, browser, monkeypatch):
        for number in range(60):
            a_contact(f"Person {number:02}")

        first = browser.get("/contacts")
        address = re.search(r'rel="next" href="([^"]+)"', first.text)[1].replace("&amp;", "&")
        second = browser.get(address)

        assert "after=" in address and shown(second)[0] == "Person 50" and "51 to 60 of 60" in second.text


class TestSelecting:
    def test_rows_and_everybody_who_matches_can_be_chosen(self, browser):
        a_contact("Ada", tags=["vip"])

        page = browser.get("/contacts?where=tag.is:vip")

        assert 'name="id"' in page.text and 'name="all_matching"' in page.text
        assert 'name="filters" value="where=tag.is%3Avip"' in page.text

    def test_a_viewer_has_nothing_to_choose(self, browser_as):
        a_contact("Ada")

        assert 'name="id"' not in browser_as("viewer").get("/contacts").text


class TestTallies:
    def test_a_large_book_is_not_counted_again_until_something_changed(self, app, by, monkeypatch):
        monkeypatch.setattr(tallies, "SMALL_BOOK", 0)
        a_contact("Ada")
        assert tallies.everybody() == 1
        counted = []
        monkeypatch.setattr(tallies, "_count_consent", lambda: counted.append(1) or {})

        contacts.count_by_consent()
        assert not counted
        a_contact("Ben")
        contacts.count_by_consent()

        assert counted
