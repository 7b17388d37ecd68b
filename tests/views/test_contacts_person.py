"""One person's page in depth, and acts on many, as people meet them in a browser."""

import io
import re
from html import unescape

import pytest
from sqlalchemy import func, select

from core import clock
from core.states import ConsentState, MessageState
from models import Contact, ContactTag, Message, Tag, db, transaction
from services import channels, contacts, imports, inbox, segments
from tests.factories.contacts import a_contact, consent_of
from transports.port import IncomingMessage


@pytest.fixture
def ada(app):
    return a_contact("Ada Obi", phone="+2348035550001", tags=["patient"])


def fresh(person):
    db.session.expire_all()
    return contacts.get_contact(person.id)


class TestPage:
    def test_a_no_says_why_and_leads_to_the_ledger(self, browser, ada):
        page = browser.get(f"/contacts/{ada.id}").text

        assert "Never agreed to marketing messages" in page and 'href="#consent"' in page

    def test_service_messages_need_no_agreement(self, browser, ada):
        page = browser.get(f"/contacts/{ada.id}").text

        assert re.search(r"Service message</span>\s*<span class=\"chip chip-good\">", page)

    def test_withdrawing_service_messages_is_a_reason_of_its_own(self, browser, ada):
        browser.post(f"/contacts/{ada.id}/consent", {"state": "withdrawn", "category": "utility", "how": "staff",
                                                     "proof": "told Amina"})

        assert "Said STOP to service messages" in browser.get(f"/contacts/{ada.id}").text

    def test_the_story_can_be_narrowed_in_the_address(self, browser, ada):
        consent_of(ada, ConsentState.GRANTED, proof="paper form 118")
        page = browser.get(f"/contacts/{ada.id}?kind=change").text

        assert 'aria-current="true">Changes' in page

    @pytest.mark.parametrize("query", ["kind=nothing", "page=99", "page=x", "page=99999999999999999999", "kind=import"])
    def test_strange_addresses_still_give_the_page(self, browser, ada, query):
        assert browser.get(f"/contacts/{ada.id}?{query}").status_code == 200

    def test_a_viewer_sees_the_story_and_no_acts(self, browser_as, ada):
        page = browser_as("viewer").get(f"/contacts/{ada.id}").text

        assert "Everything that happened" in page
        assert not any(word in page for word in ("Merge", "Erase", "Add a tag", "Record a change"))

    def test_their_segments_and_the_tags_they_got_with_others_are_told(self, browser, ada, by):
        segments.add_segment(name="Club members", shape=segments.all_of([segments.Condition("tag.is", "club")]), by=by)
        contacts.tag_people([ada.id, a_contact("Ben").id], tag="club", by=by)

        page = browser.get(f"/contacts/{ada.id}").text
        assert "In 1 segment:" in page and "Club members</a>" in page
        assert "gave the tag club to them and 1 other person" in page

    def test_the_proof_of_a_stop_leads_to_their_message(self, browser, ada):
        inbox.receive(IncomingMessage(phone_number_id=channels.ensure_first().phone_number_id, wire_id="wamid.1",
                                      at=clock.now(), kind="text", wa_id="2348035550001", text="STOP"))

        link = re.search(r'<td><a href="(/inbox/\d+\?at=\d+)#m\d+">They wrote “STOP”</a>', browser.get(f"/contacts/{ada.id}").text)
        assert "STOP" in browser.get(link[1]).text

    def test_who_came_with_a_file_leads_to_its_import(self, browser, ada, by):
        row = imports.start_import(stream=io.BytesIO(b"Phone,Name\n+447700900001,Bo\n"), file_name="people.csv", by=by)
        imports.confirm_import(import_id=row.id, by=by)
        imports.run_next(clock.now())
        bo = contacts.contact_by_phone("+447700900001")

        came = f'An import, <a href="/imports/{row.id}">people.csv</a>'
        assert came in browser.get(f"/contacts/{bo.id}").text
        assert "Added by hand" in browser.get(f"/contacts/{ada.id}").text

    def test_a_tag_is_added_and_taken_away(self, browser, ada):
        browser.post(f"/contacts/{ada.id}/tags", {"add": "club, VIP"})
        browser.post(f"/contacts/{ada.id}/tags", {"remove": "patient"})

        assert [tag.name for tag in fresh(ada).tags] == ["club", "VIP"]

    def test_a_tag_no_tag_can_be_is_said(self, browser, ada):
        answer = browser.post(f"/contacts/{ada.id}/tags", {"add": "x" * 61}, follow_redirects=True)

        assert "60 characters or fewer" in answer.text


