"""A template as Meta lists it → the words a version of ours is kept in."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from transports.cloud_api.changes import RATED
from transports.cloud_api.news import state_of
from transports.cloud_api.plain import Unreadable, items, key, mapping, storable, text
from transports.port import ListedTemplate

_GAP = re.compile(r"\{\{\s*([A-Za-z0-9_]+)\s*\}\}")
_READABLE = re.compile(r"[a-z_][a-z0-9_]{0,39}|[1-9][0-9]{0,2}")
FILES = {"IMAGE": "image", "VIDEO": "video", "DOCUMENT": "document"}
HEADERS = {"GIF": "a GIF as its header", "PRODUCT": "a product as its header"}
BUTTONS = {"OTP": "a one-time code", "CATALOG": "a catalogue button",
           "MPM": "a list of products", "SPM": "a product button"}
HARMLESS = ("VOICE_CALL", "REQUEST_CONTACT_INFO")  # buttons that need nothing at sending
NO_REASON = ("NONE", "")


def listed_of(raw: Any) -> ListedTemplate | None:
    """One entry of Meta's list; None for one without id, name or language. Never raises."""
    told = mapping(storable(raw))
    try:
        name, language = key(told.get("name"), "The name", 512), key(told.get("language"), "The language", 20)
        word = key(told.get("status"), "The status", 40).upper()
        wire_id = key(told.get("id"), "The id", 40)
    except Unreadable:
        return None
    reason = text(told.get("rejected_reason"), 200)
    correct = text(told.get("correct_category"), 30).lower()
    category = text(told.get("category"), 16).lower()
    return ListedTemplate(
        wire_id=wire_id, name=name, language=language.replace("-", "_"), category=category, state=state_of(word).value,
        word=word, reason="" if reason.upper() in NO_REASON else reason,
        quality=RATED.get(text(mapping(told.get("quality_score")).get("score"), 20).upper(), ""),
        coming_category="" if correct == category else correct[:16], **_Parts(told).read())


