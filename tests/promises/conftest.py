"""What the checks of sending start from: a Graph and installations that send to it."""

import os

import pytest

from tests import database
from tests.live import Live
from tests.promises.graph import BUSINESS_ID, NUMBER_ID, TOKEN, Graph
from tests.promises.knockers import SECRET
from tests.promises.place import Place


@pytest.fixture
def graph(tmp_path):
    """A Graph whose faults a test sets."""
    graph = Graph(tmp_path / "graph")
    yield graph
    graph.stop()


@pytest.fixture
def place(tmp_path, graph):
    """Makes an installation that sends to the Graph."""
    made = []

    def make(people, **changes):
        made.append(Place(tmp_path / str(len(made)), changes.pop("url", graph.url), people=people, **changes))
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.fixture
def dashboard(tmp_path, graph):
    """A way to start one that sends to a Graph of our own; it is stopped in the end."""
    address, started = database.own_database(f"load_{os.urandom(4).hex()}"), []

    def start(**settings):
        started.append(Live(tmp_path, database_url=address, whatsapp_mode="cloud", whatsapp_token=TOKEN,
                            phone_number_id=NUMBER_ID, business_id=BUSINESS_ID, app_secret=SECRET,
                            webhook_verify_token="a-word", graph_api_url=graph.url, send_rate=20,  # noqa: S106
                            secret_key="a-key-for-tests-only-9f8e7d6c5b4a3f2e1d0c", default_country="GB",  # noqa: S106
                            **settings))
        return started[-1].start()

    yield start
    for live in started:
        live.kill()
    database.drop(address)
