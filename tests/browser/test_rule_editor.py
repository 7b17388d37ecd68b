"""The editor of rules: what is chosen shows what belongs to it at once, and nothing that was chosen is lost."""

from tests.browser import steps
from tests.browser.visitor import NARROW


def test_what_is_chosen_shows_its_fields_and_the_rest_stays(visitor):
    one = visitor()
    steps.first_visit(one)
    one.go("/automation/new")
    one.fill("Name", "Every Monday")
    one.choose("What else", "template")

    one.choose("What sets it off", "schedule")
    one.page.get_by_label("For whom").wait_for()
    assert not one.page.get_by_label("Days of the week").is_visible()
    one.choose("How often", "week")
    assert one.page.get_by_label("Days of the week").is_visible() and not one.page.get_by_label("Cron line").is_visible()

    one.page.get_by_label("Condition 1", exact=True).select_option("channel.is")
    one.page.locator("select[name=value-0-0]").wait_for()
    one.page.get_by_label("Condition 2", exact=True).select_option("window.open")
    one.page.locator("[name=value-0-1]").wait_for(state="detached")
    one.look_over("a rule of a schedule being written")
    assert (one.field("Name").input_value(), one.field("What else").input_value()) == ("Every Monday", "template")


def test_without_scripts_the_buttons_do_the_same(visitor):
    one = visitor(scripts=False, width=NARROW)
    steps.first_visit(one)
    one.go("/automation/new?kind=message")
    one.choose("What else", "tag")
    one.page.get_by_label("Condition 1", exact=True).select_option("channel.is")

    one.press("Another condition")

    assert one.field("What else").input_value() == "tag"
    assert one.page.locator("select[name=value-0-0] option").count() > 1


def test_what_is_typed_while_the_page_is_on_its_way_stays(visitor):
    one = visitor()
    steps.first_visit(one)
    one.go("/automation/new")
    one.page.route("**/automation/new", lambda route: (one.page.wait_for_timeout(600), route.continue_()))

    one.page.get_by_label("Condition 1", exact=True).select_option("text.starts")
    one.page.locator("[name=t-words]").press_sequentially("price, cost", delay=40)
    one.page.get_by_role("button", name="Remove condition 1").wait_for()
    one.page.locator("[name=t-words]").press_sequentially(", fee")

    assert one.page.locator("[name=t-words]").input_value() == "price, cost, fee"


def test_a_choice_is_found_by_its_first_letters(visitor):
    one = visitor(keyboard=True)
    steps.first_visit(one)
    one.go("/automation/new")
    condition = one.page.get_by_label("Condition 1", exact=True)

    one.tab_to(condition)
    one.page.keyboard.type("Message starts", delay=60)
    one.tab_to(one.page.locator("[name=value-0-0]"))
    one.page.keyboard.type("hello")
    one.page.get_by_role("button", name="Remove condition 1").wait_for()

    assert (condition.input_value(), one.page.locator("[name=value-0-0]").input_value()) == ("text.starts", "hello")
