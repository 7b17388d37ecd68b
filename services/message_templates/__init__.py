"""What may be said: versions, Meta's limits, rendering, approval."""

from services.message_templates.approval import submit_pending
from services.message_templates.beginnings import Beginning, from_idea, from_nothing, from_template, in_another_language
from services.message_templates.buttons import CODE_LIMIT, KINDS, MOST_BUTTONS, TEXT_LIMIT, URL_LIMIT
from services.message_templates.cards import CARDS, cards_in
from services.message_templates.cards import MOST as MOST_CARDS
from services.message_templates.cards import TEXT_LIMIT as CARD_LIMIT
from services.message_templates.cards import buttons_of as buttons_of_card
from services.message_templates.compare import Change, Piece, changes, pieces
from services.message_templates.drift import drifted, unusable_versions, why_not
from services.message_templates.edit import add_template, change_template, is_elsewhere, restore_version
from services.message_templates.files import lacks, lacks_file, set_file, set_place
from services.message_templates.forgotten import forget_later, forget_pending
from services.message_templates.gallery import Idea, gallery, get_idea
from services.message_templates.in_place import present, why_not_in_place
from services.message_templates.languages import LANGUAGES, name_of
from services.message_templates.limits import (
    BODY_LIMIT,
    CATEGORIES,
    FOOTER_LIMIT,
    HEADER_LIMIT,
    HEADERS,
    Problem,
    TemplateInvalid,
    check_value,
    clean_value,
    suggest_name,
)
from services.message_templates.offers import TEXT_LIMIT as OFFER_LIMIT
from services.message_templates.offers import hours_of as offer_hours
from services.message_templates.offers import is_offer
from services.message_templates.places import PLACE, lacks_place
from services.message_templates.preview import Preview, people, preview_of
from services.message_templates.queries import (
    Choice,
    TemplateRow,
    Use,
    by_name,
    campaigns_by_version,
    get_template,
    get_version,
    languages_in_use,
    list_templates,
    ready_versions,
    siblings_of,
    uses_of,
)
from services.message_templates.removal import delete_template, unpause
from services.message_templates.render import (
    FIELDS,
    Planned,
    Resolver,
    cells_of,
    default_sample,
    filled,
    is_named,
    parameters_of,
    plan_of,
    rendered,
    resolve,
    resolver,
    samples_of,
    suggested_source,
    value_of,
    values_of,
)
from services.message_templates.shown import MEDIA, Shown, ShownButton, plain, shown
from services.message_templates.standing import apply_template_news, reason_in_words, subject_of, why_stopped
from services.message_templates.sync import Taken, known_at, take_in
from services.message_templates.words import Words, names_in, problems_of, tidy, words_in, words_of

__all__ = [
    "BODY_LIMIT", "Beginning", "CARDS", "CARD_LIMIT", "CATEGORIES", "CODE_LIMIT", "Change", "Choice", "FIELDS",
    "FOOTER_LIMIT", "HEADERS", "HEADER_LIMIT", "Idea", "KINDS", "LANGUAGES", "MEDIA", "MOST_BUTTONS", "MOST_CARDS",
    "OFFER_LIMIT", "PLACE", "Piece", "Planned", "Preview", "Problem", "Resolver", "Shown", "ShownButton", "TEXT_LIMIT", "Taken",
    "TemplateInvalid", "TemplateRow", "URL_LIMIT", "Use", "Words", "add_template", "apply_template_news",
    "buttons_of_card", "by_name",
    "campaigns_by_version", "cards_in", "cells_of", "change_template", "changes", "check_value", "clean_value", "default_sample",
    "delete_template", "drifted", "filled", "forget_later", "forget_pending", "from_idea", "from_nothing",
    "from_template", "gallery", "get_idea", "get_template", "get_version", "in_another_language", "is_elsewhere",
    "is_named", "is_offer", "known_at", "lacks", "lacks_file", "lacks_place", "languages_in_use",
    "list_templates", "name_of", "names_in",
    "offer_hours", "parameters_of", "people", "pieces", "plain", "plan_of", "present", "preview_of", "problems_of",
    "ready_versions", "reason_in_words", "rendered", "resolve", "resolver", "restore_version", "samples_of", "set_file",
    "set_place",
    "shown", "siblings_of", "subject_of", "submit_pending", "suggest_name", "suggested_source", "take_in", "tidy",
    "unpause", "unusable_versions", "uses_of", "value_of", "values_of", "why_not", "why_not_in_place", "why_stopped",
    "words_in", "words_of",
]
