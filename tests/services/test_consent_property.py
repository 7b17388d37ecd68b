"""No order of events lets a marketing message follow a withdrawal: random lives of a few people, on the real services.

Beside the services the test keeps its own, simpler truth: for each number and user id, when its holder last withdrew
and when they last agreed in their own words. Whoever the verdict lets through must have agreed since.
"""

from datetime import UTC, datetime, timedelta

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from sqlalchemy import select

from core import clock
from core.actor import Actor
from core.errors import Conflict
from core.phone import Phone
from core.states import ConsentState, MessageState
from models import Contact, Message, db, transaction
from services import channels, contacts, inbox, sending
from services.contacts import Incoming
from tests import database
from transports.port import IncomingMessage

PHONES = [f"+23480355580{number:02d}" for number in range(2)]
USER_IDS = ["NG.one"]
BY = Actor("user", "Folake Adeyemi")
BEGINNING = datetime(2026, 1, 1, tzinfo=UTC)
NEVER = BEGINNING - timedelta(days=365)

phones, user_ids = st.sampled_from(PHONES), st.sampled_from(["", *USER_IDS])
which = st.integers(0, 2)
days_ago = st.sampled_from([0, 0, 0, 1, 30])
ONE_SAYS = [[ConsentState.WITHDRAWN], [ConsentState.WITHDRAWN, ConsentState.GRANTED]]  # on a page that is one for two people


