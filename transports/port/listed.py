"""A template as a carrier lists it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class ListedTemplate:
    """One template in one language, in the words a TemplateVersion is kept in.

    Every gap has a name of its own: where the carrier counts the gaps of each part for itself, those of the header and
    of addresses are numbered on after those of the body.
    """

    wire_id: str
    name: str
    language: str
    category: str  # marketing | utility | authentication, or a word we do not know
    state: str  # one of core.states.TemplateState
    word: str  # the carrier's own word for it
    body: str = ""
    footer: str = ""
    header: Mapping[str, Any] = field(default_factory=dict)  # kind, text; a file is not told
    buttons: tuple[Mapping[str, Any], ...] = ()
    samples: Mapping[str, str] = field(default_factory=dict)  # by the name of the gap
    is_named: bool = True
    foreign_parts: tuple[str, ...] = ()  # what of it cannot be sent from here, in words
    quality: str = ""  # good | medium | poor, or empty
    reason: str = ""  # why it was refused
    coming_category: str = ""  # what it is about to be counted as
