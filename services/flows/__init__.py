"""Flows: conversations with memory. Others use these names only."""

from services.flows.acts import offer
from services.flows.calling import targets
from services.flows.change import NAMES, connected, languages_of, moved, node_in, with_new, with_node, without
from services.flows.check import Problem, problems_of
from services.flows.drawing import EXPECTS, KINDS, SCHEMA, TESTS, Drawing, Node, read, write
from services.flows.edit import (
    LARGEST_FILE,
    Unready,
    add_flow,
    change_flow,
    delete_flow,
    drawing_of,
    exported,
    get_flow,
    imported,
    newest_version,
    people_inside,
    problems,
    publish,
    switch,
)
from services.flows.examples import EXAMPLES
from services.flows.freeze import freeze
from services.flows.layout import HEIGHT, WIDTH, canvas_of, order_of
from services.flows.queries import (
    FlowRow,
    NodeFigures,
    Trace,
    all_flows,
    choices_of_flows,
    figures_of,
    session_of_message,
    sessions_of,
    trace_of,
)
from services.flows.schema import json_schema
from services.flows.sessions import MOST_AN_HOUR, going, start, stop, take, wake_due
from services.flows.try_out import Line, Play, play

__all__ = [
    "EXAMPLES", "EXPECTS", "HEIGHT", "KINDS", "LARGEST_FILE", "MOST_AN_HOUR", "NAMES", "SCHEMA", "TESTS", "WIDTH",
    "Drawing", "FlowRow", "Line", "Node", "NodeFigures", "Play", "Problem", "Trace", "Unready", "add_flow",
    "all_flows", "canvas_of", "change_flow", "choices_of_flows", "connected", "delete_flow", "drawing_of", "exported",
    "figures_of", "freeze", "get_flow", "going", "imported", "json_schema", "languages_of", "moved", "newest_version",
    "node_in", "offer", "order_of", "people_inside", "play", "problems", "problems_of", "publish", "read",
    "session_of_message", "sessions_of", "start", "stop", "switch", "take", "targets", "trace_of", "wake_due",
    "with_new", "with_node", "without", "write",
]
