"""The first visit, signing in and out, invitations, light and dark."""

import pytest

from models import User, db
from services import auth, settings
from views import sign_in as session_of

GOOD = "harbour lights 9"
FIRST = {"name": "Folake Adeyemi", "email": "folake@clinic.example", "password": GOOD, "business_name": "Harbour Clinic",
         "country": "NG", "timezone": "Africa/Lagos"}


@pytest.fixture
def folake(app):
    """The first admin, who knows her password."""
    return auth.create_first_admin(email="folake@clinic.example", password=GOOD, name="Folake Adeyemi")


class TestTheFirstVisit:
    @pytest.mark.parametrize("address", ["/", "/contacts", "/settings", "/sign-in", "/activity?page=2"])
    def test_every_page_leads_to_it(self, stranger, address):
        answer = stranger.get(address, follow_redirects=True)

        assert answer.request.path == "/setup"
        assert "You are the first one here" in answer.text

    def test_says_that_simulation_is_on(self, stranger):
        assert "Simulation is on" in stranger.get("/setup").text

    def test_makes_the_admin_and_goes_home_with_the_next_step(self, stranger):
        answer = stranger.post("/setup", FIRST, follow_redirects=True)

        assert answer.request.path == "/"
        assert "Good" in answer.text and "Folake" in answer.text
        assert "Bring in your people" in answer.text
        assert (settings.default_country(), settings.time_zone()) == ("NG", "Africa/Lagos")
        assert settings.get("business_name") == "Harbour Clinic"

    @pytest.mark.parametrize(("field", "typed", "sentence"), [
        ("email", "folake", "not an e-mail address"), ("password", "short", "at least 10 characters"),
        ("password", "password123", "one of the first"), ("password", "x" * 201, "At most 200"),
        ("name", "", "Write the name"), ("country", "XX", "Not a valid choice"), ("timezone", "Mars/One", "Not a valid")])
    def test_says_what_is_wrong_and_keeps_the_rest(self, stranger, field, typed, sentence):
        answer = stranger.post("/setup", FIRST | {field: typed})

        assert sentence in answer.text
        assert "Harbour Clinic" in answer.text
        assert not auth.has_users()

    def test_is_closed_for_ever_after(self, stranger, folake):
        answer = stranger.post("/setup", FIRST | {"email": "late@x.example"})

        assert answer.location == "/sign-in"
        assert db.session.query(User).count() == 1

    def test_does_not_take_a_role_or_a_number_from_the_form(self, stranger):
        stranger.post("/setup", FIRST | {"id": "77", "role": "viewer", "may_send": "", "disabled_at": "2020-01-01"})
        user = db.session.query(User).one()

        assert (user.id != 77, user.role, user.may_send, user.disabled_at) == (True, "admin", True, None)


class TestSigningIn:
    def test_leads_to_where_one_wanted_to_go(self, stranger, folake):
        asked = stranger.get("/activity?kind=user")
        answer = stranger.post(asked.location, {"email": "FOLAKE@clinic.example ", "password": GOOD})

        assert asked.location == "/sign-in?next=/activity?kind%3Duser"
        assert answer.location == "/activity?kind=user"

    def test_starts_afresh_so_that_no_planted_cookie_survives(self, stranger, folake):
        with stranger.session() as kept:
            kept["planted"] = "by somebody else"
            kept["_user_id"] = "a token somebody else knows"
        stranger.post("/sign-in", {"email": "folake@clinic.example", "password": GOOD})

        with stranger.session() as kept:
            assert "planted" not in kept
            assert kept["_user_id"] != "a token somebody else knows"

    def test_a_wrong_password_and_an_unknown_account_read_the_same(self, stranger, folake):
        wrong = stranger.post("/sign-in", {"email": "folake@clinic.example", "password": "not this"})
        unknown = stranger.post("/sign-in", {"email": "nobody@clinic.example", "password": "not this"})

        assert wrong.status_code == unknown.status_code == 422
        assert _words(wrong) == _words(unknown)
        assert "The e-mail or the password is wrong" in wrong.text

    def test_too_many_tries_say_when_to_come_back(self, stranger, folake):
        for _ in range(10):
            stranger.post("/sign-in", {"email": "folake@clinic.example", "password": "not this"})
        answer = stranger.post("/sign-in", {"email": "folake@clinic.example", "password": GOOD})

        assert answer.status_code == 429
        assert 0 < int(answer.headers["Retry-After"]) <= 901
        assert "Too many tries" in answer.text

    def test_the_typed_address_stays_and_the_password_does_not(self, stranger, folake):
        answer = stranger.post("/sign-in", {"email": "folake@clinic.exampl", "password": "typed secret"})

        assert 'value="folake@clinic.exampl"' in answer.text
        assert "typed secret" not in answer.text

    def test_a_password_of_a_megabyte_is_refused_unread(self, stranger, folake):
        answer = stranger.post("/sign-in", {"email": "folake@clinic.example", "password": "x" * 1_000_000})

        assert "At most 200 characters" in answer.text

    def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(self, stranger, folake):
        answer = stranger.post("/sign-in", {"email": "folake@clinic.example", "password": GOOD})
        cookie = next(c for c in answer.headers.getlist("Set-Cookie") if c.startswith("pigeonpost="))

        assert "HttpOnly" in cookie and "SameSite=Lax" in cookie


