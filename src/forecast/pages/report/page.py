"""Convert an executed notebook to one HTML file that needs no other file and no network.

The template is ``forecast/template``.  nbconvert is imported when a page is made, as it takes longer to load
than everything else together.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any

from forecast.base import labels
from forecast.base.errors import RunError
from forecast.pages.markup import HEADING_TYPE, PAGE_TYPE, TEMPLATE_FOLDER, Page

if TYPE_CHECKING:
    from nbformat import NotebookNode


def page(notebook: NotebookNode, *, name: str = "notebook", head: Page | None = None) -> str:
    """Write the whole page of an executed notebook: what its cells show, without code, warnings or errors.

    One cell must show ``report.cover(...)``, which gives title and language; an analyst's own notebook has a
    `head` instead, and plain text and pictures are shown too.

    Raises RunError if a cell failed, or there is neither cover nor head.
    """
    _refuse_failed(notebook, name)
    cover = _head(notebook)
    frame = cover or head
    if frame is None:
        raise RunError("page.no_cover", {"notebook": name})
    exporter = _exporter()
    html, _ = exporter.from_notebook_node(notebook, resources={"page": frame, "own": cover is None})
    return str(html)


def page_frame(title: str, *, lang: str) -> Page:
    """Prepare the frame of a page that comes from no notebook; see `Page.document`."""
    return Page(
        title=title,
        lang=lang,
        skip=labels.text("page.skip", lang),
        contents_label=labels.text("page.contents", lang),
        pages_label=labels.text("page.pages", lang),
    )


def _bundles(notebook: NotebookNode) -> Iterator[tuple[int, Any]]:
    for place, cell in enumerate(notebook.cells, start=1):
        for output in cell.get("outputs", []):
            yield place, output


def _refuse_failed(notebook: NotebookNode, name: str) -> None:
    for place, output in _bundles(notebook):
        if output.output_type == "error":
            raise RunError("page.failed_cell", {"notebook": name, "cell": place, "error": output.ename})


def _head(notebook: NotebookNode) -> Page | None:
    outputs = [output.data for _, output in _bundles(notebook) if "data" in output]
    covers = [data[PAGE_TYPE] for data in outputs if PAGE_TYPE in data]
    if not covers:
        return None
    cover = covers[0]
    headings = [data[HEADING_TYPE] for data in outputs if HEADING_TYPE in data]
    return replace(
        page_frame(cover["title"], lang=cover["lang"]),
        subtitle=cover["subtitle"],
        place_day=cover["place_day"],
        foot=cover["foot"],
        warning=cover.get("warning", ""),  # pages of older runs have none
        links=tuple((address, text) for address, text in cover.get("links", ())),
        contents=tuple((item["anchor"], item["text"]) for item in headings if item["level"] == 2),
    )


@cache
def _exporter() -> Any:
    """Make the exporter once, as its template takes longer to prepare than a page to write."""
    from nbconvert.exporters.templateexporter import TemplateExporter
    from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

    class PlainRenderer(IPythonRenderer):  # type: ignore[misc, unused-ignore]
        """Markdown without raw HTML, addresses or headings above the second level."""

        def heading(self, text: str, level: int, **attrs: Any) -> str:
            return str(super().heading(text, max(level, 2), **attrs))

        def link(self, text: str, url: str, title: str | None = None) -> str:  # noqa: ARG002
            return text if url.endswith(text) else f"{text} ({self.escape_html(url)})"

        def image(self, text: str, url: str, title: str | None = None) -> str:  # noqa: ARG002
            return str(self.escape_html(text))

    def markdown_to_html(source: str) -> str:
        return MarkdownWithMath(renderer=PlainRenderer(escape=True, exclude_anchor_links=True)).render(source)

    class PageExporter(TemplateExporter):  # type: ignore[misc, unused-ignore]
        """The exporter of the project's own template."""

        file_extension = ".html"

    return PageExporter(  # type: ignore[no-untyped-call, unused-ignore]
        template_name=TEMPLATE_FOLDER.name,
        extra_template_basedirs=[str(TEMPLATE_FOLDER.parent)],
        filters={"markdown2html": markdown_to_html},
        optimistic_validation=True,  # once a page, not after each of a dozen steps that change nothing
    )
