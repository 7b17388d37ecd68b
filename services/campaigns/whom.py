"""Whom a campaign may name: everybody, tags, segments, and those who are taken out again. Checked, once each, sorted."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select

from core.errors import Invalid
from models import Campaign, Segment, Tag, db

_PARTS: Mapping[str, tuple[Any, int, str]] = {  # key of the audience: table, how many at most, what they are called
    "tags": (Tag, 50, "tags"), "segments": (Segment, 20, "segments"),
    "without_tags": (Tag, 50, "tags"), "without_segments": (Segment, 20, "segments"),
    "without_campaigns": (Campaign, 20, "campaigns"),
}
KEYS = tuple(_PARTS)


def checked(given: Mapping[str, Any], kept: Mapping[str, Any]) -> dict[str, Any]:
    """The audience with the parts that are given; the others, and whether there is a list, stay as they are kept.

    `given` may hold lists of ids under KEYS, and "everyone". Raises Invalid with the part as its field when one of
    them does not exist.
    """
    audience: dict[str, Any] = {"tags": [], **kept}
    for key in KEYS:
        if key in given:
            audience[key] = _known(key, given[key])
    if "everyone" in given:
        audience["everyone"] = bool(given["everyone"])
    return {key: value for key, value in audience.items() if value or key == "tags"}


def _known(key: str, ids: Sequence[int]) -> list[int]:
    """These ids, sorted, once each. Raises Invalid."""
    table, most, word = _PARTS[key]
    wanted = sorted(set(ids))
    if len(wanted) > most:
        raise Invalid(f"A campaign can name {most} {word} at most here", field=key)
    asked = [one for one in wanted if 0 < one < 2**31]
    known = set(db.session.scalars(select(table.id).where(table.id.in_(asked)))) if asked else set()
    if set(wanted) - known:
        raise Invalid(f"One of these {word} does not exist any more; choose again", field=key)
    return wanted


def still_there(audience: Mapping[str, Any]) -> dict[str, Any]:
    """The audience without tags that were deleted since: nobody carries them. Segments stay, and are asked about."""
    kept = dict(audience)
    for key in ("tags", "without_tags"):
        if ids := kept.get(key):
            known = set(db.session.scalars(select(Tag.id).where(Tag.id.in_(ids))))
            kept[key] = [one for one in ids if one in known]
    return {key: value for key, value in kept.items() if value or key == "tags"}
