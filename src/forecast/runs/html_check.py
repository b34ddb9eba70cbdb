"""Check that a page may be published: it has its figures, loads nothing, is small, and shows no code.

A leader opens the file from a mail, perhaps without a network, so it must hold all it shows.  A page may
have links to be clicked; it must not have anything that a browser fetches, runs or sends by itself.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Final

MAX_BYTES: Final = 2_000_000
# What a page may do, in its own words; a browser then holds it to that whatever else is in it.
POLICY: Final = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"
)
# Elements that run, fetch, frame or send, whatever their attributes are.
FORBIDDEN: Final = frozenset(
    "script iframe frame frameset object embed applet portal base form audio video source track link "
    "noscript foreignobject handler listener animate set".split()
)
# Attributes whose value a browser takes for an address; those of links are asked for a click first.
ADDRESSES: Final = frozenset(
    "src srcset imagesrcset href xlink:href action formaction data poster background longdesc manifest ping "
    "classid codebase profile archive code dynsrc lowsrc icon cite usemap srcdoc attributionsrc".split()
)
_CLICKED: Final = frozenset({"a", "area"})
_CLICKABLE: Final = re.compile(
    r"https?://|mailto:|#|(\.\./|[\w-][\w.-]*/)?[\w-][\w.-]*\.html(#[\w.-]+)?$", re.IGNORECASE
)
_INSIDE: Final = re.compile(r"#\S*|data:image/(png|jpeg|gif|webp);base64,[a-z0-9+/=\s]*", re.IGNORECASE)
_CSS_ESCAPE: Final = re.compile(r"\\([0-9a-fA-F]{1,6})\s?|\\(.)", re.DOTALL)
_CSS_COMMENT: Final = re.compile(r"/\*.*?\*/", re.DOTALL)
_CSS_REACH: Final = re.compile(
    r"@import|expression\s*\(|-moz-binding|behavior\s*:"
    r"|(?:url|src|image|image-set|cross-fade)\(\s*['\"]?(?!\s*['\"]?(?:#|data:image/(?:png|jpeg|gif|webp);base64,))",
    re.IGNORECASE,
)
_VOID: Final = frozenset("area br col hr img input meta wbr".split())
_BLOCKS: Final = frozenset(
    "p pre div table caption tr td th li h1 h2 h3 h4 br text figcaption summary".split()
)
_UNSEEN: Final = frozenset({"style", "title", "metadata", "desc"})
# What a reader must not see: how the page was made, and what went wrong on the way.
TRACES: Final[Mapping[str, re.Pattern[str]]] = {
    "traceback": re.compile(r"Traceback \(most recent call last\)|^\w*(Error|Exception): ", re.MULTILINE),
    "warning": re.compile(r"\b[A-Z]\w*Warning\b"),
    "prompt": re.compile(r"\b(In|Out) ?\[\s?\d*\s?\]"),
    "code": re.compile(r"^\s*(from [\w.]+ import |import \w+|def \w+\(|display\()", re.MULTILINE),
    "object": re.compile(r"<[\w.]+ (object )?at 0x[0-9a-f]+>|<IPython\.|HBox\(children"),
    "escape": re.compile(r"\x1b\[|�"),
}
_SOMEWHERE: Final = tuple(  # a page may break a text into lines anywhere
    re.compile(re.sub(r"\^(\\[sw]\*)?", "", pattern.pattern)) for pattern in TRACES.values()
)
_CODE_CLASSES: Final = re.compile(r"\b(jp-InputArea|jp-CodeCell|input_area|CodeMirror|highlight-ipynb)")


@dataclass(slots=True)
class ParsedPage:
    """The parts of a page that are checked."""

    lang: str = ""
    title: str = ""
    policy: str = ""
    text: str = ""
    tables: int = 0
    figures: int = 0
    anchors: set[str] = field(default_factory=set)
    external: list[str] = field(default_factory=list)
    without_alt: list[str] = field(default_factory=list)


def problems(
    page: str,
    *,
    lang: str,
    figures: Iterable[str] = (),
    private: Iterable[str] = (),
    quotes: Iterable[str] = (),
    parsed: ParsedPage | None = None,
) -> list[str]:
    """List what forbids publishing a page; empty if nothing does.

    `lang`: language that the page must declare; `figures`: numbers, as written, that the page must show;
    `private`: texts, such as folders of this machine, that it must not hold; `quotes`: words of people, from
    the data, which may look like a trace and are none; `parsed`: the page as `read` gives it; None to read it
    here. In plain English, for the analyst.
    """
    return list(_problems(page, parsed or read(page), lang, figures, private, quotes))


def read(page: str) -> ParsedPage:
    """Parse a page."""
    reader = _Reader()
    reader.feed(page)
    reader.close()
    return reader.result()


def like_traces(texts: Iterable[str]) -> list[str]:
    """Keep the texts that would be taken for a trace, the longest first.

    >>> like_traces(["import os", "đúng hạn"])
    ['import os']
    """
    alike = {text for text in texts if any(pattern.search(text) for pattern in _SOMEWHERE)}
    return sorted(alike, key=lambda text: (-len(text), text))


def _remove(text: str, phrases: Iterable[str]) -> str:
    """Remove quotes from a text, also where they are broken into lines."""
    for words in phrases:
        text = re.sub(r"\s+".join(map(re.escape, words.split())), " ", text)
    return text


def _problems(
    page: str,
    parsed: ParsedPage,
    lang: str,
    figures: Iterable[str],
    private: Iterable[str],
    quotes: Iterable[str],
) -> Iterator[str]:
    size = len(page.encode())
    if size >= MAX_BYTES:
        yield f"too large: {size} bytes, allowed {MAX_BYTES}"
    if not page.lstrip().lower().startswith("<!doctype html>"):
        yield "does not begin with <!DOCTYPE html>"
    if parsed.lang != lang:
        yield f'declares lang="{parsed.lang}", expected "{lang}"'
    if not parsed.title.strip():
        yield "has no title"
    if parsed.policy != POLICY:
        yield f"content security policy is {parsed.policy!r}, expected {POLICY!r}"
    if not unicodedata.is_normalized("NFC", page):
        yield "text is not in NFC"
    yield from (f"reaches out: {address}" for address in parsed.external)
    yield from (f"picture without alternative text: {picture}" for picture in parsed.without_alt)
    if _CODE_CLASSES.search(page):
        yield "holds a code cell"
    own = _remove(parsed.text, quotes)
    for name, pattern in TRACES.items():
        if seen := pattern.search(own):
            yield f"shows a trace ({name}): {seen.group()[:60]!r}"
    yield from (f"holds a private text: {text}" for text in private if text in page)
    yield from (f"does not show the figure {figure}" for figure in missing(parsed.text, figures))


def missing(text: str, figures: Iterable[str]) -> list[str]:
    """List the numbers that a text does not hold as numbers of their own.

    >>> missing("87,4 điểm", ["87,4", "7,4"])
    ['7,4']
    """
    return [
        figure
        for figure in dict.fromkeys(figures)
        if not re.search(rf"(?<!\d)(?<!\d[.,]){re.escape(figure)}(?!\d|[.,]\d)", text)
    ]


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parsed = ParsedPage()
        self.open: list[str] = []
        self.parts: list[str] = []
        self.css: list[str] = []

    def result(self) -> ParsedPage:
        """Give what was found after the whole page was fed."""
        self.parsed.text = "".join(self.parts)
        if reach := _css_reach("".join(self.css)):
            self.parsed.external.append(f"<style> {reach}")
        return self.parsed

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: (value or "").strip() for name, value in attrs}
        self._break(tag)
        if tag not in _VOID:
            self.open.append(tag)
        if tag == "html":
            self.parsed.lang = values.get("lang", "")
        policy = tag == "meta" and values.get("http-equiv", "").lower() == "content-security-policy"
        if policy and "body" not in self.open and not self.parsed.policy:  # in the body it is not heeded
            self.parsed.policy = values.get("content", "")
        self.parsed.tables += tag == "table"
        self.parsed.figures += tag == "figure"
        self.parsed.anchors.update(values[name] for name in ("id", "name") if values.get(name))
        self._check_picture(tag, values)
        self.parsed.external += _reaches(tag, values)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in _VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in self.open:
            while self.open.pop() != tag:
                pass
        self.parts.append(
            "\n" if tag in {"p", "td", "th", "tr", "li", "h1", "h2", "h3", "pre", "div"} else ""
        )

    def handle_data(self, data: str) -> None:
        inside = self.open[-1] if self.open else ""
        if inside == "style":
            self.css.append(data)
        elif inside == "title" and "svg" not in self.open:
            self.parsed.title += data
        elif not _UNSEEN.intersection(self.open):
            self.parts.append(data)

    def _break(self, tag: str) -> None:
        if tag in _BLOCKS:
            self.parts.append("\n")

    def _check_picture(self, tag: str, values: Mapping[str, str]) -> None:
        if tag == "img" and "alt" not in values:
            self.parsed.without_alt.append("<img>")
        if tag == "svg" and self.open.count("svg") == 1:
            has_name = any(values.get(name) for name in ("aria-label", "aria-labelledby"))
            if not has_name and values.get("aria-hidden") != "true":
                self.parsed.without_alt.append("<svg>")


def _reaches(tag: str, values: Mapping[str, str]) -> Iterator[str]:
    if tag in FORBIDDEN:
        yield f"<{tag}>"
    if tag == "meta" and values.get("http-equiv", "").lower() in {"refresh", "set-cookie"}:
        yield f"<meta http-equiv={values['http-equiv']}>"
    for name, value in values.items():
        place = f"{tag} {name}={value[:60]!r}"
        if name.startswith("on") and len(name) > 2:
            yield place
        elif name in ADDRESSES:
            clicked = tag in _CLICKED and name == "href"
            if not (_CLICKABLE.match(value) if clicked else _INSIDE.fullmatch(value)):
                yield place
        elif not name.startswith(("aria-", "data-")) and _css_reach(value):
            yield place


def _css_reach(css: str) -> str:
    """Find the first part of a style that loads something from outside the page; "" if there is none."""
    plain = _CSS_ESCAPE.sub(_unescaped, _CSS_COMMENT.sub("", css))
    reach = _CSS_REACH.search(plain)
    return plain[reach.start() : reach.start() + 60] if reach else ""


def _unescaped(escape: re.Match[str]) -> str:
    if not escape[1]:
        return escape[2]
    number = int(escape[1], 16)
    return chr(number) if number < 0x110000 else "\N{REPLACEMENT CHARACTER}"
