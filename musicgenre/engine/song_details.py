"""Artist, album and cover of a song: read from its file or video, and stored for when these are gone."""

import base64
import contextlib
import io
import json
from collections.abc import Callable
from pathlib import Path

from musicgenre.audio.cover import SongTags
from musicgenre.engine.messages import DetailsKept, DetailsRead, Event, ReadDetails
from musicgenre.files import write_atomic


def details_path(store: str) -> Path:
    """Return the path of details, beside the file with the spectra."""
    return Path(store).with_suffix(".song")


class Details:
    """Reads, keeps and tells details.

    Parameters
    ----------
    tell : callable
        Takes events.
    """

    def __init__(self, tell: Callable[[Event], None]) -> None:
        self._tell = tell
        self._known: dict[str, SongTags] = {}  # answers that are kept in no file

    def keep(self, key: str, store: str | None, details: SongTags) -> None:
        """Keep the details of an answer's song, and tell that there are some."""
        self._store(key, store, details)
        self._tell(DetailsKept(key))

    def keep_file(self, key: str, store: str | None, path: Path) -> None:
        """Keep what a file says of its song."""
        details = _of_file(path)
        if details:
            self.keep(key, store, details)

    def _store(self, key: str, store: str | None, details: SongTags) -> None:
        """Write details beside the spectra, or remember them where nothing is written."""
        if store:
            values = {"artist": details.artist, "album": details.album}
            values["cover"] = base64.b64encode(details.cover).decode("ascii")
            with contextlib.suppress(OSError):  # a full disk: the song is shown without its cover
                write_atomic(details_path(store), json.dumps(values))
        else:
            self._known[key] = details

    def read(self, request: ReadDetails) -> None:
        """Tell the details of an answer's song, the cover as large as it is shown."""
        details = self._find(request) or SongTags()
        cover = _scaled(details.cover, request.side)
        self._tell(DetailsRead(request.song.key, details.artist, details.album, cover))

    def artist(self, key: str, store: str | None) -> str:
        """Return the artist that is stored of an answer's song, "" for none; of a video it is the channel."""
        details = self._stored(key, store)
        return details.artist if details else ""

    def _stored(self, key: str, store: str | None) -> SongTags | None:
        """Return details that were stored."""
        if key in self._known:
            return self._known[key]
        if store:
            with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
                values = json.loads(details_path(store).read_text(encoding="utf-8"))
                return SongTags(str(values["artist"]), str(values["album"]), base64.b64decode(values["cover"]))
        return None

    def _find(self, request: ReadDetails) -> SongTags | None:
        """Return stored details, or read those of the file and store them: it may be removed later."""
        song = request.song
        if stored := self._stored(song.key, song.store):
            return stored
        details = _of_file(Path(song.prediction.input))
        if details:
            self._store(song.key, song.store, details)
        return details


def _of_file(path: Path) -> SongTags | None:
    """Return what a file says of its song, None where it cannot be read."""
    from musicgenre.audio.sandbox import tags_safely
    from musicgenre.errors import GenreError

    with contextlib.suppress(GenreError, OSError, ValueError):  # ValueError: a name that no file can have
        return tags_safely(path) if path.is_file() else None
    return None


def _scaled(cover: bytes, side: int) -> bytes:
    """Return a cover in the size it is shown at, b"" for what is none."""
    if not cover:
        return b""
    from PIL import Image

    with contextlib.suppress(Exception):  # what Pillow raises for damaged pictures is not defined
        with Image.open(io.BytesIO(cover), formats=["PNG"]) as image:
            small = image.convert("RGB").resize((side, side), Image.Resampling.LANCZOS)
        out = io.BytesIO()
        small.save(out, "PNG")
        return out.getvalue()
    return b""
