"""What a message can be → the object Meta wants for it. Pure."""

import json
from typing import Any

from transports.port import (
    AskContact,
    AskLocation,
    Card,
    Contacts,
    Content,
    FlowButton,
    Gap,
    Interactive,
    LinkButton,
    ListMenu,
    Location,
    Media,
    Reach,
    Reaction,
    ReplyButtons,
    Template,
    TemplateButton,
    TemplateCard,
    Text,
)

GAP = "\0"  # stands for a value while the frame of a body is made; no id and no text we send is just this

Part = dict[str, Any]


def parts_of(content: Content) -> tuple[str, Any]:
    """(type, object) of a message that is no template."""
    match content:
        case Text():
            return "text", {"body": content.body} | ({"preview_url": True} if content.preview_url else {})
        case Media():
            return content.kind, media_of(content)
        case Location():
            return "location", location_of(content)
        case Contacts():
            return "contacts", [_card(card) for card in content.cards]
        case Reaction():
            return "reaction", {"message_id": content.wire_id, "emoji": content.emoji}
        case Interactive():
            return "interactive", _interactive(content)
    raise TypeError(f"{type(content).__name__} is no message of its own")


def media_of(media: Media) -> Part:
    """A file, by id or by address."""
    part: Part = {"id": media.wire_id} if media.wire_id else {"link": media.link}
    if media.filename:
        part["filename"] = media.filename
    if media.caption:
        part["caption"] = media.caption
    return part | ({"voice": True} if media.is_voice else {})


def location_of(place: Location) -> Part:
    """A place."""
    return _some({"latitude": place.latitude, "longitude": place.longitude, "name": place.name,
                  "address": place.address})


def template_of(template: Template) -> Part:
    """A template with GAP wherever a value goes."""
    part: Part = {"name": template.name, "language": {"code": template.language}}
    components = [*_header(template.header), *_offer(template.offer_ends_ms), *_body(template.body),
                  *map(_button, template.buttons)]
    if template.cards:
        components.append({"type": "carousel", "cards": [
            {"card_index": number, "components": _card_parts(card)} for number, card in enumerate(template.cards)]})
    return part | ({"components": components} if components else {})


def _some(part: Part) -> Part:
    """Without what is empty."""
    return {name: value for name, value in part.items() if value}


def _card(card: Card) -> Part:
    """A contact card."""
    name = {"formatted_name": card.formatted_name, "first_name": card.first_name, "last_name": card.last_name}
    return _some({
        "name": _some(name), "phones": [_reach("phone", one) for one in card.phones],
        "emails": [_reach("email", one) for one in card.emails], "birthday": card.birthday,
        "org": _some({"company": card.company, "title": card.title}),
        "urls": [_reach("url", one) for one in card.urls]})


def _reach(name: str, one: Reach) -> Part:
    return _some({name: one.value, "wa_id": one.wa_id, "type": one.kind})


def _interactive(content: Interactive) -> Part:
    """A text with something to tap."""
    kind, action = _action(content)
    part: Part = {"type": kind, "body": {"text": content.body}, "action": action}
    if isinstance(content.header, Media):
        part["header"] = {"type": content.header.kind, content.header.kind: media_of(content.header)}
    elif content.header:
        part["header"] = {"type": "text", "text": content.header}
    return part | ({"footer": {"text": content.footer}} if content.footer else {})


def _action(content: Interactive) -> tuple[str, Part]:
    """What can be tapped, and Meta's word for it."""
    match content.action:
        case ReplyButtons(choices):
            return "button", {"buttons": [{"type": "reply", "reply": {"id": one.id, "title": one.title}}
                                          for one in choices]}
        case ListMenu(label, sections):
            return "list", {"button": label, "sections": [
                _some({"title": section.title, "rows": [
                    _some({"id": row.id, "title": row.title, "description": row.description})
                    for row in section.rows]}) for section in sections]}
        case LinkButton(label, url):
            return "cta_url", {"name": "cta_url", "parameters": {"display_text": label, "url": url}}
        case FlowButton():
            return "flow", {"name": "flow", "parameters": _flow(content.action)}
        case AskLocation():
            return "location_request_message", {"name": "send_location"}
        case AskContact():
            return "request_contact_info", {"name": "request_contact_info"}


def _flow(flow: FlowButton) -> Part:
    """How a flow is opened: on a screen of ours, or where its own server says."""
    part: Part = {"flow_message_version": "3", "flow_id": flow.flow_id, "flow_cta": flow.label,
                  "mode": "draft" if flow.is_draft else "published"}
    if flow.token:
        part["flow_token"] = flow.token
    if not flow.screen:
        return part | {"flow_action": "data_exchange"}
    data = {"data": json.loads(flow.data_json)} if flow.data_json else {}
    return part | {"flow_action": "navigate", "flow_action_payload": {"screen": flow.screen} | data}


def _gap(gap: Gap) -> Part:
    """One value of a template."""
    return {"type": "text", "text": GAP} | ({"parameter_name": gap.name} if gap.name else {})


def _header(header: Gap | Media | Location | None) -> list[Part]:
    """The header, when there is something to say about it."""
    match header:
        case None:
            return []
        case Gap():
            value = _gap(header)
        case Media():
            value = {"type": header.kind, header.kind: media_of(header)}
        case Location():
            value = {"type": "location", "location": location_of(header)}
    return [{"type": "header", "parameters": [value]}]


def _offer(ends_ms: int) -> list[Part]:
    """When a limited-time offer ends."""
    offer = {"type": "limited_time_offer", "limited_time_offer": {"expiration_time_ms": ends_ms}}
    return [{"type": "limited_time_offer", "parameters": [offer]}] if ends_ms else []


def _body(gaps: tuple[Gap, ...]) -> list[Part]:
    """The body, when it has gaps."""
    return [{"type": "body", "parameters": [_gap(gap) for gap in gaps]}] if gaps else []


def _button(button: TemplateButton) -> Part:
    """What one button needs."""
    value = GAP if isinstance(button.value, Gap) else button.value
    match button.kind:
        case "url":
            parameter: Part = {"type": "text", "text": value}
        case "quick_reply":
            parameter = {"type": "payload", "payload": value}
        case "copy_code":
            parameter = {"type": "coupon_code", "coupon_code": value}
        case "flow":
            data = {"flow_action_data": json.loads(button.data_json)} if button.data_json else {}
            parameter = {"type": "action", "action": _some({"flow_token": value}) | data}
        case _:
            raise ValueError(f"A button of kind {button.kind} takes no value")
    return {"type": "button", "sub_type": button.kind, "index": str(button.index), "parameters": [parameter]}


def _card_parts(card: TemplateCard) -> list[Part]:
    """The components of one card of a carousel."""
    return [*_header(card.header), *_body(card.body), *map(_button, card.buttons)]
