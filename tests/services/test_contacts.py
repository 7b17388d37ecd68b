"""People: added, changed, found, deleted; their tags and fields."""

from datetime import date, timedelta

import pytest

from core import clock
from core.errors import Conflict, Invalid, NotFound
from core.phone import Phone
from core.states import MessageState
from models import ActivityEntry, Message, db, transaction
from services import channels, contacts
from tests.factories.contacts import a_contact, a_phone


class TestAddContact:
    def test_the_details_are_kept_and_what_follows_from_them(self, app, by):
        person = contacts.add_contact(phone=Phone.parse("07700 900123", "GB"), name=" Ada\u202e Ökafor ",
                                      email="ada@example.com", birthday=date(1988, 3, 4), by=by)

        assert (person.name, person.first_name, person.country) == ("Ada Ökafor", "Ada", "GB")
        assert person.name_key == "ada okafor"

    def test_a_known_number_is_refused_by_name(self, app, by):
        known = a_contact("Ana", phone="+14155550123")

        with pytest.raises(contacts.KnownPhone, match="already in your contacts as Ana") as refused:
            contacts.add_contact(phone=Phone("+14155550123"), by=by)

        assert (refused.value.field, refused.value.contact_id) == ("phone", known.id)

    @pytest.mark.parametrize(("known", "typed"), [
        ("+541123456789", "011 15 2345-6789"), ("+5491123456789", "11 2345 6789"), ("+5491123456789", "+54 9 11 15 2345 6789")])
    def test_a_number_known_in_another_spelling_is_refused_by_name(self, app, by, known, typed):
        ana, ben = a_contact("Ana", phone=known), a_contact("Ben")

        with pytest.raises(contacts.KnownPhone, match="already in your contacts as Ana"):
            contacts.add_contact(phone=Phone.parse(typed, "AR"), by=by)
        with pytest.raises(contacts.KnownPhone, match="already in your contacts as Ana"):
            contacts.change_contact(ben.id, phone=Phone.parse(typed, "AR"), by=by)
        assert contacts.change_contact(ana.id, phone=Phone.parse(typed, "AR"), by=by).id == ana.id

    def test_somebody_without_a_phone_can_be_kept_twice(self, app):
        a_contact("Ada", phone=None)
        a_contact("Ada", phone=None)

        assert contacts.count_contacts("ada") == 2

    def test_nobody_at_all_is_refused(self, app, by):
        with pytest.raises(Invalid, match="at least a phone number or a name"):
            contacts.add_contact(phone=None, name=" \x00 ", by=by)

    @pytest.mark.parametrize(("field", "value"), [
        ("email", "ada"), ("email", "ada@example"), ("email", "a b@example.com"), ("email", "x" * 250 + "@a.com"),
        ("name", "x" * 201), ("company", "x" * 201), ("language", "Elvish"), ("notes", "x" * 10_001),
        ("birthday", date(1066, 1, 1)), ("birthday", clock.now().date() + timedelta(days=30)),
        ("tags", ["x" * 61]), ("tags", ["a, b"]), ("tags", [str(n) for n in range(51)]),
    ])
    def test_details_that_cannot_be_kept_are_refused_by_field(self, app, by, field, value):
        with pytest.raises(Invalid) as refused:
            contacts.add_contact(phone=a_phone(), by=by, **{field: value})

        assert refused.value.field == field
        assert contacts.count_contacts() == 0

    def test_what_any_text_holds_can_be_stored(self, app):
        person = a_contact("Zoë \U0001f469\u200d\u2695 " + "ﷺ" * 150, company="NUL\x00\ud800", notes="a\x00\r\nb")

        found = contacts.get_contact(person.id)
        assert found.company == "NUL \ufffd" and found.notes == "a \nb"
        assert len(found.name_key) == 200

    def test_it_is_noted_who_added_whom(self, app, by):
        person = contacts.add_contact(phone=a_phone(), name="Ada", by=by)

        entry = db.session.query(ActivityEntry).filter_by(verb="contact.added").one()
        assert (entry.actor_name, entry.subject_id, entry.subject_name) == ("Folake Adeyemi", person.id, "Ada")


class TestChangeContact:
    def test_only_what_is_given_changes(self, app, by):
        person = a_contact("Ada Obi", company="Shop", tags=["vip"])

        contacts.change_contact(person.id, email="ada@example.com", by=by)

        found = contacts.get_contact(person.id)
        assert (found.name, found.company, found.email) == ("Ada Obi", "Shop", "ada@example.com")
        assert [tag.name for tag in found.tags] == ["vip"]

    def test_the_first_name_follows_the_name_unless_it_was_chosen(self, app, by):
        follows, chosen = a_contact("Ada Obi"), a_contact("Ada Obi", first_name="Addie")

        contacts.change_contact(follows.id, name="Grace Eze", by=by)
        contacts.change_contact(chosen.id, name="Grace Eze", by=by)

        assert contacts.get_contact(follows.id).first_name == "Grace"
        assert contacts.get_contact(chosen.id).first_name == "Addie"

    def test_the_search_follows_the_change(self, app, by):
        person = a_contact("Ada Obi")

        contacts.change_contact(person.id, name="Grace Eze", by=by)

        assert contacts.count_contacts("obi") == 0 and contacts.count_contacts("eze") == 1

    def test_a_number_of_somebody_else_is_refused(self, app, by):
        a_contact("Ana", phone="+14155550123")
        person = a_contact("Ben")

        with pytest.raises(Conflict, match="already in your contacts as Ana"):
            contacts.change_contact(person.id, phone=Phone("+14155550123"), by=by)

    def test_the_same_again_is_not_noted(self, app, by):
        person = a_contact("Ada Obi", company="Shop")

        contacts.change_contact(person.id, name="Ada Obi", first_name="", company="Shop", tags=[], by=by)

        assert db.session.query(ActivityEntry).filter_by(verb="contact.changed").count() == 0

    def test_the_note_names_what_changed(self, app, by):
        person = a_contact("Ada Obi")

        contacts.change_contact(person.id, name="Ada Eze", email="a@example.com", tags=["x"], by=by)

        entry = db.session.query(ActivityEntry).filter_by(verb="contact.changed").one()
        assert entry.details["fields"] == "name, e-mail and tags"

    def test_somebody_cannot_become_nobody(self, app, by):
        person = a_contact("Ada", phone=None)

        with pytest.raises(Invalid, match="at least"):
            contacts.change_contact(person.id, name="", by=by)

    @pytest.mark.parametrize("wrong", [0, -1, 999, 2**31, 2**63, 2**80])
    def test_nobody_is_not_found(self, app, by, wrong):
        with pytest.raises(NotFound):
            contacts.change_contact(wrong, name="Ada", by=by)


