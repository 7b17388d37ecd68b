"""The published numbers of the simulator."""


def test_every_magic_number_is_on_the_page_with_its_story(browser, built_app):
    page = browser.get("/simulation/numbers").text

    assert all(number in page for number, _ in built_app.extensions["magic_numbers"])


def test_there_is_no_such_page_without_simulation(browser, built_app, monkeypatch):
    monkeypatch.delitem(built_app.extensions, "magic_numbers")

    assert browser.get("/simulation/numbers").status_code == 404
