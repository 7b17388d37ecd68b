"""A merge is taken back: two people again, each with what was theirs, and no stop is lost on the way."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from core import clock
from core.errors import Conflict, NotFound
from core.phone import Phone
from core.states import ConsentState, MessageState
from models import ActivityEntry, ConsentEntry, Contact, ContactMerge, Message, db, transaction
from services import contacts
from tests.factories.campaigns import a_campaign
from tests.factories.contacts import a_contact, consent_of
from tests.services.test_contacts_merge import a_message, merged

PAIR = ("+2348035550001", "+2348035550002")


@pytest.fixture
def ada(app):
    return a_contact("Ada Obi", phone=PAIR[0], email="ada@example.com", tags=["patient"])


@pytest.fixture
def twin(app):
    return a_contact("A. Obi", phone=PAIR[1], company="Harbour Clinic", tags=["Patient", "club"], birthday=None)


def undone(person, by):
    """The newest merge of this person, undone."""
    return contacts.undo_merge(contacts.open_merges(person.id)[0].id, by=by)


def told(person):
    """All that is kept in somebody's own row, and their tags."""
    person = contacts.get_contact(person.id)
    return {column.name: getattr(person, column.name) for column in Contact.__table__.c
            if column.name not in ("id", "changed_at")} | {"tags": [tag.name for tag in person.tags]}


@pytest.mark.parametrize("side", ["keep", "other"])
def test_both_are_as_they_were(ada, twin, by, side):
    before = told(ada), told(twin)
    person = merged(ada, twin, by, phone=side, name=side, company=side)
    keep, back = undone(person, by)

    assert (told(keep), told(back)) == before
    assert back.id == twin.id
    assert contacts.open_merges(keep.id) == []


def test_messages_acts_and_ledger_go_back_to_whose_they_were(ada, twin, by):
    consent_of(twin, ConsentState.GRANTED, proof="paper form 118")
    campaign = a_campaign(size=0)
    got, other = a_message(ada, campaign=campaign, state=MessageState.QUEUED), a_message(twin, campaign=campaign)
    wrote = a_message(twin, state=MessageState.RECEIVED, text="hello")
    acts = db.session.scalars(sa.select(ActivityEntry.id).where(ActivityEntry.subject_id == twin.id)).all()
    keep, back = undone(merged(ada, twin, by), by)

    assert [db.session.get(Message, message.id).contact_id for message in (got, other, wrote)] == [keep.id, back.id, back.id]
    assert [line.proof for line in contacts.history(back.id)] == ["paper form 118"]
    assert (contacts.history(keep.id), keep.marketing, back.marketing) == ([], ConsentState.UNKNOWN, ConsentState.GRANTED)
    assert {db.session.get(ActivityEntry, number).subject_id for number in acts} == {back.id}
    assert contacts.story(keep, kind="campaign").total == 1


def test_a_message_held_back_as_a_repeat_stays_held_back(ada, twin, by):
    campaign = a_campaign(size=0)
    waiting = a_message(ada, campaign=campaign, state=MessageState.QUEUED)
    a_message(twin, campaign=campaign)
    undone(merged(ada, twin, by), by)

    assert db.session.get(Message, waiting.id).state is MessageState.SKIPPED


def test_what_came_from_the_other_number_since_goes_with_it(ada, twin, by):
    person = merged(ada, twin, by, phone="other")
    since = a_message(person, state=MessageState.RECEIVED, text="since")
    waits = a_message(person, campaign=a_campaign(size=0), state=MessageState.QUEUED)
    keep, back = undone(person, by)

    assert {db.session.get(Message, message.id).contact_id for message in (since, waits)} == {back.id}
    assert (keep.phone, db.session.get(Message, waits.id).phone) == (PAIR[0], PAIR[1])


@pytest.mark.parametrize("who", ["ada", "twin"])
def test_a_stop_from_before_stays_for_both(ada, twin, by, who):
    consent_of({"ada": ada, "twin": twin}[who], ConsentState.WITHDRAWN, how="message")
    keep, back = undone(merged(ada, twin, by), by)

    assert (keep.marketing, back.marketing) == (ConsentState.WITHDRAWN, ConsentState.WITHDRAWN)


@pytest.mark.parametrize(("side", "state"), [("other", ConsentState.WITHDRAWN), ("keep", ConsentState.GRANTED)])
def test_what_was_agreed_to_under_the_number_of_the_other_lifts_no_stop_of_who_stays(ada, twin, by, side, state):
    consent_of(ada, ConsentState.WITHDRAWN)
    person = merged(ada, twin, by, phone=side)
    consent_of(person, ConsentState.GRANTED, how="message")

    keep, back = undone(person, by)

    assert (keep.phone, keep.marketing, back.marketing) == (PAIR[0], state, ConsentState.WITHDRAWN)
    assert contacts.derive_state(line for line in contacts.history(keep.id) if line.category == "marketing") is state


