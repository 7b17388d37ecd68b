"""The pages of templates: list, one template, the editor, and what they refuse."""

import io
import re

import pytest

from core.phone import Phone
from core.states import TemplateState
from models import TemplateVersion, db, transaction
from services import contacts, media, message_templates
from tests.factories import files
from tests.factories.campaigns import a_campaign
from tests.factories.message_templates import BODY, a_template, in_state, newest

TYPED = {"name": "flu_vaccine_days", "category": "marketing", "language": "en_GB", "body": BODY,
         "footer": "Reply STOP to end these messages", "sample:first_name": "Adaeze", "fallback:first_name": "there",
         "sample:vaccine_day": "Thursday"}


def person(by, name="Priya Nair", phone="+447700900123"):
    return contacts.add_contact(name=name, phone=Phone(phone), by=by)


class TestList:
    def test_it_shows_every_template_with_its_state(self, browser):
        a_template()
        a_template("reminder", state=TemplateState.REJECTED, reason="It reads like a scam")

        page = browser.get("/templates/").text

        assert "flu_vaccine_days" in page and "Approved" in page
        assert "Refused" in page and "It reads like a scam" in page

    def test_an_empty_list_leads_to_the_ready_texts(self, browser):
        assert "Choose a ready text" in browser.get("/templates/").text

    def test_no_match_offers_to_clear_the_filters(self, browser):
        a_template()

        page = browser.get("/templates/?q=nothing&state=paused").text

        assert "No template matches this" in page and "Clear the filters" in page

    @pytest.mark.parametrize("query", ["page=999999999999999999999", "page=-1", "page=x", "state=%27--", "q=%25_%5C"])
    def test_odd_addresses_show_a_list(self, browser, query):
        a_template()

        assert browser.get(f"/templates/?{query}").status_code == 200

    def test_a_viewer_reads_and_has_no_button_to_write(self, browser_as):
        a_template()

        assert "New template" not in browser_as("viewer").get("/templates/").text


class TestOffer:
    def test_it_is_written_in_the_editor_and_shown_with_its_end(self, browser):
        offer = {"button-0-kind": "offer", "button-0-text": "Ends soon", "button-0-value": "48", "button-1-kind": "copy_code",
                 "button-1-value": "FLU26", "button-2-kind": "url", "button-2-text": "See", "button-2-value": "https://example.org"}

        page = browser.post("/templates/new", data=TYPED | offer).text
        assert "Below an offer there is no last line" in page and "Hours until the end of button 1" in page
        browser.post("/templates/new", data=TYPED | offer | {"footer": ""})

        [version] = db.session.query(TemplateVersion).all()
        assert version.buttons[0] == {"kind": "offer", "text": "Ends soon", "hours": "48"}
        assert "Ends 48 hours after it is sent" in browser.get(f"/templates/{version.template_id}").text


class TestShow:
    def test_a_real_person_is_shown_on_the_phone(self, browser, by):
        template, priya = a_template(), person(by)

        page = browser.get(f"/templates/{template.id}?contact_id={priya.id}").text

        assert "Hello Priya, the flu vaccine is here" in page
        assert "vaccine_day is" in " ".join(page.split())

    def test_without_people_the_samples_are_shown_and_it_says_so(self, browser):
        page = browser.get(f"/templates/{a_template().id}").text

        assert "Hello Adaeze" in page and "Shown with the samples" in page

    def test_the_reason_of_a_refusal_is_shown(self, browser):
        template = a_template(state=TemplateState.REJECTED, reason="it reads like a scam")

        assert "WhatsApp refused version 1: it reads like a scam" in browser.get(f"/templates/{template.id}").text

    def test_an_older_version_can_be_read(self, browser, by):
        template = a_template()
        message_templates.change_template(template.id, body=f"{BODY} Bring your card.", by=by)

        old = browser.get(f"/templates/{template.id}?version=1").text

        assert "Bring your card" in browser.get(f"/templates/{template.id}").text
        assert "Bring your card" not in old

    @pytest.mark.parametrize("query", ["contact_id=0", "contact_id=99999999999999999999", "contact_id=%C2%B2",
                                       "contact_id=x", "version=77", "version=-1"])
    def test_people_and_versions_that_are_not_there_do_no_harm(self, browser, query):
        assert browser.get(f"/templates/{a_template().id}?{query}").status_code == 200

    @pytest.mark.parametrize("address", [
        "/templates/4711", "/templates/99999999999999999999", "/templates/4711/standing", "/templates/4711/edit"])
    def test_a_template_that_is_not_there_is_not_found(self, browser, address):
        assert browser.get(address).status_code == 404

    def test_the_live_part_stops_when_nothing_waits(self, browser):
        template = a_template(state=TemplateState.PENDING)
        waiting = browser.get(f"/templates/{template.id}/standing").text
        in_state(newest(template), TemplateState.APPROVED)

        assert "data-live-stop" not in waiting
        assert "data-live-stop" in browser.get(f"/templates/{template.id}/standing").text