class TestDetails:
    def test_country_and_zone_can_differ_from_the_number(self, browser, ada):
        browser.post(f"/contacts/{ada.id}/edit", {"phone": ada.phone, "name": "Ada", "country": "GB",
                                                  "zone": "Europe/London"})

        assert (fresh(ada).country, fresh(ada).zone) == ("GB", "Europe/London")

    def test_another_number_brings_its_country(self, browser, ada):
        browser.post(f"/contacts/{ada.id}/edit", {"phone": "+447700900123", "name": "Ada", "country": "NG"})

        assert fresh(ada).country == "GB"

    @pytest.mark.parametrize(("field", "typed"), [("country", "XX"), ("zone", "Mars/Base"), ("zone", "a\x07b")])
    def test_what_does_not_exist_is_said_beside_the_field(self, browser, ada, field, typed):
        answer = browser.post(f"/contacts/{ada.id}/edit", {"phone": ada.phone, "name": "Ada", field: typed})

        assert answer.status_code == 422 and f'id="{field}-error"' in answer.text

    def test_somebody_without_number_is_known_by_e_mail(self, browser):
        browser.post("/contacts/new", {"email": "z@example.org"})

        assert db.session.scalar(select(Contact.phone).where(Contact.email == "z@example.org")) is None
        assert db.session.scalar(select(func.count()).select_from(Contact)) == 1


class TestMerge:
    def test_somebody_is_found_compared_and_merged(self, browser, ada):
        twin = a_contact("Ada O.", company="Clinic").id
        found = browser.get(f"/contacts/{ada.id}/merge?q=ada").text
        compared = browser.get(f"/contacts/{ada.id}/merge?other={twin}").text
        browser.post(f"/contacts/{ada.id}/merge?other={twin}", {"side-name": "keep", "side-phone": "keep"})

        assert f"other={twin}" in found and f"other={ada.id}" not in found
        assert "Only one number can stay" in compared
        assert (fresh(ada).name, fresh(ada).company) == ("Ada Obi", "Clinic")
        assert browser.get(f"/contacts/{twin}").status_code == 404

    @pytest.mark.parametrize(("other", "status"), [("999", 404), ("same", 409), ("abc", 200), ("-1", 200)])
    def test_wrong_people_are_refused(self, browser, ada, other, status):
        other = ada.id if other == "same" else other

        assert browser.get(f"/contacts/{ada.id}/merge?other={other}").status_code == status

    def test_a_viewer_may_not(self, browser_as, ada):
        assert browser_as("viewer").get(f"/contacts/{ada.id}/merge").status_code == 403

    def test_a_merge_is_undone_from_the_page_of_who_stayed(self, browser, browser_as, ada, by):
        twin = a_contact("Ada Twin-Obi", phone="+2348035550099")
        contacts.merge_contacts(ada.id, twin.id, choices={}, by=by)
        page = browser.get(f"/contacts/{ada.id}").text
        way = re.findall(r"/contacts/merges/\d+/undo", page)
        assert len(way) == 2 and "Ada Twin-Obi</strong> was merged" in page
        assert browser_as("viewer").post(way[0]).status_code == 403

        said = browser.post(way[0], {"back": str(ada.id)}, follow_redirects=True).text

        assert "are two people again" in said and "was merged into this person" not in said
        assert browser.get(f"/contacts/{twin.id}").status_code == 200

    def test_what_stands_in_the_way_of_the_undo_is_said(self, browser, ada, by):
        twin = a_contact("Ada Twin-Obi", phone="+2348035550099")
        contacts.merge_contacts(ada.id, twin.id, choices={"phone": "keep"}, by=by)
        a_contact("Somebody New", phone="+2348035550099")
        way = re.search(r"/contacts/merges/\d+/undo", browser.get(f"/contacts/{ada.id}").text)[0]

        assert "belongs to Somebody New now" in browser.post(way, {"back": str(ada.id)}, follow_redirects=True).text


