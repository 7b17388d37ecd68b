"""What is asked of WhatsApp from the pages of templates: its list, a pause, a file, changes in place, deleting."""

import io

import pytest

from core.states import TemplateState
from models import MessageTemplate, TemplateVersion, db, transaction
from services import channels, message_templates
from tests.factories import files
from tests.factories.message_templates import BODY, a_template, in_state, listed, newest
from transports.port import ListedTemplate, NeverLeft

WITH_PICTURE = ListedTemplate("9001", "winter_offer", "en_GB", "marketing", "approved", "APPROVED", body="We are open again.",
                              header={"kind": "image", "media_id": None})


@pytest.fixture(autouse=True)
def number(app):
    return channels.ensure_first()


@pytest.fixture
def template(app):
    return a_template("offer")


def fresh(template):
    db.session.expire_all()
    return newest(template)


class TestSync:
    def test_what_was_made_there_is_in_the_list(self, browser, catalogue):
        catalogue.listed = [WITH_PICTURE]

        text = browser.post("/templates/sync", follow_redirects=True).text

        assert "WhatsApp lists 1 template: 1 new" in text and "winter_offer" in text and "As WhatsApp listed them" in text

    def test_trouble_is_said_in_words(self, browser, catalogue):
        catalogue.trouble = NeverLeft("The carrier could not be reached.", code="unreachable")

        text = browser.post("/templates/sync", follow_redirects=True).text

        assert "could not be had: The carrier could not be reached." in text

    def test_a_reader_may_not(self, browser_as, catalogue, template):
        reader = browser_as("viewer")

        assert [reader.post(path).status_code for path in (
            "/templates/sync", f"/templates/{template.id}/versions/1/unpause",
            f"/templates/{template.id}/versions/1/file", f"/templates/{template.id}/versions/1/place")] == [403] * 4

    def test_the_terminal_can_do_it_too(self, app, catalogue):
        catalogue.listed = [WITH_PICTURE]

        done = app.test_cli_runner().invoke(args=["templates", "sync"])

        assert done.output.strip() == "WhatsApp lists 1 template: 1 new" and done.exit_code == 0

    def test_the_terminal_says_why_not(self, app, catalogue):
        catalogue.trouble = NeverLeft("The carrier could not be reached.", code="unreachable")

        done = app.test_cli_runner().invoke(args=["templates", "sync", "--json"])

        assert done.exit_code == 1 and "could not be reached" in done.output


class TestAPause:
    def test_one_made_of_first_answers_can_be_ended(self, browser, catalogue, template):
        version = in_state(newest(template), TemplateState.PAUSED)
        with transaction():
            version.carrier_word = "RATE_LIMITING_PAUSE"
        assert "took it badly" in browser.get(f"/templates/{template.id}").text

        browser.post(f"/templates/{template.id}/versions/1/unpause")

        assert catalogue.acts == [("unpause", version.wire_id)]

    def test_a_version_that_is_not_there_is_not_found(self, browser, template):
        assert browser.post(f"/templates/{template.id}/versions/9/unpause").status_code == 404


class TestAFile:
    def test_a_template_made_there_gets_its_picture_here(self, browser, catalogue):
        catalogue.listed = [WITH_PICTURE]
        browser.post("/templates/sync")
        template = db.session.query(MessageTemplate).one()
        assert "The file at the top" in browser.get(f"/templates/{template.id}").text

        browser.post(f"/templates/{template.id}/versions/1/file", {"file": (io.BytesIO(files.png()), "open.png")})

        assert fresh(template).header["media_id"]
        assert "The file at the top" not in browser.get(f"/templates/{template.id}").text

    def test_a_file_of_another_kind_is_refused_in_words(self, browser, catalogue):
        catalogue.listed = [WITH_PICTURE]
        browser.post("/templates/sync")
        template = db.session.query(MessageTemplate).one()

        browser.post(f"/templates/{template.id}/versions/1/file", {"file": (io.BytesIO(b"no picture"), "open.png")})

        assert not fresh(template).header["media_id"]