class Lives(RuleBasedStateMachine):
    """Everything that can happen to people, in any order; time only moves on between events."""

    def __init__(self):
        super().__init__()
        database.empty()
        self.now, self.number = BEGINNING, 0
        self.stop, self.word, self.reason, self.erased, self.queued = {}, {}, {}, set(), []

    def tick(self):
        self.now += timedelta(hours=1)
        clock.now = lambda: self.now

    def person(self, index):
        """Somebody who is there; whoever withdrew comes first, for their lives are the ones that matter."""
        found = db.session.scalars(select(Contact).order_by(Contact.marketing.desc(), Contact.id)).all()
        return found[index % len(found)] if found else None

    def known_as(self, person):
        return {sign for sign in ((person.phone or "").lstrip("+"), person.wa_id, person.user_id) if sign}

    def note(self, book, person, at, *, on_page=False):
        """A word counts for what its person is known as, one that was written on their page also for what they were before a
        merge, and a stop for both people of a merge, who may part again."""
        signs = self.known_as(person) | (self.known_before(person, "before") if on_page else set())
        if book is self.stop:
            signs |= self.known_before(person, "before") | self.known_before(person, "other")
        for sign in signs:
            book[sign] = max(book.get(sign, NEVER), min(at, self.now))

    def known_before(self, person, who):
        """The numbers and ids of who stays, or of the other, before the merges that can still be undone."""
        return {value.lstrip("+") for merge in contacts.open_merges(person.id) for name in ("phone", "wa_id", "user_id")
                if (value := getattr(merge, who).get(name))}

    def join(self):
        """Whoever has several numbers and ids speaks for all of them."""
        for person in db.session.scalars(select(Contact)):
            signs = self.known_as(person)
            for book in (self.stop, self.word, self.reason):
                newest = max((book.get(sign, NEVER) for sign in signs), default=NEVER)
                book.update(dict.fromkeys(signs, newest) if newest > NEVER else {})
            if signs & self.erased:
                self.erased |= signs

    def may_get(self, signs):
        """Whether the holders of these numbers and ids have agreed since they last withdrew."""
        return all(
            self.word.get(sign, NEVER) > self.stop[sign]
            or (self.reason.get(sign, NEVER) > self.stop[sign] and sign not in self.erased)
            for sign in signs if sign in self.stop)

    # -- what can happen ------------------------------------------------------------------------------------------

    @rule(phone=phones, says=st.sampled_from([ConsentState.GRANTED] * 3 + [None, ConsentState.WITHDRAWN]))
    def import_them(self, phone, says):
        self.tick()
        contacts.add_or_update_many([Incoming(phone=phone, consent=says, proof="the file", tags=("club",))], by=BY)
        person = contacts.contact_by_phone(phone)
        if says is ConsentState.WITHDRAWN and person.marketing is ConsentState.WITHDRAWN:
            self.note(self.stop, person, max(line.at for line in contacts.history(person.id)
                                             if line.state is ConsentState.WITHDRAWN))

    @rule(index=which, state=st.sampled_from([ConsentState.GRANTED, ConsentState.WITHDRAWN]), ago=days_ago,
          how=st.sampled_from(["form", "preferences", "import"]), gives_reason=st.booleans())
    def record(self, index, state, ago, how, gives_reason):
        self.tick()
        if (person := self.person(index)) is None:
            return
        at, lifts = self.now - timedelta(days=ago), how == "import" and gives_reason
        contacts.record_consent(contact_id=person.id, category="marketing", state=state, how=how, proof="proof", at=at,
                                overrides_withdrawal=lifts, by=BY)
        if state is ConsentState.WITHDRAWN:
            self.note(self.stop, person, at)
        elif how != "import":
            self.note(self.word, person, at, on_page=how == "form")
        elif lifts:
            self.note(self.reason, person, at, on_page=True)

    @rule(indexes=st.lists(which, min_size=1, max_size=2))
    def agree_many_by_import(self, indexes):
        self.tick()
        ids = [person.id for index in indexes if (person := self.person(index))]
        contacts.record_consent_many(ids, category="marketing", proof="the list", by=BY)

    @rule(phone=st.sampled_from(["", *PHONES]), user_id=user_ids, words=st.sampled_from(["STOP", "STOP", "START", "hello"]),
          ago=days_ago)
    def they_write(self, phone, user_id, words, ago):
        self.tick()
        self.number += 1
        at = self.now - timedelta(days=ago)
        if inbox.receive(IncomingMessage(
                phone_number_id=channels.ensure_first().phone_number_id, wire_id=f"wamid.{self.number}", at=at,
                kind="text", wa_id=phone.lstrip("+"), user_id=user_id, profile_name="Z", text=words, raw={})):
            wrote = db.session.get(Message, db.session.scalar(select(Message.id).order_by(Message.id.desc()).limit(1)))
            person = db.session.get(Contact, wrote.contact_id)
            if words != "hello":
                self.note(self.stop if words == "STOP" else self.word, person, at)

    @rule(phone=phones)
    def add_by_hand(self, phone):
        self.tick()
        try:
            contacts.add_contact(phone=Phone(phone), name="Z", by=BY)
        except Conflict:
            return

    @rule(index=which, phone=st.sampled_from([None, *PHONES]))
    def change_the_number(self, index, phone):
        self.tick()
        if person := self.person(index):
            try:
                contacts.change_contact(person.id, phone=Phone(phone) if phone else None, name="Z", by=BY)
            except Conflict:
                return

    @rule(keep=which, other=which, sides=st.lists(st.sampled_from(["keep", "other"]), min_size=20, max_size=20))
    def merge(self, keep, other, sides):
        self.tick()
        keep, other = self.person(keep), self.person(other)
        if keep is None or keep.id == other.id:
            return
        choices = {choice.key: side for choice, side in zip(contacts.plan_merge(keep.id, other.id).choices, sides,
                                                            strict=False)}
        self.merge_them(keep, other, choices)

    def merge_them(self, keep, other, choices):
        signs = self.known_as(keep) | self.known_as(other)
        for book in (self.stop, self.word, self.reason):
            book.update({sign: max(book.get(one, NEVER) for one in signs) for sign in signs
                         if any(one in book for one in signs)})
        self.erased |= signs if signs & self.erased else set()
        contacts.merge_contacts(keep.id, other.id, choices=choices, by=BY)

    @rule(keep=which, other=which, says=st.sampled_from([[], *ONE_SAYS]))
    def one_page_turns_out_to_be_two_people(self, keep, other, says):
        self.tick()
        keep, other = self.person(keep), self.person(other)
        if keep is None or keep.id == other.id:
            return
        contacts.record_consent(contact_id=other.id, category="marketing", state=ConsentState.GRANTED, how="form",
                                proof="proof", by=BY)
        self.note(self.word, other, self.now)
        self.merge_them(keep, other, {"phone": "keep"})
        for state in says:
            self.tick()
            contacts.record_consent(contact_id=keep.id, category="marketing", state=state, how="form", proof="proof", by=BY)
            self.note(self.stop if state is ConsentState.WITHDRAWN else self.word, keep, self.now, on_page=True)
        self.part_those_who_were_merged()

    @rule()
    def part_those_who_were_merged(self):
        self.tick()
        for contact_id in db.session.scalars(select(Contact.id)).all():
            for merge in contacts.open_merges(contact_id)[:1]:
                try:
                    contacts.undo_merge(merge.id, by=BY)
                except Conflict:
                    return

    @rule(index=which)
    def take_an_import_back(self, index):
        self.tick()
        if (person := self.person(index)) is None:
            return
        agreed = [line.at for line in contacts.history(person.id)
                  if line.how == "import" and line.state is ConsentState.GRANTED]
        with transaction():
            contacts.put_back_many(contacts.people_now([person.id]), {}, tags=[], proof="was undone", by=BY,
                                   grants={(person.id, "marketing"): agreed[0]} if agreed else {})
        db.session.expire_all()

    @rule(index=which, how=st.sampled_from(["delete", "delete many", "erase"]))
    def remove(self, index, how):
        self.tick()
        if (person := self.person(index)) is None:
            return
        if how == "delete":
            contacts.delete_contact(person.id, by=BY)
        elif how == "delete many":
            contacts.delete_people([person.id], by=BY)
        else:
            self.note(self.stop, person, self.now)
            self.erased |= self.known_as(person)
            contacts.erase_person(person.id, by=BY)

    @rule(index=which)
    def queue_a_message(self, index):
        self.tick()
        if (person := self.person(index)) and verdict_of(person).ok:
            with transaction():
                db.session.add(message := Message(contact_id=person.id, channel_id=channels.ensure_first().id,
                                                  phone=person.phone, state=MessageState.QUEUED))
                db.session.flush()
                self.queued.append(message.id)  # a confirmation of STOP waits, too, and is no marketing

    # -- what must be true at every moment ------------------------------------------------------------------------

    @invariant()
    def whom_marketing_reaches_agreed_since_they_withdrew(self):
        db.session.rollback()
        db.session.expire_all()
        self.join()
        for person in db.session.scalars(select(Contact)):
            if verdict_of(person).ok:
                assert self.may_get(self.known_as(person)), f"{self.known_as(person)} said stop"

    @invariant()
    def what_waits_goes_to_nobody_who_withdrew(self):
        waiting = select(Message.phone, Contact).join(Contact, Contact.id == Message.contact_id).where(
            Message.state == MessageState.QUEUED, Message.id.in_(self.queued))
        for phone, person in db.session.execute(waiting):
            if phone and sending.judge(sending.Person(person.id, phone, person.marketing, person.utility),
                                       sending.Wanted("marketing")).ok:
                assert self.may_get({phone.lstrip("+")}), f"{phone} said stop"

    @invariant()
    def what_is_shown_follows_from_the_ledger(self):
        for person in db.session.scalars(select(Contact)):
            lines = [line for line in contacts.history(person.id) if line.category == "marketing"]
            assert person.marketing is contacts.derive_state(lines)


def verdict_of(person):
    """May marketing reach this person now?"""
    facts = sending.Person(person.id, person.phone, person.marketing, person.utility)
    return sending.judge(facts, sending.Wanted("marketing"))


def test_no_order_of_events_lets_marketing_follow_a_withdrawal(app, monkeypatch):
    monkeypatch.setattr(clock, "now", clock.now)  # put back afterwards, whatever the lives did to it
    run_state_machine_as_test(Lives, settings=settings(
        max_examples=250, stateful_step_count=20, deadline=None, derandomize=True, database=None,
        suppress_health_check=list(HealthCheck)))
