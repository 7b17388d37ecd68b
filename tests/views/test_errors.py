"""Every refusal is a page in plain words, or JSON for machines; nothing typed is lost."""

import pytest
from sqlalchemy import select

from core import errors
from models import Contact, User, db
from views import errors as error_pages


class TestPages:
    def test_what_is_not_there_says_so(self, browser):
        answer = browser.get("/nothing")

        assert answer.status_code == 404
        assert "There is nothing here" in answer.text

    def test_a_stranger_gets_the_same_page_without_the_rail(self, stranger):
        answer = stranger.get("/nothing")

        assert answer.status_code == 404
        assert 'class="rail"' not in answer.text

    def test_what_one_may_not_do_says_whom_to_ask(self, browser_as):
        answer = browser_as("viewer").get("/settings/team")

        assert answer.status_code == 403
        assert "Ask an admin" in answer.text

    def test_a_wrong_method_keeps_what_is_allowed(self, browser):
        answer = browser.get("/sign-out")

        assert answer.status_code == 405
        assert "POST" in answer.headers["Allow"]

    def test_a_post_after_the_session_ended_says_that_nothing_was_changed(self, stranger):
        answer = stranger.post("/settings/account", {"name": "x"})

        assert answer.status_code == 401
        assert "nothing has been changed" in answer.text

    def test_machines_get_json(self, browser):
        answer = browser.get("/nothing", headers={"Accept": "application/json"})

        assert (answer.status_code, answer.json) == (404, {"error": "There is nothing here"})

    @pytest.mark.parametrize("address", ["/contacts/2147483648", "/contacts/99999999999999999999", "/settings/team/0",
                                         "/settings/team/abc", "/%00", "/activity?q=%00", "/activity?page=%00"])
    def test_odd_addresses_are_not_found(self, browser, address):
        assert browser.get(address).status_code == 404

    def test_what_no_database_can_keep_is_taken_out_of_what_was_typed(self, browser, admin):
        answer = browser.post("/settings/account", {"name": "Fo\0la\x1bke A.", "timezone": ""})

        assert answer.status_code == 302
        assert db.session.get(User, admin.id).name == "Folake A."

    def test_tabs_and_line_ends_stay(self, browser):
        typed = {"name": "Ada", "notes": "one\ttab\r\nand \0a line"}
        browser.post("/contacts/new", typed)

        notes = db.session.scalars(select(Contact.notes)).one()
        assert "one\ttab" in notes and "\n" in notes and "and a line" in notes

    def test_nothing_typed_is_lost_when_another_field_is_wrong(self, browser):
        answer = browser.post("/contacts/new", {"name": "A\0da", "phone": "nonsense"})

        assert answer.status_code == 422
        assert 'value="Ada"' in answer.text

    def test_too_many_parts_are_refused(self, browser):
        answer = browser.post("/settings/account", {f"f{n}": "x" for n in range(1500)},
                              content_type="multipart/form-data")

        assert answer.status_code == 413

    def test_more_than_the_limit_names_the_limit(self, app, browser, monkeypatch):
        monkeypatch.setitem(app.config, "MAX_CONTENT_LENGTH", 1000)
        answer = browser.post("/settings/account", {"name": "x" * 2000})

        assert answer.status_code == 413
        assert "32 MB" in answer.text


@pytest.mark.parametrize(("error", "status"), [
    (errors.NotFound("gone"), 404), (errors.Invalid("odd"), 422), (errors.Conflict("late"), 409),
    (errors.Forbidden("no"), 403), (errors.TooMany("slow", wait_seconds=7), 429), (errors.CarrierTrouble("far"), 502),
    (errors.DashboardError("well"), 400)])
def test_each_kind_of_refusal_has_its_answer(app, error, status):
    with app.test_request_context():
        answer = error_pages.refused(error)

    assert answer.status_code == status
    assert error.message in answer.get_data(as_text=True)
    assert answer.headers.get("Retry-After") == ("7" if status == 429 else None)


class TestAFaultOfOurs:
    @pytest.fixture
    def broken(self, app, browser, monkeypatch):
        def fail():
            raise RuntimeError("secret inner words")

        monkeypatch.setitem(app.view_functions, "activity.index", fail)
        monkeypatch.setitem(app.config, "PROPAGATE_EXCEPTIONS", False)
        return browser

    def test_shows_general_words_and_a_number(self, broken):
        answer = broken.get("/activity")

        assert answer.status_code == 500
        assert "Something went wrong on our side" in answer.text
        assert "secret inner words" not in answer.text

    def test_is_in_the_log_under_that_number(self, broken, caplog):
        number = broken.get("/activity").text.partition("<code>")[2].partition("</code>")[0]

        assert len(number) == 8
        assert any(number in record.getMessage() for record in caplog.records)

    def test_carries_the_headers(self, broken):
        assert "default-src 'none'" in broken.get("/activity").headers["Content-Security-Policy"]


class TestAFormThatWasOpenTooLong:
    FROM_US = {"Sec-Fetch-Site": "same-origin"}

    def test_gives_everything_typed_back(self, browser):
        browser.sends_token = False
        answer = browser.post("/settings/account", {"name": "A long <typed> name", "csrf_token": "old"},
                              headers=self.FROM_US)

        assert answer.status_code == 400
        assert "open too long" in answer.text
        assert 'name="name" value="A long &lt;typed&gt; name"' in answer.text

    def test_can_be_sent_again_as_it_is(self, browser):
        browser.sends_token = False
        answer = browser.post("/settings/account", {"name": "Folake A.", "timezone": ""}, headers=self.FROM_US)
        token = answer.text.partition('name="csrf_token" value="')[2].partition('"')[0]
        again = browser.post("/settings/account", {"name": "Folake A.", "timezone": "", "csrf_token": token})

        assert again.status_code == 302

    def test_gives_no_password_back(self, browser):
        browser.sends_token = False
        answer = browser.post("/settings/account/password", {"present": "my secret", "password": "my new one"},
                              headers=self.FROM_US)

        assert "my secret" not in answer.text and "my new one" not in answer.text

    def test_does_not_help_another_site_to_try_again(self, browser):
        browser.sends_token = False
        answer = browser.post("/settings/account", {"name": "Planted"}, headers={"Sec-Fetch-Site": "cross-site"})

        assert "Planted" not in answer.text
