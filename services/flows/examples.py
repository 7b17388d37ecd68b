"""Flows to begin from, ready to be read and tried."""

from collections.abc import Mapping
from typing import Any

from services.flows.drawing import SCHEMA

WORDS = {"menu": ["menu"], "back": ["back"], "agent": ["agent", "human", "person"]}


def _flow(*nodes: Mapping[str, Any], start: str, menu: str = "", bye: str = "") -> dict[str, Any]:
    return {"schema": SCHEMA, "start": start, "menu": menu, "words": WORDS, "timeout_minutes": 720,
            "timeout_texts": {"": bye} if bye else {}, "nodes": list(nodes)}


EXAMPLES: Mapping[str, tuple[str, str, Mapping[str, Any]]] = {  # key → name, what it does, drawing
    "menu": ("Menu", "Opening hours, address, or a person: what people ask most, answered at once.", _flow(
        {"id": "hello", "kind": "say", "texts": {"": "Hello {{first_name}}, how can we help?"}, "next": "menu"},
        {"id": "menu", "kind": "ask", "expects": "choice", "texts": {"": "Choose one, or write “agent” for a person."},
         "save_as": "topic", "tries": 2, "on_fail": "team", "choices": [
             {"id": "hours", "titles": {"": "Opening hours"}, "next": "hours"},
             {"id": "place", "titles": {"": "Where we are"}, "next": "place"},
             {"id": "person", "titles": {"": "Talk to somebody"}, "next": "team"}]},
        {"id": "hours", "kind": "say", "texts": {"": "We are open Monday to Friday, 9:00 to 17:00."}, "next": "more"},
        {"id": "place", "kind": "say", "texts": {"": "You find us at 12 Harbour Road."}, "next": "more"},
        {"id": "more", "kind": "ask", "expects": "choice", "texts": {"": "Anything else?"}, "tries": 1, "on_fail": "bye",
         "choices": [{"id": "yes", "titles": {"": "Yes"}, "next": "menu"}, {"id": "no", "titles": {"": "No, thank you"},
                                                                          "next": "bye"}]},
        {"id": "team", "kind": "hand_over", "note": "Asked for: {{topic}}",
         "texts": {"": "Somebody of our team will write to you here."}},
        {"id": "bye", "kind": "end", "texts": {"": "Have a good day!"}}, start="hello", menu="menu")),
    "appointment": ("Appointment", "Asks for a day, a time and a reason, and gives it to the team.", _flow(
        {"id": "day", "kind": "ask", "expects": "date", "texts": {"": "Which day would suit you? Write it like 24.11.2026."},
         "retry_texts": {"": "I did not understand the day. Write it like 24.11.2026, please."}, "save_as": "day",
         "next": "time", "on_fail": "team"},
        {"id": "time", "kind": "ask", "expects": "choice", "texts": {"": "What time of the day?"}, "save_as": "time",
         "next": "why",
         "choices": [{"id": "am", "titles": {"": "Morning"}}, {"id": "noon", "titles": {"": "Around noon"}},
                     {"id": "pm", "titles": {"": "Afternoon"}}]},
        {"id": "why", "kind": "ask", "expects": "text", "texts": {"": "What is it about?"}, "save_as": "why", "next": "tag"},
        {"id": "tag", "kind": "do", "action": {"kind": "tag", "tag": "wants appointment"}, "next": "team"},
        {"id": "team", "kind": "hand_over", "note": "Appointment wanted: {{day}}, {{time}}. {{why}}",
         "texts": {"": "Thank you. We look for a free time and write to you here."}},
        start="day", bye="We stop here for now. Write again whenever you like.")),
    "feedback": ("Feedback", "One question with figures; the unhappy are handed to a person at once.", _flow(
        {"id": "stars", "kind": "ask", "expects": "number", "least": 1, "most": 5,
         "texts": {"": "How happy are you with us, from 1 to 5?"}, "retry_texts": {"": "A figure from 1 to 5, please."},
         "save_as": "stars", "tries": 2, "next": "happy", "on_fail": "bye"},
        {"id": "happy", "kind": "branch", "next": "bye",
         "cases": [{"value_of": "stars", "test": "less", "value": "3", "next": "why"}]},
        {"id": "why", "kind": "ask", "expects": "text", "texts": {"": "We are sorry. What went wrong?"}, "save_as": "why",
         "next": "team"},
        {"id": "team", "kind": "hand_over", "note": "Unhappy ({{stars}} of 5): {{why}}",
         "texts": {"": "Thank you. Somebody will look into it."}},
        {"id": "bye", "kind": "end", "texts": {"": "Thank you!"}}, start="stars")),
}
