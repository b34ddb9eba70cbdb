"""axe-core over every page: no violation of WCAG 2.2 AA.  Skipped where there is no Chromium."""

import html
import json
import re
import subprocess

import pytest
from axe_playwright_python.base import AXE_SCRIPT

from forecast.runs import area_overview, paper, site

CHROMIUM = paper.chromium()
STEMS = ("meeting", "total", "domain", "scorecard", "departments", "backtest", "data")
# Opens all that can be opened, then lets the frame around the page know what axe says.
ASK = """<script>
document.querySelectorAll("details").forEach(part => part.open = true);
const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];
const asked = (parent.queue ?? Promise.resolve()).then(() => axe.run(document, {runOnly: tags}));
parent.queue = asked.then(found => {
  parent.said ??= {};
  parent.said[NAME] = {
    broken: found.violations.map(each => [each.id, each.nodes.map(node => node.html.slice(0, 200))]),
    kept: found.passes.length,
    dark: matchMedia("(prefers-color-scheme: dark)").matches,
    width: innerWidth,
  };
  parent.document.getElementById("said").textContent = JSON.stringify(parent.said);
});
</script></body>"""

pytestmark = pytest.mark.skipif(
    CHROMIUM is None, reason="Chromium is not installed: pages are not tried in a browser"
)


def said_by_axe(pages, folder, *, dark, width):
    """What axe says of each page, in a window of some width."""
    axe = f"<script>{AXE_SCRIPT}</script>"
    frames = []
    for name, page in pages.items():
        free = re.sub(r"<meta http-equiv=[^>]*>", "", page)  # axe is a script, which no page allows
        free = free.replace("</body>", axe + ASK.replace("NAME", json.dumps(name)))
        size = f"width:{width}px;height:900px;border:0"
        frames.append(f'<iframe title="{name}" style="{size}" srcdoc="{html.escape(free)}"></iframe>')
    scheme = "dark" if dark else "light"
    around = f'<!DOCTYPE html><html lang="vi" style="color-scheme:{scheme}"><meta charset="utf-8">'
    around += "<title>axe</title>"
    place = folder / "axe.html"
    place.write_text(around + '<pre id="said"></pre>' + "".join(frames), encoding="utf-8")
    asked = [
        f"--blink-settings=preferredColorScheme={int(not dark)}",
        "--virtual-time-budget=300000",
        "--dump-dom",
    ]
    command = [*paper.command(CHROMIUM, folder / "profile"), *asked, place.as_uri()]
    shown = subprocess.run(command, capture_output=True, text=True, timeout=300, check=True).stdout
    return json.loads(html.unescape(re.search(r'<pre id="said">(.*?)</pre>', shown, re.DOTALL)[1]))


@pytest.fixture(scope="module")
def lists(example_manifest, provinces, tmp_path_factory):
    """The list of runs, and the page over all provinces, in each language."""
    folder = tmp_path_factory.mktemp("reports")
    return {
        lang: {
            "index": site._index(folder, [example_manifest], example_manifest, lang),
            "areas": area_overview.page(provinces, lang),
        }
        for lang in ("vi", "en")
    }


@pytest.mark.parametrize(("lang", "dark", "width"), [("vi", False, 1000), ("en", True, 320)])
def test_axe_finds_nothing_against_wcag_2_2_aa(lang, dark, width, pages, lists, example_manifest, tmp_path):
    """Every page, in both languages, light on a desk, and dark on a phone of 320 pixels."""
    asked = {stem: pages[stem, lang] for stem in STEMS} | lists[lang]
    asked["latest"] = site._latest(example_manifest, lang)

    said = said_by_axe(asked, tmp_path, dark=dark, width=width)

    assert set(said) == set(asked)
    assert {name: each["broken"] for name, each in said.items() if each["broken"]} == {}
    assert {each["dark"] for each in said.values()} == {dark}
    assert {each["width"] for each in said.values()} == {width}
    assert min(each["kept"] for each in said.values()) >= 5


def test_axe_is_able_to_find_something(tmp_path):
    """A page with grey on white and a picture without a word does not pass."""
    bad = (
        '<!DOCTYPE html><html lang="vi"><head><title>x</title></head><body><p style="color:#bbb">chữ xám</p>'
        '<img src="data:image/png;base64,AAAA"></body></html>'
    )

    said = said_by_axe({"bad": bad}, tmp_path, dark=False, width=1000)

    assert {name for name, _ in said["bad"]["broken"]} == {"color-contrast", "image-alt"}
