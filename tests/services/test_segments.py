"""What conditions mean, how they combine, and segments as they are kept."""

from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy as sa

from core import clock
from core.actor import COMMAND
from core.errors import Conflict, Invalid, NotFound
from core.states import ConsentState, MessageState
from models import ActivityEntry, Contact, Message, Segment, db, transaction
from services import contacts, segments
from services.segments import Condition, Group, Shape, all_of
from tests.factories.contacts import a_contact
from tests.factories.sending import make_channel


def named(*conditions, is_any=False):
    """The names of the people of whom all (or any) of these are true."""
    shape = Shape((Group(tuple(Condition(*one) for one in conditions), is_any),))
    ids = db.session.scalars(segments.ids_matching(shape)).all()
    assert sorted(ids) == sorted(db.session.scalars(sa.select(Contact.id).where(segments.where(shape))))
    return {row.name for row in contacts.people_in(ids)}


def set_on(person, **values):
    """Facts that no form of ours can give."""
    with transaction():
        db.session.execute(sa.update(Contact).where(Contact.id == person.id).values(**values))


def messaged(person, days_ago, state=MessageState.DELIVERED, direction="out"):
    """One message to this person."""
    channel = make_channel(number_id=str(1000 + person.id))
    with transaction():
        db.session.add(Message(contact_id=person.id, state=state, direction=direction, channel_id=channel.id,
                               created_at=clock.now() - timedelta(days=days_ago)))


class TestConditions:
    def test_a_tag_is_had_or_not_whatever_its_case(self, app):
        a_contact("Ada", tags=["Patient", "vip"])
        a_contact("Ben", tags=["patient"])
        a_contact("Cleo")

        assert named(("tag.is", "PATIENT")) == {"Ada", "Ben"}
        assert named(("tag.is_not", "patient")) == {"Cleo"}
        assert named(("tag.is", "patient"), ("tag.is", "vip")) == {"Ada"}
        assert named(("tag.is", "patient"), ("tag.is_not", "vip")) == {"Ben"}
        assert named(("tag.is", "nobody's")) == set()

    def test_consent_is_asked_by_category(self, app):
        a_contact("Ada", granted=True)
        a_contact("Ben", withdrawn=True)
        cleo = a_contact("Cleo")
        contacts.record_consent(contact_id=cleo.id, category="utility", state=ConsentState.WITHDRAWN, how="form",
                                by=COMMAND)

        assert named(("marketing.granted",)) == {"Ada"}
        assert named(("marketing.withdrawn",)) == {"Ben"}
        assert named(("marketing.unknown",)) == {"Cleo"} == named(("utility.withdrawn",))

    def test_heard_from_counts_days_and_never(self, app):
        for name, days in (("Lately", 3), ("Long ago", 200)):
            contacts.heard_from(a_contact(name).id, clock.now() - timedelta(days=days))
        a_contact("Silent")

        assert named(("heard.within", "90")) == {"Lately"}
        assert named(("heard.not_within", "90")) == {"Long ago", "Silent"}
        assert named(("heard.never",)) == {"Silent"}
        assert named(("heard.ever",)) == {"Lately", "Long ago"}

    def test_messaged_counts_what_left_us_and_nothing_else(self, app):
        messaged(a_contact("Lately"), 2)
        messaged(a_contact("Long ago"), 100)
        messaged(a_contact("Failed"), 2, state=MessageState.FAILED)
        messaged(a_contact("Wrote"), 2, state=MessageState.RECEIVED, direction="in")

        assert named(("messaged.within", "30")) == {"Lately"}
        assert named(("messaged.not_within", "30")) == {"Long ago", "Failed", "Wrote"}
        assert named(("messaged.never",)) == {"Failed", "Wrote"}

    def test_added_is_asked_by_days_and_by_day(self, app):
        set_on(a_contact("Old"), created_at=datetime(2020, 5, 1, tzinfo=UTC))
        a_contact("New")

        assert named(("created.within", "7")) == {"New"} == named(("created.since", "2020-05-02"))
        assert named(("created.before", "2020-05-02")) == {"Old"}

    def test_what_they_came_from_where_they_live_and_how_they_speak(self, app):
        set_on(a_contact("Ada"), source="import", language="en_GB", country="NG")
        set_on(a_contact("Ben"), source="form", language="en", country="GB")

        assert named(("source.import",)) == {"Ada"}
        assert named(("country.is", "nigeria")) == {"Ada"} == named(("country.is_not", "GB"))
        assert named(("language.is", "en")) == {"Ada", "Ben"}
        assert named(("language.is", "English")) == {"Ada", "Ben"}
        assert named(("language.is", "en-gb")) == {"Ada"}
        assert named(("language.is_not", "en_gb")) == {"Ben"}

    def test_a_company_is_found_whatever_its_case(self, app):
        a_contact("Ada", company="Okafor & Söhne 100%")
        a_contact("Ben")

        assert named(("company.holds", "okafor")) == {"Ada"} == named(("company.known",))
        assert named(("company.holds", "100%")) == {"Ada"}
        assert named(("company.holds", "1_0")) == set()

    def test_a_company_is_found_without_its_accents_and_nowhere_else(self, app):
        a_contact("Ada", company="Bélanger & Sœurs", email="ada@mail.example")
        a_contact("Ben Bélanger", company="Łódź Sp.", email="ben@belanger.example")
        a_contact("Cleo Bélanger")
        a_contact("", phone="+447700900555", company="BELANGER")

        assert named(("company.holds", "belanger")) == named(("company.holds", "bélanger")) == {"Ada", ""}
        assert named(("company.is", "bélanger")) == {""}
        assert named(("company.is", "BELANGER & SŒURS")) == {"Ada"}
        assert named(("company.holds", "lodz sp")) == {"Ben Bélanger"} == named(("company.is", "lodz sp."))
        assert named(("company.holds", "\u0301")) == set() == named(("company.is", "elanger"))

    @pytest.mark.parametrize(("today", "born", "days", "is_in"), [
        (date(2026, 3, 10), date(1990, 3, 10), 1, True), (date(2026, 3, 10), date(1990, 3, 17), 7, True),
        (date(2026, 3, 10), date(1990, 3, 18), 7, False), (date(2026, 3, 10), date(1990, 3, 9), 7, False),
        (date(2026, 12, 30), date(1990, 1, 2), 5, True), (date(2026, 2, 27), date(1988, 2, 29), 1, True),
        (date(2028, 2, 27), date(1988, 2, 29), 1, False), (date(2028, 2, 27), date(1988, 2, 29), 2, True),
    ])
    def test_birthdays_ahead(self, app, monkeypatch, today, born, days, is_in):
        set_on(a_contact("Ada"), birthday=born)
        monkeypatch.setattr(clock, "now", lambda: datetime(today.year, today.month, today.day, 12, tzinfo=UTC))

        assert named(("birthday.within", str(days))) == ({"Ada"} if is_in else set())

    @pytest.mark.parametrize("month", ["March", "mar", "3", "03"])
    def test_birthdays_by_month(self, app, month):
        a_contact("Ada", birthday=date(1990, 3, 10))
        a_contact("Ben", birthday=date(1990, 4, 10))
        a_contact("Cleo")

        assert named(("birthday.month", month)) == {"Ada"}

    def test_the_search_of_the_list_is_a_condition_too(self, app):
        a_contact("Ada", email="ada@mail.example")
        a_contact("Ben")

        assert named(("text.holds", "mail.example")) == {"Ada"}


