"""Songs with a picture, an artist and an album in their tags."""

import io
import struct

from support.material import SR, encode, song


def picture(colour=(200, 30, 40), size=(300, 200), form="JPEG"):
    """Return a picture of one colour as the bytes of a file."""
    from PIL import Image

    out = io.BytesIO()
    Image.new("RGB", size, colour).save(out, form)
    return out.getvalue()


def id3(*, artist="", album="", image=b"", mime=b"image/jpeg"):
    """Return an ID3v2.3 tag."""

    def frame(name, content):
        return name + struct.pack(">IH", len(content), 0) + content

    body = b""
    for name, text in ((b"TPE1", artist), (b"TALB", album)):
        if text:
            body += frame(name, b"\1" + text.encode("utf-16"))
    if image:
        body += frame(b"APIC", b"\0" + mime + b"\0\3\0" + image)
    size = len(body)
    return b"ID3\3\0\0" + bytes((size >> shift) & 127 for shift in (21, 14, 7, 0)) + body


def write_song(path, *, seconds=6.0, **tags):
    """Write an mp3 of an invented song with tags in front; return its path."""
    plain = path.with_name(f"plain-{path.name}")
    encode(plain, song("hymn", seconds=seconds), SR, "libmp3lame", container="mp3")
    path.write_bytes(id3(**tags) + plain.read_bytes())
    plain.unlink()
    return path
