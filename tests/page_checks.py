"""What every page we serve must be: one heading, a title, unique ids, labelled fields, safe forms, nothing inline."""

from collections import Counter
from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
UNLABELLED = {"hidden", "submit", "button", "reset", "image"}
NAMED_BY = ("aria-label", "aria-labelledby", "title")


@dataclass
class Page(HTMLParser):
    """One page or part, read once; `faults` says in sentences what is wrong with it."""

    text: str
    faults: list[str] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    ids: Counter[str] = field(default_factory=Counter)
    points_at: list[tuple[str, str]] = field(default_factory=list)
    labels: set[str] = field(default_factory=set)
    controls: list[tuple[str, dict[str, str | None], bool]] = field(default_factory=list)
    open: list[str] = field(default_factory=list)
    form: dict[str, str | None] | None = None
    form_has_token: bool = False
    title: str = ""
    button: tuple[str, dict[str, str | None], str] | None = None

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.feed(self.text)
        self.close()
        self._check_whole()

    @property
    def is_whole(self) -> bool:
        """Whether this is a page of its own, not a part that a live page swaps in."""
        return self.counts["html"] > 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self.counts[tag] += 1
        self._check_attributes(tag, attrs)
        if tag == "label" and values.get("for"):
            self.labels.add(values["for"] or "")
        if tag in ("input", "select", "textarea") and values.get("type", "text") not in UNLABELLED:
            self.controls.append((tag, values, "label" in self.open))
        if tag == "input" and values.get("name") == "csrf_token" and values.get("value"):
            self.form_has_token = True
        if tag == "form":
            self._open_form(values)
        if tag in ("button", "a"):
            self.button = (tag, values, "")
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        if tag in VOID:
            return
        if not self.open or self.open[-1] != tag:
            self.faults.append(f"</{tag}> closes {self.open[-1] if self.open else 'nothing'} (line {self.getpos()[0]})")
            if tag in self.open:
                while self.open.pop() != tag:
                    pass
            return
        self.open.pop()
        if tag == "form":
            self._close_form()
        if tag in ("button", "a") and self.button:
            self._close_button()

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] == "title":
            self.title += data
        if self.button:
            self.button = (*self.button[:2], self.button[2] + data.strip())
        if self.open and self.open[-1] in ("script", "style") and data.strip():
            self.faults.append(f"inline <{self.open[-1]}>; the browser will refuse it")

    def _check_attributes(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = Counter(name for name, _ in attrs)
        self.faults += [f"<{tag}> says {name} twice" for name, times in names.items() if times > 1]
        self.faults += [f"<{tag} {name}=…>: no inline style or event handlers; the browser will refuse it"
                        for name in names if name == "style" or name.startswith("on")]
        for name, value in attrs:
            if name == "id":
                self.ids[value or ""] += 1
            if name in ("aria-describedby", "aria-labelledby", "aria-controls", "for"):
                self.points_at += [(name, target) for target in (value or "").split()]
            if name in ("href", "src") and (value or "").startswith(("http://", "https://", "//")) and tag != "a":
                self.faults.append(f"<{tag}> loads {value} from another host")
            if name in ("href", "action") and (value or "").strip().lower().startswith("javascript:"):
                self.faults.append(f"<{tag}> runs a script from {name}")
        if tag == "img" and "alt" not in names:
            self.faults.append(f"<img src={dict(attrs).get('src')}> has no alt text")
        if tag == "style" or (tag == "script" and "src" not in names):
            self.faults.append(f"inline <{tag}>; the browser will refuse it")

    def _open_form(self, values: dict[str, str | None]) -> None:
        if self.form is not None:
            self.faults.append("a form inside a form")
        if not values.get("action"):
            self.faults.append("a form without an action")
        self.form, self.form_has_token = values, False

    def _close_form(self) -> None:
        form, self.form = self.form or {}, None
        if (form.get("method") or "get").lower() == "post" and not self.form_has_token:
            self.faults.append(f"the form to {form.get('action')} carries no CSRF token")

    def _close_button(self) -> None:
        tag, values, words = self.button or ("", {}, "")
        self.button = None
        if not words and not any(values.get(name) for name in NAMED_BY):
            self.faults.append(f"a <{tag}> that says nothing: {values}")

    def _check_whole(self) -> None:
        self.faults += [f"id “{name}” is used {times} times" for name, times in self.ids.items() if times > 1]
        self.faults += [f"<{tag}> is never closed" for tag in self.open]
        for tag, values, inside in self.controls:
            if not (inside or values.get("id") in self.labels or any(values.get(name) for name in NAMED_BY)):
                self.faults.append(f"the {tag} “{values.get('name')}” has no label")
        if not self.is_whole:
            return
        self.faults += [f"{name} points at “{target}”, which is not on the page"
                        for name, target in self.points_at if target not in self.ids]
        if self.counts["h1"] != 1:
            self.faults.append(f"{self.counts['h1']} h1 headings where there must be one")
        if not self.title.strip():
            self.faults.append("no title")
        if self.counts["main"] != 1:
            self.faults.append(f"{self.counts['main']} <main> parts where there must be one")


def check_page(text: str, address: str = "") -> None:
    """Fail with every fault of this page or part at once."""
    faults = Page(text).faults
    assert not faults, f"{address} is not a page we would serve:\n  " + "\n  ".join(dict.fromkeys(faults))
