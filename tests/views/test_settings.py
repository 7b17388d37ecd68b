"""The installation, the team, one's own account."""

import pytest

from models import User, db
from services import activity, auth, channels, settings

GOOD = "harbour lights 9"
SHOWN = {"business_name": "Harbour Clinic", "country": "NG", "timezone": "Africa/Lagos", "opt_out_words": "STOP, HALT\nENDE",
         "opt_in_words": "START", "keep_notices": "90", "keep_logs": "90", "keep_files": "90",
         "keep_received": "3650", "keep_events": "90", "keep_runs": "730"}


class TestTheInstallation:
    def test_keeps_what_was_typed(self, browser):
        answer = browser.post("/settings", SHOWN, follow_redirects=True)

        assert "The settings are kept" in answer.text
        assert settings.get("opt_out_words") == ["STOP", "HALT", "ENDE"]
        assert (settings.default_country(), settings.time_zone()) == ("NG", "Africa/Lagos")

    def test_only_what_changed_is_written_down(self, browser):
        browser.post("/settings", SHOWN)
        before = activity.recent(verb="settings.changed").total
        browser.post("/settings", SHOWN | {"business_name": "Harbour"})

        assert activity.recent(verb="settings.changed").total == before + 1
        assert "name of the business" in browser.get("/activity").text

    @pytest.mark.parametrize(("field", "typed", "sentence"), [
        ("opt_out_words", "", "Keep at least one word"), ("opt_out_words", " , ,\n", "Keep at least one word"),
        ("opt_in_words", "stop", "cannot mean stop and start"), ("opt_out_words", "x" * 41, "longer than 40"),
        ("opt_out_words", ",".join(map(str, range(101))), "at most 100 words"), ("business_name", "", "Write what people"),
        ("keep_notices", "0", "Between 1 and 3,650"), ("keep_runs", "44", "Between 45 and 3,650"), ("keep_logs", "x", "Not a valid integer"),
        ("opt_out_words", "STOP, !?", "no word that anybody"), ("business_name", "x" * 121, "At most 120"), ("country", "XX", "Not a valid choice"),
        ("timezone", "Europe/Atlantis", "Not a valid choice")])
    def test_says_beside_the_field_what_is_wrong(self, browser, field, typed, sentence):
        answer = browser.post("/settings", SHOWN | {field: typed})

        assert sentence in answer.text
        assert activity.recent(verb="settings.changed").total == 0

    def test_never_shows_a_secret(self, browser, app):
        channels.ensure_first()
        text = browser.get("/settings").text + browser.get("/settings/channels").text

        for secret in ("token", "app secret", "verify token"):
            assert channels.derived(secret) not in text
        assert app.config["SECRET_KEY"] not in text

    def test_a_number_that_does_not_exist_cannot_be_resumed(self, browser):
        assert browser.post("/settings/channels/77/resume").status_code == 404


class TestTheTeam:
    def test_a_person_with_a_password_can_sign_in(self, browser):
        browser.post("/settings/team", {"name": "Amina", "email": "Amina@X.example", "role": "agent", "password": GOOD})

        assert auth.sign_in(email="amina@x.example", password=GOOD)

    def test_a_person_without_one_gets_an_invitation(self, browser, stranger):
        answer = browser.post("/settings/team", {"name": "Amina", "email": "amina@x.example", "role": "agent"})
        path = answer.text.partition('value="/choose-password/')[2].partition('"')[0]

        assert stranger.get(f"/choose-password/{path}").status_code == 200

    @pytest.mark.parametrize(("field", "typed", "sentence"), [
        ("email", "amina", "not an e-mail address"), ("email", "admin1@example.org", "in the team already"),
        ("password", "short", "at least 10 characters"), ("role", "owner", "Not a valid choice"), ("name", "", "Write the name")])
    def test_a_refusal_stands_beside_its_field_and_the_rest_is_kept(self, browser, field, typed, sentence):
        form = {"name": "Amina Bello", "email": "amina@x.example", "role": "agent", "password": GOOD} | {field: typed}
        answer = browser.post("/settings/team", form)

        assert sentence in answer.text
        assert form["email"] in answer.text
        assert db.session.query(User).count() == 1

    def test_rights_can_be_changed_and_end_the_sessions(self, browser, browser_as):
        amina = browser_as("agent")
        browser.post(f"/settings/team/{amina.person.id}", {"name": "Amina", "role": "manager", "may_send": "y"})

        assert amina.get("/activity").location.startswith("/sign-in")
        db.session.expire_all()
        assert auth.get_user(amina.person.id).may_send

    def test_a_closed_account_is_out_at_once_and_can_come_back(self, browser, browser_as):
        amina = browser_as("agent")
        browser.post(f"/settings/team/{amina.person.id}/close")
        closed = amina.get("/activity").location
        text = browser.get("/settings/team").text
        browser.post(f"/settings/team/{amina.person.id}/reopen")

        assert closed.startswith("/sign-in")
        assert "Closed" in text
        db.session.expire_all()
        assert auth.get_user(amina.person.id).disabled_at is None

    def test_the_last_admin_cannot_take_the_rights_from_themselves(self, browser, admin):
        answer = browser.post(f"/settings/team/{admin.id}", {"name": "Folake", "role": "viewer"})

        assert "Nobody would be left to manage" in answer.text

    def test_nobody_closes_their_own_account(self, browser, admin, browser_as):
        browser_as("admin")
        answer = browser.post(f"/settings/team/{admin.id}/close")

        assert answer.status_code == 409
        assert "cannot close your own account" in answer.text

    @pytest.mark.parametrize("path", ["", "/close", "/reopen", "/invite"])
    def test_a_person_who_does_not_exist_is_not_found(self, browser, path):
        assert browser.post(f"/settings/team/999{path}", {"name": "x", "role": "agent"}).status_code == 404