class TestNew:
    def test_a_template_is_handed_in(self, browser):
        answer = browser.post("/templates/new", TYPED, follow_redirects=True)

        version = newest(message_templates.by_name("flu_vaccine_days"))
        assert "was handed in" in answer.text
        assert version.variables == [{"name": "first_name", "sample": "Adaeze", "fallback": "there"},
                                     {"name": "vaccine_day", "sample": "Thursday", "fallback": ""}]

    def test_everything_wrong_is_shown_and_nothing_typed_is_lost(self, browser):
        typed = TYPED | {"name": "Flu Days!", "body": "{{first_name}}, come on {{vaccine_day}}", "footer": "x" * 61,
                         "sample:vaccine_day": "y" * 201}

        answer = browser.post("/templates/new", typed)

        assert answer.status_code == 422
        for sentence in ("how about flu_days?", "cannot start with", "cannot end with", "61 characters",
                         "201 characters"):
            assert sentence in answer.text
        for kept in ("Flu Days!", "x" * 61, "y" * 201, 'value="there"', "{{first_name}}, come on {{vaccine_day}}"):
            assert kept in answer.text

    def test_samples_survive_a_text_that_cannot_be_read(self, browser):
        answer = browser.post("/templates/new", TYPED | {"body": "Hello {{first_name, come."})

        assert "never closed" in answer.text and 'value="Thursday"' in answer.text

    def test_a_taken_name_is_refused_beside_its_field(self, browser):
        a_template()

        answer = browser.post("/templates/new", TYPED)

        assert answer.status_code == 422 and 'id="name-error"' in answer.text

    def test_checking_the_text_shows_its_gaps_and_keeps_nothing(self, browser):
        answer = browser.post("/templates/new", {"body": "Hello {{first_name}}, we are open.", "act": "check"})

        assert 'name="sample:first_name"' in answer.text and "Hello Adaeze, we are open." in answer.text
        assert message_templates.list_templates().total == 0

    def test_the_page_never_says_that_a_text_it_has_not_read_has_no_gaps(self, browser):
        new = browser.get("/templates/new").text
        unread = browser.post("/templates/new", {"body": "Hello {{First Name}}", "act": "check"}).text

        assert "has no gaps" not in new + unread
        assert "cannot be read yet" in unread

    @pytest.mark.parametrize("text", ["{{7*7}}", "{% set x = 7*7 %}{{x}}", "${7*7}", "{0.__class__}", "{{config}}",
                                      "<script>alert(1)</script>", "{{''.__class__}}", "%(x)s"])
    def test_nothing_typed_is_ever_run(self, browser, text):
        page = browser.post("/templates/new", TYPED | {"body": f"Hi {text} there.", "footer": text, "act": "check",
                                                       "sample:first_name": text, "name": text}).text

        assert "<script>alert" not in page and ">49" not in page and "SECRET" not in page and "class &#39;" not in page

    def test_odd_forms_are_answered_in_words(self, browser):
        typed = {"name": "x" * 5000, "category": "AUTHENTICATION", "language": "en-GB",
                 "body": "\x1b[31m \x07",
                 "footer": "\n", "contact_id": "99999999999999999999", "sample:__class__": "x", "sample:": "x",
                 "role": "admin"}

        assert browser.post("/templates/new", typed).status_code == 422

    @pytest.mark.parametrize("role", ["viewer", "agent"])
    def test_only_those_who_may_edit_templates_write_them(self, browser_as, role):
        template = a_template()
        reader = browser_as(role)

        assert [reader.get("/templates/new").status_code, reader.post("/templates/new", TYPED).status_code,
                reader.post("/templates/check", TYPED).status_code,
                reader.get(f"/templates/{template.id}/edit").status_code,
                reader.post(f"/templates/{template.id}/delete").status_code] == [403] * 5

    def test_a_stranger_is_led_to_the_sign_in(self, stranger):
        assert "/sign-in" in stranger.get("/templates/").headers["Location"]


