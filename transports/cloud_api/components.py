"""The words of a template → the components Meta keeps of it. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from core import placeholders

Part = dict[str, Any]
_FORMATS = ("image", "video", "document")


def components_of(*, body: str, footer: str, samples: Mapping[str, str], is_named: bool,
                  header: Mapping[str, Any], handle: str, buttons: Sequence[Mapping[str, Any]]) -> list[Part]:
    """All components in Meta's order. `header` and `buttons` as a TemplateVersion keeps them.

    Meta counts the gaps of each part for itself, so numbers are counted anew in each. A gap without a sample is left
    to the carrier to refuse.
    """
    cards = header.get("cards") or ()
    parts = [_header(header, handle, samples, is_named)] if header and not cards else []
    parts += [{"type": "LIMITED_TIME_OFFER", "limited_time_offer": {"text": str(one.get("text", "")), "has_expiration": True}}
              for one in buttons if one.get("kind") == "offer"]
    parts.append(_text("BODY", body, samples, is_named))
    if cards:
        parts.append({"type": "CAROUSEL", "cards": [{"components": _card(card, samples, is_named)} for card in cards]})
    if footer:
        parts.append({"type": "FOOTER", "text": footer})
    if pressed := [_button(button, samples) for button in buttons if button.get("kind") != "offer"]:
        parts.append({"type": "BUTTONS", "buttons": pressed})
    return parts


def _header(header: Mapping[str, Any], handle: str, samples: Mapping[str, str], is_named: bool) -> Part:
    """A text, a place, or a file with its sample."""
    kind = str(header.get("kind"))
    if kind == "location":
        return {"type": "HEADER", "format": "LOCATION"}
    if kind not in _FORMATS:
        part = _text("HEADER", str(header.get("text", "")), samples, is_named)
        return {"type": "HEADER", "format": "TEXT"} | part
    return {"type": "HEADER", "format": kind.upper()} | ({"example": {"header_handle": [handle]}} if handle else {})


def _card(card: Mapping[str, Any], samples: Mapping[str, str], is_named: bool) -> list[Part]:
    """One card: a picture, perhaps words, and its buttons."""
    text = [_text("BODY", str(card["text"]), samples, is_named)] if card.get("text") else []
    return [{"type": "HEADER", "format": "IMAGE", "example": {"header_handle": [str(card.get("handle", ""))]}}, *text,
            {"type": "BUTTONS", "buttons": [_button(one, samples) for one in card.get("buttons") or ()]}]


def _text(kind: str, text: str, samples: Mapping[str, str], is_named: bool) -> Part:
    """A text with its samples."""
    parsed = placeholders.parse(text)
    given = [samples[name] for name in parsed.names if name in samples]
    key = f"{kind.lower()}_text"
    if not parsed.names or len(given) < len(parsed.names):
        return {"type": kind, "text": text}  # without its samples the carrier says which is missing
    if is_named:
        example: Part = {f"{key}_named_params": [{"param_name": name, "example": sample}
                                                 for name, sample in zip(parsed.names, given, strict=True)]}
        return {"type": kind, "text": text, "example": example}
    counted = {name: f"{{{{{number if name.isdigit() else name}}}}}" for number, name in enumerate(parsed.names, 1)}
    return {"type": kind, "text": placeholders.fill(parsed, counted), "example": {key: [given] if kind == "BODY" else given}}


def _button(button: Mapping[str, Any], samples: Mapping[str, str]) -> Part:
    """One button."""
    label = str(button.get("text", ""))
    match button.get("kind"):
        case "url":
            return {"type": "URL", "text": label} | _address(str(button.get("url", "")), samples)
        case "phone":
            return {"type": "PHONE_NUMBER", "text": label, "phone_number": str(button.get("phone", ""))}
        case "flow":
            return {"type": "FLOW", "text": label, "flow_id": str(button.get("flow_id", "")), "flow_action": "navigate"}
        case "copy_code":
            return {"type": "COPY_CODE", "example": str(button.get("sample", ""))}
    return {"type": "QUICK_REPLY", "text": label}


def _address(url: str, samples: Mapping[str, str]) -> Part:
    """An address; the one gap it may end in is number 1 for Meta, whatever it is called with us."""
    parsed = placeholders.parse(url)
    if not parsed.names:
        return {"url": url}
    return {"url": placeholders.fill(parsed, dict.fromkeys(parsed.names, "{{1}}")),
            "example": [placeholders.fill(parsed, {name: quote(samples.get(name, "x"), safe="") for name in parsed.names})]}