class TestInPlace:
    def typed(self, **more):
        return {"category": "marketing", "header_kind": "", "body": BODY.replace("flu", "new"), "footer": "", "in_place": "1",
                "sample:first_name": "Ana", "sample:vaccine_day": "Monday"} | more

    def test_the_editor_offers_it_and_keeps_the_name(self, browser, catalogue, template):
        assert "Change the words in place" in browser.get(f"/templates/{template.id}/edit").text

        browser.post(f"/templates/{template.id}/edit", self.typed())

        assert (fresh(template).number, fresh(template).wire_name) == (2, "offer")

    def test_a_rule_that_forbids_it_stands_there(self, browser, catalogue, template):
        in_state(newest(template), TemplateState.DISABLED)

        assert "only while they are approved, refused or paused" in browser.get(f"/templates/{template.id}/edit").text


class TestStates:
    @pytest.mark.parametrize(("state", "words"), [
        (TemplateState.IN_APPEAL, "Looked at again"), (TemplateState.DELETED, "Gone at WhatsApp"),
        (TemplateState.ARCHIVED, "Archived"), (TemplateState.LIMIT_EXCEEDED, "One too many"),
        (TemplateState.PENDING_DELETION, "Being deleted"), (TemplateState.UNCLEAR, "Not clear")])
    def test_each_has_a_sign_and_its_reason(self, browser, template, state, words):
        in_state(newest(template), state, reason="because of that")

        text = browser.get(f"/templates/{template.id}").text
        assert words in text and "because of that" in text and words in browser.get("/templates/").text

    def test_what_it_is_about_to_count_as_is_said(self, browser, template):
        with transaction():
            db.session.get(MessageTemplate, template.id).coming_category = "utility"

        assert "WhatsApp will count this template as utility" in browser.get(f"/templates/{template.id}").text

    def test_every_language_goes_with_one_press(self, browser, catalogue, template):
        a_template("offer", language="fr")

        text = browser.post(f"/templates/{template.id}/delete", {"every_language": "1"}, follow_redirects=True).text

        assert "deleted in 2 languages" in text and not db.session.query(TemplateVersion).count()


class TestAnotherAccount:
    def test_it_is_said_and_handed_in_here_by_one_press(self, browser, catalogue, template):
        with transaction():
            db.session.get(TemplateVersion, newest(template).id).business_id = "900000000000009"
        assert "another WhatsApp account" in browser.get(f"/templates/{template.id}").text

        browser.post(f"/templates/{template.id}/versions/1/restore")

        new = fresh(template)
        assert (new.number, new.body, new.business_id) == (2, BODY, channels.default_account())
        assert message_templates.submit_pending() == 1 and listed(fresh(template)).name == "offer_v2"


class TestAPlace:
    AT_CARRIER = ListedTemplate("9002", "courier_comes", "en_GB", "utility", "approved", "APPROVED", body="We are on our way.",
                                header={"kind": "location"})
    SHOP = {"latitude": "51.50735", "longitude": "-0.12776", "name": "Almadia Bikes", "address": "1 Example Yard"}

    def test_one_that_was_made_there_is_sent_once_its_place_is_said(self, browser, catalogue):
        catalogue.listed = [self.AT_CARRIER]
        browser.post("/templates/sync")
        template = db.session.query(MessageTemplate).one()
        assert "not which. Nothing can be sent before you say it" in browser.get(f"/templates/{template.id}").text

        text = browser.post(f"/templates/{template.id}/versions/1/place", data=self.SHOP, follow_redirects=True).text

        assert "This place goes with every message" in text and "Almadia Bikes, 1 Example Yard" in text
        assert fresh(template).header == {"kind": "location"} | self.SHOP
        browser.post("/templates/sync")
        assert fresh(template).header["name"] == "Almadia Bikes" and fresh(template).number == 1

    @pytest.mark.parametrize("wrong", [{"latitude": "91"}, {"longitude": ""}, {"name": " "}, {"address": "x" * 1001}])
    def test_one_that_is_none_is_refused_in_words(self, browser, catalogue, wrong):
        catalogue.listed = [self.AT_CARRIER]
        browser.post("/templates/sync")
        template = db.session.query(MessageTemplate).one()

        text = browser.post(f"/templates/{template.id}/versions/1/place", data=self.SHOP | wrong, follow_redirects=True).text

        assert "Give the" in text and fresh(template).header == {"kind": "location", "latitude": "", "longitude": "", "name": "",
                                                               "address": ""}
