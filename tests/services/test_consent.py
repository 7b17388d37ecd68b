"""The ledger of who agreed to what: no order of events lets marketing follow a withdrawal."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core import clock
from core.actor import SYSTEM
from core.errors import Invalid, NotFound
from core.phone import Phone
from core.states import ConsentState
from models import ConsentEntry, Contact, db
from services import contacts
from services.contacts import Incoming
from services.contacts.ledger import HOW
from tests.factories.contacts import a_contact, consent_of

GRANTED, WITHDRAWN, UNKNOWN = ConsentState.GRANTED, ConsentState.WITHDRAWN, ConsentState.UNKNOWN
DAY = timedelta(days=1)
START = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Line:
    """A line of the ledger without a database."""

    state: ConsentState
    how: str
    at: datetime
    overrides_withdrawal: bool = False


lines = st.lists(st.builds(
    Line, st.sampled_from([GRANTED, WITHDRAWN]), st.sampled_from(HOW),
    st.integers(0, 6).map(lambda days: START + days * DAY), st.just(False)), max_size=8)


class TestDeriveState:
    def test_nothing_known_is_unknown(self):
        assert contacts.derive_state([]) is UNKNOWN

    @given(lines, st.randoms())
    def test_the_order_in_which_we_learn_of_things_changes_nothing(self, ledger, random):
        shuffled = random.sample(ledger, len(ledger))

        assert contacts.derive_state(shuffled) is contacts.derive_state(ledger)

    @given(lines)
    def test_after_the_newest_withdrawal_only_their_own_later_word_counts(self, ledger):
        stops = [line.at for line in ledger if line.state is WITHDRAWN]
        later = [line for line in ledger
                 if line.state is GRANTED and line.how != "import" and stops and line.at > max(stops)]

        if stops and not later:
            assert contacts.derive_state(ledger) is WITHDRAWN

    @given(lines)
    def test_a_withdrawal_now_always_ends_it(self, ledger):
        stop = Line(WITHDRAWN, "message", START + 7 * DAY)

        assert contacts.derive_state([stop, *ledger]) is WITHDRAWN

    @given(lines)
    def test_imports_never_lift_a_withdrawal_whatever_their_number(self, ledger):
        imports = [Line(GRANTED, "import", START + days * DAY) for days in range(9)]
        before = contacts.derive_state(ledger)

        if before is WITHDRAWN:
            assert contacts.derive_state([*ledger, *imports]) is WITHDRAWN

    def test_an_import_with_a_typed_reason_lifts_an_older_withdrawal_only(self):
        stop = Line(WITHDRAWN, "message", START)

        assert contacts.derive_state([stop, Line(GRANTED, "import", START + DAY, True)]) is GRANTED
        assert contacts.derive_state([stop, Line(GRANTED, "import", START - DAY, True)]) is WITHDRAWN

    def test_at_the_same_moment_the_withdrawal_wins(self):
        assert contacts.derive_state([Line(GRANTED, "form", START), Line(WITHDRAWN, "form", START)]) is WITHDRAWN


class TestRecordConsent:
    def test_a_line_is_kept_with_who_how_when_and_proof(self, app, by):
        person = a_contact()

        contacts.record_consent(contact_id=person.id, category="marketing", state=GRANTED, how="staff",
                                proof=" Paper form 118 ", at=START, by=by)

        line = contacts.history(person.id)[0]
        assert (line.state, line.how, line.proof, line.by, line.at) == (
            GRANTED, "staff", "Paper form 118", "Folake Adeyemi", START)
        assert contacts.get_contact(person.id).marketing is GRANTED

    def test_categories_do_not_touch_each_other(self, app):
        person = a_contact(granted=True)

        contacts.record_consent(contact_id=person.id, category="utility", state=WITHDRAWN, how="message",
                                by=SYSTEM)

        found = contacts.get_contact(person.id)
        assert (found.marketing, found.utility) == (GRANTED, WITHDRAWN)

    def test_an_import_changes_nothing_for_whoever_withdrew(self, app):
        person = a_contact(withdrawn=True)

        assert consent_of(person, GRANTED, how="import", proof="people.csv") is WITHDRAWN
        assert contacts.get_contact(person.id).marketing is WITHDRAWN

    def test_their_own_later_word_opens_it_again(self, app):
        person = a_contact(withdrawn=True)

        assert consent_of(person, GRANTED, how="message", proof="START") is GRANTED

    def test_a_grant_dated_in_the_future_counts_as_now_so_that_a_later_stop_holds(self, app):
        person = a_contact()
        consent_of(person, GRANTED, at=clock.now() + 3650 * DAY)

        assert consent_of(person, WITHDRAWN) is WITHDRAWN

    def test_the_newest_line_stands_first(self, app):
        person = a_contact()
        consent_of(person, GRANTED, at=START)
        consent_of(person, WITHDRAWN, at=START + DAY)

        assert [line.state for line in contacts.history(person.id)] == [WITHDRAWN, GRANTED]

    @pytest.mark.parametrize(("field", "wrong"), [
        ("category", {"category": "gossip"}), ("how", {"how": "telepathy"}), ("state", {"state": UNKNOWN}),
        ("proof", {"proof": "x" * 501}), ("proof", {"how": "import", "overrides_withdrawal": True}),
    ])
    def test_words_the_ledger_does_not_know_are_refused_by_field(self, app, by, field, wrong):
        person = a_contact()
        asked = {"category": "marketing", "state": GRANTED, "how": "form"} | wrong

        with pytest.raises(Invalid) as refused:
            contacts.record_consent(contact_id=person.id, by=by, **asked)

        assert refused.value.field == field
        assert contacts.history(person.id) == []

    def test_nobody_is_not_found(self, app, by):
        with pytest.raises(NotFound):
            contacts.record_consent(contact_id=999, category="marketing", state=GRANTED, how="form", by=by)


class TestRecordConsentMany:
    def test_everybody_but_those_who_withdrew_is_granted(self, app, by):
        fresh, stopped = a_contact("Ada"), a_contact("Ben", withdrawn=True)

        contacts.record_consent_many([fresh.id, stopped.id, fresh.id], category="marketing", proof="p.csv", by=by)

        assert contacts.get_contact(fresh.id).marketing is GRANTED
        assert contacts.get_contact(stopped.id).marketing is WITHDRAWN
        assert [line.proof for line in contacts.history(fresh.id)] == ["p.csv"]
        assert len(contacts.history(stopped.id)) == 1

    def test_the_same_proof_twice_adds_no_second_line(self, app, by):
        person = a_contact()

        for _ in range(2):
            contacts.record_consent_many([person.id], category="marketing", proof="p.csv", by=by)

        assert len(contacts.history(person.id)) == 1

    def test_the_same_proof_counts_again_after_its_import_was_undone(self, app, by):
        person = a_contact()
        contacts.record_consent_many([person.id], category="marketing", proof="p.csv", by=by)
        line, = contacts.history(person.id)
        contacts.put_back_many(contacts.people_now([person.id]), {}, tags=[], proof="p.csv was undone", by=by,
                               grants={(person.id, "marketing"): line.at})

        contacts.record_consent_many([person.id], category="marketing", proof="p.csv", by=by)
        lines = contacts.history(person.id)
        assert (len(lines), contacts.derive_state(lines), contacts.get_contact(person.id).marketing) == (3, GRANTED, GRANTED)

    def test_thousands_cost_a_few_statements(self, app, by):
        people = [a_contact(name=f"Person {number}").id for number in range(30)]

        contacts.record_consent_many(people, category="utility", proof="p.csv", by=by)

        assert db.session.query(Contact).filter_by(utility=GRANTED).count() == 30


events = st.lists(st.one_of(
    st.tuples(st.just("one"), st.sampled_from([GRANTED, WITHDRAWN]), st.sampled_from(HOW), st.integers(-3, 3)),
    st.tuples(st.just("many"), st.just(GRANTED), st.just("import"), st.integers(-3, 3))), max_size=6)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(events)
def test_no_order_of_events_lets_marketing_follow_a_withdrawal(app, by, story):
    person = a_contact()
    now = clock.now()
    for kind, state, how, days in story:
        if kind == "many":
            contacts.record_consent_many([person.id], category="marketing", proof="f", at=now + days * DAY, by=by)
        else:
            consent_of(person, state, how=how, at=now + days * DAY)

    db.session.rollback()
    found = contacts.get_contact(person.id)
    stops = [line.at for line in contacts.history(person.id) if line.state is WITHDRAWN]
    own_words = [line.at for line in contacts.history(person.id) if line.state is GRANTED and line.how != "import"]

    assert found.marketing is contacts.derive_state(contacts.history(person.id))
    if stops and not any(at > max(stops) for at in own_words):
        assert found.marketing is WITHDRAWN


def test_the_ledger_goes_with_the_person(app, by):
    person = a_contact(granted=True)

    contacts.delete_contact(person.id, by=by)

    assert db.session.query(ConsentEntry).count() == 0


class TestOneNumberWithTwoPeople:
    """The phone of one, the WhatsApp id of another who has another phone by now."""

    @pytest.fixture
    def moved(self, app, by):
        """Wrote from …000 once; somebody of the team gave them the number …001."""
        person = contacts.person_of(wa_id="2348035558000", user_id="NG.one")
        contacts.change_contact(person.id, phone=Phone("+2348035558001"), name="Ade", by=by)
        contacts.record_consent(contact_id=person.id, category="marketing", state=ConsentState.GRANTED, how="form", by=by)
        return person.id

    def test_a_file_that_withdraws_the_number_withdraws_both(self, moved, by):
        contacts.add_or_update_many([Incoming(phone="+2348035558000", consent=ConsentState.WITHDRAWN, proof="the file")], by=by)

        assert contacts.get_contact(moved).marketing is ConsentState.WITHDRAWN

    def test_who_is_added_with_the_number_of_somebody_who_said_stop_starts_withdrawn(self, moved, by):
        contacts.record_consent(contact_id=moved, category="marketing", state=ConsentState.WITHDRAWN, how="message", by=by)
        contacts.add_or_update_many([Incoming(phone="+2348035558000", consent=ConsentState.GRANTED, proof="the file")], by=by)

        assert contacts.contact_by_phone("+2348035558000").marketing is ConsentState.WITHDRAWN

    def test_a_word_of_their_own_afterwards_counts(self, moved, by):
        contacts.add_or_update_many([Incoming(phone="+2348035558000", consent=ConsentState.WITHDRAWN, proof="the file")], by=by)
        contacts.record_consent(contact_id=moved, category="marketing", state=ConsentState.GRANTED, how="form", by=by)

        assert contacts.get_contact(moved).marketing is ConsentState.GRANTED
