"""The report in a browser: pictures at their size, both themes, a phone, no request, no complaint, no markup let in."""

import functools
import http.server
import io
import threading

import numpy as np
import pytest
from PIL import Image
from support.browser import chromium
from support.figures import main_figure

from musicgenre.plots.report import ReportTable, Section, figure_bytes, report_html
from musicgenre.plots.style import THEMES, Picture, message_figure

NASTY = "<script>document.title='in'</script> \"onload=alert(1) & ' \x1b[31m \u202e <img src=http://127.0.0.1:9/x>"


def picture(name):
    return Picture(name, f"{name}: {NASTY}", lambda theme: main_figure(name, theme))


@pytest.fixture(scope="module")
def page_html():
    table = ReportTable(f"A wide table {NASTY}", [f"column {i}" for i in range(14)], [[NASTY, 0.123456, 7, None, True]])
    parts = [
        Section("First", ["Some words.", NASTY], [table]),
        Section(f"Second {NASTY}", pictures=[picture("prediction_bars"), picture("confusion_matrix")]),
        Section("Third", pictures=[picture("overview")]),
    ]
    return report_html(f"Report {NASTY}", parts, intro="What it is.")


@pytest.fixture(scope="module")
def address(page_html, tmp_path_factory):
    folder = tmp_path_factory.mktemp("report")
    (folder / "report.html").write_text(page_html, encoding="utf-8")
    seen = []

    class Handler(http.server.SimpleHTTPRequestHandler):
        def log_message(self, format, *args):  # noqa: A002 - the name of the base class
            seen.append(self.path)

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Handler, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/report.html", seen
    server.shutdown()


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("width", [360, 1200])
def test_report_opens_in_a_browser(address, dark, width):
    url, seen = address
    seen.clear()
    with chromium() as page:
        page.emulate(dark=dark, width=width)
        page.go(url)
        sizes = page.evaluate("[...document.images].map(image => [image.naturalWidth, image.naturalHeight])")
        # inches of 96 pixels
        wanted = [[round(96 * x) for x in main_figure(name).get_size_inches()] for name in
                  ("prediction_bars", "confusion_matrix", "overview")]  # fmt: skip
        np.testing.assert_allclose(sizes, wanted, atol=2)
        assert page.requests() == [url] and seen == ["/report.html"]
        assert page.complaints() == []
        assert page.evaluate("document.title").startswith("Report <script>")
        assert page.evaluate("document.querySelectorAll('script').length") == 0
        assert page.evaluate("document.documentElement.scrollWidth") <= width  # nothing but its own boxes scrolls
        assert page.evaluate("parseFloat(getComputedStyle(document.body).fontSize)") >= 16
        shown = np.asarray(Image.open(io.BytesIO(page.screenshot())).convert("RGB"))
        background = THEMES["dark" if dark else "light"].background
        assert tuple(shown[2, 2]) == tuple(int(background[i : i + 2], 16) for i in (1, 3, 5))


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_picture_of_the_readers_theme_is_shown(address, theme):
    with chromium() as page:
        page.emulate(dark=theme == "dark")
        page.go(address[0])
        corner = page.evaluate(
            "(() => { const c = document.createElement('canvas'); c.width = c.height = 4;"
            "const g = c.getContext('2d'); g.drawImage(document.images[0], 0, 0);"
            "return [...g.getImageData(1, 1, 1, 1).data] })()"
        )
        background = THEMES[theme].background
        assert corner[:3] == [int(background[i : i + 2], 16) for i in (1, 3, 5)]


def test_nothing_given_becomes_markup(page_html):
    assert "<script" not in page_html and "<img src=http" not in page_html
    assert "\x1b" not in page_html and "\u202e" not in page_html
    assert "&lt;script&gt;" in page_html
    assert "http://" not in page_html.replace("&lt;img src=http://127.0.0.1:9/x&gt;", "")


def test_numbers_are_short_and_to_the_right(page_html):
    assert '<td class="number">0.1235</td><td class="number">7</td><td></td><td>yes</td>' in page_html


def test_the_same_report_is_the_same_text():
    part = [Section("One", pictures=[Picture("a", "A", lambda theme: message_figure("words", theme=theme))])]
    assert report_html("Title", part) == report_html("Title", part)


def test_an_empty_report_is_a_page():
    assert report_html("Title", []).endswith("</body></html>\n")


@pytest.mark.parametrize(("kind", "begin"), [("png", b"\x89PNG"), ("svg", b"<?xml"), ("pdf", b"%PDF")])
def test_figures_become_files_of_each_kind(kind, begin):
    figure = message_figure("words")
    data = figure_bytes(figure, kind)
    assert data.startswith(begin) and len(data) > 500


def test_an_unknown_kind_is_an_error():
    with pytest.raises(ValueError, match="choose png, svg, pdf"):
        figure_bytes(message_figure("words"), "gif")
