"""Rows 15 and 18: the contacts page of a book of a million people, deep in and beside a bare view of the same table.

Row 15 is the page at row 900,000 against the first page, both as a browser asks for them, along the way the page itself
leads. Row 18 is the first page as shipped (signed in, filters, bulk acts, rail) against a bare Flask view that counts the
people, loads fifty with SQLAlchemy and renders the same columns; its first line is a book of 1,000 people.
"""

import os
import re
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from flask import Flask, render_template
from flask.testing import FlaskClient
from jinja2 import DictLoader
from sqlalchemy import event, func, select
from sqlalchemy.orm import selectinload

from bench.book import open_book, page_of
from models import Contact, db

Line = tuple[str, float, float, float, str]
PEOPLE = int(os.environ.get("PAGES_PEOPLE", "1000000"))
ASKED = 30  # requests a round, the two sides in turn
BARE = """<!doctype html><title>Contacts</title><h1>Contacts</h1><p>{{ total }} people</p><table>
{% for person in people %}<tr>
<td><a href="{{ url_for('contact', contact_id=person.id) }}">{{ person.name }}</a><br>{{ person.email }}</td>
<td>{{ person.phone }}</td>
<td>{% for tag in person.tags %}<a href="{{ url_for('index', tag=tag.name) }}">{{ tag.name }}</a> {% endfor %}</td>
<td>{{ person.marketing }}</td>
<td>{% if person.last_heard_at %}{{ person.last_heard_at.strftime("%a %d %b, %H:%M") }}{% else %}Never{% endif %}</td>
<td>{{ person.created_at.strftime("%d %b %Y") }}</td></tr>{% endfor %}</table>"""


def row_15(rounds: int) -> list[Line]:
    """Deep in against the first page."""
    with tempfile.TemporaryDirectory() as folder:
        ours = open_book(Path(folder), PEOPLE)
        number = PEOPLE * 9 // 10 // 50
        before = ours(f"/contacts?page={number}")
        deep = re.search(r'rel="next" href="([^"]+)"', before)
        if deep is None:
            raise SystemExit("The deep page leads nowhere")
        address = deep[1].replace("&amp;", "&")
        taken = _interleaved(rounds, lambda: ours(address), lambda: ours("/contacts"))
        return [_line(f"contacts page at row {PEOPLE * 9 // 10:,} / first page", taken,
                      f"{statistics.median(taken[0]) * 1e3:.1f} ms a page")]


def row_18(rounds: int) -> list[Line]:
    """The page as shipped against a bare view, in requests a second."""
    lines = []
    for people in (1_000, PEOPLE):
        with tempfile.TemporaryDirectory() as folder:
            ours, bare = open_book(Path(folder), people), _bare(Path(folder))
            taken = _interleaved(rounds, lambda bare=bare: bare("/"), lambda ours=ours: ours("/contacts"))
            lines.append(_line(f"contacts page, {people:,} people / bare view", taken,
                               f"{1 / statistics.median(taken[1]):.0f} pages a second"))
    return lines


def _bare(folder: Path) -> Callable[[str], str]:
    """What anybody would write first: count, load fifty with their tags, render."""
    app = Flask("bare")
    app.jinja_loader = DictLoader({"people.html": BARE})
    app.config["SQLALCHEMY_DATABASE_URI"] = f"sqlite:///{folder}/pigeonpost.sqlite"
    db.init_app(app)
    with app.app_context():
        event.listen(db.engine, "connect", lambda connection, _: connection.execute("PRAGMA cache_size=-16000"))

    @app.get("/people/<int:contact_id>")
    def contact(contact_id: int) -> str:
        return str(contact_id)

    @app.get("/")
    def index() -> str:
        total = db.session.scalar(select(func.count(Contact.id)))
        people = db.session.scalars(select(Contact).options(selectinload(Contact.tags))
                                    .order_by(Contact.name_key, Contact.id).limit(50)).all()
        return render_template("people.html", people=people, total=total)

    client = FlaskClient(app)
    return lambda address: page_of(client, address)


def _interleaved(rounds: int, *sides: Callable[[], object]) -> list[list[float]]:
    """Seconds a request, round by round, for each side; they take turns, so that a busy machine disturbs both."""
    for side in sides:
        for _ in range(5):
            side()
    taken: list[list[float]] = [[] for _ in sides]
    for _ in range(rounds):
        spent = [0.0] * len(sides)
        for _ in range(ASKED):
            for place, side in enumerate(sides):
                before = time.perf_counter()
                side()
                spent[place] += time.perf_counter() - before
        for place, seconds in enumerate(spent):
            taken[place].append(seconds / ASKED)
    return taken


def _line(label: str, taken: list[list[float]], note: str) -> Line:
    """The first side's seconds divided by the second's."""
    ratios = sorted(one / other for one, other in zip(*taken, strict=True))
    return label, ratios[0], statistics.median(ratios), ratios[-1], note


ROWS = {15: row_15, 18: row_18}
