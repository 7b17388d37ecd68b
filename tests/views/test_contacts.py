"""The pages about people."""

import csv
import io
from contextlib import contextmanager

import pytest
from sqlalchemy import event

from core import clock
from core.states import ConsentState, MessageState
from models import Message, db, transaction
from services import channels, contacts
from tests.factories.contacts import a_contact

PERSON = {"phone": "+2348035550142", "name": "Adaeze Okafor", "email": "ada@mail.example",
          "tags": "patient, Diabetes club"}


def kept(person):
    """The person as the database has them now."""
    db.session.expire_all()
    return contacts.get_contact(person.id)


@contextmanager
def statements():
    """The SELECT statements sent meanwhile."""
    seen = []

    def note(connection, cursor, statement, *rest):
        if statement.lstrip().upper().startswith("SELECT"):
            seen.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    yield seen
    event.remove(db.engine, "before_cursor_execute", note)


class TestList:
    def test_an_empty_book_says_what_to_do(self, browser):
        page = browser.get("/contacts")

        assert "No people yet" in page.text and "Add a person" in page.text

    def test_people_stand_with_number_tags_and_consent(self, browser):
        a_contact("Adaeze Okafor", phone="+2348035550142", tags=["patient"], granted=True)

        page = browser.get("/contacts")

        for words in ("Adaeze Okafor", "+234 803 555 0142", "patient", "Agreed", "1 person"):
            assert words in page.text

    def test_filters_are_in_the_address_and_can_be_cleared(self, browser):
        a_contact("Ada", tags=["vip"], granted=True)
        a_contact("Ben")

        page = browser.get("/contacts?q=ada&tag=VIP&consent=granted")

        assert "Ada" in page.text and ">Ben<" not in page.text and "Clear all" in page.text

    def test_no_match_says_so(self, browser):
        a_contact("Ada")

        page = browser.get("/contacts?q=nobody")

        assert "Nobody matches these filters" in page.text and "Clear all" in page.text

    def test_fifty_people_a_page(self, browser):
        for number in range(51):
            a_contact(f"Person {number:02}")

        first, second = browser.get("/contacts"), browser.get("/contacts?page=2")

        assert "1 to 50 of 51" in first.text and "Person 50" not in first.text
        assert "51 to 51 of 51" in second.text and "Person 50" in second.text

    def test_headings_sort_and_turn_round(self, browser):
        a_contact("Ada")
        a_contact("Ben")

        page = browser.get("/contacts?sort=name&order=desc")

        assert page.text.index(">Ben<") < page.text.index(">Ada<")
        assert 'aria-sort="descending"' in page.text

    @pytest.mark.parametrize("query", [
        "page=abc", "page=-1", "page=0", "page=99999999999999999999", "page=1e5", "page=", "page=²", "q=%25%5C_", "q='",
        "tag=nothing", "tag=%F0%9F%99%82", "q=" + "x" * 3000, "order=sideways", "q={{7*7}}",
        "q=<script>alert(1)</script>",
    ])
    def test_strange_addresses_still_give_the_list(self, browser, query):
        a_contact("Ada")

        page = browser.get(f"/contacts?{query}")

        assert page.status_code == 200
        assert "<script>alert" not in page.text and ">49<" not in page.text

    @pytest.mark.parametrize(("query", "words"), [
        ("sort=id;drop", "cannot be sorted"), ("sort=notes", "cannot be sorted"), ("consent=maybe", "no consent state"),
    ])
    def test_a_sort_or_filter_that_does_not_exist_is_said_and_left_out(self, browser, query, words):
        a_contact("Ada")

        page = browser.get(f"/contacts?{query}")

        assert page.status_code == 422 and words in page.text and "Ada" in page.text

    def test_a_viewer_sees_people_but_no_buttons(self, browser_as):
        a_contact("Ada")

        page = browser_as("viewer").get("/contacts")

        assert "Ada" in page.text and "Add a person" not in page.text and "Export" not in page.text

    def test_a_page_of_fifty_costs_no_more_queries_than_one_of_one(self, browser):
        a_contact("First", tags=["a"])
        with statements() as few:
            browser.get("/contacts")
        for number in range(49):
            a_contact(f"Person {number}", tags=["a", "b"])
        with statements() as many:
            browser.get("/contacts")

        assert len(many) == len(few)

    def test_names_are_data(self, browser):
        a_contact("<img src=x>{{7*7}}", tags=["<b>tag</b>"])

        page = browser.get("/contacts")

        assert "&lt;img src=x&gt;{{7*7}}" in page.text and "<b>tag" not in page.text