class TestErase:
    def test_it_asks_for_the_name(self, browser, ada):
        answer = browser.post(f"/contacts/{ada.id}/erase", {"typed": "Ada"})

        assert answer.status_code == 422 and "Type “Ada Obi” to go on" in answer.text
        assert fresh(ada).name == "Ada Obi"

    def test_with_the_name_they_are_gone(self, browser, ada):
        answer = browser.post(f"/contacts/{ada.id}/erase", {"typed": " ada  obi "}, follow_redirects=True)

        assert "They are erased" in answer.text
        assert browser.get(f"/contacts/{ada.id}").status_code == 404

    def test_the_activity_names_nobody(self, browser, ada):
        browser.post(f"/contacts/{ada.id}/erase", {"typed": "Ada Obi"})

        assert "Ada Obi" not in browser.get("/activity").text

    def test_a_file_for_the_person_is_handed_out(self, browser, ada):
        answer = browser.post(f"/contacts/{ada.id}/file")

        assert answer.json["details"]["name"] == "Ada Obi"
        assert "attachment" in answer.headers["Content-Disposition"]


class TestFields:
    def test_a_choice_is_added_filled_and_counted(self, browser, ada):
        browser.post("/contacts/fields", {"label": "Ward", "kind": "choice", "choices": "North\nSouth\n"})
        browser.post(f"/contacts/{ada.id}/edit", {"phone": ada.phone, "name": "Ada", "field_ward": "South"})

        assert fresh(ada).fields == {"ward": "South"}
        assert "1 person" in browser.get("/contacts/fields").text

    def test_a_choice_that_is_not_in_the_list_is_refused(self, browser, ada):
        browser.post("/contacts/fields", {"label": "Ward", "kind": "choice", "choices": "North"})
        answer = browser.post(f"/contacts/{ada.id}/edit", {"phone": ada.phone, "field_ward": "West"})

        assert answer.status_code == 422

    @pytest.mark.parametrize(("typed", "said"), [
        ({"label": ""}, "Give the field a name"), ({"label": "—"}, "letters or digits"),
        ({"label": "W", "kind": "choice"}, "one a line"), ({"label": "W", "kind": "magic"}, "Not a valid choice")])
    def test_what_cannot_be_is_said(self, browser, typed, said):
        answer = browser.post("/contacts/fields", {"kind": "text"} | typed)

        assert answer.status_code == 422 and said in answer.text

    def test_a_choice_somebody_has_cannot_be_taken_away(self, browser, ada, by):
        contacts.add_field(label="Ward", kind="choice", choices=["North", "South"], by=by)
        contacts.change_contact(ada.id, fields={"ward": "South"}, by=by)
        number = contacts.all_fields()[0].id
        answer = browser.post(f"/contacts/fields/{number}", {"label": "Ward", "kind": "choice", "choices": "North"})

        assert answer.status_code == 422 and "1 person has “South”" in answer.text

    def test_a_field_gets_another_name_and_keeps_its_values(self, browser, ada, by):
        contacts.add_field(label="Ward", by=by)
        contacts.change_contact(ada.id, fields={"ward": "3"}, by=by)
        browser.post(f"/contacts/fields/{contacts.all_fields()[0].id}", {"label": "Room", "kind": "text"})

        assert "Room" in browser.get(f"/contacts/{ada.id}").text and fresh(ada).fields == {"ward": "3"}

    def test_deleting_asks_and_takes_the_values_with_it(self, browser, ada, by):
        contacts.add_field(label="Ward", by=by)
        contacts.add_field(label="Doctor", by=by)
        contacts.change_contact(ada.id, fields={"ward": "3", "doctor": "Eke"}, by=by)
        number = contacts.all_fields()[0].id
        asked = browser.get(f"/contacts/fields/{number}").text
        browser.post(f"/contacts/fields/{number}/delete")

        assert "what 1 person has in it" in asked
        assert fresh(ada).fields == {"doctor": "Eke"}

    def test_a_viewer_sees_fields_and_cannot_change_them(self, browser_as):
        viewer = browser_as("viewer")

        assert viewer.get("/contacts/fields").status_code == 200
        assert viewer.post("/contacts/fields", {"label": "x", "kind": "text"}).status_code == 403


