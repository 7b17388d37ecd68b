"""What every answer carries, what forged headers change, what a form may not set."""

import pytest
from markupsafe import escape

from app import create_app
from core.actor import SYSTEM
from models import Contact, User, db
from services import auth
from tests.conftest import settings_for
from tests.guards.test_doors import pages

GOOD = "harbour lights 9"


def test_every_answer_carries_the_headers(app, browser):
    wrong = []
    browser.checks_pages = False
    for _, address in pages(app):
        for method in ("GET", "POST", "PUT", "OPTIONS"):
            headers = browser.open(address, method=method).headers
            policy = headers.get("Content-Security-Policy", "")
            if ("default-src 'none'" not in policy or "frame-ancestors 'none'" not in policy or "unsafe" in policy
                    or headers.get("X-Content-Type-Options") != "nosniff"
                    or headers.get("Referrer-Policy") != "same-origin" or not headers.get("Permissions-Policy")
                    or headers.get("Cross-Origin-Opener-Policy") != "same-origin"):
                wrong.append(f"{method} {address}")

    assert not wrong


def test_nothing_a_person_sees_is_kept_by_the_browser(app, browser):
    wrong = []
    browser.checks_pages = False
    for rule, address in pages(app):
        if rule.endpoint in ("static", "vendor") or "GET" not in rule.methods:
            continue
        if browser.get(address).headers["Cache-Control"] != "no-store":
            wrong.append(address)

    assert not wrong


def test_downloads_carry_them_too(browser):
    headers = browser.get("/activity/export").headers

    assert headers["Content-Disposition"].startswith("attachment")
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cache-Control"] == "no-store"


class TestOtherSites:
    CHANGE = {"name": "Folake A.", "timezone": ""}

    @pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://localhost:8080", "https://localhost:8443",
                                        "http://localhost.evil.example", ""])
    def test_a_valid_token_does_not_open_the_door_to_a_page_of_another_site(self, browser, admin, origin):
        answer = browser.post("/settings/account", self.CHANGE, headers={"Origin": origin})

        assert answer.status_code == 403 and "another site" in answer.text
        assert db.session.get(User, admin.id).name == "Folake Adeyemi"

    @pytest.mark.parametrize("origin", ["http://localhost", "HTTP://LOCALHOST", "https://localhost"])
    def test_our_own_pages_may(self, browser, origin):
        assert browser.post("/settings/account", self.CHANGE, headers={"Origin": origin}).status_code == 302

    def test_looking_is_not_changing(self, browser):
        assert browser.get("/activity", headers={"Origin": "https://evil.example"}).status_code == 200

    def test_carriers_sign_instead(self, stranger):
        answer = stranger.post("/webhook", data=b"{}", headers={"Origin": "https://graph.example"})

        assert "another site" not in answer.text

    def test_behind_a_trusted_proxy_the_address_people_see_counts(self, tmp_path):
        app = create_app(settings_for(tmp_path, trusted_proxies=1))
        app.config["WTF_CSRF_ENABLED"] = False
        app.view_functions["auth.sign_in"] = lambda: "come in"
        proxied = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "post.example"}
        with app.app_context():
            said = [app.test_client().post("/sign-in", headers=proxied | {"Origin": origin}).status_code
                    for origin in ("https://post.example", "http://post.example", "http://localhost")]

        assert said == [200, 403, 403]


class TestFiles:
    def test_ours_and_those_of_others_may_be_kept_for_ever(self, browser):
        text = browser.get("/activity").text
        addresses = [part.split('"')[0] for part in text.split('href="')[1:] if ".css" in part.split('"')[0]]

        answers = [browser.get(address.replace("&amp;", "&")) for address in addresses]

        assert len(answers) >= 6
        assert {a.headers["Cache-Control"] for a in answers} == {"public, max-age=31536000, immutable"}
        assert {a.status_code for a in answers} == {200}

    @pytest.mark.parametrize("name", ["css/bootstrap.css", "../../app.py", "..%2f..%2fapp.py", "js/x.js", "x" * 3000,
                                      "css%2fbootstrap.min.css%00", ""])
    def test_only_the_listed_files_of_others_are_served(self, browser, name):
        from views import assets

        assert browser.get(f"/vendor/{assets.vendor_version()}/{name}").status_code == 404

    def test_another_version_is_not_found(self, browser):
        assert browser.get("/vendor/0/css/bootstrap.min.css").status_code == 404


