"""What may be chosen in the fields of triggers and actions, by the kind of field."""

from core import clock, countries
from services import automation, campaigns, channels, contacts, flows, hooks, inbox, media, message_templates, segments

Options = dict[str, list[tuple[str, str]]]


def options() -> Options:
    """Every list a field may offer. About ten queries."""
    fields = contacts.all_fields()
    dates = [(one.key, one.label) for one in fields if one.kind == "date"]
    ready = [one for one in message_templates.ready_versions() if one.is_usable]
    return {
        "tag": [(name, name) for name in contacts.tag_names()[:500]],
        "segment": [(str(one.id), one.name) for one in segments.all_segments()],
        "template": [(str(one.version_id), f"{one.name} ({one.language})") for one in ready],
        "channel": [(str(one.id), one.name) for one in channels.all_channels()],
        "user": [(str(number), name) for number, name in inbox.team()],
        "field": [(name, name.replace("_", " ")) for name in contacts.BUILT_IN] + [(one.key, one.label) for one in fields],
        "date_field": [("birthday", "Birthday"), *dates],
        "campaign": [(str(one.campaign.id), one.campaign.name) for one in campaigns.find_campaigns(size=50).items],
        "target": [(str(one.id), one.name) for one in hooks.all_targets()],
        "hook": [(str(one.id), one.name) for one in hooks.all_hooks()],
        "flow": [(str(number), name) for number, name in flows.choices_of_flows()],
        "zone": [(name, name.replace("_", " ")) for name in sorted(clock.zone_names())],
        "country": countries.by_name(), "language": sorted(message_templates.LANGUAGES.items(), key=lambda one: one[1]),
        "message_kind": list(automation.KINDS.items()),
        "media": [(str(one.id), one.name) for one in media.newest_files()],
    }


def condition_choices() -> list[tuple[str, list[tuple[str, str, str]]]]:
    """Every condition under what it is about."""
    groups: dict[str, list[tuple[str, str, str]]] = {}
    for what, test in automation.TESTS.items():
        groups.setdefault(test.about, []).append((what, test.words, test.takes))
    return list(groups.items())


def names_in(past: automation.Past | None) -> dict[int, str]:
    """What those are called for whom a rule would have acted lately, by id. One query, none without a look back."""
    return contacts.names_of([one.happening.contact_id for one in past.newest if one.happening.contact_id]) if past else {}