class TestOwnFields:
    @pytest.fixture
    def people(self, app, by):
        """Two people who are asked everything, and one who is asked nothing."""
        for label, kind in (("Visits", "number"), ("Doctor", "text"), ("Check-up", "date"), ("Member", "yes_no")):
            contacts.add_field(label=label, kind=kind, by=by)
        a_contact("Ada", fields={"visits": 9, "doctor": "Dr Obi", "check_up": "2026-01-09", "member": True})
        a_contact("Ben", fields={"visits": 10.5, "doctor": "dr musa", "check_up": "2025-11-30", "member": False})
        a_contact("Cleo")

    @pytest.mark.parametrize(("condition", "names"), [
        (("field_visits.more", "9"), {"Ben"}), (("field_visits.less", "10"), {"Ada"}), (("field_visits.is", "9.0"), {"Ada"}),
        (("field_visits.more", "−1"), {"Ada", "Ben"}), (("field_visits.unknown",), {"Cleo"}),
        (("field_doctor.is", "DR OBI"), {"Ada"}), (("field_doctor.holds", "dr"), {"Ada", "Ben"}),
        (("field_doctor.is_not", "dr obi"), {"Ben", "Cleo"}), (("field_doctor.known",), {"Ada", "Ben"}),
        (("field_check_up.after", "2025-12-01"), {"Ada"}), (("field_check_up.before", "2025-12-01"), {"Ben"}),
        (("field_check_up.is", "2026-01-09"), {"Ada"}),
        (("field_member.yes",), {"Ada"}), (("field_member.no",), {"Ben"}), (("field_member.unknown",), {"Cleo"}),
    ])
    def test_each_kind_is_compared_as_what_it_is(self, people, condition, names):
        assert named(condition) == names

    def test_dates_near_today(self, people, monkeypatch):
        monkeypatch.setattr(clock, "now", lambda: datetime(2026, 1, 5, tzinfo=UTC))

        assert named(("field_check_up.coming", "7")) == {"Ada"}
        assert named(("field_check_up.past", "60")) == {"Ben"}

    def test_a_value_of_another_kind_in_the_database_is_no_error(self, people):
        set_on(a_contact("Odd"), fields={"visits": "many", "member": "perhaps", "check_up": 7, "doctor": {"a": 1}})

        assert named(("field_visits.more", "1")) == {"Ada", "Ben"}
        assert named(("field_member.yes",)) == {"Ada"}