def _words(answer):
    """The page without what differs by itself: the token and what was typed."""
    lines = [line for line in answer.text.splitlines() if "csrf_token" not in line and "@clinic" not in line]
    return "\n".join(lines)


class TestSigningOut:
    def test_ends_the_session_on_the_server(self, browser):
        with browser.session() as kept:
            token = kept["_user_id"]
        answer = browser.post("/sign-out")

        assert answer.location == "/sign-in"
        assert auth.person_of(token) is None

    def test_cannot_be_done_by_a_link(self, browser):
        assert browser.get("/sign-out").status_code == 405

    def test_an_old_cookie_opens_nothing(self, browser):
        with browser.session() as kept:
            before = dict(kept)
        browser.post("/sign-out")
        with browser.session() as kept:
            kept.update(before)

        assert browser.get("/activity").location.startswith("/sign-in")


class TestInvitations:
    def test_let_somebody_choose_a_password_and_in(self, stranger, folake, by):
        amina = auth.add_user(email="amina@x.example", by=by)
        address = f"/choose-password/{auth.invitation_for(amina)}"

        weak = stranger.post(address, {"password": "short"})
        answer = stranger.post(address, {"password": GOOD}, follow_redirects=True)

        assert "at least 10 characters" in weak.text
        assert (answer.status_code, answer.request.path) == (200, "/")

    def test_a_used_one_says_so(self, stranger, folake):
        assert "used already or is too old" in stranger.get("/choose-password/nonsense").text


class TestTheLook:
    def test_dark_comes_first(self, stranger, folake):
        assert '<html lang="en" data-bs-theme="dark"' in stranger.get("/sign-in").text

    def test_until_somebody_chooses_the_system_does(self, browser):
        assert 'data-choice="system"' in browser.get("/activity").text
        browser.post("/theme", {"theme": "dark"})
        assert 'data-choice="dark"' in browser.get("/activity").text

    def test_light_is_one_click_away_and_stays(self, browser):
        answer = browser.post("/theme", {"theme": "light", "next": "/activity"})

        assert answer.location == "/activity"
        assert '<html lang="en" data-bs-theme="light"' in browser.get("/activity").text

    @pytest.mark.parametrize("wanted", ["blue", "", '"><script>', "x" * 5000])
    def test_other_words_change_nothing(self, browser, wanted):
        browser.post("/theme", {"theme": wanted})

        assert 'data-bs-theme="dark"' in browser.get("/activity").text


OFF_SITE = ["//evil.example", "///evil.example", "////evil.example/", "https://evil.example", "http:evil.example",
            "http:/evil.example", "https:///evil.example", "HTTPS://evil.example", "ftp://evil.example",
            "javascript:alert(1)", "JavaScript:alert(1)", "java\tscript:alert(1)", "data:text/html,x", "vbscript:x",
            "\\\\evil.example", "/\\evil.example", "\\/evil.example", "/\\/evil.example", "/\\\\evil.example", "\\evil",
            "/\t/evil.example", "/\n/evil.example", "/\r/evil.example", "\t//evil.example", " //evil.example",
            "\x00//evil.example", "/\x00/evil.example", "%2f%2fevil.example", "/%2fevil.example", "/%2f/evil.example",
            "/%5cevil.example", "/%5c%5cevil.example", "%5c%5cevil.example", "/%09/evil.example", "/%0a/evil.example",
            "/%0d%0aLocation:%20//evil.example", "@evil.example", "/@evil.example", "//@evil.example", "user@evil.example",
            "//user:pw@evil.example", "https:@evil.example", "evil.example", "./evil.example", "../evil.example",
            "/..//evil.example", "/.//evil.example", "/;//evil.example", "/contacts//evil.example",
            "//evil.example/activity", "//evil.example\\@/activity", "http://localhost@evil.example", "／／evil.example",
            "/／evil.example", "//evil。example", "//ⓔvil.example", "/\u2028/evil.example", "\u202e//evil.example",
            "/\u00a0/evil.example", "//[::1]", "//127.0.0.1", "//2130706433", "http://[::1]/", "http://", "//", "///", "",
            "?next=//evil.example", "#//evil.example", ":evil", "/:evil//x", "//\u0000", "/nowhere/at/all", "/theme",
            "/sign-out", "/static/css/base.css", "/vendor/1/css/bootstrap.min.css", "blob:https://evil.example/x",
            "view-source:x", "file:///etc/passwd", "/\u0085/evil.example", "/%e2%80%a8/evil.example", "x" * 9000]


@pytest.mark.parametrize("wanted", OFF_SITE, ids=range(len(OFF_SITE)))
def test_nobody_is_led_off_site(app, wanted):
    with app.test_request_context():
        assert session_of.own_path(wanted) == "/"


@pytest.mark.parametrize("wanted", ["/", "/activity", "/activity?kind=user&page=2", "/settings/account",
                                    "/activity?q=//evil.example", "/settings/team/1"])
def test_our_own_pages_are_kept(app, wanted):
    with app.test_request_context():
        assert session_of.own_path(wanted) == wanted