class TestAdd:
    def test_the_person_is_added_and_shown(self, browser):
        page = browser.post("/contacts/new", PERSON, follow_redirects=True)

        for words in ("Adaeze Okafor", "+234 803 555 0142", "Diabetes club", "is in your contacts"):
            assert words in page.text

    def test_a_number_without_plus_is_read_under_our_country(self, browser):
        browser.post("/contacts/new", {"phone": "07700 900123", "name": "Ada"})

        assert contacts.contact_by_phone("+447700900123")

    def test_a_wrong_number_is_refused_beside_the_field_and_nothing_typed_is_lost(self, browser):
        page = browser.post("/contacts/new", PERSON | {"phone": "12 x"})

        assert page.status_code == 422
        for words in ("characters that are not part of a phone number", 'value="12 x"', "ada@mail.example",
                      "patient, Diabetes club"):
            assert words in page.text

    def test_every_wrong_field_is_said_at_once(self, browser):
        page = browser.post("/contacts/new", PERSON | {"phone": "12 x", "email": "ada", "birthday": "soon"})

        assert page.text.count('class="field-error"') == 3

    def test_a_known_number_names_and_links_its_person(self, browser):
        known = a_contact("Ana", phone=PERSON["phone"])

        page = browser.post("/contacts/new", PERSON)

        assert page.status_code == 422
        assert "already in your contacts as Ana" in page.text and f"/contacts/{known.id}" in page.text

    @pytest.mark.parametrize(("typed", "shown"), [
        ("pt-br", "Portuguese (Brazil)"), ("EN_gb", "English (UK)"), ("Deutsch", "German"), ("yo", "yo")])
    def test_a_language_may_be_written_in_any_way_and_is_shown_in_words(self, browser, typed, shown):
        page = browser.post("/contacts/new", PERSON | {"language": typed}, follow_redirects=True)

        assert f"<dt>Language</dt><dd>{shown}</dd>" in page.text

    @pytest.mark.parametrize(("field", "typed", "words"), [
        ("email", "ada", "not an e-mail address"), ("birthday", "31/12/1990", "not a day"),
        ("birthday", "0001-01-01", "cannot be a birthday"), ("birthday", "9999-12-31", "cannot be a birthday"),
        ("language", "klingon!", "language code"), ("tags", "x" * 61, "60 characters"),
        ("name", "x" * 201, "200 characters"),
        ("tags", ",".join(map(str, range(60))), "50 tags"), ("notes", "x" * 10_001, "10,000"),
    ])
    def test_each_wrong_value_has_its_sentence_and_stays(self, browser, field, typed, words):
        page = browser.post("/contacts/new", PERSON | {field: typed})

        assert page.status_code == 422
        assert words in page.text and typed in page.text
        assert contacts.count_contacts() == 0

    def test_nothing_at_all_is_refused(self, browser):
        page = browser.post("/contacts/new", {})

        assert page.status_code == 422 and "at least a phone number or a name" in page.text

    def test_custom_fields_are_asked_and_checked(self, browser, by):
        contacts.add_field(label="Last check-up", kind="date", by=by)
        contacts.add_field(label="Smokes", kind="yes_no", by=by)

        wrong = browser.post("/contacts/new", PERSON | {"field_last_check_up": "soon", "field_smokes": "yes"})
        browser.post("/contacts/new", PERSON | {"field_last_check_up": "2026-01-02", "field_smokes": "yes"})

        assert wrong.status_code == 422 and "is not a date" in wrong.text and 'value="soon"' in wrong.text
        assert contacts.contact_by_phone(PERSON["phone"]).fields == {"last_check_up": "2026-01-02", "smokes": True}

    def test_fields_that_are_not_on_the_form_are_not_taken(self, browser):
        browser.post("/contacts/new", PERSON | {"marketing": "granted", "source": "import", "id": "77"})

        person = contacts.contact_by_phone(PERSON["phone"])
        assert (person.marketing, person.source) == (ConsentState.UNKNOWN, "form") and person.id != 77


