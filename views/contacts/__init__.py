"""People: the list and its bulk acts, one person and their story, merging, fields of one's own, export."""

from views.contacts import acts, bulk, columns, fields, list, merge, person
from views.contacts.part import pages

__all__ = ["acts", "bulk", "columns", "fields", "list", "merge", "pages", "person"]
