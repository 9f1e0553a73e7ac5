"""Samples through a lossy codec and back, in memory."""

import io
from dataclasses import dataclass, replace
from typing import cast

import numpy as np

from musicgenre.audio.recording import Clip, resample


@dataclass(frozen=True)
class Codec:
    """A lossy codec.

    Parameters
    ----------
    container, encoder : str
        FFmpeg's names.
    rate : int
        Sample rate in hertz that the encoder takes.
    bit_rate : int
        Bits per second.
    """

    container: str
    encoder: str
    rate: int
    bit_rate: int


MP3_64K = Codec("mp3", "libmp3lame", 44_100, 64_000)

OPUS_48K = Codec("ogg", "libopus", 48_000, 48_000)


def through_codec(clip: Clip, codec: Codec) -> Clip:
    """Return what a codec leaves of a clip, at the codec's rate."""
    import av

    file = io.BytesIO()
    with av.open(file, "w", format=codec.container) as box:
        stream = cast(av.AudioStream, box.add_stream(codec.encoder, rate=codec.rate, layout="mono"))
        stream.bit_rate = codec.bit_rate
        frame = av.AudioFrame.from_ndarray(np.clip(resample(clip, codec.rate), -1, 1)[None], "fltp", "mono")
        frame.sample_rate = codec.rate
        for packet in (*stream.encode(frame), *stream.encode(None)):
            box.mux(packet)
    file.seek(0)
    with av.open(file, "r") as coded:
        blocks = [block.to_ndarray()[0] for block in coded.decode(audio=0)]
    return replace(clip, samples=np.concatenate(blocks).astype(np.float32), sample_rate=codec.rate, pieces=())