class TestValues:
    @pytest.mark.parametrize(("what", "typed", "words"), [
        ("heard.within", "0", "not a number of days"), ("heard.within", "", "how many days"),
        ("heard.within", "1e9", "not a number of days"), ("heard.within", "9" * 400, "200 characters"),
        ("heard.within", "٣٣٣٣٣٣", "not a number of days"), ("created.since", "31/12/2026", "not a day"),
        ("created.since", "0000-00-00", "not a day"), ("birthday.month", "Ma", "not a month"),
        ("birthday.month", "13", "not a month"), ("country.is", "Atlantis", "no country"),
        ("language.is", "x1", "not a language"), ("tag.is", " \x00 ", "which tag"), ("tag.with", "x", "no condition"),
        ("field_gone.is", "x", "no condition"), ("company.holds", "", "what to compare"), ("", "", "no condition"),
    ])
    def test_what_cannot_be_is_refused_in_words(self, app, what, typed, words):
        condition = Condition(what, typed)

        with pytest.raises(Invalid, match=f"(?i){words}"):
            segments.check(condition, segments.tests_for([condition]))

    @pytest.mark.parametrize("typed", ["1e5", "nan", "inf", "--1", "1.2.3", ".", "+", "12abc", "1" * 30])
    def test_odd_numbers_are_refused(self, app, by, typed):
        contacts.add_field(label="Visits", kind="number", by=by)
        condition = Condition("field_visits.more", typed)

        with pytest.raises(Invalid):
            segments.check(condition, segments.tests_for([condition]))

    def test_every_test_has_words_and_can_be_asked(self, app, by):
        for kind in contacts.KINDS:
            contacts.add_field(label=f"A {kind}", kind=kind, by=by, **({"choices": ["a", "b"]} if kind == "choice" else {}))
        a_contact("Ada")
        values = {"": "", "tag": "x", "days": "9", "date": "2026-01-01", "number": "5", "month": "3", "country": "NG",
                  "language": "en", "text": "x'%_\\", "import": "7"}

        for what, test in segments.every_test(contacts.all_fields()).items():
            segments.count(all_of([Condition(what, values[test.takes])]))
            assert "…" not in segments.said(Condition(what, values[test.takes]), segments.every_test(
                contacts.all_fields())).words


class TestShapes:
    def test_groups_are_joined_by_all_or_any(self, app):
        a_contact("Ada", tags=["vip"], company="A")
        a_contact("Ben", tags=["vip"])
        a_contact("Cleo", company="A")
        vip, company = Condition("tag.is", "vip"), Condition("company.known")

        def names(shape):
            return {row.name for row in segments.sample(shape)}

        assert names(Shape((Group((vip, company)),))) == {"Ada"}
        assert names(Shape((Group((vip, company), is_any=True),))) == {"Ada", "Ben", "Cleo"}
        assert names(Shape((Group((vip,)), Group((company,))))) == {"Ada"}
        assert names(Shape((Group((vip,)), Group((company,))), is_any=True)) == {"Ada", "Ben", "Cleo"}
        assert names(Shape((Group((vip,)), Group((company, vip), is_any=True)))) == {"Ada", "Ben"}

    def test_nothing_asked_means_everybody(self, app):
        a_contact("Ada")

        assert segments.count(Shape()) == 1 == segments.count(all_of([]))

    def test_a_shape_survives_being_stored(self):
        shape = Shape((Group((Condition("tag.is", "vip"), Condition("heard.never")), True), Group((Condition("a"),))), True)

        assert segments.from_json(segments.as_json(shape)) == shape

    def test_the_sample_is_ten_and_the_newest_first(self, app):
        for number in range(12):
            a_contact(f"Person {number}")

        assert [row.name for row in segments.sample(Shape())][:2] == ["Person 11", "Person 10"]
        assert len(segments.sample(Shape())) == 10


