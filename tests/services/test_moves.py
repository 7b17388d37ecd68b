"""Several moves of one person, with messages in between, told in any order and twice: the same tables in the end."""

import random

import pytest
from sqlalchemy import select

from core import clock
from models import Contact, ContactAddress, Conversation, Message, db
from services import webhooks
from tests import database
from tests.factories.contacts import a_contact
from tests.factories.webhooks import body_of, text_message, value
from tests.promises.figures import IS_FULL, show

ORDERS = 400 if IS_FULL else 12
WALKS = 300 if IS_FULL else 16
NUMBERS = [f"44770090020{n}" for n in range(5)]
IDS = [f"GB.7019335881204667193{n}" for n in range(4)]
START = 1794994200


def wrote(number, minute, **more):
    """Somebody writes from this number."""
    return text_message(f"at {minute}", wa_id=number, wire_id=f"wamid.{number}.{minute}", at=START + 60 * minute, **more)


def moved(old, new, minute):
    """WhatsApp says that they have another number."""
    return value(messages=[{"from": old, "id": f"wamid.move.{old}.{minute}", "timestamp": str(START + 60 * minute), "type": "system",
                            "system": {"body": f"changed from {old} to {new}", "wa_id": new, "type": "user_changed_number"}}])


def new_id(old, new, minute):
    """Somebody without a number has another id."""
    return value(user_id_update=[{"detail": "updated", "user_id": {"previous": old, "current": new},
                                  "timestamp": str(START + 60 * minute)}])


def by_id(user_id, minute):
    """Somebody writes who shows their id and no number."""
    at = START + 60 * minute
    return value(contacts=[{"profile": {"name": "Priya N."}, "user_id": user_id}], messages=[{
        "from_user_id": user_id, "id": f"wamid.{user_id}.{minute}", "timestamp": str(at), "type": "text", "text": {"body": f"at {minute}"}}])


A, B, C, D, E = NUMBERS
CHAIN = [(wrote, A, 1), (moved, A, B, 10), (wrote, B, 20), (moved, B, C, 30), (wrote, C, 40)]
STORIES = {
    "a chain": CHAIN,
    "a chain nobody wrote in": [(moved, A, B, 10), (moved, B, C, 30), (moved, C, D, 50)],
    "a longer one, of which the middle is silent": [(wrote, A, 1), (moved, A, B, 10), (moved, B, C, 30), (moved, C, D, 50), (wrote, D, 60)],
    "there and back": [(wrote, A, 1), (moved, A, B, 10), (wrote, B, 20), (moved, B, A, 30), (wrote, A, 40)],
    "two people, one after the other": [*CHAIN, (wrote, D, 2), (moved, D, E, 35), (wrote, E, 50)],
    "ids": [(by_id, IDS[0], 1), (new_id, IDS[0], IDS[1], 10), (by_id, IDS[1], 20), (new_id, IDS[1], IDS[2], 30), (by_id, IDS[2], 40)],
}


def a_walk(seed):
    """One person who moves about among a few numbers, back to those they had as well, and writes from some of them."""
    chance = random.Random(f"walk {seed}")
    numbers, minute, parts = NUMBERS[:chance.choice((2, 3, 3, 4))], 1, []
    here = numbers[0]
    for _ in range(chance.randint(2, 6)):
        parts += [(wrote, here, minute)] if chance.random() < 0.6 else []
        there = chance.choice([number for number in numbers if number != here])
        parts.append((moved, here, there, minute + chance.choice((1, 5, 9))))
        here, minute = there, parts[-1][-1] + chance.choice((1, 5, 9))
    return [*parts, (wrote, here, minute)]


def field_of(part):
    return "user_id_update" if "user_id_update" in part else "messages"


def hear(parts):
    for how, *about in parts:
        part = how(*about)
        webhooks.keep(body_of(part, field=field_of(part)))
        while webhooks.read_events():
            pass


def tables():
    """Everything that is known of people, without ids and without when we heard it."""
    db.session.expire_all()
    people = {one.id: (one.phone, one.wa_id, one.user_id, one.name, str(one.last_heard_at), one.country)
              for one in db.session.scalars(select(Contact))}
    return {
        "people": sorted(map(str, people.values())),
        "addresses": sorted(str((people[one.contact_id], one.kind, one.value, one.details))
                            for one in db.session.scalars(select(ContactAddress))),
        "messages": sorted(str((one.wire_id, people[one.contact_id])) for one in db.session.scalars(select(Message))),
        "chats": sorted(str((people[one.contact_id], one.preview, one.unread)) for one in db.session.scalars(select(Conversation)))}


@pytest.mark.parametrize("seed", range(WALKS))
def test_a_number_somebody_leaves_again_and_again_gives_the_same_tables_in_any_order(app, seed):
    parts = a_walk(seed)
    hear(parts)
    wanted = tables()
    assert len(wanted["people"]) == 1

    for order in range(4):
        database.empty()
        told = parts * (1 + order % 2)
        random.Random(f"{seed} {order}").shuffle(told)
        hear(told)
        assert tables() == wanted, [(how.__name__, *about) for how, *about in told]


def test_who_got_a_number_later_keeps_it_when_the_news_of_who_left_it_comes_late(app):
    hear([(wrote, A, 40), (moved, A, B, 10)])

    assert sorted(db.session.scalars(select(Contact.phone))) == [f"+{A}", f"+{B}"]
    assert db.session.scalars(select(Message).where(Message.text == "at 40")).one().phone == f"+{A}"


def test_a_line_from_before_they_left_lands_with_them_and_not_with_who_has_the_number_now(app):
    hear([(moved, A, B, 10), (wrote, A, 40), (wrote, A, 5)])

    at_5 = db.session.scalars(select(Message).where(Message.text == "at 5")).one()
    assert db.session.get(Contact, at_5.contact_id).phone == f"+{B}"


@pytest.mark.parametrize("story", STORIES)
def test_moves_told_in_any_order_and_twice_give_the_same_tables(app, story):
    parts = STORIES[story]
    hear(parts)
    wanted, differing = tables(), []
    for seed in range(ORDERS):
        database.empty()
        told = [*parts, *parts]
        random.Random(f"{story} {seed}").shuffle(told)
        hear(told)
        if (found := tables()) != wanted:
            differing.append((seed, {name: sorted(set(found[name]) ^ set(wanted[name])) for name in wanted}))

    show("Moves", f"{story}: orders of {ORDERS} with other tables", len(differing), 0)
    assert not differing, differing[0]
    assert len(wanted["people"]) == (2 if story.startswith("two") else 1)


def test_a_number_of_somebody_we_knew_before_is_theirs_in_any_order(app):
    for told in ([(wrote, A, 1), (moved, A, B, 10)], [(moved, A, B, 10), (wrote, A, 1)]):
        database.empty()
        ade = a_contact("Ade", phone=f"+{B}")
        hear(told)

        db.session.expire_all()
        assert db.session.get(Contact, ade.id).phone == f"+{B}"
        assert sorted(db.session.scalars(select(Contact.phone))) == [f"+{A}", f"+{B}"]


def test_moments_are_those_of_the_carrier(app):
    hear([(moved, B, C, 30), (moved, A, B, 10)])

    until = {one.value: one.details["until"] for one in db.session.scalars(select(ContactAddress).where(ContactAddress.kind == "wa_id"))}
    assert until == {A: clock.from_seconds(START + 600).isoformat(), B: clock.from_seconds(START + 1800).isoformat()}
