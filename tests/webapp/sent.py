"""What a browser without script sends of a form: each field as it stands, with changes, and the button pressed."""

from __future__ import annotations

from collections.abc import Mapping
from html.parser import HTMLParser
from typing import Any

from werkzeug.datastructures import MultiDict

Sent = MultiDict[str, str]


class Forms(HTMLParser):
    """Every form of a page by its action."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.forms: dict[str, Sent] = {}
        self.buttons: set[str] = set()
        self.now: Sent | None = None
        self.area = self.select = ""
        self.text, self.first, self.chosen = "", None, False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.now = self.forms.setdefault(said.get("action", ""), MultiDict())
        elif tag == "button" and said.get("name") == "do":
            self.buttons.add(said["value"])
        elif self.now is None:
            return
        elif tag == "input" and said.get("name"):
            kind = said.get("type", "text")
            if kind not in ("radio", "checkbox") or "checked" in said:
                self.now.add(said["name"], said.get("value", "y"))
        elif tag == "textarea":
            self.area, self.text = said["name"], ""
        elif tag == "select":
            self.select, self.first, self.chosen = said["name"], None, False
        elif tag == "option" and self.select:
            self.first = said["value"] if self.first is None else self.first
            if "selected" in said:
                self.now.add(self.select, said["value"])
                self.chosen = True

    def handle_data(self, data: str) -> None:
        if self.area:
            self.text += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.now = None
        elif tag == "textarea" and self.now is not None:
            self.now.add(self.area, self.text.lstrip("\r\n"))
            self.area = ""
        elif tag == "select" and self.now is not None:
            if not self.chosen and self.first is not None:
                self.now.add(self.select, self.first)
            self.select = ""


def form(page: str, ending: str) -> Sent:
    """The fields of the form whose address ends so; of the one that is sent to its own page for no ending."""
    found = [
        fields for action, fields in Forms(page).forms.items() if (action.endswith(ending) if ending else not action)
    ]
    assert found, f"no form is sent to …{ending}"
    return found[0].copy()


def filled(page: str, ending: str, do: str, changes: Mapping[str, Any]) -> Sent:
    """The form with `changes` (a list for several values) and the button `do` pressed, which must be there."""
    fields = form(page, ending)
    for name, value in changes.items():
        fields.setlist(name, value if isinstance(value, list) else [value])
    if do:
        assert do in Forms(page).buttons, f"no button {do!r}"
        fields["do"] = do
    return fields