class _Parts:
    """Reads the components of one template, giving each gap a name of its own."""

    def __init__(self, told: Mapping[str, Any]) -> None:
        parts = [mapping(one) for one in items(told.get("components"))]
        self._parts = {text(one.get("type"), 40).upper(): one for one in parts}
        self._body = text(mapping(self._parts.get("BODY")).get("text"), 4096)
        self._is_named = self._is_by_name(text(told.get("parameter_format"), 20).upper())
        numbers = [int(name) for name in _GAP.findall(self._body) if name.isdigit()]
        self._next_number = max(numbers, default=0) + 1
        self._links = 0
        self._samples: dict[str, str] = {}
        self._foreign: list[str] = []

    def read(self) -> dict[str, Any]:
        """Everything a ListedTemplate is made of besides its names and states."""
        self._sampled(_GAP.findall(self._body), mapping(self._parts.get("BODY")), "body_text")
        header = self._header(mapping(self._parts.get("HEADER")))
        buttons = (*self._offer(mapping(self._parts.get("LIMITED_TIME_OFFER"))),
                   *self._buttons(mapping(self._parts.get("BUTTONS"))))
        if "CAROUSEL" in self._parts:
            header = self._cards(self._parts["CAROUSEL"])
        body = _GAP.sub(lambda gap: f"{{{{{gap.group(1)}}}}}", self._body)
        on_cards = " ".join(str(one["text"]) for one in header.get("cards", ()))
        if any(not _READABLE.fullmatch(name) for name in _GAP.findall(f"{body} {header.get('text', '')} {on_cards}")):
            self._foreign.append("a gap whose name we cannot read")
        return {"body": body, "footer": text(mapping(self._parts.get("FOOTER")).get("text"), 60), "header": header,
                "buttons": buttons, "samples": self._samples, "is_named": self._is_named,
                "foreign_parts": tuple(self._foreign)}

    def _is_by_name(self, form: str) -> bool:
        """Whether gaps have names. What the list says, else what the text looks like."""
        if form in ("NAMED", "POSITIONAL"):
            return form == "NAMED"
        return not any(name.isdigit() for name in _GAP.findall(self._body))

    def _header(self, part: Mapping[str, Any]) -> dict[str, Any]:
        form = text(part.get("format"), 20).upper()
        if not part or form in FILES:
            return {"kind": FILES[form], "media_id": None} if part else {}
        if form == "LOCATION":
            return {"kind": "location"}
        if form in HEADERS:
            self._foreign.append(HEADERS[form])
            return {}
        written = text(part.get("text"), 200)
        names = _GAP.findall(written)
        fresh = names if self._is_named else [self._number() for _ in names[:1]] * len(names)
        self._sampled(fresh, part, "header_text")
        left = iter(fresh)
        return {"kind": "text", "text": _GAP.sub(lambda _gap: f"{{{{{next(left)}}}}}", written)}

    def _cards(self, part: Mapping[str, Any]) -> dict[str, Any]:
        """Cards of the shape ours have; any other is named as what cannot be sent from here."""
        cards = [self._card({text(mapping(one).get("type"), 40).upper(): mapping(one)
                             for one in items(mapping(card).get("components"))}) for card in items(part.get("cards"))]
        if not cards or None in cards:
            self._foreign.append("a carousel")
            return {}
        return {"kind": "cards", "cards": cards}

    def _card(self, parts: Mapping[str, Mapping[str, Any]]) -> dict[str, Any] | None:
        """A picture, words, and one or two buttons that answer or open a page; None for anything else."""
        buttons = [mapping(one) for one in items(parts.get("BUTTONS", {}).get("buttons"))]
        kinds = [text(one.get("type"), 40).upper() for one in buttons]
        if (text(parts.get("HEADER", {}).get("format"), 20).upper() != "IMAGE" or not 0 < len(buttons) <= 2
                or not {"URL", "QUICK_REPLY"} >= set(kinds)):
            return None
        card = {"media_id": None, "text": self._words_of(parts.get("BODY", {}))}
        for place, kind, one in zip(("", "2"), kinds, buttons, strict=False):
            card |= {f"button{place}": text(one.get("text"), 60), f"url{place}": self._address(one) if kind == "URL" else ""}
        return {name: value for name, value in card.items() if value or name != "url2"}

    def _words_of(self, part: Mapping[str, Any]) -> str:
        """The words of a card; numbers are counted on over the whole message."""
        written = text(part.get("text"), 400)
        names = sorted(dict.fromkeys(_GAP.findall(written)), key=lambda name: (len(name), name))
        called = {name: name if self._is_named else self._number() for name in names}
        self._sampled(list(called.values()), part, "body_text")
        return _GAP.sub(lambda gap: f"{{{{{called[gap.group(1)]}}}}}", written)

    def _offer(self, part: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        offer = mapping(part.get("limited_time_offer"))
        if part and offer.get("has_expiration") is not True:
            self._foreign.append("an offer without an end")
        elif part:
            yield {"kind": "offer", "text": text(offer.get("text"), 60)}

    def _buttons(self, part: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        for one in map(mapping, items(part.get("buttons"))):
            kind, label = text(one.get("type"), 40).upper(), text(one.get("text"), 60)
            if kind == "QUICK_REPLY":
                yield {"kind": "quick_reply", "text": label}
            elif kind == "URL":
                yield {"kind": "url", "text": label, "url": self._address(one)}
            elif kind == "PHONE_NUMBER":
                yield {"kind": "phone", "text": label, "phone": text(one.get("phone_number"), 30)}
            elif kind == "FLOW":
                yield {"kind": "flow", "text": label, "flow_id": text(one.get("flow_id"), 32)}
            elif kind == "COPY_CODE":
                yield {"kind": "copy_code", "text": "Copy code", "sample": _first(one.get("example"))}
            else:
                if kind not in HARMLESS:
                    self._foreign.append(BUTTONS.get(kind, f"a button of the kind {kind.lower()[:20] or 'unknown'}"))
                yield {"kind": "other", "text": label or kind.replace("_", " ").capitalize()}

    def _address(self, one: Mapping[str, Any]) -> str:
        """An address; its one gap has a name of ours."""
        url = text(one.get("url"), 2000)
        if not _GAP.search(url):
            return url
        name = self._link_name()
        fixed, whole = url[:_GAP.search(url).start()], _first(one.get("example"))  # type: ignore[union-attr]
        self._samples[name] = whole.removeprefix(fixed)[:200]
        return _GAP.sub(lambda _gap: f"{{{{{name}}}}}", url)

    def _link_name(self) -> str:
        if not self._is_named:
            return self._number()
        self._links += 1
        return "link" if self._links == 1 else f"link_{self._links}"

    def _number(self) -> str:
        self._next_number += 1
        return str(self._next_number - 1)

    def _sampled(self, names: list[str], part: Mapping[str, Any], what: str) -> None:
        """Keep the samples of one part."""
        example = mapping(part.get("example"))
        for one in map(mapping, items(example.get(f"{what}_named_params"))):
            if (name := text(one.get("param_name"), 40)) in names:
                self._samples[name] = text(one.get("example"), 200)
        given = items(example.get(what))
        row = items(given[0]) if what == "body_text" and given and isinstance(given[0], list) else given
        wanted = names if what == "header_text" else sorted(dict.fromkeys(names), key=lambda name: (len(name), name))
        if not self._is_named:
            self._samples |= {name: text(value, 200) for name, value in zip(wanted, row, strict=False)}


def _first(example: Any) -> str:
    """The one sample of a button, told alone or as a list."""
    return text(example[0] if isinstance(example, list) and example else example, 2000)