class TestEdit:
    def test_it_starts_from_the_newest_words(self, browser):
        page = browser.get(f"/templates/{a_template().id}/edit").text

        assert BODY in page and 'value="there"' in page

    def test_new_words_become_a_version(self, browser):
        template = a_template()

        browser.post(f"/templates/{template.id}/edit", TYPED | {"body": f"{BODY} Bring your card."})

        assert newest(template).number == 2

    def test_the_same_words_make_none_and_it_says_so(self, browser):
        template = a_template()

        answer = browser.post(f"/templates/{template.id}/edit", TYPED | {"sample:vaccine_day": "vaccine day"},
                              follow_redirects=True)

        assert "no new version" in answer.text and newest(template).number == 1

    def test_another_kind_is_refused_beside_its_field(self, browser):
        answer = browser.post(f"/templates/{a_template().id}/edit", TYPED | {"category": "utility"})

        assert answer.status_code == 422 and 'id="category-error"' in answer.text


class TestCheck:
    def test_the_live_parts_follow_what_is_typed(self, browser):
        part = browser.post("/templates/check", {"body": "Hello {{first_name}}, *we* are open.", "category": "utility",
                                                 "sample:first_name": "Ada"}).text

        assert "Hello Ada, <strong>we</strong> are open." in part and 'value="Ada"' in part
        assert "<html" not in part


class TestDelete:
    def test_an_unused_template_is_deleted(self, browser, catalogue):
        template = a_template()

        browser.post(f"/templates/{template.id}/delete")

        assert message_templates.list_templates().total == 0

    def test_it_cannot_be_deleted_by_opening_an_address(self, browser):
        assert browser.get(f"/templates/{a_template().id}/delete").status_code == 405


def test_names_of_people_cannot_run_scripts_on_the_phone(browser, by):
    person(by, name="<script>alert(1)</script> *Bold*")

    page = browser.get(f"/templates/{a_template(body='Hello {{name}}, we are open.').id}").text

    assert "<script>alert" not in page and "<strong>Bold</strong>" in page


def test_a_form_that_lacks_a_field_is_answered_in_words(browser):
    answer = browser.post("/templates/new", {"name": "hello", "category": "utility", "language": "en_GB"})

    assert answer.status_code == 422


