"""The part itself, and how its texts are shown everywhere."""

from flask import Blueprint
from markupsafe import Markup

from core.whatsapp_format import to_html
from services import message_templates
from services.message_templates import Preview

pages = Blueprint("message_templates", __name__)


@pages.app_template_filter("whatsapp")
def whatsapp(text: str) -> Markup:
    """A text as WhatsApp shows it, marks and all; everything else in it is escaped."""
    return Markup(to_html(text))  # noqa: S704  to_html escapes first and closes what it opens


@pages.app_template_filter("language")
def language(code: str) -> str:
    """English (UK) for en_GB."""
    return message_templates.name_of(code)


def people_with(preview: Preview, search: str = "") -> list[tuple[str, str]]:
    """Whose eyes the text may be seen through; the person on the phone is among them."""
    found = message_templates.people(search)
    return found if preview.contact_id in dict(found) else [(preview.contact_id, preview.person), *found]