class TestShow:
    def test_details_ledger_messages_and_changes_are_on_one_page(self, browser, by):
        person = a_contact("Ada Obi", granted=True, birthday=clock.now().date().replace(year=1988))
        with transaction():
            db.session.add(Message(channel_id=channels.ensure_first().id, contact_id=person.id, direction="in",
                                   state=MessageState.RECEIVED, text="Good <morning>"))

        page = browser.get(f"/contacts/{person.id}")

        for words in ("Ada Obi", "1988", "Agreed", "Good &lt;morning&gt;", "added Ada Obi"):
            assert words in page.text

    def test_nothing_recorded_says_what_follows(self, browser):
        page = browser.get(f"/contacts/{a_contact().id}")

        assert "Marketing will skip this person" in page.text

    def test_somebody_without_name_and_number_has_a_page(self, browser):
        person = contacts.person_of(user_id="GB.1")

        assert browser.get(f"/contacts/{person.id}").status_code == 200
        assert browser.get("/contacts").status_code == 200

    @pytest.mark.parametrize("wrong", ["0", "999", "99999999999999999999", "-1", "abc", "1%00", "1.5"])
    @pytest.mark.parametrize("part", ["", "/edit", "/delete"])
    def test_nobody_is_not_found(self, browser, wrong, part):
        answer = browser.get(f"/contacts/{wrong}{part}")

        assert answer.status_code in (400, 404)


class TestEdit:
    def test_the_form_shows_what_is_known(self, browser, by):
        key = contacts.add_field(label="Doctor", by=by)
        person = a_contact("Ada", phone="+2348035550142", tags=["b", "a"], fields={key: "Dr Eke"}, company="Shop & Co")

        page = browser.get(f"/contacts/{person.id}/edit")

        for words in ("+234 803 555 0142", "a, b", "Dr Eke", "Shop &amp; Co"):
            assert f'value="{words}"' in page.text

    def test_changes_are_kept(self, browser):
        person = a_contact("Ada", tags=["old"])

        browser.post(f"/contacts/{person.id}/edit", PERSON | {"name": "Grace", "tags": "new"})

        found = kept(person)
        assert found.name == "Grace" and [tag.name for tag in found.tags] == ["new"]

    def test_a_refusal_keeps_the_person_and_what_was_typed(self, browser):
        a_contact("Ana", phone="+447700900123")
        person = a_contact("Ada")

        page = browser.post(f"/contacts/{person.id}/edit", {"phone": "07700 900123", "name": "Grace"})

        assert page.status_code == 422 and "as Ana" in page.text and 'value="Grace"' in page.text
        assert kept(person).name == "Ada"


