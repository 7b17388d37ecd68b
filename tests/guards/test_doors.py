"""Nothing is open by accident."""

import pytest

import routes
from tests.client import Browser
from views.doors import anyone, carrier, door_of, signed_in

OPEN_ENDPOINTS = {"health", "auth", "static", "vendor", "webhooks", "hooks"}


def pages(app):
    """Every address with a sample for each variable part."""
    samples = {"Id": "1", "IntegerConverter": "1", "PathConverter": "nothing.css", "UnicodeConverter": "nothing"}
    for rule in app.url_map.iter_rules():
        values = {name: samples.get(type(part).__name__, "1") for name, part in rule._converters.items()}
        address = rule.rule
        for part in rule._trace:
            if part[0] and part[1] in values:
                address = address.replace(_variable(rule.rule, part[1]), values[part[1]])
        yield rule, address


def _variable(text, name):
    """`<int:contact_id>` for contact_id."""
    return next(f"<{piece.split('>')[0]}>" for piece in text.split("<")[1:]
                if piece.split(">")[0].split(":")[-1] == name)


def door_for(app, rule):
    """The door of an address, as the map has it."""
    doors = {"static": anyone, "vendor": anyone} | {part.name: door for _, part, door in routes.MAP}
    return door_of(app.view_functions[rule.endpoint]) or doors.get(rule.endpoint.rpartition(".")[0] or rule.endpoint)


def test_every_address_has_a_door(app):
    assert not [rule.rule for rule in app.url_map.iter_rules() if door_for(app, rule) is None]


def test_only_the_listed_parts_are_open_to_the_world(app):
    open_parts = {rule.endpoint.split(".")[0] for rule in app.url_map.iter_rules()
                  if door_for(app, rule) in (anyone, carrier)}

    assert open_parts <= OPEN_ENDPOINTS


def test_an_address_that_is_not_on_the_map_is_refused(tmp_path):
    from app import create_app
    from tests.conftest import settings_for

    app = create_app(settings_for(tmp_path))
    app.add_url_rule("/by-accident", "by_accident", lambda: "secrets")

    assert app.test_client().get("/by-accident").status_code == 403


def test_every_page_that_changes_something_names_the_right_it_needs(app):
    wrong = [f"{rule.endpoint} ({rule.rule})" for rule in app.url_map.iter_rules()
             if "POST" in (rule.methods or ()) and door_for(app, rule) is signed_in
             and door_of(app.view_functions[rule.endpoint]) is None]

    assert not wrong, f"declare @needs(Right.…) or @open_to(signed_in) on: {wrong}"


def test_a_stranger_gets_no_page_that_is_not_open(app, stranger: Browser):
    let_in = []
    for rule, address in pages(app):
        if door_for(app, rule) in (anyone, carrier):
            continue
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            answer = stranger.open(address, method=method, data={"csrf_token": stranger.token()})
            led_away = answer.status_code in (301, 302, 303, 308) and "sign" in answer.headers["Location"]
            if answer.status_code not in (401, 403) and not led_away:
                let_in.append(f"{method} {address} answered {answer.status_code} {answer.headers.get('Location', '')}")

    assert not let_in, "\n".join(let_in)


def test_a_form_without_its_token_is_refused_everywhere(app, browser: Browser):
    taken = []
    browser.sends_token = False
    for rule, address in pages(app):
        if "POST" not in (rule.methods or ()) or door_for(app, rule) is carrier or rule.endpoint.startswith("api."):
            continue
        answer = browser.post(address, data={"name": "x"})
        if answer.status_code != 400:
            taken.append(f"{address} answered {answer.status_code}")

    assert not taken, "\n".join(taken)


@pytest.mark.parametrize("address", ["/contacts/999999", "/contacts/99999999999999999999", "/campaigns/0",
                                     "/imports/2147483648", "/templates/-1", "/contacts/%00", "/nothing/here"])
def test_an_address_of_nothing_is_a_page_that_says_so(browser, address):
    assert browser.get(address).status_code == 404


@pytest.mark.parametrize("number", ["0", "-1", "99999999999999999999", "abc", "1e9", "%00", "٣", ""])
def test_no_odd_word_in_an_address_breaks_a_page(app, browser, number):
    names = ("page", "size", "sort", "q", "search", "after", "state", "tag", "direction", "before", "kind", "who")
    asked = "&".join(f"{name}={number}" for name in names)
    others = ("health.ready", "simulation.")  # they say 503 and 502 when another program they ask is not there
    lists = [rule.rule for rule in app.url_map.iter_rules()
             if "GET" in (rule.methods or ()) and not rule.arguments and not rule.endpoint.startswith(others)]

    broken = [f"{a}: {code}" for a in lists if (code := browser.get(f"{a}?{asked}").status_code) >= 500]
    assert not broken, "\n".join(broken)


def test_every_page_answers_with_strict_headers(app, browser):
    wrong = []
    for rule, address in pages(app):
        if "GET" not in (rule.methods or ()) or rule.arguments:
            continue
        headers = browser.get(address).headers
        policy = headers.get("Content-Security-Policy", "")
        strict = "default-src 'none'" in policy and "unsafe" not in policy
        if not strict or headers.get("X-Content-Type-Options") != "nosniff":
            wrong.append(f"{address}: {policy or 'no policy'}")

    assert not wrong, "\n".join(wrong)