class TestButtons:
    ROWS = {"button-0-kind": "quick_reply", "button-0-text": "Yes", "button-1-kind": "url", "button-1-text": "Book",
            "button-1-value": "https://example.org/book/{{place}}"}

    def test_header_and_buttons_are_kept(self, browser):
        browser.post("/templates/new", TYPED | self.ROWS | {
            "header_kind": "text", "header_text": "For {{first_name}}", "sample:place": "marina"})

        version = newest(message_templates.by_name("flu_vaccine_days"))
        assert version.header == {"kind": "text", "text": "For {{first_name}}"}
        assert version.buttons == [{"kind": "quick_reply", "text": "Yes"},
                                   {"kind": "url", "text": "Book", "url": "https://example.org/book/{{place}}"}]
        assert [one["name"] for one in version.variables] == ["first_name", "vaccine_day", "place"]

    @pytest.mark.parametrize(("act", "order"), [
        ("remove:0", ["Book"]), ("up:1", ["Book", "Yes"]), ("down:0", ["Book", "Yes"]), ("down:1", ["Yes", "Book"]),
        ("up:0", ["Yes", "Book"]), ("remove:99", ["Yes", "Book"]), ("add", ["Yes", "Book", ""]), ("x:y", ["Yes", "Book"])])
    def test_rows_are_added_moved_and_removed_without_scripts_and_nothing_is_kept(self, browser, act, order):
        page = browser.post("/templates/new", TYPED | self.ROWS | {"act": act}).text

        at = [page.find(f'name="button-{n}-text" value="{text}"') for n, text in enumerate(order)]
        assert -1 not in at and f'name="button-{len(order)}-text"' not in page
        assert message_templates.list_templates().total == 0

    def test_what_is_wrong_is_said_beside_its_row_though_an_empty_row_stands_before(self, browser):
        page = browser.post("/templates/new", TYPED | {
            "button-0-kind": "quick_reply", "button-0-text": "", "button-1-kind": "url", "button-1-text": "Go",
            "button-1-value": "javascript:alert(1)"})

        assert page.status_code == 422
        assert 'id="button-1-value-said-error"' in page.text and "begins with https://" in page.text

    def test_ten_thousand_characters_everywhere_are_answered_in_words(self, browser):
        long = "ab" * 5000
        answer = browser.post("/templates/new", {
            "name": long, "category": long, "language": long, "body": long, "footer": long, "header_kind": "text",
            "header_text": long, "seen_by": long, "contact_id": long, "media_id": long, "button-0-kind": "url",
            "button-0-text": long, "button-0-value": long, "button-1-kind": long, "sample:a": long})

        assert answer.status_code == 422 and "10,000 characters" in answer.text


