"""A book of people as imports leave it, for the benches of pages: tags, fields of its own, some who wrote to us."""

import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import insert, text

import config
from app import create_app
from core import clock
from core.actor import COMMAND
from models import Contact, ContactField, ContactTag, Message, Tag, db, is_sqlite
from sample.make_sample import FIRST, LAST
from services import auth, channels, contacts
from tables import session

RARE_TAG = "board"  # one person in five thousand carries it
_SET = 20_000
_COMPANIES = ("", "", "", "", "Hill Street Clinic", "Acme Supplies", "Lagos Books & Toys", "St Mary's School")
_CITIES = ("Lagos", "Abuja", "Kano", "Ibadan", "Accra", "Enugu")
_SOURCES = ("import", "form", "message", "api")
_FIELDS = ({"key": "city", "label": "City", "kind": "text"}, {"key": "visits", "label": "Visits", "kind": "number"},
           {"key": "member", "label": "Member", "kind": "yes_no"})
_SYLLABLES = "ba da fe ga hi jo ka lu mi no ra su ta we ya zi".split()


def open_book(folder: Path, people: int, *, database: str = "", has_more: bool = False) -> Callable[[str], str]:
    """The program on a book of so many people, and a browser of somebody signed in. A book that is there is used again.

    `database`: the address of an empty PostgreSQL; `has_more` adds fields, companies and messages sent.
    """
    app = create_app(config.read({"INSTANCE_DIR": str(folder), "SECRET_KEY": "only-for-benchmarks-5d1f0c9b8a7e6d",
                                  "LOG_LEVEL": "WARNING", "DATABASE_URL": database}))
    with app.app_context():
        session.Base.metadata.create_all(db.engine)
        if db.session.get(Contact, people) is None:
            channels.ensure_first()
            _fill(people, has_more=has_more)
        contacts.index_letters()
        contacts.index_fields()
        while contacts.learn_letters():
            pass
        token = _sign_in()
    client = FlaskClient(app)
    with client.session_transaction() as kept:
        kept.update({"_user_id": token, "_fresh": True})
    return lambda address: page_of(client, address)


def page_of(client: FlaskClient, address: str) -> str:
    """A page that answers."""
    answer = client.get(address)
    if answer.status_code != 200:
        raise SystemExit(f"{address} answers {answer.status_code}")
    return answer.get_data(as_text=True)


def _sign_in() -> str:
    """The token of a session of an admin."""
    known = next((one.id for one in auth.all_users() if one.email == "bench@example.com"), None)
    number = known or auth.add_user(email="bench@example.com", name="Bench", role="admin",
                                    password="a long password for benches", by=COMMAND)
    return auth.start_session(user_id=number)


def _fill(people: int, *, has_more: bool) -> None:
    """Names, numbers, three tags each; one of five thousand has a fourth."""
    chance = random.Random(20)
    start = datetime(2025, 1, 1, tzinfo=UTC)
    connection = db.session.connection(execution_options={"pigeonpost_write": True})
    names = [f"tag {number}" for number in range(1, 21)] + [RARE_TAG]
    connection.execute(insert(Tag), [{"name": name, "key": name, "created_at": start} for name in names])
    if has_more:
        connection.execute(insert(ContactField), [field | {"choices": [], "created_at": start} for field in _FIELDS])
    channel = channels.ensure_first().id
    for first in range(1, people + 1, _SET):
        numbers = range(first, min(first + _SET, people + 1))
        connection.execute(insert(Contact.__table__), [_person(number, chance, start, has_more) for number in numbers])
        connection.execute(insert(ContactTag.__table__), [
            {"contact_id": number, "tag_id": tag} for number in numbers
            for tag in {1 + number % 2, 3 + number % 9, 12 + number % 9, 21 if number % 5_000 == 7 else 3 + number % 9}])
        if has_more:
            connection.execute(insert(Message.__table__), [_message(number, channel) for number in numbers
                                                           if number % 5 == 0])
    if not is_sqlite():
        for name, table in (("contacts", Contact), ("messages", Message)):
            connection.execute(text(f"SELECT setval('{name}_id_seq', (SELECT max(id) FROM {table.__tablename__}))"))
    db.session.commit()
    if not is_sqlite():
        with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as link:
            link.execute(text("VACUUM ANALYZE"))


def _person(number: int, chance: random.Random, start: datetime, has_more: bool) -> dict[str, Any]:
    """One row."""
    made_up = "".join(chance.choice(_SYLLABLES) for _ in range(4)).title()
    name = f"{chance.choice(FIRST)} {made_up if number % 3 == 0 else chance.choice(LAST)}"
    phone, email = f"+234{8030000000 + number * 7919 % 90_000_000}", f"{name.split()[-1].lower()}{number}@mail.example"
    added = start + timedelta(seconds=number * 20)
    heard = clock.now() - timedelta(minutes=chance.randrange(900_000)) if number % 4 == 0 else None
    company = chance.choice(_COMPANIES) if has_more else ""
    fields = {"city": chance.choice(_CITIES), "visits": chance.randrange(40), "member": number % 200 == 0}
    return {"id": number, "phone": phone, "email": email, "created_at": added, "changed_at": added,
            "source": chance.choices(_SOURCES, (960, 20, 19, 1))[0], "last_heard_at": heard,
            "marketing": chance.choices(("granted", "unknown", "withdrawn"), (80, 17, 3))[0],
            "utility": "unknown", "zone": "", "notes": "", "language": "en", "fields": fields if has_more else {},
            "company": company, **contacts.derive(phone=phone, name=name, email=email, company=company, country="NG"),
            "name": name}


def _message(number: int, channel: int) -> dict[str, Any]:
    """One message that reached somebody."""
    at = clock.now() - timedelta(minutes=number % 400_000)
    return {"direction": "out", "kind": "text", "channel_id": channel, "contact_id": number, "phone": "", "text": "Hello",
            "variables": {}, "state": "delivered", "reason_code": "", "reason": "", "priority": 10, "due_at": at, "tries": 1,
            "created_at": at}
