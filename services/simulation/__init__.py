"""The made-up customers of a simulated number: whose phone it is, what stands on it, what they do. Others use these
names only."""

from services.simulation.acts import (
    MOST_FILE_BYTES,
    change_number,
    change_phone,
    draw,
    hand_over,
    listen,
    look,
    make_person,
    pick_up,
    say,
    say_many,
)
from services.simulation.asking import channel
from services.simulation.phones import Call, Line, Person, Phone, find, last_of_ours, open_file, people, phone
from services.simulation.team import TeamView, team_view

__all__ = [
    "MOST_FILE_BYTES", "Call", "Line", "Person", "Phone", "TeamView", "change_number", "change_phone", "channel",
    "draw", "find", "hand_over", "last_of_ours", "listen", "look", "make_person", "open_file", "people", "phone", "pick_up",
    "say", "say_many", "team_view",
]
