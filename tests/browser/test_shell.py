"""The frame around every page: the look the system asks for, a rail that holds long names, a tray that keeps up."""

import pytest

from sample.make_sample import make_sample
from tests.browser import steps
from tests.browser.visitor import Visitor

GROUND = "getComputedStyle(document.body).backgroundColor"
DARK, LIGHT = "rgb(12, 15, 18)", "rgb(246, 247, 248)"
LONG_NAME = "Folasade Oluwaseun Adeyemi-Bankole of the Harbour Clinic"


@pytest.mark.parametrize(("system", "scripts", "ground"), [
    ("light", True, LIGHT), ("dark", True, DARK), ("light", False, DARK)])
def test_the_first_look_is_the_systems_and_dark_without_scripts(chromium, live, system, scripts, ground):
    window = chromium.new_context(color_scheme=system, java_script_enabled=scripts)
    page = window.new_page()
    page.goto(f"{live.address}/setup")

    assert page.evaluate(GROUND) == ground
    window.close()


def test_a_long_name_does_not_push_anything_out_of_the_rail(visitor, tmp_path):
    one = visitor()
    steps.first_visit(one)
    one.go("/settings/account")
    one.fill("Name", LONG_NAME)
    one.press("Keep")

    outside = one.page.evaluate("""() => { const edge = document.querySelector('.rail').clientWidth;
      return [...document.querySelectorAll('.rail *')].filter(e => e.getBoundingClientRect().right > edge).length; }""")
    assert outside == 0


def test_the_tray_is_empty_when_the_page_says_finished(visitor, tmp_path):
    one: Visitor = visitor()
    make_sample(tmp_path / "people.csv", 3_000)
    steps.first_visit(one)
    steps.bring_in(one, tmp_path / "people.csv", "flu2026")

    one.page.wait_for_function("!document.querySelector('.tray .tray-work')", timeout=2_000)


def test_boxes_to_tick_stand_out_from_their_ground(visitor):
    one = visitor()
    steps.first_visit(one)
    one.go("/contacts/new")
    one.fill("Name", "Ada")
    one.press("Add to contacts")
    one.go("/contacts")

    borders = one.page.eval_on_selector_all(
        "main .form-check-input:not(:checked)", "boxes => boxes.map(box => getComputedStyle(box).borderTopColor)")
    assert borders and set(borders) == {"rgb(104, 116, 127)"}
