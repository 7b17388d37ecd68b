"""Ready texts for common purposes: read on a phone, made one's own with one click."""

from flask import render_template, request

from services import message_templates, settings
from views.message_templates.part import pages


@pages.get("/gallery")
def gallery() -> str:
    """Every ready text as it stands on a phone, with the samples in its gaps."""
    category = request.args.get("category", "")
    ideas = [one for one in message_templates.gallery() if category in ("", one.category)]
    shown = {one.slug: message_templates.shown(one.words, message_templates.samples_of(one.words.variables))
             for one in ideas}
    return render_template(
        "message_templates/gallery.html", ideas=ideas, shown=shown, category=category,
        categories=message_templates.CATEGORIES, business=settings.get("business_name"))
