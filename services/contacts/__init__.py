"""People, their tags and fields, and the ledger of what they agreed to. Others use these names only."""

from services.contacts.bulk import Outcomes, add_or_update_many, foresee_many, take_turn
from services.contacts.bulk_acts import (
    TAG,
    UNTAG,
    count_people,
    delete_people,
    get_bulk,
    ids_of,
    tag_people,
    undo_bulk,
    untag_people,
)
from services.contacts.bulk_back import people_now, put_back_many, values_of
from services.contacts.bulk_marked import EMAIL, KEY, USER, mark_of
from services.contacts.bulk_rows import Change, Incoming
from services.contacts.bulk_work import (
    AT_ONCE,
    PAUSE,
    acts_at_work,
    acts_lately,
    can_undo_act,
    get_act,
    go_on_with_bulk,
    name_of_act,
    start_bulk,
    start_undo,
    stop_bulk,
)
from services.contacts.company import company_holds, company_is
from services.contacts.consent import SAID, history, record_consent, record_consent_many
from services.contacts.details import Details, check_details, derive, name_of
from services.contacts.edit import KnownPhone, add_contact, change_contact, delete_contact
from services.contacts.erase import Erased, erase_person
from services.contacts.export import COLUMNS, export_contacts
from services.contacts.field_indexes import LONGEST_COMPARED, compared_by, index_fields, stored_kind, stored_value
from services.contacts.fields import KINDS, add_field, all_fields, check_value, check_values, get_field, value_text
from services.contacts.fields_edit import FieldCount, change_field, delete_field, field_counts, people_with
from services.contacts.inbound import heard_from, heard_from_many, person_of
from services.contacts.inbound_many import Person, Sender, people_of
from services.contacts.ledger import CATEGORIES, derive_state
from services.contacts.letters import few_holding, forget_letters, index_letters, learn_letters
from services.contacts.letters_postgres import ids_holding, share_holding
from services.contacts.listing import MOST_COUNTED, SORTS, Order, PeoplePage, list_people
from services.contacts.merge import LABELS, Choice, Plan, merge_contacts, plan_merge
from services.contacts.merge_undo import DAYS as MERGE_DAYS
from services.contacts.merge_undo import open_merges, undo_merge
from services.contacts.moves import known_by_another_id
from services.contacts.personal_file import personal_file
from services.contacts.queries import (
    MessageLine,
    TagCount,
    all_tags,
    contact_by_phone,
    count_contacts,
    get_contact,
    holds,
    messages_of,
    names_of,
    parts_meant,
    search_contacts,
    tag_names,
)
from services.contacts.rows import ContactRow, details_in, people_in
from services.contacts.singly import BUILT_IN, give_tag, set_field, take_tag
from services.contacts.story import KINDS as STORY_KINDS
from services.contacts.story import Event, MessageTold, brought_by, story, story_counts
from services.contacts.suppression import (
    count_suppressed,
    erased_since,
    is_suppressed,
    remember_withdrawn,
    withdraw_suppressed,
)
from services.contacts.tags import find_tag, set_tags, split_tags, tag_named, tags_named
from services.contacts.tallies import by_consent as count_by_consent

__all__ = [
    "AT_ONCE", "BUILT_IN", "CATEGORIES", "COLUMNS", "EMAIL", "KEY", "KINDS", "LABELS", "LONGEST_COMPARED",
    "MERGE_DAYS", "MOST_COUNTED", "PAUSE", "SAID", "SORTS", "STORY_KINDS", "TAG", "UNTAG", "USER", "Change", "Choice",
    "ContactRow", "Details", "Erased", "Event", "FieldCount", "Incoming", "KnownPhone", "MessageLine", "MessageTold",
    "Order", "Outcomes", "PeoplePage", "Person", "Plan", "Sender", "TagCount", "acts_at_work", "acts_lately",
    "add_contact", "add_field", "add_or_update_many", "all_fields", "all_tags", "brought_by", "can_undo_act",
    "change_contact", "change_field", "check_details", "check_value", "check_values", "company_holds", "company_is",
    "compared_by", "contact_by_phone", "count_by_consent", "count_contacts", "count_people", "count_suppressed",
    "delete_contact", "delete_field", "delete_people", "derive", "derive_state", "details_in", "erase_person",
    "erased_since", "export_contacts", "few_holding", "field_counts", "find_tag", "foresee_many", "forget_letters",
    "get_act", "get_bulk", "get_contact", "get_field", "give_tag", "go_on_with_bulk", "heard_from", "heard_from_many",
    "history", "holds", "ids_holding", "ids_of", "index_fields", "index_letters", "is_suppressed",
    "known_by_another_id", "learn_letters", "list_people", "mark_of", "merge_contacts", "messages_of", "name_of",
    "name_of_act", "names_of", "open_merges", "parts_meant", "people_in", "people_now", "people_of", "people_with",
    "person_of", "personal_file", "plan_merge", "put_back_many", "record_consent", "record_consent_many",
    "remember_withdrawn", "search_contacts", "set_field", "set_tags", "share_holding", "split_tags", "start_bulk",
    "start_undo", "stop_bulk", "stored_kind", "stored_value", "story", "story_counts", "tag_named", "tag_names",
    "tag_people", "tags_named", "take_tag", "take_turn", "undo_bulk", "undo_merge", "untag_people", "value_text",
    "values_of", "withdraw_suppressed",
]