class TestConsent:
    said = {"state": "withdrawn", "category": "marketing", "how": "staff", "proof": "Told Amina at the desk"}

    def test_a_change_is_on_record(self, browser):
        person = a_contact(granted=True)

        page = browser.post(f"/contacts/{person.id}/consent", self.said, follow_redirects=True)

        assert "Told Amina at the desk" in page.text and "Said stop" in page.text and "Folake Adeyemi" in page.text
        assert kept(person).marketing is ConsentState.WITHDRAWN

    def test_an_older_yes_does_not_lift_a_stop_and_the_page_says_so(self, browser):
        person = a_contact(withdrawn=True)

        page = browser.post(f"/contacts/{person.id}/consent", self.said | {"state": "granted", "on": "2020-01-01"},
                            follow_redirects=True)

        assert "later withdrawal is on record" in page.text
        assert kept(person).marketing is ConsentState.WITHDRAWN

    @pytest.mark.parametrize(("field", "typed", "words"), [
        ("proof", "", "Say how you know"), ("state", "", "Choose whether"), ("state", "unknown", ""),
        ("how", "import", ""),
        ("on", "3000-01-01", "has come already"), ("on", "0001-01-01", "Check the year"), ("on", "soon", "not a day"),
        ("proof", "x" * 501, "500 characters"), ("category", "gossip", ""),
    ])
    def test_wrong_lines_are_refused_beside_the_field_and_not_kept(self, browser, field, typed, words):
        person = a_contact()

        page = browser.post(f"/contacts/{person.id}/consent", self.said | {field: typed})

        assert page.status_code == 422 and words in page.text and "field-error" in page.text
        assert contacts.history(person.id) == []

    def test_a_person_who_is_gone_is_not_found(self, browser):
        assert browser.post("/contacts/999/consent", self.said).status_code == 404


class TestDelete:
    def test_it_asks_by_name_first(self, browser):
        person = a_contact("Ada Obi", withdrawn=True)

        page = browser.get(f"/contacts/{person.id}/delete")

        assert "Delete Ada Obi" in page.text and "They asked us to stop" in page.text
        assert contacts.count_contacts() == 1

    def test_the_person_is_gone_afterwards(self, browser):
        person = a_contact("Ada Obi")

        page = browser.post(f"/contacts/{person.id}/delete", follow_redirects=True)

        assert "Ada Obi is deleted" in page.text and contacts.count_contacts() == 0
        assert browser.post(f"/contacts/{person.id}/delete").status_code == 404


class TestExport:
    def test_it_is_exactly_what_is_filtered(self, browser):
        a_contact("Ada", phone="+2348035550142", tags=["vip"])
        a_contact("Ben")

        answer = browser.get("/contacts/export?tag=vip")

        rows = list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"), newline="")))
        assert [row[:2] for row in rows] == [["phone", "name"], ["+2348035550142", "Ada"]]
        assert answer.mimetype == "text/csv" and "attachment" in answer.headers["Content-Disposition"]

    def test_a_filter_that_does_not_exist_is_refused(self, browser):
        assert browser.get("/contacts/export?consent=maybe").status_code == 422


class TestDoors:
    @pytest.mark.parametrize("address", [
        "/contacts", "/contacts/new", "/contacts/1", "/contacts/1/edit", "/contacts/1/delete", "/contacts/export"])
    def test_strangers_are_led_to_the_sign_in_page(self, stranger, address):
        assert stranger.get(address).status_code == 302

    @pytest.mark.parametrize(("role", "address", "status"), [
        ("viewer", "/contacts/new", 403), ("viewer", "/contacts/export", 403), ("agent", "/contacts/export", 403),
        ("agent", "/contacts/new", 200), ("manager", "/contacts/export", 200),
    ])
    def test_rights_decide(self, browser_as, role, address, status):
        assert browser_as(role).get(address).status_code == status

    @pytest.mark.parametrize("part", ["edit", "consent", "delete"])
    def test_viewers_change_nothing(self, browser_as, part):
        person = a_contact("Ada")

        assert browser_as("viewer").post(f"/contacts/{person.id}/{part}", PERSON).status_code == 403
        assert kept(person).name == "Ada"

    def test_a_page_that_only_takes_forms_cannot_be_opened(self, browser):
        assert browser.get(f"/contacts/{a_contact().id}/consent").status_code == 405
