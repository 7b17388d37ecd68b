"""Automation: rules as sentences, their editor, what they would do and what they did."""

from views.automation import editor, examples, hours, listing, runs, systems
from views.automation.part import pages

__all__ = ["editor", "examples", "hours", "listing", "pages", "runs", "systems"]