class TestBulk:
    @pytest.fixture
    def people(self, app):
        return [a_contact(f"Person {number}", tags=["many"] if number else []).id for number in range(4)]

    def tagged(self, name):
        return db.session.scalar(select(func.count()).select_from(ContactTag).join(Tag).where(Tag.key == name)) or 0

    def test_the_ticked_ones_get_a_tag_and_it_can_be_undone_exactly(self, browser, people):
        answer = browser.post("/contacts/bulk", {"act": "tag", "tag": "Many", "id": [str(one) for one in people]},
                              follow_redirects=True)
        undo = re.search(r'action="(/contacts/bulk/\d+/undo)"', answer.text)[1]
        before = self.tagged("many")
        browser.post(undo)

        assert "1 person got the tag “Many”" in answer.text
        assert (before, self.tagged("many")) == (4, 3)

    @pytest.mark.parametrize(("act", "tag", "words"), [
        ("tag", " ", "A tag needs a name"), ("tag", "x" * 61, "60 characters or fewer"), ("untag", "gone", "no such tag")])
    def test_a_tag_that_cannot_be_is_said_beside_it_and_nobody_has_to_be_chosen_again(self, browser, people, act, tag, words):
        page = browser.post("/contacts/bulk", {"act": act, "tag": tag, "id": [str(one) for one in people[:2]], "filters": "q=p"})
        picked = re.findall(r'name="id" value="(\d+)"', page.text)
        again = browser.post("/contacts/bulk", {"act": act, "tag": "many", "id": picked}, follow_redirects=True)

        assert page.status_code == 422 and words in page.text and f'value="{tag}"' in page.text
        assert sorted(map(int, picked)) == sorted(people[:2])
        assert "1 person" in again.text and "the tag “many”" in again.text

    def test_everybody_who_matches_stays_chosen_when_the_tag_cannot_be(self, browser, people):
        page = browser.post("/contacts/bulk", {"act": "tag", "tag": "", "all_matching": "1", "filters": "q=person"})

        assert page.status_code == 422 and "Add a tag to 4 people" in page.text
        assert 'name="all_matching" value="1"' in page.text and 'name="filters" value="q=person"' in page.text

    def test_untagging_everybody_who_matches_can_be_undone(self, browser, people):
        answer = browser.post("/contacts/bulk", {"act": "untag", "tag": "many", "all_matching": "1",
                                                 "filters": "q=person"}, follow_redirects=True)
        gone = self.tagged("many")
        browser.post(re.search(r'action="(/contacts/bulk/\d+/undo)"', answer.text)[1])

        assert (gone, self.tagged("many")) == (0, 3)

    def test_an_undo_leads_back_to_the_list_as_it_was_filtered(self, browser, people):
        answer = browser.post("/contacts/bulk", {"act": "untag", "tag": "many", "id": str(people[1]), "filters": "q=person&tag=many"},
                              follow_redirects=True)
        form = re.search(r'action="(/contacts/bulk/\d+/undo)".*?name="filters" value="([^"]*)"', answer.text, re.DOTALL)
        back = browser.post(form[1], {"filters": unescape(form[2])})

        assert back.location == "/contacts?q=person&where=tag.is:many"

    def test_filters_too_long_for_a_cookie_are_left_out_of_the_undo(self, browser, people):
        long = "&".join(f"tag={letter * 60}" for letter in "abcdefghijklmnopqrst") + "&q=" + "z" * 200
        answer = browser.post("/contacts/bulk", {"act": "tag", "tag": "club", "id": str(people[0]), "filters": long})
        undo = re.search(r"<form[^>]*/undo.*?</form>", browser.get("/contacts").text, re.DOTALL)[0]

        assert len(answer.location) > 1_500 and 'name="filters"' not in undo

    def test_undoing_twice_is_refused(self, browser, people, by):
        change = contacts.tag_people(people, tag="club", by=by)
        browser.post(f"/contacts/bulk/{change.id}/undo")

        assert browser.post(f"/contacts/bulk/{change.id}/undo").status_code == 409

    def test_all_who_match_across_pages(self, browser, people, by):
        a_contact("Somebody else")
        browser.post("/contacts/bulk", {"act": "tag", "tag": "club", "all_matching": "1", "filters": "tag=many"})

        assert self.tagged("club") == 3

    def test_deleting_names_the_number_and_asks_once(self, browser, people):
        asked = browser.post("/contacts/bulk", {"act": "delete", "id": [str(one) for one in people[:3]]})
        left = db.session.scalar(select(func.count()).select_from(Contact))
        browser.post("/contacts/bulk", {"act": "delete", "is_asked": "3", "id": [str(one) for one in people[:3]]})

        assert "Delete 3 people?" in asked.text and left == 4
        assert db.session.scalars(select(Contact.id).order_by(Contact.id)).all() == people[3:]

    def test_more_than_a_hundred_ask_for_the_number(self, browser, by):
        contacts.add_or_update_many([contacts.Incoming(phone=f"+23480355{number:05d}") for number in range(120)], by=by)
        wanted = {"act": "delete", "all_matching": "1", "filters": "", "is_asked": "120"}
        refused = browser.post("/contacts/bulk", wanted | {"typed": "12"})
        left = db.session.scalar(select(func.count()).select_from(Contact))
        browser.post("/contacts/bulk", wanted | {"typed": "120"})

        assert refused.status_code == 422 and "Type “120” to go on" in refused.text and left == 120
        assert db.session.scalar(select(func.count()).select_from(Contact)) == 0

    def test_somebody_new_in_between_asks_again(self, browser, people):
        answer = browser.post("/contacts/bulk", {"act": "delete", "all_matching": "1", "is_asked": "3"})

        assert "Delete 4 people?" in answer.text

    def test_who_said_stop_stays_out_after_a_bulk_delete(self, browser, people, by):
        person = a_contact("Z", phone="+2348035550009", withdrawn=True)
        browser.post("/contacts/bulk", {"act": "delete", "is_asked": "1", "id": str(person.id)})
        contacts.add_or_update_many([contacts.Incoming(phone="+2348035550009", consent=ConsentState.GRANTED)], by=by)

        assert contacts.contact_by_phone("+2348035550009").marketing is ConsentState.WITHDRAWN

    @pytest.mark.parametrize("wrong", [
        {"act": "tag", "tag": "x"}, {"act": "explode", "id": "1"}, {"act": "tag", "tag": "", "id": "1"},
        {"act": "tag", "tag": "a,b", "id": "1"}, {"act": "tag", "tag": "x", "id": "99999999999999999999"},
        {"act": "tag", "tag": "x", "id": "-1"}, {"act": "tag", "tag": "x", "all_matching": "1", "filters": "consent=maybe"},
        {"act": "untag", "tag": "nothing", "id": "1"}, {}])
    def test_what_cannot_be_is_refused_in_words(self, browser, people, wrong):
        assert browser.post("/contacts/bulk", wrong).status_code in (404, 422)
        assert self.tagged("x") == 0

    def test_a_viewer_may_not(self, browser_as, people):
        assert browser_as("viewer").post("/contacts/bulk", {"act": "tag", "tag": "x", "id": "1"}).status_code == 403

    def test_messages_stay_when_people_go(self, browser, people, by):
        with transaction():
            db.session.add(Message(contact_id=people[0], channel_id=channels.ensure_first().id, state=MessageState.SENT))
        contacts.delete_people(people, by=by)

        assert db.session.scalar(select(func.count()).select_from(Message)) == 1