class TestHeaderFiles:
    def upload(self, browser, data, name="picture.png", **more):
        typed = TYPED | {"header_kind": "image", "header_file": (io.BytesIO(data), name)} | more
        return browser.post("/templates/new", typed)

    def test_a_picture_is_kept_shown_on_the_phone_and_handed_in(self, browser):
        page = self.upload(browser, files.png(), act="check").text

        media_id = re.search(r'name="media_id" type="hidden" value="(\d+)"', page)[1]
        assert f'src="/templates/files/{media_id}"' in page
        browser.post("/templates/new", TYPED | {"header_kind": "image", "media_id": media_id})
        assert newest(message_templates.by_name("flu_vaccine_days")).header == {"kind": "image", "media_id": int(media_id)}
        picture = browser.get(f"/templates/files/{media_id}")
        assert picture.data == files.png() and picture.headers["Content-Type"] == "image/png"
        assert picture.headers["X-Content-Type-Options"] == "nosniff"

    def test_cards_come_with_their_pictures_move_and_are_handed_in(self, browser):
        typed = {name: value for name, value in TYPED.items() if name != "footer"} | {"header_kind": "cards"}
        page = browser.post("/templates/new", typed | {"act": "check", "header_file": [
            (io.BytesIO(files.png()), "red.png"), (io.BytesIO(files.png(3)), "blue.png")]}).text
        first, second = re.findall(r'name="card-\d-media_id" value="(\d+)"', page)
        cards = {"card-0-media_id": first, "card-0-text": "Red", "card-0-button": "See", "card-1-media_id": second,
                 "card-1-text": "Blue", "card-1-button": "See"}
        moved = browser.post("/templates/new", typed | cards | {"act": "card-down:0"}).text
        assert re.findall(r'name="card-\d-media_id" value="(\d+)"', moved) == [second, first]

        assert "Card 2: Write what stands on the button" in browser.post("/templates/new", typed | cards | {"card-1-button": ""}).text
        browser.post("/templates/new", typed | cards)

        version = newest(message_templates.by_name("flu_vaccine_days"))
        assert [(one["media_id"], one["text"]) for one in version.header["cards"]] == [(int(first), "Red"), (int(second), "Blue")]
        shown = browser.get(f"/templates/{version.template_id}").text
        assert f'src="/templates/files/{first}"' in shown and "Blue" in shown
        assert 'aria-label="Card 2"' in browser.get(f"/templates/{version.template_id}/edit").text

    def test_cards_have_words_of_each_person_and_a_second_button(self, browser, by):
        typed = {name: value for name, value in TYPED.items() if name != "footer"} | {"header_kind": "cards"}
        pictures = {str(media.keep(io.BytesIO(files.png(size)), name="a.png", kind="image", by=by).id) for size in (3, 4)}
        cards = {f"card-{at}-{name}": value for at, number in enumerate(sorted(pictures)) for name, value in {
            "media_id": number, "text": "For {{company}} only today", "button": "Keep it", "button2": "See it",
            "url2": "https://example.org/{{code}}"}.items()}
        page = browser.post("/templates/new", typed | cards | {"act": "check"}).text
        assert 'name="sample:company"' in page and 'name="sample:code"' in page

        browser.post("/templates/new", typed | cards | {"sample:company": "Harbour Clinic", "sample:code": "c3"})

        version = newest(message_templates.by_name("flu_vaccine_days"))
        assert [(one["button2"], one["url2"]) for one in version.header["cards"]] == [("See it", "https://example.org/{{code}}")] * 2
        shown = browser.get(f"/templates/{version.template_id}").text
        assert "For Harbour Clinic only today" in shown and 'aria-label="Buttons of card 1"' in shown

    def test_what_is_no_picture_is_refused_beside_the_file_and_nothing_typed_is_lost(self, browser):
        answer = self.upload(browser, files.PDF, name="photo.png")

        assert answer.status_code == 422 and 'id="header-error"' in answer.text
        assert "flu_vaccine_days" in answer.text and message_templates.list_templates().total == 0

    def test_a_document_is_handed_out_and_not_shown(self, browser):
        self.upload(browser, files.PDF, name="price list.pdf", header_kind="document")

        media_id = newest(message_templates.by_name("flu_vaccine_days")).header["media_id"]
        assert browser.get(f"/templates/files/{media_id}").headers["Content-Disposition"].startswith("attachment")

    @pytest.mark.parametrize("media_id", ["", "4711", "99999999999999999999", "-1", "²", "x"])
    def test_a_file_that_is_not_there_is_said_in_words(self, browser, media_id):
        answer = browser.post("/templates/new", TYPED | {"header_kind": "image", "media_id": media_id})

        assert answer.status_code == 422 and 'id="header-error"' in answer.text

    @pytest.mark.parametrize("number", ["4711", "99999999999999999999"])
    def test_strange_addresses_of_files_are_not_found(self, browser, number):
        assert browser.get(f"/templates/files/{number}").status_code == 404

    def test_a_stranger_sees_no_file(self, stranger):
        assert "/sign-in" in stranger.get("/templates/files/1").headers["Location"]


class TestVersions:
    @pytest.fixture
    def twice(self, app, by):
        template = a_template()
        message_templates.change_template(template.id, body=f"{BODY} Bring your *card*.", by=by)
        return template

    def test_what_changed_is_shown_word_by_word(self, browser, twice):
        page = browser.get(f"/templates/{twice.id}?version=2&against=1").text

        assert "characters longer" in page and "<ins> Bring your *card*.</ins>" in page

    @pytest.mark.parametrize("against", ["77", "-1", "x", "2"])
    def test_odd_versions_to_compare_with_do_no_harm(self, browser, twice, against):
        assert browser.get(f"/templates/{twice.id}?against={against}").status_code == 200

    def test_an_old_version_comes_back(self, browser, twice):
        answer = browser.post(f"/templates/{twice.id}/versions/1/restore", follow_redirects=True)

        assert "Version 3 says what version 1 said" in answer.text

    def test_restoring_what_is_the_newest_says_so(self, browser):
        answer = browser.post(f"/templates/{a_template().id}/versions/1/restore", follow_redirects=True)

        assert "says the same as version 1" in answer.text

    def test_a_viewer_restores_nothing(self, browser_as, twice):
        assert browser_as("viewer").post(f"/templates/{twice.id}/versions/1/restore").status_code == 403


