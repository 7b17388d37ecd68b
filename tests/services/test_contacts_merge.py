"""Two rows that are one person become one."""

import pytest
from sqlalchemy import func, select

from core.errors import Conflict, Invalid, NotFound
from core.states import ConsentState, MessageState
from models import ActivityEntry, ConsentEntry, Contact, Message, db, transaction
from services import contacts
from tests.factories.campaigns import a_campaign
from tests.factories.contacts import a_contact, a_phone, consent_of


def a_message(person, *, campaign=None, state=MessageState.SENT, text=""):
    from services import channels

    with transaction():
        message = Message(contact_id=person.id, channel_id=channels.ensure_first().id, phone=person.phone or "",
                          campaign_id=campaign.id if campaign else None, state=state, text=text,
                          direction="in" if state is MessageState.RECEIVED else "out")
        db.session.add(message)
    return message


@pytest.fixture
def ada(app):
    return a_contact("Ada Obi", phone="+2348035550001", email="ada@example.com", tags=["patient"])


@pytest.fixture
def twin(app):
    return a_contact("A. Obi", phone="+2348035550002", company="Harbour Clinic", tags=["Patient", "club"])


def merged(keep, other, by, **choices):
    return contacts.merge_contacts(keep.id, other.id, choices=choices, by=by)


def test_the_plan_names_only_what_differs_and_prefers_what_is_filled(ada, twin):
    plan = contacts.plan_merge(ada.id, twin.id)
    sides = {choice.key: choice.default for choice in plan.choices}

    assert "company" in sides and "language" not in sides
    assert (sides["company"], sides["email"]) == ("other", "keep")
    assert any("Only one number can stay" in note for note in plan.notes)


def test_the_chosen_values_stay_and_the_other_row_is_gone(ada, twin, by):
    person = merged(ada, twin, by, name="keep", phone="other", first_name="keep")

    assert (person.name, person.phone, person.company) == ("Ada Obi", "+2348035550002", "Harbour Clinic")
    assert "2348035550002" in person.search
    with pytest.raises(NotFound):
        contacts.get_contact(twin.id)


def test_tags_are_united_whatever_their_case(ada, twin, by):
    assert [tag.name for tag in merged(ada, twin, by).tags] == ["club", "patient"]


def test_messages_and_the_ledger_come_together(ada, twin, by):
    consent_of(twin, ConsentState.GRANTED, proof="paper form 118")
    wrote = a_message(twin, state=MessageState.RECEIVED, text="hello")
    person = merged(ada, twin, by)

    assert db.session.get(Message, wrote.id).contact_id == person.id
    assert [line.proof for line in contacts.history(person.id)] == ["paper form 118"]


def test_a_stop_of_either_outlasts_what_a_file_says_of_the_other(ada, twin, by):
    consent_of(ada, ConsentState.WITHDRAWN, how="message")
    consent_of(twin, ConsentState.GRANTED, how="import")

    assert merged(twin, ada, by).marketing is ConsentState.WITHDRAWN


def test_the_number_that_goes_keeps_the_stop(ada, twin, by):
    consent_of(ada, ConsentState.WITHDRAWN, how="message")
    merged(ada, twin, by, phone="keep")
    again = a_contact("Somebody", phone="+2348035550002")

    assert again.marketing is ConsentState.WITHDRAWN


def test_of_two_messages_of_one_campaign_the_one_that_got_further_stays(ada, twin, by):
    campaign = a_campaign(size=0)
    waiting, got = a_message(ada, campaign=campaign, state=MessageState.QUEUED), a_message(twin, campaign=campaign)
    person = merged(ada, twin, by)
    left, kept = db.session.get(Message, waiting.id), db.session.get(Message, got.id)

    assert kept.contact_id == person.id
    assert (left.contact_id, left.state, left.reason_code) == (None, MessageState.SKIPPED, "repeated")
    assert {event.what.id for event in contacts.story(person, kind="campaign").items} == {waiting.id, got.id}


def test_what_still_waits_goes_to_the_number_that_stays(ada, twin, by):
    message = a_message(twin, campaign=a_campaign(size=0), state=MessageState.QUEUED)
    merged(ada, twin, by, phone="keep")

    assert db.session.get(Message, message.id).phone == "+2348035550001"


def test_fields_are_chosen_one_by_one(app, by):
    key = contacts.add_field(label="Doctor", by=by)
    other_key = contacts.add_field(label="Ward", by=by)
    ada = a_contact("Ada", fields={key: "Dr Eke"})
    twin = a_contact("Ada", fields={key: "Dr Balogun", other_key: "3"})
    person = merged(ada, twin, by, **{f"field:{key}": "keep"})

    assert person.fields == {key: "Dr Eke", other_key: "3"}


def test_the_merge_is_told_once_and_the_story_of_both_goes_on(ada, twin, by):
    person = merged(ada, twin, by)
    acts = db.session.scalars(select(ActivityEntry).where(ActivityEntry.subject_id == person.id).order_by(ActivityEntry.id)).all()

    assert [act.verb for act in acts].count("contact.added") == 2
    assert acts[-1].details["other"] == "A. Obi"


def test_one_person_twice_is_refused(ada, by):
    with pytest.raises(Conflict, match="the same one"):
        merged(ada, ada, by)


def test_a_side_that_does_not_exist_is_refused_and_nothing_changes(ada, twin, by):
    with pytest.raises(Invalid):
        merged(ada, twin, by, name="both")

    assert db.session.scalar(select(func.count()).select_from(Contact)) == 2


def test_a_person_known_by_user_id_only_gets_the_number(app, by):
    stranger = contacts.person_of(user_id="GB.7019abc", profile_name="Ada")
    ada = a_contact("Ada Obi", phone=str(a_phone()))
    person = merged(stranger, ada, by)

    assert (person.phone, person.user_id) == (ada.phone, "GB.7019abc")


def test_no_line_of_the_ledger_is_lost(ada, twin, by):
    for person in (ada, twin):
        consent_of(person, ConsentState.GRANTED)
        consent_of(person, ConsentState.WITHDRAWN)
    merged(ada, twin, by)

    assert db.session.scalar(select(func.count()).select_from(ConsentEntry)) == 4
