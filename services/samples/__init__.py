"""Data to try things with: made-up people who can never be reached, loaded by one click and gone by another."""

from services.samples.load import go_on, load, may_load
from services.samples.plan import Left, Plan, Standing, plan, standing
from services.samples.remove import remove

__all__ = ["Left", "Plan", "Standing", "go_on", "load", "may_load", "plan", "remove", "standing"]
