"""The story of a new user: first visit, a file of people, a template, a campaign, and every number opened."""

import re

import pytest

from sample.make_sample import make_sample
from tests.browser import steps
from tests.browser.visitor import NARROW, WIDE

WAYS = {
    "mouse": dict(width=WIDE),
    "keyboard": dict(width=WIDE, keyboard=True),
    "phone": dict(width=NARROW, theme="light"),
    "no scripts": dict(width=WIDE, scripts=False),
}
ROWS = {"mouse": 5_000}


@pytest.mark.parametrize("way", WAYS)
def test_a_new_user_gets_from_a_file_to_the_failed_ones(visitor, tmp_path, way):
    rows = ROWS.get(way, 300)
    expected = make_sample(tmp_path / "people.csv", rows)
    one = visitor(**WAYS[way])

    steps.first_visit(one)
    steps.bring_in(one, tmp_path / "people.csv", "flu2026")
    one.says(f"{expected['failed']:,}")
    steps.write_template(one, "flu_vaccine_days")
    steps.compose(one, "Flu vaccine days", "flu2026", "flu_vaccine_days", in_seconds=30 if way == "mouse" else None)
    steps.mean_it(one, "Schedule for" if way == "mouse" else "Send to")
    steps.watch_to_the_end(one)
    steps.open_the_failed(one)

    reasons = one.page.locator("main tbody tr td:nth-child(4)").all_inner_texts()
    assert reasons and all(reasons), "every failed one has a reason in words"
    assert re.search(r"\d", one.page.locator("h1").inner_text())
