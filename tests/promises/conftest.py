"""What the checks of sending start from: a Graph and installations that send to it."""

import pytest

from tests.promises.graph import Graph
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
