"""What we may say: the list of templates, one with its versions, the editor, and ready texts."""

from views.message_templates import at_carrier, editor, gallery, show
from views.message_templates.part import pages

__all__ = ["at_carrier", "editor", "gallery", "pages", "show"]