class TestForgedHeaders:
    FORGED = {"Host": "evil.example", "X-Forwarded-Host": "evil.example", "X-Forwarded-For": "6.6.6.6",
              "X-Forwarded-Proto": "https", "X-Forwarded-Prefix": "/evil", "Forwarded": "host=evil.example;for=6.6.6.6"}

    @pytest.mark.parametrize("address", ["/", "/settings/team", "/activity", "/nothing"])
    def test_appear_in_no_page(self, browser, address):
        assert "evil" not in browser.get(address, headers={**self.FORGED, "Host": "localhost"}).text

    def test_lead_nowhere(self, stranger):
        answer = stranger.get("/", headers=self.FORGED)

        assert answer.location == "/sign-in?next=/"

    def test_do_not_change_whose_tries_are_counted(self, stranger):
        auth.create_first_admin(email="folake@clinic.example", password=GOOD)
        outcomes = [stranger.post("/sign-in", {"email": f"p{n}@x.example", "password": "wrong"},
                                  headers={"X-Forwarded-For": f"10.0.0.{n}"}).status_code
                    for n in range(auth.ADDRESS_TRIES + 2)]

        assert outcomes[-2:] == [429, 429]

    @pytest.mark.parametrize(("proxies", "seen"), [(0, "127.0.0.1"), (1, "2.2.2.2"), (2, "1.1.1.1")])
    def test_only_as_many_proxies_as_the_setting_says_are_believed(self, tmp_path, proxies, seen):
        from views.sign_in import address

        app = create_app(settings_for(tmp_path, trusted_proxies=proxies))
        heard = []
        app.before_request_funcs.setdefault(None, []).insert(0, lambda: heard.append(address()))
        app.test_client().get("/static/favicon.svg", headers={"X-Forwarded-For": "6.6.6.6, 1.1.1.1, 2.2.2.2"})

        assert heard == [seen]


def test_https_makes_cookies_secure_and_browsers_remember_it(tmp_path):
    app = create_app(settings_for(tmp_path, https=1))
    from tables.session import Base

    with app.app_context():
        Base.metadata.create_all(db.engine)
    answer = app.test_client().get("/setup", base_url="https://localhost")
    cookie = answer.headers["Set-Cookie"]

    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"
    assert cookie.startswith("__Host-pigeonpost=") and "Secure" in cookie and "Path=/" in cookie and "Domain" not in cookie


class TestFormsTakeOnlyTheirFields:
    FORBIDDEN = {"id": "77", "role": "admin", "may_send": "y", "password_hash": "x", "user_id": "1", "is_admin": "1",
                 "disabled_at": "", "email": "taken@over.example", "session_id": "1"}

    def test_ones_own_account(self, browser_as):
        viewer = browser_as("viewer")
        viewer.post("/settings/account", {"name": "Still a viewer", "timezone": ""} | self.FORBIDDEN)
        user = db.session.get(User, viewer.person.id, populate_existing=True)

        assert (user.name, user.role, user.may_send) == ("Still a viewer", "viewer", False)
        assert user.email != "taken@over.example"

    def test_signing_in(self, stranger):
        auth.create_first_admin(email="folake@clinic.example", password=GOOD)
        auth.add_user(email="v@x.example", password=GOOD, by=SYSTEM)
        stranger.post("/sign-in", {**self.FORBIDDEN, "email": "v@x.example", "password": GOOD})

        assert stranger.get("/settings").status_code == 403


@pytest.mark.parametrize("role", ["viewer", "agent", "manager"])
@pytest.mark.parametrize("address", ["/settings", "/settings/team", "/settings/team/1"])
def test_only_admins_manage(browser_as, role, address):
    assert browser_as(role, may_send=True).get(address).status_code == 403
    assert browser_as(role).post(address, {"name": "x"}).status_code == 403


@pytest.mark.parametrize("origin", ["https://evil.example", "null"])
@pytest.mark.parametrize("kind", ["text/plain", "application/json", "application/x-www-form-urlencoded"])
def test_another_site_can_change_nothing(browser, origin, kind):
    browser.sends_token = False
    body = '{"name": "x", "email": "a@b.de", "role": "admin", "csrf_token": "x"}'
    answers = [browser.post(a, data=body, content_type=kind, headers={"Origin": origin})
               for a in ("/settings/team", "/settings/account", "/sign-out", "/theme", "/settings")]

    assert {a.status_code for a in answers} == {400}
    assert db.session.query(User).count() == 1


def test_a_token_of_another_session_is_worth_nothing(app, browser, browser_as):
    foreign = browser_as("viewer").token()
    browser.sends_token = False

    assert browser.post("/sign-out", data={"csrf_token": foreign}).status_code == 400


@pytest.mark.parametrize("text", ["{{1337*1337}}", "{{config}}", "{% raw %}", "{0.__class__}", "%(x)s", "${1337*1337}",
                                  "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "{name} {detail} {subject}"])
def test_names_are_words_and_nothing_else(browser, text):
    from core.actor import Actor
    from models import transaction
    from services import activity

    with transaction():
        person = Contact(name=text)
        db.session.add(person)
        db.session.flush()
        activity.record("contact.changed", by=Actor("user", text), subject_kind="contact", subject_id=person.id,
                        subject_name=text, fields=text)
    page = browser.get("/activity").text

    assert page.count(str(escape(text))) >= 3
    assert "1787569" not in page.partition("<main")[2].partition("</main>")[0]