class TestOnesOwnAccount:
    @pytest.fixture
    def folake(self, app, stranger):
        """A browser of somebody who knows her password."""
        auth.create_first_admin(email="folake@clinic.example", password=GOOD, name="Folake")
        stranger.post("/sign-in", {"email": "folake@clinic.example", "password": GOOD})
        return stranger

    def test_name_and_zone_are_kept_and_times_follow(self, browser):
        browser.post("/settings/account", {"name": "Folake A.", "timezone": "Asia/Tokyo"})

        assert "times in Tokyo (JST)" in browser.get("/activity").text
        assert "Folake A." in browser.get("/activity").text

    def test_a_zone_nobody_knows_is_refused(self, browser):
        assert "Not a valid choice" in browser.post("/settings/account", {"name": "F", "timezone": "Mars/One"}).text

    def test_a_viewer_has_an_account_page_too(self, browser_as):
        viewer = browser_as("viewer")

        assert viewer.get("/settings/account").status_code == 200
        assert 'href="/settings/account"' in viewer.get("/activity").text

    def test_a_new_password_needs_the_present_one(self, folake):
        answer = folake.post("/settings/account/password", {"present": "not it", "password": "another harbour"})

        assert "not your present password" in answer.text

    def test_a_new_password_keeps_this_browser_in_and_ends_the_others(self, app, folake):
        other = app.test_client()
        other.post("/sign-in", {"email": "folake@clinic.example", "password": GOOD})
        answer = folake.post("/settings/account/password", {"present": GOOD, "password": "another harbour"})

        assert answer.location == "/settings/account"
        assert folake.get("/settings/account").status_code == 200
        assert other.get("/settings/account").location.startswith("/sign-in")

    def test_a_weak_new_password_is_refused_beside_its_field(self, folake):
        answer = folake.post("/settings/account/password", {"present": GOOD, "password": "password123"})

        assert "one of the first" in answer.text

    def test_other_sessions_are_listed_and_can_be_ended(self, browser, admin):
        token = auth.start_session(user_id=admin.id, browser="Mozilla/5.0 (X11; Linux) Chrome/140 Safari/537", address="10.0.0.9")
        text = browser.get("/settings/account").text
        browser.post(f"/settings/account/sessions/{auth.person_of(token).session_id}/end")

        assert "Chrome on Linux" in text and "10.0.0.9" in text
        assert auth.person_of(token) is None

    def test_all_others_end_at_once(self, browser, admin):
        token = auth.start_session(user_id=admin.id)
        browser.post("/settings/account/sessions/end-others")

        assert auth.person_of(token) is None
        assert browser.get("/settings/account").status_code == 200

    def test_the_session_of_another_is_not_found(self, browser, browser_as):
        amina = browser_as("agent")
        with amina.session() as kept:
            theirs = auth.person_of(kept["_user_id"]).session_id

        assert browser.post(f"/settings/account/sessions/{theirs}/end").status_code == 404
        assert amina.get("/settings/account").status_code == 200


class TestQuietHours:
    NIGHT = {"quiet_on": "y", "quiet_from": "22:30", "quiet_to": "07:00"}

    def test_are_off_until_somebody_switches_them_on(self, browser):
        browser.post("/settings", SHOWN)
        assert settings.get("quiet_hours") == {"is_on": False, "from": "21:00", "to": "08:00"}

        browser.post("/settings", SHOWN | self.NIGHT)
        assert settings.get("quiet_hours") == {"is_on": True, "from": "22:30", "to": "07:00"}
        assert 'value="22:30"' in browser.get("/settings").text

    @pytest.mark.parametrize(("field", "typed", "sentence"), [
        ("quiet_from", "25:00", "such as 21:00"), ("quiet_to", "", "such as 21:00"), ("quiet_to", "22:30", "are none"),
        ("quiet_from", "<b>", "such as 21:00")])
    def test_say_what_is_no_time(self, browser, field, typed, sentence):
        answer = browser.post("/settings", SHOWN | self.NIGHT | {field: typed})

        assert sentence in answer.text
        assert settings.get("quiet_hours")["is_on"] is False
