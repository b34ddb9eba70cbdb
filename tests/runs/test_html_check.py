"""What a page must not have before it is published; every page here is made up."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forecast.runs.html_check import (
    ADDRESSES,
    FORBIDDEN,
    MAX_BYTES,
    POLICY,
    like_traces,
    missing,
    problems,
    read,
)

GOOD = (
    f"""<!DOCTYPE html>
<html lang="vi"><head><meta charset="utf-8"><title>Dự báo</title>
<meta http-equiv="Content-Security-Policy" content="{POLICY}">
"""
    """<style>.a { fill: url(#x); background: url("data:image/png;base64,AAAA") } /* url(//note) */</style>
</head>
<body><a class="skip" href="#main">Nội dung</a><a href="https://example.org/a.html">nguồn</a>
<a href="domain-D1.html">D1</a><main id="main"><p>Dự báo 87,4 điểm (80,1 – 90,2).</p>
<figure><svg role="img" aria-label="Hình" xmlns="http://www.w3.org/2000/svg"><metadata>http://x</metadata>
<g clip-path="url(#c)"><use xlink:href="#m"/><text>D1</text></g></svg></figure>
<img src="data:image/png;base64,AAAA" alt=""><table><tr><td>1,5</td></tr></table></main></body></html>
"""
)


def with_body(piece: str) -> str:
    """The good page with one more piece in it."""
    return GOOD.replace("<main", piece + "<main", 1)


def test_a_good_page_has_no_problem():
    """Links to be clicked, pictures inside and notes of namespaces are no reach outside."""
    assert problems(GOOD, lang="vi", figures=["87,4", "80,1", "90,2"], private=["/home/x"]) == []


@pytest.mark.parametrize(
    "policy",
    ["", "default-src *", POLICY.replace("data:", "https: data:"), POLICY + "; script-src 'unsafe-inline'"],
)
def test_a_page_must_hold_the_browser_to_what_is_inside(policy):
    """A page without the policy, or with a looser one, is not published."""
    assert any(
        "content security policy" in each for each in problems(GOOD.replace(POLICY, policy), lang="vi")
    )


def test_a_policy_in_the_body_does_not_count():
    """There a browser does not heed it."""
    head, _, rest = GOOD.partition(f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">')
    moved = head + rest.replace(
        "<main", f'<meta http-equiv="Content-Security-Policy" content="{POLICY}"><main'
    )

    assert any("content security policy" in each for each in problems(moved, lang="vi"))


@pytest.mark.parametrize("tag", sorted(FORBIDDEN))
def test_what_runs_frames_or_sends_is_found(tag):
    """Whatever the attributes of such an element are."""
    assert f"reaches out: <{tag}>" in problems(with_body(f"<{tag}></{tag}>"), lang="vi")


ELSEWHERE = st.sampled_from(
    [
        "http://a.b/c",
        "//a.b/c",
        "https:a",
        "file.css",
        "../x",
        "/x",
        "ftp://a",
        "data:text/html,x",
        "blob:x",
        "",
        "javascript:x()",
        "  https://a.b",
        "data:image/svg+xml;base64,AA",
    ]
)


@given(
    tag=st.sampled_from(
        ["img", "p", "svg", "image", "use", "input", "body", "td", "feimage", "blockquote", "q"]
    ),
    name=st.sampled_from(sorted(ADDRESSES)),
    value=ELSEWHERE,
    quote=st.sampled_from("'\""),
    upper=st.booleans(),
)
def test_no_attribute_leads_outside(tag, name, value, quote, upper):
    """An address is found in whatever attribute and element it stands."""
    attribute = name.upper() if upper else name

    found = problems(with_body(f"<{tag} {attribute}={quote}{value}{quote}>"), lang="vi")

    assert any(each.startswith(f"reaches out: {tag} {name}=") for each in found)


@pytest.mark.parametrize(
    "piece",
    [
        '<p onclick="x()">a</p>',
        '<p style="background: url(http://a.b/c)">a</p>',
        "<p style=\"background: url( 'x.png' )\">a</p>",
        r'<p style="background: u\72l(//a.b)">a</p>',
        r'<p style="background: \75 rl(//a.b)">a</p>',
        "<p style=\"background: image-set('a.png' 1x)\">a</p>",
        '<rect fill="url(http://a.b/c#d)"/>',
        '<meta http-equiv="Refresh" content="0; url=http://a.b">',
        '<a href="javascript:x()">a</a>',
        '<a href="#a" ping="http://a.b">a</a>',
        '<img srcset="data:image/png;base64,AA 1x, http://a.b 2x" alt="">',
        "<style>@import 'a.css';</style>",
        "<style>@font-face { src: url(/**/https://a.b/c) }</style>",
        "<STYLE>p { background: URL(a.png) }</STYLE>",
    ],
)
def test_ways_around_are_found(piece):
    """Escapes, comments, capital letters and second addresses hide nothing."""
    assert [each for each in problems(with_body(piece), lang="vi") if each.startswith("reaches out")]


@pytest.mark.parametrize(
    ("piece", "trace"),
    [
        ("<pre>Traceback (most recent call last)</pre>", "traceback"),
        ("<p>ValueError: no</p>", "traceback"),
        ("<p>x.py:3: FutureWarning: soon</p>", "warning"),
        ("<p>In [3]:</p>", "prompt"),
        ("<p>Out[ ]:</p>", "prompt"),
        ("<pre>from forecast.pages import report</pre>", "code"),
        ("<pre>def f(x):</pre>", "code"),
        ("<p>&lt;forecast.X object at 0x7f00&gt;</p>", "object"),
        ("<p>HBox(children=(…))</p>", "object"),
        ("<p>\x1b[31m</p>", "escape"),
        ("<p>D\ufffd</p>", "escape"),
    ],
)
def test_traces_of_the_making_are_found(piece, trace):
    """A leader sees results only."""
    assert [each for each in problems(with_body(piece), lang="vi") if f"({trace})" in each]


@pytest.mark.parametrize(
    ("words", "piece"),
    [
        ("import os", "<td>import os</td>"),
        ("Traceback (most recent call last)", "<td>Traceback (most recent call last)</td>"),
        ("Đề án import dữ liệu", "<text>Đề án</text><text>import dữ liệu</text>"),
        ("ValueError: x", "<td>1.1 ValueError: x</td>"),
    ],
)
def test_words_of_people_are_no_traces(words, piece):
    """A department's reason may be about computers, on one line or several; the page's own text may not."""
    said = like_traces([words, "đúng hạn"])

    assert said == [words]
    assert problems(with_body(piece), lang="vi", quotes=said) == []
    assert problems(with_body(piece + "<pre>def f(x):</pre>"), lang="vi", quotes=said)


@pytest.mark.parametrize(
    ("page", "problem"),
    [
        (GOOD, 'declares lang="vi", expected "en"'),
        (GOOD.replace('lang="vi"', ""), 'declares lang="", expected "en"'),
        (GOOD.replace("<title>Dự báo", "<title> "), "has no title"),
        (GOOD.replace("<!DOCTYPE html>\n", ""), "does not begin with <!DOCTYPE html>"),
        (with_body("o\u0301"), "text is not in NFC"),
        (with_body("<img src='#a'>"), "picture without alternative text: <img>"),
        (with_body("<svg></svg>"), "picture without alternative text: <svg>"),
        (with_body('<div class="jp-InputArea">'), "holds a code cell"),
        (with_body("x" * MAX_BYTES), "too large"),
        (with_body("/home/x/reports"), "holds a private text: /home/x"),
        (GOOD.replace("87,4", "87,45"), "does not show the figure 87,4"),
        (GOOD.replace("87,4", "187,4"), "does not show the figure 87,4"),
    ],
)
def test_each_demand_is_checked(page, problem):
    """One change of the good page, one problem more."""
    found = problems(page, lang="en", figures=["87,4"], private=["/home/x"])

    assert [each for each in found if each.startswith(problem)]


def test_tables_figures_anchors_and_text_are_read():
    """What a notebook promised to show can be counted."""
    found = read(GOOD)

    assert (found.tables, found.figures, found.title, found.lang) == (1, 1, "Dự báo", "vi")
    assert "main" in found.anchors
    assert "http://x" not in found.text


@given(
    whole=st.integers(0, 200),
    tenth=st.integers(0, 9),
    around=st.sampled_from([" ", "(", ")", ".", ",", "", "–"]),
)
def test_a_number_counts_only_by_itself(whole, tenth, around):
    """87,4 is not shown by 87,45 or by 187,4, and a full stop after it is no part of it."""
    figure = f"{whole},{tenth}"

    assert missing(f"a {around}{figure}{around} b", [figure]) == []
    assert missing(f"a 9{figure} {figure}7 {figure},5 b", [figure]) == [figure]
