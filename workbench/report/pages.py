"""Executed notebooks as self-contained pages: no script, no request, code left out, all values escaped."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from nbconvert import HTMLExporter

from workbench.report.templating import TEMPLATES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nbformat import NotebookNode


@dataclass(frozen=True, slots=True)
class Link:
    """A link of the navigation."""

    text: str
    href: str
    current: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """What surrounds a notebook's content.

    Args:
        title: Title in the browser's tab.
        links: Navigation.
        footer: What the page was made with.
    """

    title: str
    links: Sequence[Link] = field(default=())
    footer: str = ""


def render_notebook(notebook: NotebookNode, page: Page) -> str:
    """Returns the page of an executed notebook; equal outputs give equal bytes."""
    exporter = HTMLExporter(
        template_paths=[str(TEMPLATES)], template_file="page.html.j2", exclude_anchor_links=True
    )
    exporter.environment.autoescape = True
    html: str = exporter.from_notebook_node(notebook, resources={"page": page})[0]
    return html
