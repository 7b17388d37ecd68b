"""EDGE, JSON under /api/v1: each file reads input and presents output of one subject."""

from api import conversations, description, messages  # noqa: F401  # each hangs its addresses on the part
from api.doors import api_key
from api.part import pages

__all__ = ["api_key", "pages"]