class TestDeleteContact:
    def test_the_person_goes_and_their_messages_stay(self, app, by):
        person = a_contact("Ada", tags=["vip"])
        with transaction():
            db.session.add(Message(channel_id=channels.ensure_first().id, contact_id=person.id, direction="in",
                                   state=MessageState.RECEIVED, text="hello"))

        assert contacts.delete_contact(person.id, by=by) == "Ada"

        assert contacts.count_contacts() == 0
        assert db.session.query(Message).one().contact_id is None

    def test_it_is_noted(self, app, by):
        contacts.delete_contact(a_contact("Ada").id, by=by)

        assert db.session.query(ActivityEntry).filter_by(verb="contact.deleted").one().subject_name == "Ada"


class TestTags:
    def test_a_tag_is_found_whatever_its_case(self, app, by):
        assert contacts.tag_named("VIP", by=by).id == contacts.tag_named(" vip ", by=by).id

    def test_the_first_spelling_is_kept(self, app, by):
        contacts.tag_named("Diabetes club", by=by)
        a_contact(tags=["DIABETES  CLUB"])

        assert [(tag.name, tag.people) for tag in contacts.all_tags()] == [("Diabetes club", 1)]

    def test_setting_tags_adds_and_removes(self, app, by):
        person = a_contact(tags=["a", "b"])

        assert contacts.set_tags(person, ["b", "c"], by=by)
        assert not contacts.set_tags(person, ["C", "b", "b"], by=by)
        assert [tag.name for tag in contacts.get_contact(person.id).tags] == ["b", "c"]

    def test_a_text_is_split_at_commas_and_semicolons(self):
        assert contacts.split_tags(" patient, Diabetes club;patient,,") == ["patient", "Diabetes club"]


class TestFields:
    def test_a_field_is_made_once_and_keeps_values_of_its_kind(self, app, by):
        key = contacts.add_field(label="Last check-up", kind="date", by=by)
        person = a_contact(fields={key: " 2026-11-24 "})

        assert key == "last_check_up" == contacts.add_field(label="last check up", kind="date", by=by)
        assert contacts.get_contact(person.id).fields == {key: "2026-11-24"}

    @pytest.mark.parametrize(("kind", "typed", "kept"), [
        ("text", " Dr Balogun ", "Dr Balogun"), ("text", "", None), ("number", "12", 12), ("number", "12.5", 12.5),
        ("number", "-3", -3), ("number", "٣", 3), ("yes_no", "Yes", True), ("yes_no", "0", False),
        ("yes_no", True, True),
        ("date", "2026-11-24T00:00", "2026-11-24"),
    ])
    def test_values_are_read_by_their_kind(self, app, by, kind, typed, kept):
        contacts.add_field(label="Thing", kind=kind, by=by)

        assert contacts.check_value(contacts.all_fields()[0], typed) == kept

    @pytest.mark.parametrize(("kind", "typed"), [
        ("number", "twelve"), ("number", "1e999"), ("number", "nan"), ("number", "9" * 40), ("date", "31/02/2026"),
        ("date", "yesterday"), ("yes_no", "maybe"), ("text", "x" * 1001),
    ])
    def test_values_of_another_kind_are_refused_by_field(self, app, by, kind, typed):
        contacts.add_field(label="Thing", kind=kind, by=by)

        with pytest.raises(Invalid) as refused:
            contacts.check_value(contacts.all_fields()[0], typed)

        assert refused.value.field == "field_thing"

    @pytest.mark.parametrize("label", ["", "  ", "!!!", "x" * 81])
    def test_a_label_without_words_is_refused(self, app, by, label):
        with pytest.raises(Invalid):
            contacts.add_field(label=label, by=by)

    def test_a_field_never_takes_the_name_of_a_detail(self, app, by):
        assert contacts.add_field(label="Phone", by=by) == "field_phone"

    def test_labels_of_every_script_and_length_have_keys(self, app, by):
        keys = {contacts.add_field(label=label, by=by) for label in ("طبيب", "医生", "x " * 40, "x " * 39 + "y")}

        assert len(keys) == 4 and all(len(key) <= 40 and key.isascii() for key in keys)

    def test_the_same_label_with_another_kind_is_refused(self, app, by):
        contacts.add_field(label="Doctor", by=by)

        with pytest.raises(Conflict, match="already"):
            contacts.add_field(label="doctor", kind="number", by=by)

    def test_an_unknown_field_is_refused(self, app, by):
        with pytest.raises(Invalid, match="no field"):
            a_contact(fields={"nothing": "1"})
