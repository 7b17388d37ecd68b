"""Where a new template may begin: nothing, a ready text, a copy of a template, or a template in one more language."""

from dataclasses import dataclass

from sqlalchemy import select

from models import MessageTemplate, db
from services.message_templates import gallery, queries
from services.message_templates.limits import NAME_LIMIT
from services.message_templates.words import Words, words_in


@dataclass(frozen=True, slots=True)
class Beginning:
    """What the editor holds at first. Nothing of it is kept until somebody saves it. `of` says what it came from."""

    name: str
    language: str
    category: str
    words: Words
    of: str = ""


def from_nothing(language: str = "en_GB") -> Beginning:
    """An empty editor."""
    return Beginning("", language, "marketing", Words(""))


def from_idea(slug: str) -> Beginning:
    """A ready text under a free name. Raises NotFound."""
    idea = gallery.get_idea(slug)
    return Beginning(_free_name(idea.name, idea.language), idea.language, idea.category, idea.words, idea.title)


def from_template(template_id: int, *, number: int = 0) -> Beginning:
    """The words of a version (the newest for 0) under a free name. Raises NotFound."""
    template = queries.get_template(template_id)
    version = next((one for one in template.versions if one.number == number), template.versions[-1])
    return Beginning(_free_name(template.name, template.language), template.language, template.category,
                     words_in(version), template.name)


def in_another_language(template_id: int) -> Beginning:
    """The same template under the same name, its language still to be chosen. Raises NotFound."""
    template = queries.get_template(template_id)
    return Beginning(template.name, "", template.category, words_in(template.versions[-1]), template.name)


def _free_name(name: str, language: str) -> str:
    """The name itself, or with _copy, _copy2 … where it is taken in this language. One query."""
    base = name[:NAME_LIMIT - 8]
    taken = set(db.session.scalars(select(MessageTemplate.name).where(
        MessageTemplate.language == language, MessageTemplate.name.startswith(base, autoescape=True))))
    tries = [name, f"{base}_copy", *(f"{base}_copy{number}" for number in range(2, 1000))]
    return next((one for one in tries if one not in taken), "")
