"""A file's artist, album and embedded picture, read in the decoding process (`sandbox`)."""

import contextlib
import io
from dataclasses import dataclass
from pathlib import Path

from musicgenre.audio.tracks import open_sound
from musicgenre.errors import AudioError
from musicgenre.text import clean_title

COVER_PX = 192  # side of the square that is kept: what is shown at 200 %
MAX_COVER_BYTES = 20_000_000  # of an embedded picture that is read
MAX_COVER_PIXELS = 50_000_000  # of one that is decoded: 7000 x 7000


@dataclass(frozen=True)
class SongTags:
    """What a file says of its song; `cover` is a square PNG, b"" where there is none."""

    artist: str = ""
    album: str = ""
    cover: bytes = b""


def read_song_tags(path: Path) -> SongTags:
    """Read artist, album and embedded picture.

    Raises
    ------
    AudioError
        If it is no file with sound.
    OSError
        If it cannot be read.
    """
    import av  # FFmpeg's libraries load when something is decoded

    try:
        with path.open("rb") as file, open_sound(file) as container:
            tags = {key.lower(): value for key, value in container.metadata.items()}
            for stream in container.streams.audio[:1]:  # Ogg keeps them with the sound
                tags = {key.lower(): value for key, value in stream.metadata.items()} | tags
            cover = b""
            for video in container.streams.video:
                if video.disposition & type(video.disposition).attached_pic and not cover:
                    packet = next(iter(container.demux(video)), None)
                    cover = square(bytes(packet)) if packet is not None else b""
    except (av.FFmpegError, ValueError, IndexError) as error:
        raise AudioError(f"{path.name!r} is not audio that can be read; check that it plays") from error
    artist = tags.get("artist") or tags.get("album_artist") or ""
    return SongTags(clean_title(artist), clean_title(tags.get("album", "")), cover)


def square(data: bytes) -> bytes:
    """Return the middle of a JPEG, PNG, WebP or GIF as a square PNG, b"" for what is no such picture."""
    if not data or len(data) > MAX_COVER_BYTES:
        return b""
    from PIL import Image, ImageOps

    with contextlib.suppress(Exception):  # what Pillow raises for damaged pictures is not defined
        with Image.open(io.BytesIO(data), formats=["JPEG", "PNG", "WEBP", "GIF"]) as image:
            if image.width * image.height > MAX_COVER_PIXELS:
                return b""
            image.draft("RGB", (2 * COVER_PX, 2 * COVER_PX))
            small = ImageOps.fit(image.convert("RGB"), (COVER_PX, COVER_PX), Image.Resampling.LANCZOS)
        out = io.BytesIO()
        small.save(out, "PNG")
        return out.getvalue()
    return b""
