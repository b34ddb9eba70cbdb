"""Find the indicator of the catalogue that a heading means: by its code, its name, or a short form of it."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from forecast.base.spec import nearest
from forecast.base.spelling import plain_words

_SHORT: Final = {"dvctt": "dich vu cong truc tuyen", "dvc": "dich vu cong", "tthc": "thu tuc hanh chinh"}
_OTHER: Final = frozenset({"ty", "le", "%", "luong", "hang", "ke", "hoach"})  # of another figure
_COMMON: Final = frozenset({"diem", "chi", "so", "bo", "766"})  # words of a group that tables leave out
_FEWEST: Final = 2  # words that a short form and a name share


def codes_by_name(names: Mapping[str, str], codes: Iterable[str]) -> dict[str, str]:
    """Codes by plain words: of names, of the last part of names where it is one's alone, of codes."""
    tails: dict[str, set[str]] = {}  # of “Điểm 766: thanh toán trực tuyến” a table's heading is the last part
    for name, code in names.items():
        tails.setdefault(plain_words(name.rpartition(": ")[2]), set()).add(code)
    found = {tail: min(own) for tail, own in tails.items() if len(own) == 1}
    found |= {plain_words(name): code for name, code in names.items()}
    return found | {plain_words(code): code for code in codes}


def code_of_name(name: str, names: Mapping[str, str]) -> tuple[str, str, dict[str, object]]:
    """Code of the one indicator of that name, else what is wrong: key and facts; `names`: name by code."""
    codes = [code for code, own in names.items() if plain_words(own) == plain_words(name)]
    if len(codes) == 1:
        return codes[0], "", {}
    if codes:
        return "", "imports.names_of_two", {"codes": codes}
    near = nearest(name, list(names.values()))
    return "", "imports.no_such_name_near" if near else "imports.no_such_name", {"near": near}


def short_forms(headings: Sequence[str], titles: Sequence[str], names: Mapping[str, str]) -> dict[str, str]:
    """Codes of headings that shorten the names of one group, as the national portal's tables do.

    `headings`, `titles`: texts of a table; a title that names the group, or another heading of it, says which
    group it is; `names`: code by name; a group are the names with the same words before a colon. Gives code
    by the heading's plain words; a heading that fits none or several is left out.
    """
    groups: dict[str, dict[str, str]] = {}
    for name, code in names.items():
        head, colon, tail = name.rpartition(": ")
        if colon:
            groups.setdefault(plain_words(head), {})[plain_words(tail)] = code
    own = [plain_words(text) for text in headings]
    votes = Counter({head: sum(text in tails for text in own) for head, tails in groups.items()})
    for head in groups:
        words = set(head.split()) - _COMMON
        votes[head] += any(words <= set(plain_words(title).split()) for title in titles if words)
    if not votes or not votes.most_common(1)[0][1]:
        return {}
    tails = groups[votes.most_common(1)[0][0]]
    forms = {text: _nearest(text, tails) for text in own}
    return {text: code for text, code in forms.items() if code}


def _nearest(text: str, tails: Mapping[str, str]) -> str:
    words = _words(text)
    if words & _OTHER:
        return ""
    shared = {
        tail: len(common)
        for tail in tails
        if len(common := words & _words(tail)) >= _FEWEST and common in (words, _words(tail))
    }
    best = [tail for tail, count in shared.items() if count == max(shared.values())]
    return tails[best[0]] if len(best) == 1 else ""


def _words(text: str) -> set[str]:
    return {word for part in text.split() for word in _SHORT.get(part, part).split()}
