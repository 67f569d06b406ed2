"""The web site: whole without a network, words beside every picture, every formula drawn, every name found by the search."""

from __future__ import annotations

import html
import re
import shutil
from html.parser import HTMLParser
from pathlib import Path

import pytest

from deepkit.cli import main
from deepkit.commands import _reference, site

pytest.importorskip("sphinx", reason="the extra `site` is not installed")
pytest.importorskip("myst_nb", reason="the extra `site` is not installed")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FEW = ("dk-core", "dk-math", "tf-train", "keras-layers")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site with four of the reference's pages: all of them take half a minute."""
    out = tmp_path_factory.mktemp("site") / "pages"
    every = _reference.pages
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_reference, "pages", lambda: (page for page in every() if page.file in FEW))
        assert main(["site", "--out", str(out)]) == 0
    return out


class Seen(HTMLParser):
    """What a page loads, and its pictures without words."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.loaded: list[str] = []
        self.wordless: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag in ("script", "img", "iframe", "source", "link"):
            self.loaded.append(given.get("src") or given.get("href") or "")
        if tag == "img" and (not given.get("alt") or (given["alt"] or "").startswith("<Figure")):
            self.wordless.append((given.get("src") or "")[:60])


def test_nothing_is_loaded_from_elsewhere_and_every_picture_has_words(made: Path) -> None:
    pages = sorted(made.rglob("*.html"))
    assert {"index.html", "glossary.html", "instructor.html", "reference.html"} <= {page.name for page in pages}
    for page in pages:
        seen = Seen(page.read_text(encoding="utf-8"))
        assert not [address for address in seen.loaded if re.match(r"(https?:)?//", address)], page
        assert not seen.wordless, page
    for sheet in made.rglob("*.css"):
        assert not re.search(r"@import|url\(\s*['\"]?https?:", sheet.read_text(encoding="utf-8")), sheet


def test_formulas_are_mathml(made: Path) -> None:
    chapter = next(made.glob("course/*convolution*.html")).read_text(encoding="utf-8")
    assert chapter.count("<math ") > 20
    assert 'display="block"' in chapter
    assert "$f_{ij}" not in chapter


def test_the_search_and_the_reference_know_the_names(made: Path) -> None:
    assert "matmul" in (made / "searchindex.js").read_text(encoding="utf-8")
    reference = html.unescape((made / "reference" / "dk-math.html").read_text(encoding="utf-8"))
    assert 'id="dk.matmul"' in reference
    assert "Matrix product (..., n, k) @ (..., k, m)" in reference
    assert 'id="keras.layers.Dense"' in (made / "reference" / "keras-layers.html").read_text(encoding="utf-8")


@pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed (Debian's package: chromium)")
def test_a_search_from_the_disk_asks_for_no_other_file(made: Path) -> None:
    """Each page that was found was fetched for an excerpt, which a browser permits only where a server gives it."""
    sync_api = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
    said: list[str] = []
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page()
        page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
        page.goto(f"file://{made}/search.html?q=pooling")
        page.wait_for_function("document.querySelectorAll('#search-results li').length > 3")
        page.wait_for_timeout(500)
        browser.close()
    assert not said


def test_a_place_where_nothing_can_be_written_is_told_first(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").touch()
    assert main(["site", "--out", str(tmp_path / "file" / "site")]) == 1
    told = capsys.readouterr()
    assert "cannot write" in told.err
    assert "writing the pages" not in told.out


def test_answers_to_guess_first_are_folded_away(made: Path) -> None:
    hidden = [page for page in made.glob("course/*.html") if "<details" in page.read_text(encoding="utf-8")]
    assert hidden


def test_every_room_of_the_reference_has_a_page() -> None:
    files = [page.file for page in _reference.pages()]
    assert len(files) == len(set(files))
    assert {"dk-core", "dk-nn", "tf", "tf-train", "tf-layers", "keras-layers", "keras-callbacks"} <= set(files)


def test_a_docstring_becomes_paragraphs_examples_and_code() -> None:
    written = _reference.prose("A `cell*` of *x*.\n\n>>> 1 + 1\n2\n\n- one\n- two\n\n    indented")
    assert r"A \ ``cell*``\  of \*x\*." in written
    assert ".. code-block:: pycon\n\n   >>> 1 + 1\n   2" in written
    assert "| • one\n| • two" in written
    assert "::\n\n   indented" in written


def test_a_folder_with_something_else_in_it_is_left_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "thesis.tex").write_text("years of work")
    assert main(["site", "--out", str(tmp_path)]) == 1
    assert (tmp_path / "thesis.tex").read_text() == "years of work"
    assert "holds something else than a site" in capsys.readouterr().err


def test_a_fault_in_a_page_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(_reference, "pages", lambda: iter(()))
    monkeypatch.setattr(site, "_notebooks", lambda course: iter(()))
    assert main(["site", "--out", str(tmp_path / "new")]) == 1  # index.md names chapters that are not there
    assert "course/ch00-a-taste" in capsys.readouterr().err
    assert not (tmp_path / "new").exists()


@pytest.mark.skipif(shutil.which("chromium") is None, reason="Chromium is not installed (Debian's package: chromium)")
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_fit_a_telephone(made: Path, scheme: str) -> None:
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed (extra: test)")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--allow-file-access-from-files"]
        )
        page = browser.new_page(viewport={"width": 400, "height": 800}, color_scheme=scheme)
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        for path in [made / "index.html", *made.glob("course/ch*.html"), made / "reference" / "dk-math.html"]:
            page.goto(path.as_uri())
            assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), path
        assert all(address.startswith(("file:", "data:")) for address in asked)
        browser.close()
