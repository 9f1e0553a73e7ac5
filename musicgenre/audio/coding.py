"""Samples through a lossy codec and back, in memory."""

import io
from dataclasses import replace
from typing import cast

import numpy as np

from musicgenre.audio.recording import Clip, resample

MP3_RATE = 44100  # every mp3 encoder takes it


def through_mp3(clip: Clip, *, bit_rate: int) -> Clip:
    """Return what an mp3 of a bit rate (bits per second) leaves of a clip, at 44.1 kHz."""
    import av

    file = io.BytesIO()
    with av.open(file, "w", format="mp3") as box:
        stream = cast(av.AudioStream, box.add_stream("libmp3lame", rate=MP3_RATE, layout="mono"))
        stream.bit_rate = bit_rate
        frame = av.AudioFrame.from_ndarray(np.clip(resample(clip, MP3_RATE), -1, 1)[None], "fltp", "mono")
        frame.sample_rate = MP3_RATE
        for packet in (*stream.encode(frame), *stream.encode(None)):
            box.mux(packet)
    file.seek(0)
    with av.open(file, "r") as coded:
        blocks = [block.to_ndarray()[0] for block in coded.decode(audio=0)]
    return replace(clip, samples=np.concatenate(blocks).astype(np.float32), sample_rate=MP3_RATE, pieces=())
