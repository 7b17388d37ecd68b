"""Which files the head of a template names: its own, or one for each card."""

from collections.abc import Mapping
from typing import Any


def named_in(header: Mapping[str, Any] | None) -> list[int]:
    """The ids of the files, in the order of the cards; those that are not chosen yet are left out."""
    head = header or {}
    ids = [head.get("media_id"), *(one.get("media_id") for one in head.get("cards") or ())]
    return [int(number) for number in ids if number]
