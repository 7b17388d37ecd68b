"""Choices of a list, from pairs of value and words."""

from collections.abc import Iterable

from wtforms.fields.choices import SelectChoice


def choices(pairs: Iterable[tuple[str, str]]) -> list[SelectChoice]:
    """What a SelectField takes, made of (value, words)."""
    return [SelectChoice(value, words) for value, words in pairs]