class TestKeeping:
    def test_a_segment_is_kept_in_one_spelling_and_noted(self, app, by):
        row = segments.add_segment(name=" Old  friends ", shape=all_of([Condition("heard.not_within", "90 days")]), by=by)

        assert row.name == "Old friends" and segments.shape_of(row) == all_of([Condition("heard.not_within", "90")])
        assert db.session.query(ActivityEntry).filter_by(verb="segment.added", subject_name="Old friends").count() == 1

    def test_members_are_asked_anew_each_time(self, app, by):
        row = segments.add_segment(name="VIPs", shape=all_of([Condition("tag.is", "vip")]), by=by)
        ada = a_contact("Ada", tags=["vip"])

        assert list(db.session.scalars(segments.members_select(row))) == [ada.id]

    @pytest.mark.parametrize("name", ["", "  ", "x" * 81, "ﷺ" * 40])
    def test_a_name_that_cannot_be_is_refused(self, app, by, name):
        with pytest.raises(Invalid) as refusal:
            segments.add_segment(name=name, shape=all_of([Condition("heard.never")]), by=by)
        assert refusal.value.field == "name"

    def test_a_name_is_had_once_whatever_its_case(self, app, by):
        segments.add_segment(name="VIPs", shape=all_of([Condition("heard.never")]), by=by)

        with pytest.raises(Conflict, match="already"):
            segments.add_segment(name="vips", shape=all_of([Condition("heard.ever")]), by=by)

    def test_conditions_are_needed_and_their_number_has_an_end(self, app, by):
        with pytest.raises(Invalid, match="at least one"):
            segments.add_segment(name="Nobody", shape=Shape((Group(),)), by=by)
        many = Shape((Group(tuple(Condition("tag.is", str(n)) for n in range(21))),))
        with pytest.raises(Invalid, match="at most"):
            segments.add_segment(name="Many", shape=many, by=by)

    def test_it_can_be_renamed_and_changed(self, app, by):
        row = segments.add_segment(name="VIPs", shape=all_of([Condition("tag.is", "vip")]), by=by)

        segments.change_segment(row.id, name="vips", shape=all_of([Condition("heard.never")]), by=by)

        assert segments.get_segment(row.id).name == "vips"
        assert segments.shape_of(segments.get_segment(row.id)) == all_of([Condition("heard.never")])

    def test_deleting_forgets_the_segment_and_no_people(self, app, by):
        a_contact("Ada", tags=["vip"])
        row = segments.add_segment(name="VIPs", shape=all_of([Condition("tag.is", "vip")]), by=by)

        assert segments.delete_segment(row.id, by=by) == "VIPs"
        assert contacts.count_contacts() == 1
        with pytest.raises(NotFound):
            segments.get_segment(row.id)

    def test_deleting_is_refused_while_something_needs_it(self, app, by):
        row = segments.add_segment(name="VIPs", shape=all_of([Condition("tag.is", "vip")]), by=by)
        with transaction():
            db.session.execute(sa.text("CREATE TABLE needs_segment (id integer PRIMARY KEY, segment_id integer NOT NULL "
                                       "REFERENCES segments(id))"))
            db.session.execute(sa.text("INSERT INTO needs_segment VALUES (1, :id)"), {"id": row.id})
        try:
            with pytest.raises(Conflict, match="used by a campaign"):
                segments.delete_segment(row.id, by=by)
        finally:
            with transaction():
                db.session.execute(sa.text("DROP TABLE needs_segment"))
        assert segments.get_segment(row.id).name == "VIPs"

    def test_a_condition_whose_field_is_gone_is_said_and_counts_nobody(self, app, by):
        contacts.add_field(label="Doctor", by=by)
        shape = all_of([Condition("field_doctor.is", "Obi")])
        row = segments.add_segment(name="Obi's", shape=shape, by=by)
        with transaction():
            db.session.execute(sa.text("DELETE FROM contact_fields"))

        with pytest.raises(Invalid, match="no condition"):
            segments.count(segments.shape_of(row))
        assert segments.in_words(shape)[0][1][0].about == "Unknown"


class TestHolding:
    def test_a_persons_segments_are_told_by_name(self, app):
        ada, ben = a_contact("Ada", tags=["vip"]), a_contact("Ben", company="Acme")
        for name, *wanted in (("VIPs", ("tag.is", "vip")), ("Acme people", ("company.is", "Acme")), ("Nobody", ("tag.is", "gone")),
                              ("Both", ("text.holds", "a"), ("tag.is", "vip"))):
            segments.add_segment(name=name, shape=all_of(Condition(*one) for one in wanted), by=COMMAND)

        assert [one.name for one in segments.holding(ada.id)] == ["Both", "VIPs"]
        assert [one.name for one in segments.holding(ben.id)] == ["Acme people"]
        assert segments.holding(0) == []

    def test_one_whose_field_is_gone_holds_nobody_and_hides_no_other(self, app):
        ada = a_contact("Ada", tags=["vip"])
        for name, what in (("Gone", "field_gone.known"), ("VIPs", "tag.is")):
            with transaction():
                db.session.add(Segment(name=name, key=name.lower(), conditions=segments.as_json(all_of([Condition(what, "vip")]))))

        assert [one.name for one in segments.holding(ada.id)] == ["VIPs"]
