"""Figures of the promises: each printed beside its goal when the full sizes run."""

import os

IS_FULL = bool(os.environ.get("CHAOS"))


def show(check: str, what: str, found: object, goal: object) -> None:
    """One line of figures, in full runs only."""
    if IS_FULL:
        print(f"\n  {check}  {what}: {found} (goal {goal})", flush=True)