def test_a_stop_from_while_they_were_one_stays_for_both(ada, twin, by):
    for one in (ada, twin):
        consent_of(one, ConsentState.GRANTED)
    person = merged(ada, twin, by)
    consent_of(person, ConsentState.WITHDRAWN, how="message")
    consent_of(person, ConsentState.WITHDRAWN, how="message", category="utility")
    keep, back = undone(person, by)

    assert {keep.marketing, back.marketing, keep.utility, back.utility} == {ConsentState.WITHDRAWN}


def test_who_agreed_again_while_they_were_one_is_not_the_other(ada, twin, by):
    person = merged(ada, twin, by)
    consent_of(person, ConsentState.WITHDRAWN, how="message")
    consent_of(person, ConsentState.GRANTED, how="form")
    keep, back = undone(person, by)

    assert (keep.marketing, back.marketing) == (ConsentState.GRANTED, ConsentState.WITHDRAWN)


def test_no_line_of_the_ledger_is_lost(ada, twin, by):
    for person in (ada, twin):
        consent_of(person, ConsentState.GRANTED)
    lines = set(db.session.scalars(sa.select(ConsentEntry.id)))
    undone(merged(ada, twin, by), by)

    assert lines <= set(db.session.scalars(sa.select(ConsentEntry.id)))


def test_what_was_changed_since_stays(ada, twin, by):
    person = merged(ada, twin, by, company="other")
    contacts.change_contact(person.id, company="New firm", by=by)
    keep, back = undone(person, by)

    assert (keep.company, back.company) == ("New firm", "Harbour Clinic")


def test_a_number_that_is_somebody_elses_now_stands_in_the_way(ada, twin, by):
    person = merged(ada, twin, by, phone="keep")
    stranger = a_contact("Bo", phone=PAIR[1])
    with pytest.raises(Conflict, match="belongs to Bo now"):
        undone(person, by)
    contacts.delete_contact(stranger.id, by=by)

    assert undone(person, by)[1].phone == PAIR[1]


def test_a_number_typed_in_by_hand_since_is_not_taken_from_them(ada, twin, by):
    person = merged(ada, twin, by, phone="keep", name="keep")
    contacts.change_contact(person.id, phone=Phone.parse(PAIR[1]), by=by)

    with pytest.raises(Conflict, match="belongs to Ada Obi now"):
        undone(person, by)


def test_it_is_undone_once(ada, twin, by):
    person = merged(ada, twin, by)
    number = contacts.open_merges(person.id)[0].id
    contacts.undo_merge(number, by=by)

    with pytest.raises(Conflict, match="undone already"):
        contacts.undo_merge(number, by=by)


def test_the_later_merge_is_undone_first(ada, twin, by):
    third = a_contact("Third", phone="+2348035550003")
    merged(twin, third, by)
    person = merged(ada, twin, by)
    first, second = sorted(merge.id for merge in contacts.open_merges(person.id))
    with pytest.raises(Conflict, match="undo that first"):
        contacts.undo_merge(first, by=by)
    contacts.undo_merge(second, by=by)
    contacts.undo_merge(first, by=by)

    assert sorted(db.session.scalars(sa.select(Contact.phone))) == [*PAIR, "+2348035550003"]


def test_after_a_deletion_it_says_so(ada, twin, by):
    person = merged(ada, twin, by)
    number = contacts.open_merges(person.id)[0].id
    contacts.delete_contact(person.id, by=by)

    with pytest.raises(NotFound, match="cannot be undone any more"):
        contacts.undo_merge(number, by=by)


def test_after_thirty_days_it_says_so_and_is_forgotten_at_the_next(ada, twin, by):
    person = merged(ada, twin, by)
    number = contacts.open_merges(person.id)[0].id
    with transaction():
        db.session.get(ContactMerge, number).at = clock.now() - timedelta(days=31)
    with pytest.raises(Conflict, match="30 days"):
        contacts.undo_merge(number, by=by)
    merged(person, a_contact("Third", phone="+2348035550003"), by)

    assert db.session.scalars(sa.select(ContactMerge.other_name)).all() == ["Third"]


def test_an_erasure_leaves_nothing_of_the_other_row(ada, twin, by):
    person = merged(ada, twin, by, phone="keep")
    contacts.erase_person(person.id, by=by)

    assert db.session.scalar(sa.select(sa.func.count()).select_from(ContactMerge)) == 0
    assert a_contact("Again", phone=PAIR[1]).marketing in (ConsentState.UNKNOWN, ConsentState.WITHDRAWN)


def test_the_undo_is_told(ada, twin, by):
    keep, _ = undone(merged(ada, twin, by, name="keep"), by)
    entry = db.session.scalar(sa.select(ActivityEntry).where(ActivityEntry.verb == "contact.merge_undone"))

    assert (entry.subject_id, entry.details["other"], entry.actor_name) == (keep.id, "A. Obi", by.name)
