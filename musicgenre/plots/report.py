"""Figures and tables -> one HTML page that stands alone: pictures inside, no script, no network.

Conventions
-----------
Every picture is drawn in both themes and the browser shows the one of its reader. All text is escaped; nothing given
here can become markup. The page's own policy forbids scripts and every request but for songs on the reader's computer.
"""

import base64
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from musicgenre.files import is_file
from musicgenre.plots.style import THEMES, Picture

if TYPE_CHECKING:
    from matplotlib.figure import Figure


FORMATS = ("png", "svg", "pdf")

PNG_DPI = 144  # one and a half times the figure's own, for screens with small pixels

_POLICY = (
    "default-src 'none'; img-src data:; media-src file:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
)

_STYLE = """
:root { color-scheme: light dark; --back: %(light.background)s; --text: %(light.text)s; --muted: %(light.muted)s;
  --line: %(light.line)s; --accent: %(light.accent)s; }
@media (prefers-color-scheme: dark) { :root { --back: %(dark.background)s; --text: %(dark.text)s;
  --muted: %(dark.muted)s; --line: %(dark.line)s; --accent: %(dark.accent)s; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 62rem; padding: 1rem clamp(0.8rem, 4vw, 2.5rem) 3rem; background: var(--back);
  color: var(--text); font: 1rem/1.5 system-ui, "Segoe UI", Roboto, "DejaVu Sans", sans-serif;
  overflow-wrap: anywhere; }
h1 { font-size: 1.7rem; line-height: 1.2; margin: 1rem 0 0.5rem; }
h2 { font-size: 1.3rem; margin: 2.5rem 0 0.5rem; padding-top: 0.6rem; border-top: 1px solid var(--line); }
nav ul { padding-left: 1.2rem; } a { color: var(--accent); }
figure { margin: 1.5rem 0; }
.wide { overflow-x: auto; }
figure img { display: block; max-width: 100%%; height: auto; }
@media (max-width: 40rem) { figure img { max-width: none; width: max(100%%, 0.8 * var(--natural)); } }
figcaption, caption { color: var(--muted); font-size: 0.92rem; text-align: left; padding: 0.3rem 0; }
table { border-collapse: collapse; font-size: 0.92rem; font-variant-numeric: tabular-nums; }
th, td { padding: 0.25rem 0.7rem 0.25rem 0; border-bottom: 1px solid var(--line); text-align: left;
  vertical-align: top; overflow-wrap: normal; }
dl { font-size: 0.92rem; } dt { font-weight: 600; float: left; clear: left; margin-right: 0.5rem; }
dd { margin: 0 0 0.2rem 0; color: var(--muted); } audio { width: min(100%%, 26rem); height: 2.2rem; }
th { color: var(--muted); font-weight: 600; } td.number, th.number { text-align: right; }
"""


@dataclass(frozen=True)
class ReportTable:
    """A table of the report; numbers are set to the right, floats with four significant digits."""

    caption: str
    header: Sequence[str]
    rows: Sequence[Sequence[Any]]
    words: Mapping[str, str] = field(default_factory=dict)  # what its columns mean, below it


@dataclass(frozen=True)
class Playlist:
    """Songs to listen to: a sentence, and (what to say of a song, its path or "" where it is not known)."""

    text: str
    songs: Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Section:
    """A part of the report: paragraphs, then tables, pictures, and songs to listen to."""

    heading: str
    text: Sequence[str] = ()
    tables: Sequence[ReportTable] = ()
    pictures: Sequence[Picture] = field(default=())
    playlists: Sequence[Playlist] = ()


def figure_bytes(figure: "Figure", kind: str) -> bytes:
    """Return a figure as the bytes of a file, the same for the same figure.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        Of any theme; its background is kept.
    kind : {"png", "svg", "pdf"}
        The ending of the file's name, without the dot.

    Raises
    ------
    ValueError
        For another kind.
    """
    if kind not in FORMATS:
        raise ValueError(f"there is no picture format {kind!r}; choose {', '.join(FORMATS)}")
    buffer = io.BytesIO()
    metadata: dict[str, Any] = {"png": {"Software": None}, "svg": {"Date": None}, "pdf": {"CreationDate": None}}
    figure.savefig(buffer, format=kind, metadata=metadata[kind], dpi=PNG_DPI)
    return buffer.getvalue()


