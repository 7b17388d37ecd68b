"""The simulated phone: a page on which one is the customer."""

from views.simulation.page import pages

__all__ = ["pages"]
