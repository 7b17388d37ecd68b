"""S23: in simulation nothing leaves this machine, and whatever is simulated says so."""

import os
import subprocess
import sys

from flask import url_for

from models import Campaign, Channel, Contact, Message, db
from tests.promises.figures import IS_FULL, show
from tests.source import ROOT

# runs in every Python process of the demo: notes where connections are meant to go
WATCH = """
import sys
def watch(event, args):
    if event in ("socket.connect", "socket.sendto", "socket.sendmsg") and isinstance(args[1], tuple):
        where = args[1][0]
    elif event == "socket.getaddrinfo" and args[0]:
        where = args[0] if isinstance(args[0], str) else args[0].decode()
    else:
        return
    with open({path!r}, "a") as file:
        file.write(f"{{where}}\\n")
sys.addaudithook(watch)
"""
HERE = ("127.", "::1", "localhost")
# a network of its own with nothing but itself: whatever goes elsewhere is swallowed
ALONE = ["unshare", "--net", "--map-root-user", "sh", "-c", 'ip link set lo up && exec "$@"', "sh"]


def is_alone_possible() -> bool:
    """Whether this machine lets us have a network of our own."""
    try:
        return subprocess.run([*ALONE, "true"], capture_output=True).returncode == 0
    except OSError:
        return False


def test_s23_nothing_is_meant_for_another_machine(tmp_path):
    people = 2_000 if IS_FULL else 60
    log = tmp_path / "connections"
    (tmp_path / "sitecustomize.py").write_text(WATCH.format(path=str(log)))
    prefix = ALONE if is_alone_possible() else []
    environ = os.environ | {"PYTHONPATH": str(tmp_path), "FLASK_APP": "app.py"}

    told = subprocess.run([*prefix, sys.executable, "-m", "flask", "demo", "--people", str(people)], cwd=ROOT,
                          env=environ, text=True, capture_output=True, timeout=400)

    meant = log.read_text().split()
    elsewhere = sorted({where for where in meant if not where.startswith(HERE)})
    how = "in a network of its own" if prefix else "THIS MACHINE GIVES NO NETWORK OF ITS OWN: counted only"
    show("S23", f"{people} people imported, sent and reported, {how}: {len(meant)} connections, elsewhere", len(elsewhere), 0)
    assert told.returncode == 0, told.stdout + told.stderr
    assert len(meant) > 10  # the watch works
    assert elsewhere == []


def test_s23_whatever_is_simulated_says_so(app, browser):
    from tests.factories import sending as make

    campaign = make.make_campaign(3)
    contact_id = db.session.scalar(db.select(Contact.id).order_by(Contact.id))
    with app.test_request_context():
        pages = [url_for("home.index"), url_for("campaigns.index"), url_for("campaigns.show", campaign_id=campaign.id),
                 url_for("contacts.show", contact_id=contact_id), url_for("unknown.index")]
    assert db.session.scalar(db.select(db.func.count()).select_from(Message).join(Channel).where(
        Channel.kind == "simulation")) == 3
    assert db.session.scalar(db.select(Campaign.id)) == campaign.id

    unlabelled = [page for page in pages if "Simulated" not in browser.get(page).text]

    show("S23", "pages of simulated messages without a label", len(unlabelled), 0)
    assert unlabelled == []