def report_html(title: str, sections: Sequence[Section], *, intro: str = "") -> str:
    """Return a page with sections, tables and pictures.

    Parameters
    ----------
    title, intro : str
        Heading and first paragraph.
    sections : sequence of Section
        In order; the page begins with links to them if there are several.

    Returns
    -------
    str
        A whole HTML document.
    """
    style = _STYLE % {f"{name}.{key}": value for name, theme in THEMES.items() for key, value in vars(theme).items()}
    parts = [
        "<!DOCTYPE html>",
        '<html lang="en"><head><meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        '<meta name="color-scheme" content="light dark"><link rel="icon" href="data:,">',
        f"<title>{_text(title)}</title><style>{style}</style></head><body>",
        f"<h1>{_text(title)}</h1>",
    ]
    if intro:
        parts.append(f"<p>{_text(intro)}</p>")
    if len(sections) > 1:
        links = "".join(f'<li><a href="#part{i}">{_text(part.heading)}</a></li>' for i, part in enumerate(sections))
        parts.append(f'<nav aria-label="Contents"><ul>{links}</ul></nav>')
    for i, section in enumerate(sections):
        parts.append(f'<section id="part{i}"><h2>{_text(section.heading)}</h2>')
        parts += [f"<p>{_text(paragraph)}</p>" for paragraph in section.text]
        parts += [_table(table) for table in section.tables]
        parts += [_playlist(playlist) for playlist in section.playlists]
        parts += [_picture(picture) for picture in section.pictures]
        parts.append("</section>")
    parts.append("</body></html>\n")
    return "\n".join(parts)


def _text(value: object) -> str:
    """Return text as HTML, without the control characters that HTML forbids and marks that turn its direction."""
    kept = re.sub(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", "", str(value))
    return escape(kept, quote=True)


def _cell(value: object, tag: str) -> str:
    """Return a table cell."""
    if isinstance(value, bool) or value is None:
        return f"<{tag}>{'' if value is None else 'yes' if value else 'no'}</{tag}>"
    if isinstance(value, (int, float)):
        words = f"{value:.4g}" if isinstance(value, float) else str(value)
        return f'<{tag} class="number">{words}</{tag}>'
    return f"<{tag}>{_text(value)}</{tag}>"


def _table(table: ReportTable) -> str:
    """Return a table that scrolls sideways where it is wider than the page."""
    numeric = [
        any(isinstance(row[i], (int, float)) for row in table.rows if i < len(row)) for i in range(len(table.header))
    ]
    head = "".join(
        f'<th scope="col"{" class=number" * right}>{_text(name)}</th>'
        for name, right in zip(table.header, numeric, strict=True)
    )
    body = "".join(f"<tr>{''.join(_cell(value, 'td') for value in row)}</tr>" for row in table.rows)
    return (
        f'<div class="wide" tabindex="0"><table><caption>{_text(table.caption)}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>{_words(table.words)}"
    )


def _words(words: Mapping[str, str]) -> str:
    """Return what words mean as a list."""
    items = "".join(f"<dt>{_text(word)}</dt><dd>{_text(meaning)}</dd>" for word, meaning in words.items())
    return f"<dl>{items}</dl>" if items else ""


def _playlist(playlist: Playlist) -> str:
    """Return a sentence and its songs, with players for those that are files on this computer."""
    items = []
    for words, path in playlist.songs:
        player = ""
        if path and is_file(path):
            address = _text(Path(path).absolute().as_uri())
            player = f'<br><audio controls preload="none" src="{address}" title="{_text(words)}"></audio>'
        items.append(f"<li>{_text(words)}{player}</li>")
    return f"<p>{_text(playlist.text)}</p><ol>{''.join(items)}</ol>"


def _picture(picture: Picture) -> str:
    """Return a figure with both themes inside."""
    figures = {theme: picture.draw(theme) for theme in ("light", "dark")}
    light, dark = (_data_uri(figure) for figure in figures.values())
    width = 96 * figures["light"].get_figwidth()  # pixels of CSS; on a phone the picture scrolls rather than shrinks
    caption = _text(picture.caption)
    return (
        f'<figure id="{_text(picture.name)}"><div class="wide" tabindex="0"><picture>'
        f'<source media="(prefers-color-scheme: dark)" srcset="{dark}">'
        f'<img src="{light}" alt="{caption}"'
        f' style="--natural: {width:.0f}px"></picture></div><figcaption>{caption}</figcaption></figure>'
    )


def _data_uri(figure: "Figure") -> str:
    """Return a figure as an SVG inside an address."""
    return "data:image/svg+xml;base64," + base64.b64encode(figure_bytes(figure, "svg")).decode("ascii")
