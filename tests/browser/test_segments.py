"""A story: filter the people, save the filters as a segment, select across pages and tag them; with and without scripts."""

import pytest

from sample.make_sample import make_sample
from tests.browser import steps
from tests.browser.visitor import NARROW, WIDE


@pytest.fixture
def house(visitor, tmp_path):
    """A visitor in a house with 120 people who carry the tag flu2026."""
    def open_house(**traits):
        one = visitor(**traits)
        steps.first_visit(one)
        make_sample(tmp_path / "people.csv", 120)
        steps.bring_in(one, tmp_path / "people.csv", "flu2026")
        return one
    return open_house


@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_filters_become_a_segment_and_everybody_in_it_is_tagged(house, width):
    one = house(width=width)
    one.go("/contacts")
    one.page.get_by_text("Add a filter").click()
    one.page.get_by_label("What must be true").select_option("tag.is")
    one.page.get_by_label("Compared with").fill("flu2026")
    one.page.get_by_role("button", name="Add", exact=True).click()
    one.page.wait_for_url("**where=**")
    one.look_over("filtered list")
    one.page.get_by_role("link", name="Save as segment").click()
    one.page.get_by_label("Name").fill("Flu days")
    one.page.get_by_label("Condition 2", exact=True).select_option("heard.never")
    one.page.locator("#segment-people").get_by_text("people are in it now").wait_for()
    one.look_over("building a segment")
    one.page.get_by_role("button", name="Keep this segment").click()
    one.page.get_by_text("is kept").wait_for()
    one.page.get_by_label("Select everybody on this page").check()
    one.page.get_by_text("50 selected").wait_for()
    one.look_over("selected")
    one.page.locator("[data-bulk-all]").check()
    one.page.get_by_label("Tag to add or remove").fill("called")
    one.page.get_by_role("button", name="Add tag").click()
    one.page.wait_for_load_state()
    one.go("/contacts?where=tag.is:called")
    assert "people match" in one.page.locator(".filters-count").inner_text()
    one.go("/segments")
    one.look_over("segments")


def test_the_same_without_scripts(house):
    one = house(scripts=False)
    one.go("/contacts?add=tag.is&value=flu2026")
    assert one.page.locator(".filter-chip").count() == 1
    one.go("/segments/new?where=tag.is:flu2026")
    one.page.locator("input[name=name]").fill("Flu days")
    one.page.locator("button[name=count]").last.click()
    one.page.locator("#segment-people").get_by_text("people are in it now").wait_for()
    one.page.locator("button[name=keep]").click()
    one.page.get_by_text("is kept").wait_for()


@pytest.mark.parametrize("traits", [{"width": NARROW}, {"scripts": False}])
def test_thousands_are_tagged_in_the_background_and_it_is_undone(visitor, tmp_path, traits):
    one = visitor(**traits)
    steps.first_visit(one)
    make_sample(tmp_path / "people.csv", 3_000)
    steps.bring_in(one, tmp_path / "people.csv", "flu2026")
    one.go("/contacts?where=tag.is:flu2026")
    one.page.locator("[data-bulk-all]").check()
    one.page.get_by_label("Tag to add or remove").fill("called")
    one.page.get_by_role("button", name="Add tag").click()
    one.page.wait_for_url("**/contacts/acts/*")
    one.look_over("tagging thousands")
    one.page.get_by_role("button", name="Undo for").wait_for()
    one.look_over("thousands are tagged")
    one.page.get_by_role("button", name="Undo for").click()
    one.page.get_by_text("Put the tag “called” back as it was").first.wait_for()
    one.page.get_by_text("Finished").wait_for()
    one.page.get_by_role("link", name="Back to the list").click()
    one.page.wait_for_url("**/contacts?where=tag.is:flu2026")