class TestBeginnings:
    def test_every_ready_text_opens_in_the_editor_and_is_handed_in_as_it_is(self, browser):
        page = browser.get("/templates/gallery").text

        for idea in message_templates.gallery():
            assert f"Use “{idea.title}”" in page
            assert browser.get(f"/templates/new?idea={idea.slug}").status_code == 200

    def test_a_copy_begins_with_all_parts(self, browser, by):
        template = message_templates.add_template(
            name="open_day", language="fr", category="utility", body=BODY, by=by,
            header={"kind": "text", "text": "Come and see"}, buttons=[{"kind": "quick_reply", "text": "I will come"}])

        page = browser.get(f"/templates/new?copy={template.id}").text

        for part in ('value="open_day_copy"', 'value="Come and see"', 'value="I will come"', 'selected value="fr"'):
            assert part in page

    @pytest.mark.parametrize("query", ["idea=nothing", "copy=4711", "language_of=4711", "copy=99999999999999999999"])
    def test_what_is_not_there_is_not_found(self, browser, query):
        assert browser.get(f"/templates/new?{query}").status_code == 404

    def test_a_viewer_reads_ready_texts_and_uses_none(self, browser_as):
        page = browser_as("viewer").get("/templates/gallery").text

        assert "Appointment reminder" in page and "Use “" not in page


class TestSeenBy:
    def test_a_person_is_found_by_name(self, browser, by):
        person(by), person(by, "Zola Adeyemi", "+447700900124")

        part = browser.post("/templates/check", {"body": BODY, "seen_by": "zola"}).text

        assert "Hello Zola, the flu vaccine" in part

    def test_nobody_found_shows_the_samples(self, browser, by):
        person(by)

        part = browser.post("/templates/check", {"body": BODY, "seen_by": "nobody of this name"}).text

        assert "Shown with the samples" in part


def test_how_people_take_a_template_is_said_in_list_and_page(browser, app):
    campaign = a_campaign()
    assert "Poor quality" not in browser.get("/templates/").text

    with transaction():
        db.session.get(TemplateVersion, campaign.version_id).quality = "poor"

    page = f"/templates/{campaign.version.template_id}"
    assert all("Poor quality" in browser.get(path).text for path in ("/templates/", page, f"{page}/standing"))


class TestAPlace:
    SHOP = {"header_kind": "location", "latitude": "6.45", "longitude": "3.39", "place": "Harbour Clinic", "address": "1 Quay, Lagos"}
    FORM = {"button-0-kind": "flow", "button-0-text": "Rate us", "button-0-value": "112233445566778"}

    def test_its_boxes_and_its_look_come_while_it_is_written(self, browser):
        part = browser.post("/templates/check", TYPED | self.SHOP | self.FORM).text

        assert 'value="Harbour Clinic"' in part and "Harbour Clinic, 1 Quay, Lagos" in part and "Id of the form" in part

    def test_it_is_kept_with_the_button_that_opens_a_form(self, browser):
        browser.post("/templates/new", TYPED | self.SHOP | self.FORM)

        version = db.session.query(TemplateVersion).one()
        assert version.header == {"kind": "location", "latitude": "6.45", "longitude": "3.39", "name": "Harbour Clinic",
                                  "address": "1 Quay, Lagos"}
        assert version.buttons == [{"kind": "flow", "text": "Rate us", "flow_id": "112233445566778"}]
        assert 'value="1 Quay, Lagos"' in browser.get(f"/templates/{version.template_id}/edit").text

    def test_what_whatsapp_would_not_take_is_said_beside_it(self, browser):
        page = browser.post("/templates/new", TYPED | self.SHOP | self.FORM | {"latitude": "north", "button-0-value": "my form"}).text

        assert "Give the latitude in degrees" in page and "Write the id of the form, digits only" in page
