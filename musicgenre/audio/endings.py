"""Endings of names of sound files, and the containers that are opened.

Conventions
-----------
An ending only chooses which files of a folder are looked at; what a file holds is found by its content. Raw samples
without a header (.pcm, .raw, .sln) are left out: nothing says what they are.
"""

# One row for each container of FFmpeg (the demuxer's name) that may be opened, and the endings it goes by. Containers
# that name other files or addresses (playlists, hls, dash, concat, sdp) are not among them.
CONTAINERS: dict[str, str] = {
    "wav": "wav wave bwf rf64",
    "w64": "w64",
    "au": "au snd",
    "aiff": "aif aiff aifc",
    "caf": "caf",
    "mp3": "mp3 mp2 mp1 mpa mpga m1a m2a",
    "flac": "flac",
    "ogg": "ogg oga opus spx ogx ogv ogm",
    "aac": "aac adts adt",
    "loas": "loas latm",
    "mov,mp4,m4a,3gp,3g2,mj2": "m4a m4b m4p m4r mp4 m4v mov qt 3gp 3gpp 3g2 3gp2 f4a f4b f4v ismv isma aax mj2",
    "asf": "wma wmv asf",
    "matroska,webm": "webm weba mkv mka mk3d",
    "avi": "avi divx",
    "flv": "flv",
    "mpeg": "mpg mpeg vob m2p evo",
    "mpegts": "ts m2ts mts m2t tp trp",
    "ac3": "ac3",
    "eac3": "eac3 ec3",
    "dts": "dts",
    "dtshd": "dtshd",
    "truehd": "thd",
    "mlp": "mlp",
    "amr": "amr awb",
    "ape": "ape mac",
    "wv": "wv",
    "tta": "tta",
    "tak": "tak",
    "mpc": "mpc mp+ mpp",
    "mpc8": "",
    "shn": "shn",
    "voc": "voc",
    "rm": "rm rmvb ra",
    "nut": "nut",
    "dsf": "dsf",
    "iff": "dff 8svx",
    "wsd": "wsd",
    "mxf": "mxf",
    "wtv": "wtv",
    "dv": "dv",
    "oma": "oma omg aa3",
    "qcp": "qcp",
    "qoa": "qoa",
}

AUDIO_FORMATS = ",".join(CONTAINERS)

AUDIO_SUFFIXES = frozenset(f".{ending}" for endings in CONTAINERS.values() for ending in endings.split())
