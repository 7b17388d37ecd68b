"""One person's story: everything, newest first, by kind, in pages; and what we hold about them as a file."""

import json
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from core.actor import SYSTEM
from core.states import ConsentState, ImportState, MessageState
from models import ActivityEntry, Contact, Import, ImportChange, ImportCreated, Message, db, transaction
from services import activity, channels, contacts
from tests.factories.campaigns import a_campaign
from tests.factories.contacts import a_contact, consent_of


@pytest.fixture
def ada(app):
    person = a_contact("Ada Obi", company="Clinic", tags=["patient"])
    consent_of(person, ConsentState.GRANTED, proof="paper form 118")
    campaign = a_campaign(size=0, name="Flu days")
    with transaction():
        channel = channels.ensure_first().id
        db.session.add(Message(contact_id=person.id, channel_id=channel, phone=person.phone, state=MessageState.RECEIVED,
                               direction="in", kind="text", text="Good morning"))
        db.session.add(Message(contact_id=person.id, channel_id=channel, phone=person.phone, campaign_id=campaign.id,
                               state=MessageState.READ, variables={"first_name": "Ada"}))
        done = Import(file_name="people.csv", stored_name="x", size=1, digest="d", state=ImportState.FINISHED,
                      created_by="Amina")
        db.session.add(done)
        db.session.flush()
        db.session.add(ImportChange(import_id=done.id, contact_id=person.id, before={"company": "Ward"},
                                    after={"company": "Clinic"}, tags=[], at=person.created_at))
    return person


def kinds(page):
    return [event.kind for event in page.items]


def test_every_kind_has_its_place(ada):
    assert sorted(kinds(contacts.story(ada))) == ["campaign", "change", "consent", "import", "message"]


def test_the_newest_stands_first(ada):
    times = [event.at for event in contacts.story(ada).items]

    assert times == sorted(times, reverse=True)


@pytest.mark.parametrize("kind", ["message", "campaign", "consent", "import", "change"])
def test_one_kind_alone(ada, kind):
    assert set(kinds(contacts.story(ada, kind=kind))) == {kind}


def test_the_counts_add_up_to_all(ada):
    assert sum(contacts.story_counts(ada).values()) == contacts.story(ada).total == 5


def test_it_comes_in_pages(ada):
    for _ in range(40):
        consent_of(ada, ConsentState.GRANTED)
    first, last = contacts.story(ada), contacts.story(ada, page=99)

    assert (len(first.items), last.number, len(last.items)) == (30, 2, 15)


def test_tags_of_many_are_part_of_each_story(ada, by):
    ben = a_contact("Ben")
    given = contacts.tag_people([ada.id, ben.id], tag="club", by=by)
    contacts.untag_people([ada.id], tag="patient", by=by)
    contacts.undo_bulk(given.id, by=by)

    told = [event.what for event in contacts.story(ada, kind="tag").items]
    assert [(one.is_given, one.tag, one.people, one.by, one.is_undone) for one in told] == [
        (False, "patient", 1, "Folake Adeyemi", False), (True, "club", 2, "Folake Adeyemi", True)]
    assert contacts.story_counts(ada)["tag"] == 2 and contacts.story_counts(ben)["tag"] == 1


def test_an_import_tells_old_and_new(ada):
    told = contacts.story(ada, kind="import").items[0].what

    assert (told.file_name, told.by, told.changes) == ("people.csv", "Amina", (("Company", "Ward", "Clinic"),))


def test_who_was_brought_in_by_a_file_starts_with_it(app, by):
    contacts.add_or_update_many([contacts.Incoming(phone="+2348035550777")], by=by)
    person = contacts.contact_by_phone("+2348035550777")
    with transaction():
        done = Import(file_name="first.csv", stored_name="x", size=1, digest="d", state=ImportState.FINISHED)
        db.session.add(done)
        db.session.flush()
        db.session.add(ImportCreated(import_id=done.id, first_id=person.id, last_id=person.id, people=1, tags=[],
                                     at=person.created_at))

    assert [event.what.is_new for event in contacts.story(person).items] == [True]


def test_what_was_noted_of_somebody_who_had_this_id_before_is_not_theirs(ada):
    with transaction():
        db.session.add(ActivityEntry(verb="contact.deleted", actor_kind="system", actor_name="x", subject_kind="contact",
                                     subject_id=ada.id, subject_name="Somebody else", at=ada.created_at - timedelta(days=9_000)))

    assert "contact.deleted" not in {event.what.verb for event in contacts.story(ada, kind="change").items}


def test_a_long_story_costs_no_more_queries(ada, by):
    def queries_of():
        from sqlalchemy import event as listen
        seen = []
        note = lambda *args: seen.append(args[2])  # noqa: E731
        listen.listen(db.engine, "before_cursor_execute", note)
        contacts.story(ada)
        listen.remove(db.engine, "before_cursor_execute", note)
        return len(seen)

    before = queries_of()
    for number in range(25):
        consent_of(ada, ConsentState.GRANTED)
        contacts.change_contact(ada.id, company=f"Clinic {number}", by=by)

    assert queries_of() <= before


class TestFile:
    def test_it_holds_everything_of_every_kind(self, ada, by):
        told = contacts.personal_file(ada.id, by=by)
        text = json.dumps(told)

        assert all(word in text for word in ("Ada Obi", ada.phone, "paper form 118", "Good morning", "Flu days", "patient",
                                             "people.csv"))
        assert told["messages"][1]["state"] == "read"

    def test_every_table_that_points_at_people_is_in_it(self, ada, by):
        told = {"contact_tags": "tags", "consent_entries": "consent", "messages": "messages",
                "import_changes": "imports", "import_kept": "imports", "bulk_changed": "tags", "contact_merges": "merged",
                "contact_addresses": "also_known_as", "conversations": "conversations", "events": "what_happened",
                "rule_runs": "rules_that_ran", "hook_calls": "calls_of_other_systems",
                "outgoing_calls": "calls_to_other_systems", "flow_sessions": "flows_they_went_through"}
        pointing = {table.name for table in Contact.metadata.sorted_tables for key in table.foreign_keys
                    if key.column.table is Contact.__table__}

        assert {told[name] for name in pointing} <= set(contacts.personal_file(ada.id, by=by))

    def test_handing_it_out_is_noted(self, ada, by):
        contacts.personal_file(ada.id, by=by)

        assert db.session.scalar(select(func.count()).where(ActivityEntry.verb == "contact.handed_out")) == 1

    def test_acts_are_told_in_sentences(self, ada, by):
        activity.record("contact.changed", by=SYSTEM, subject_kind="contact", subject_id=ada.id, subject_name="Ada Obi",
                        fields="phone")

        assert "changed phone of Ada Obi" in [act["what"] for act in contacts.personal_file(ada.id, by=by)["activity"]]
