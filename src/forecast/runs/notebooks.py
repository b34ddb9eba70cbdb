"""Find the project's notebooks by name, describe them, and create new ones from a template.

A notebook's description is in it: title and first sentence of its text, lines of its parameters cell.  It
is written in one language; texts that the catalogue has (``notebook.said``) are shown in the reader's, others
unchanged.
"""

import contextlib
import os
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import nbformat
from nbformat import NotebookNode

from forecast.base import labels
from forecast.base.disk import replace_file, writing
from forecast.base.errors import SpecError, shown
from forecast.base.labels import LANGUAGES
from forecast.base.spec import nearest
from forecast.base.spelling import slug
from forecast.pages.markup import TEMPLATE_FOLDER
from forecast.runs import parameters, report_notebooks

SUFFIX: Final = ".ipynb"
START: Final = "00_start"
EXPLORE: Final = "explore"  # where a new notebook goes
TEMPLATE: Final = TEMPLATE_FOLDER / "new_notebook.ipynb"
_KEY_PREFIX: Final = "notebook.said."
_COMMENT: Final = re.compile(r"  # (.+)")
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,59}")
_DEVICES: Final = re.compile(r"con|prn|aux|nul|com\d|lpt\d")  # no file may be called so on Windows
_TITLE: Final = re.compile(r"#[ \t]+(.+?)[ \t]*(?:\n|$)")
_SENTENCE: Final = re.compile(r".*?(?<!\bTP)[.?!](?=\s|$)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Notebook:
    """A stored notebook."""

    name: str  # path below the folder of notebooks, without the suffix: ``explore/01_data``
    path: Path  # the file
    content: NotebookNode  # as stored

    @property
    def stem(self) -> str:
        """File name without the suffix."""
        return self.path.stem

    @property
    def parameters(self) -> tuple[parameters.Parameter, ...]:
        """What the parameters cell declares; RunError if there is none, or it is not sound."""
        return parameters.read_declarations(self.content, self.path.name)

    def title(self, lang: str) -> str:
        """Give the first heading, or the file's name."""
        heading = _TITLE.match(self._text())
        return translate(heading[1], lang) if heading else self.stem

    def purpose(self, lang: str) -> str:
        """Give the first sentence after the heading; an empty text if there is none."""
        rest = _TITLE.sub("", self._text(), count=1).strip()
        paragraph = " ".join(rest.partition("\n\n")[0].split())
        sentence = _SENTENCE.match(paragraph)
        return translate(sentence[0] if sentence else paragraph, lang)

    def _text(self) -> str:
        cells = (cell.source for cell in self.content.cells if cell.cell_type == "markdown")
        return next(cells, "").strip()


def remove_title(notebook: NotebookNode) -> None:
    """Remove the first heading of a notebook's first text cell, as the page has it as its title."""
    cell = next((cell for cell in notebook.cells if cell.cell_type == "markdown"), None)
    if cell is not None:
        cell.source = _TITLE.sub("", cell.source.strip(), count=1).strip()


def translate(words: str, lang: str) -> str:
    """Translate a text of a notebook into `lang`, if the catalogue has exactly this text."""
    return _translations().get((words, lang), words)


@cache
def _translations() -> Mapping[tuple[str, str], str]:
    every = (entry for key, entry in labels.catalogue().items() if key.startswith(_KEY_PREFIX))
    return {(words, lang): entry[lang] for entry in every for words in entry.values() for lang in LANGUAGES}


def names(folder: Path) -> tuple[str, ...]:
    """Name the notebooks below a folder; those of the folder itself first.

    Raises SpecError if there is no such folder.
    """
    if not folder.is_dir():
        raise SpecError("notebook.no_folder", {"folder": str(folder)})
    paths = (path.relative_to(folder).with_suffix("") for path in folder.rglob(f"*{SUFFIX}"))
    visible = [path for path in paths if not any(part.startswith(".") for part in path.parts)]
    return tuple(path.as_posix() for path in sorted(visible, key=lambda path: (path.parent, path.name)))


def find(folder: Path, name: str) -> Notebook:
    """Open the notebook that is meant by a name, a path below the folder, or a path as a shell completes it.

    Raises SpecError if there is none of that name, with the nearest; or there are several; RunError if the
    file is no notebook.
    """
    all_names = names(folder)
    wanted = _plain(folder, name)
    matching = [name for name in all_names if wanted in {name, name.rpartition("/")[2]}]
    if len(matching) > 1 and wanted not in matching:
        raise SpecError("notebook.several", {"name": name, "names": matching})
    if not matching:
        short = {name.rpartition("/")[2]: name for name in all_names}
        near = next((stem for stem in short if wanted and wanted.casefold() in stem), "")
        near = near or nearest(wanted.rpartition("/")[2], short)
        facts = {"name": shown(name), "near": near, "known": all_names, "folder": str(folder)}
        raise SpecError("notebook.unknown_near" if near else "notebook.unknown", facts)
    return read(folder, wanted if wanted in matching else matching[0])


def read(folder: Path, name: str) -> Notebook:
    """Open one of `names`."""
    kind = report_notebooks.Kind(stem=name)
    return Notebook(name, folder / f"{name}{SUFFIX}", report_notebooks.read(folder, (kind,)).notebooks[name])


def _plain(folder: Path, name_typed: str) -> str:
    plain = unicodedata.normalize("NFC", name_typed.strip()).replace("\\", "/").removesuffix(SUFFIX)
    path = Path(name_typed)
    with contextlib.suppress(OSError):  # longer than a name may be
        if path.is_file() and path.resolve().is_relative_to(folder.resolve()):
            return path.resolve().relative_to(folder.resolve()).with_suffix("").as_posix()
    return plain


def create(
    folder: Path, name_typed: str, *, below: Path | None = None, title: str = "", lang: str = "vi"
) -> Path:
    """Begin a notebook from the template.

    `name_typed`: small plain letters, digits, ``_`` and ``-``; no other notebook may have it; `below`:
    where it goes, inside of `folder`; ``explore`` there if left out; `title`: its first heading; the name if
    left out. Gives the file, of this name and no outputs. Raises SpecError with everything that is wrong with
    name and place, and the name that could be taken; WriteError if it cannot be written.
    """
    name = name_typed.removesuffix(SUFFIX)
    place = (below or folder / EXPLORE).resolve()
    wrong = _wrong_name(name)
    if not place.is_relative_to(folder.resolve()):
        wrong.append(labels.Phrase("notebook.outside", {"place": str(place), "folder": str(folder)}))
    namesakes = [other for other in names(folder) if other.rpartition("/")[2].casefold() == name.casefold()]
    if namesakes:
        wrong.append(labels.Phrase("notebook.exists", {"name": namesakes[0]}))
    if wrong:
        raise SpecError("notebook.refused", {"problems": tuple(wrong)})
    path = place / f"{name}{SUFFIX}"
    content = _begun(title.strip() or name, Path(os.path.relpath(folder.resolve(), place)), lang)
    with writing(place):
        place.mkdir(parents=True, exist_ok=True)
    replace_file(path, nbformat.writes(content) + "\n")
    return path


def _wrong_name(name: str) -> list[labels.Phrase]:
    if _NAME.fullmatch(name) and not _DEVICES.fullmatch(name):
        return []
    plain = slug(name).replace("-", "_")[:60].strip("_")
    if _DEVICES.fullmatch(plain):
        plain = f"{plain}_1"
    key = "notebook.bad_name_near" if plain else "notebook.bad_name"
    return [labels.Phrase(key, {"name": name, "near": plain})]


def _begun(title: str, way_up: Path, lang: str) -> NotebookNode:
    """Fill the template: its texts are keys of the catalogue, its code is code."""
    notebook: NotebookNode = nbformat.read(TEMPLATE, as_version=4)
    start = (way_up / f"{START}{SUFFIX}").as_posix()
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = labels.text(cell.source, lang, title=" ".join(title.split()), start=start)
        elif parameters.TAG in cell.metadata.get("tags", []):
            cell.source = cell.source.replace('lang: str = "vi"', f'lang: str = "{lang}"')
            cell.source = _COMMENT.sub(lambda match: f"  # {translate(match[1], lang)}", cell.source)
    return notebook
