"""The project's own Markdown, as the tests of the docs read it."""

import re
from dataclasses import dataclass
from functools import cache

from tests.architecture.source import ROOT, project_files

_FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
_HEADING = re.compile(r"^#{1,6} +(.+?) *$", re.MULTILINE)
_LINK = re.compile(r"(?<!!)\[[^\]]+\]\(([^)\s]+)\)")


@dataclass(frozen=True, slots=True)
class Document:
    """One Markdown file."""

    path: str
    text: str

    @property
    def prose(self) -> str:
        """The text without fenced blocks, in which neither headings nor links are meant."""
        return _FENCE.sub("", self.text)

    @property
    def links(self) -> list[str]:
        """The targets of its links."""
        return _LINK.findall(self.prose)

    @property
    def anchors(self) -> set[str]:
        """The anchors that its headings make, by the rule of the usual viewers."""
        headings = (re.sub(r"[`*]", "", heading).lower() for heading in _HEADING.findall(self.prose))
        return {re.sub(r"[^\w\- ]", "", heading).replace(" ", "-") for heading in headings}

    def row_of(self, name: str) -> str | None:
        """The table row whose first cell is this name, set as code; None when there is none."""
        found = re.search(rf"^\| *`{re.escape(name)}` *\|.*$", self.text, re.MULTILINE)
        return found[0] if found else None


@cache
def documents() -> dict[str, Document]:
    """Every Markdown file by its path."""
    return {
        name: Document(name, (ROOT / name).read_text(encoding="utf-8"))
        for name in project_files()
        if name.endswith(".md")
    }


def document(name: str) -> Document:
    """One Markdown file."""
    return documents()[name]
