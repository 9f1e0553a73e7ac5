"""Pictures of a song: what they show, how they look, what they cost, and what odd songs do to them."""

import math
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from support.figures import MAIN, difference, drawn, main_figure, outside, smallest_text, texts
from support.songs import GENRES, RATE, answer, recording, tune

from musicgenre.audio.recording import Clip, Recording
from musicgenre.errors import AudioError, Cancelled
from musicgenre.features.extract import extract
from musicgenre.features.families import HOP_LENGTH, N_FFT, N_MELS, SR, TEMPO_WINDOW
from musicgenre.features.spectral import frame_features, mel_filterbank, power_spectrogram
from musicgenre.genres import NAMES
from musicgenre.inference.wording import VERDICT_WORDS
from musicgenre.plots import song as dataviz
from musicgenre.plots.answer import prediction_bars as dataviz_bars
from musicgenre.plots.answer import verdict_words
from musicgenre.plots.spectra import MAX_COLUMNS, song_spectra
from musicgenre.plots.style import GENRE_COLOURS, THEMES, genre_colour, message_figure, plain
from musicgenre.plots.timeline import OTHERS, bands_of, genre_timeline
from musicgenre.task import Task

ROOT = Path(__file__).parents[2]
TABS = (
    dataviz.waveform,
    dataviz.mel_spectrogram,
    dataviz.power_spectrogram,
    dataviz.chromagram,
    dataviz.tempogram,
)
VERDICTS = ("genre", "uncertain", "mixed", "not_music", "silent", "too_short", "error")


@pytest.fixture(scope="module")
def song():
    return song_spectra(recording())


# ---- the numbers


def test_tempo_of_the_picture_is_the_tempo_of_the_table(song):
    assert song.tempo_bpm == extract(recording().clips, ["tempo"]).values["tempo_bpm"]
    assert song.tempo_bpm == pytest.approx(120, rel=0.04)


def test_columns_are_the_means_of_the_frames_of_the_features(song):
    chroma = frame_features(tune(), ["chroma"])["chroma"]
    columns = song.parts[0].chroma
    assert columns.shape == (12, len(chroma))
    np.testing.assert_allclose(columns.T, chroma, atol=1e-4)
    assert columns[9].mean() > 2 * columns[1].mean()  # the tune is in A, and has no C#


def test_blocks_join_without_a_seam():
    long = np.tile(tune(), 6)  # 72 s are transformed in three blocks
    part = song_spectra(Recording((Clip(long, RATE, "t", "t"),), "t", 72.0)).parts[0]
    power = power_spectrogram(long, n_fft=N_FFT, hop_length=HOP_LENGTH) @ mel_filterbank(SR, N_FFT, N_MELS)
    step = math.ceil(len(power) / MAX_COLUMNS)
    pooled = np.array([power[i : i + step].mean(axis=0) for i in range(0, len(power), step)]).T
    wanted = np.maximum(10 * np.log10(pooled / pooled.max()), -80)
    np.testing.assert_allclose(part.mel_db, wanted, atol=0.01)


@pytest.mark.parametrize("starts", [(0.0,), (5.0, 65.0, 125.0, 185.0, 245.0)])
def test_a_picture_has_no_more_columns_than_pixels(starts):
    song = song_spectra(recording(40.0, starts=starts))
    for name in ("mel_db", "power_db", "chroma", "tempogram", "wave", "rolloff_hz"):
        assert sum(getattr(part, name).shape[1] for part in song.parts) <= MAX_COLUMNS, name


def test_levels_and_shares_are_in_their_ranges(song):
    part = song.parts[0]
    assert part.mel_db.max() == 0 and part.mel_db.min() >= -80
    assert part.power_db.max() == 0 and part.power_db.min() >= -80
    for name in ("chroma", "tempogram"):
        assert getattr(part, name).min() >= 0 and getattr(part, name).max() <= 1 + 1e-6, name
    high, low = part.rolloff_hz
    assert (high > low).all() and high.max() < SR / 2
    assert part.wave.min() == tune().min() and part.wave.max() == tune().max()


def test_a_sine_stands_in_the_row_of_its_frequency():
    t = np.arange(5 * RATE) / RATE
    y = (0.5 * np.sin(2 * np.pi * 1000 * t)).astype(np.float32)
    song = song_spectra(Recording((Clip(y, RATE, "sine", "sine"),), "sine", 5.0))
    part = song.parts[0]
    assert song.mel_hz[part.mel_db.mean(axis=1).argmax()] == pytest.approx(1000, rel=0.03)
    assert song.power_hz[part.power_db.mean(axis=1).argmax()] == pytest.approx(1000, rel=0.02)
    assert np.median(part.rolloff_hz[0]) == pytest.approx(1000, rel=0.05)


def test_tempogram_has_its_ridge_at_the_tempo(song):
    middle = song.parts[0].tempogram[:, 200:300].mean(axis=1)
    near = np.abs(song.tempogram_bpm - 120) < 4
    assert middle[near].max() > 0.8 * middle[song.tempogram_bpm < 200].max()
    assert len(frame_features(tune(), ["tempo"])["tempo"]) == TEMPO_WINDOW


def test_a_recording_without_samples_is_a_clear_error():
    with pytest.raises(AudioError, match="holds no sound to draw"):
        song_spectra(Recording((), "nothing", 0.0))


def test_the_numbers_can_be_cancelled():
    with pytest.raises(Cancelled):
        song_spectra(recording(), task=Task(cancelled=lambda: True))


# ---- the figures


@pytest.mark.parametrize(
    ("draw", "title", "y_label"),
    [
        (dataviz.waveform, "Waveform", "Amplitude (1 = full scale)"),
        (dataviz.mel_spectrogram, "Mel spectrogram", "Frequency (Hz, mel scale)"),
        (dataviz.power_spectrogram, "Power spectrogram", "Frequency (Hz, logarithmic)"),
        (dataviz.chromagram, "Chromagram", "Pitch class"),
        (dataviz.tempogram, "Tempogram", "Tempo (bpm, logarithmic)"),
    ],
)
def test_tab_names_its_axes_with_units(song, draw, title, y_label):
    figure = draw(song)
    ax = figure.axes[0]
    assert ax.get_title(loc="left") == title
    assert ax.get_ylabel() == y_label
    assert ax.get_xlabel() == "Time (s)"
    assert ax.get_xlim() == pytest.approx((0, 12))
    assert not outside(figure)


def test_images_hold_the_data_and_name_their_levels(song):
    for draw, name, label in (
        (dataviz.mel_spectrogram, "mel_db", "Level (dB)"),
        (dataviz.power_spectrogram, "power_db", "Level (dB)"),
        (dataviz.chromagram, "chroma", "Strength (0 to 1)"),
        (dataviz.tempogram, "tempogram", "Similarity (0 to 1)"),
    ):
        ax, bar = draw(song).axes
        (image,) = ax.images
        np.testing.assert_array_equal(image.get_array(), getattr(song.parts[0], name))
        assert bar.get_ylabel() == label


def test_row_labels_stand_at_their_frequencies(song):
    ax = dataviz.mel_spectrogram(song).axes[0]
    places = {float(label.get_text()): y for label, y in zip(ax.get_yticklabels(), ax.get_yticks(), strict=True)}
    assert set(places) == {250, 500, 1000, 2000, 4000, 8000}
    for hertz, row in places.items():
        assert song.mel_hz[round(row)] == pytest.approx(hertz, rel=0.08)
    assert [label.get_text() for label in dataviz.chromagram(song).axes[0].get_yticklabels()][:3] == ["C", "C#", "D"]


def test_rolloff_lines_lie_on_their_frequencies(song):
    ax = dataviz.power_spectrogram(song).axes[0]
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["rolloff 99 %", "rolloff 1 %"]
    high, low = (line.get_ydata() for line in ax.lines)
    per_row = math.log(song.power_hz[1] / song.power_hz[0])
    np.testing.assert_allclose(song.power_hz[0] * np.exp(high * per_row), song.parts[0].rolloff_hz[0], rtol=1e-5)
    assert (high > low).all()


def test_tempo_is_marked_at_its_row(song):
    ax = dataviz.tempogram(song).axes[0]
    (line,) = ax.lines
    row = line.get_ydata()[0]
    assert np.interp(row, np.arange(160), song.tempogram_bpm) == pytest.approx(song.tempo_bpm, rel=0.01)
    assert ax.get_legend().get_texts()[0].get_text() == f"estimated tempo {song.tempo_bpm:.0f} bpm"


def test_bars_are_the_probabilities_in_their_colours():
    said = answer()
    ax = dataviz_bars(said).axes[0]
    shown = [label.get_text() for label in ax.get_yticklabels()]
    assert len(ax.patches) == len(GENRES) and set(shown) == {NAMES[genre] for genre in GENRES}
    names = sorted(GENRES, key=lambda genre: shown.index(NAMES[genre]))
    from matplotlib.colors import to_hex

    for bar, name in zip(ax.patches, names, strict=True):
        assert bar.get_width() == pytest.approx(100 * said.probabilities[name])
        assert to_hex(bar.get_facecolor()) == genre_colour(name)
    assert names[-1] == "rock" and ax.get_xlabel() == "Probability (%)"


@pytest.mark.parametrize("verdict", VERDICTS)
@pytest.mark.parametrize("theme", THEMES)
def test_every_verdict_has_pictures_that_say_something(song, verdict, theme):
    said = answer(verdict)
    for figure in (dataviz_bars(said, theme=theme), genre_timeline(said, theme=theme)):
        assert drawn(figure).std() > 3 and texts(figure)
    words = " ".join(texts(dataviz_bars(said, theme=theme))).replace("\n", " ")
    if verdict != "genre":
        assert VERDICT_WORDS[verdict].title in words
        assert "sentence" in words or "cannot be read" in words
    page = dataviz.overview(song, said, theme=theme)
    assert verdict_words(said) in texts(page)
    assert not outside(page)


def in_halves(first, second, **changes):
    """Return an answer whose halves have these probabilities."""
    halves = [
        {"start_s": 50.0 * i, "end_s": 50.0 * (i + 1), "genre": max(p, key=p.get), "confidence": max(p.values()),
         "probabilities": p}
        for i, p in enumerate((first, second))
    ]  # fmt: skip
    whole = [{"start_s": 0.0, "end_s": 100.0}]
    return answer(duration_s=100.0, **{"segments": halves, "analysed": whole, **changes})


def test_bands_are_all_probabilities_in_one_order():
    bands = bands_of(in_halves({"rock": 0.7, "metal": 0.25, "jazz": 0.05}, {"rock": 0.2, "metal": 0.6}).segments)
    assert bands.names == ["rock", "metal", OTHERS]  # jazz is nowhere 10 %
    np.testing.assert_allclose(bands.edges, [[0, 0], [70, 20], [95, 80], [100, 100]])


def test_bands_of_an_old_answer_are_its_genres():
    bands = bands_of(answer().segments)
    assert bands.names == ["rock", "metal", OTHERS]
    np.testing.assert_allclose(bands.edges[1], [50, 0, 70, 80])
    np.testing.assert_allclose(bands.edges[2], [50, 60, 70, 80])


def shapes(ax):
    """Return the boxes (left, right, bottom, top) of what is filled, by label."""
    found = {}
    for collection in ax.collections:
        for path in collection.get_paths():
            box = path.get_extents()
            found.setdefault(collection.get_label(), []).append((box.x0, box.x1, box.y0, box.y1))
    return found


def test_timeline_draws_the_bands_and_names_the_genres():
    ax = genre_timeline(in_halves({"rock": 0.7, "metal": 0.3}, {"rock": 0.1, "metal": 0.9})).axes[0]
    found = shapes(ax)
    np.testing.assert_allclose(found["metal"], [(0, 50, 0, 30), (50, 100, 0, 90)])
    np.testing.assert_allclose(found["rock"], [(0, 50, 30, 100), (50, 100, 90, 100)])
    assert {text.get_text() for text in ax.texts} == {"Rock", "Metal"} and ax.get_legend() is None
    assert ax.get_xlim() == (0, 100) and ax.get_xlabel() == "Time (s)" and ax.get_ylabel() == "Probability (%)"


def test_what_was_analysed_has_lines_and_full_colour():
    said = in_halves({"rock": 0.9}, {"rock": 0.9}, analysed=[{"start_s": 40.0, "end_s": 60.0}])
    ax = genre_timeline(said).axes[0]
    *bands, line = ax.collections
    lines = line.get_paths()[0].get_extents()
    assert (lines.x0, lines.x1) == (40, 60) and lines.y0 > 100
    faint, full = (band for band in bands if band.get_label() == "rock")
    assert faint.get_alpha() < 1 and full.get_alpha() == 1
    assert [(path.get_extents().x0, path.get_extents().x1) for path in full.get_paths()] == [(40, 50), (50, 60)]
    assert ax.get_xlabel() == "Time (s), analysed below the lines"


def test_parts_of_a_mixed_song_have_borders():
    ax = genre_timeline(answer("mixed")).axes[0]
    assert [line.get_xdata()[0] for line in ax.lines] == [6.0]
    assert "Mixed: rock and metal" in texts(dataviz.overview(song_spectra(recording()), answer("mixed")))


def test_timeline_names_genres_without_room_beside_the_title():
    said = answer(duration_s=100.0, segments=[
        {"start_s": 0, "end_s": 98, "genre": "rock", "confidence": 0.9},
        {"start_s": 98, "end_s": 100, "genre": "classical", "confidence": 0.9},
    ])  # fmt: skip
    ax = genre_timeline(said).axes[0]
    assert [text.get_text() for text in ax.texts] == ["Rock"]
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["Classical"]


@pytest.mark.parametrize("width", [2.4, 3.0, 4.0, 5.0, 6.5, 9.0])
@pytest.mark.parametrize("count", [2, 6, 13])
def test_the_legend_never_covers_the_title(width, count):
    names = list(NAMES)[:count]
    edges = np.linspace(0, 60, 31).tolist()
    said = answer(duration_s=60.0, segments=[
        {"start_s": a, "end_s": b, "genre": names[i % count], "confidence": 0.6}
        for i, (a, b) in enumerate(zip(edges, edges[1:], strict=False))
    ])  # fmt: skip
    figure = genre_timeline(said, size=(width, 2.2))
    drawn(figure)
    ax = figure.axes[0]
    renderer = figure.canvas.get_renderer()
    title = ax._left_title.get_window_extent(renderer)
    assert title.x1 <= figure.bbox.width + 1 and smallest_text(figure) >= 9
    if ax.get_legend():
        box = ax.get_legend().get_window_extent(renderer)
        assert box.x0 >= title.x1 and box.x1 <= figure.bbox.width + 1 and box.y1 <= figure.bbox.height + 2


def test_a_set_is_marked_and_its_number_is_the_sum_of_those_shown():
    said = answer("uncertain", probabilities={"rock": 0.604, "metal": 0.354, "pop": 0.042}, likely=["rock", "metal"])
    figure = dataviz_bars(said)
    words = texts(figure)
    assert "60 %" in words and "35 %" in words
    assert any("Rock or metal (95\N{NO-BREAK SPACE}% together)" in text.replace("\n", " ") for text in words)


def test_what_is_not_music_has_no_bars():
    assert not dataviz_bars(answer("not_music", probabilities={"rock": 0.97, "pop": 0.03})).axes[0].patches


def test_the_tempo_marked_is_the_answers(song):
    said = answer(tempo_bpm=93.0)
    (line,) = dataviz.tempogram(song, said).axes[0].lines
    row = line.get_ydata()[0]
    assert np.interp(row, np.arange(160), song.tempogram_bpm) == pytest.approx(93, rel=0.01)
    assert "estimated tempo 93 bpm" in texts(dataviz.overview(song, said))


def test_overview_has_every_picture_and_the_verdict(song):
    page = dataviz.overview(song, answer())
    words = texts(page)
    for title in ("Waveform", "Mel spectrogram", "Power spectrogram", "Chromagram", "Tempogram"):
        assert title in words
    assert {"Probability of each genre", "Genre over the song", "Rock, 60 % sure", "Tune"} <= set(words)
    assert any("length 0:12" in text and "12 s in 1 part" in text for text in words)


@pytest.mark.parametrize("name", MAIN)
def test_main_figure_looks_as_it_did(name):
    assert difference(main_figure(name), name) < 3
    assert difference(main_figure(name, "dark"), name) > 30  # the comparison would notice


def test_a_different_song_would_be_noticed():
    assert difference(main_figure("mel_spectrogram", seconds=7.0), "mel_spectrogram") > 6


def test_text_is_at_least_nine_points(song):
    for figure in (dataviz.overview(song, answer()), *(draw(song) for draw in TABS)):
        figure.draw_without_rendering()
        assert smallest_text(figure) >= 9


def test_an_unknown_theme_is_an_error(song):
    with pytest.raises(ValueError, match="choose light or dark"):
        dataviz.waveform(song, theme="blue")


# ---- time


def test_parts_stand_side_by_side_and_seconds_are_found_again():
    time_axis = dataviz.SongTime([(15.0, 25.0), (45.0, 55.0), (75.0, 85.0)])
    assert time_axis.extent(0) == (15.0, 25.0)
    for second in (15.0, 20.0, 45.0, 54.9, 75.0, 85.0):
        assert time_axis.seconds(time_axis.position(second)) == pytest.approx(second)
    assert time_axis.seconds(time_axis.position(35.0)) == pytest.approx(25.0)  # between two parts
    assert time_axis.seconds(-5) == 15.0 and time_axis.seconds(1e6) == 85.0
    first, second = time_axis.extent(0), time_axis.extent(1)
    assert 0 < second[0] - first[1] < 1


def test_parts_that_touch_have_no_gap():
    time_axis = dataviz.SongTime([(0.0, 10.0), (10.0, 20.0)])
    assert time_axis.extent(1) == (10.0, 20.0)


def test_long_song_shows_all_parts_with_their_times_and_gaps():
    starts = tuple(15.0 + 600 * i for i in range(12))
    song = song_spectra(recording(10.0, starts=starts, duration_s=7200.0))
    said = answer(duration_s=7200.0)
    figure = dataviz.mel_spectrogram(song)
    ax = figure.axes[0]
    assert len(ax.images) == 12 and len(ax.patches) == 11
    labels = [label.get_text() for label in ax.get_xticklabels()]
    assert labels[0] == "0:15" and "1:00:15" in labels
    assert ax.get_xlabel() == "Time (h:min:s, 12 analysed parts side by side)"
    page = dataviz.overview(song, said)
    assert not outside(page)
    assert any("length 2:00:00" in text for text in texts(page))


# ---- odd songs


@pytest.mark.parametrize("samples", [1, 100, 3000, RATE])
def test_very_short_sound_is_drawn(samples):
    song = song_spectra(Recording((Clip(tune()[:samples], RATE, "t", "t"),), "t", samples / RATE))
    assert math.isnan(song.tempo_bpm)
    drawn(dataviz.overview(song, answer("too_short", samples / RATE)))


@pytest.mark.filterwarnings("error")
def test_silence_is_said_on_every_picture():
    quiet = song_spectra(Recording((Clip(np.zeros(5 * RATE, np.float32), RATE, "q", "q"),), "q", 5.0))
    assert math.isnan(quiet.tempo_bpm) and np.isnan(quiet.parts[0].rolloff_hz).all()
    for draw in TABS:
        figure = draw(quiet)
        assert "silence" in texts(figure)
        drawn(figure)
    drawn(dataviz.overview(quiet, answer("silent", 5.0)))


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    "title",
    [
        "costs 5$ and $\\frac{1}{0}$ or $x^$",
        "two\nlines\r\n\tand a tab",
        "日本語の曲 ☂ 🎵🎶",
        "أغنية جميلة",
        "\u202eevil\u202c \x1b[31mred\x07",
        "x" * 300,
        "wide " * 60,
        "WWWW" * 75,
        "lone \ud800 surrogate",
        "_^{}\\ % & #",
        "",
    ],
)
def test_any_title_is_drawn_inside_the_page(song, title):
    page = dataviz.overview(song, answer(title=title, genre=title or "rock", model=title))
    assert not outside(page)


def test_plain_keeps_formulas_and_marks_from_working():
    assert plain("a\nb\x1b[0m") == "a b"
    assert plain("5$ $x$") == r"5\$ \$x\$"
    assert len(plain("long " * 100, 20)) == 20 and plain("long " * 100, 20).endswith("…")
    assert plain("abc\u202edef") == "abcdef"


def test_a_hundred_genres_are_drawn():
    names = [f"genre number {i}" for i in range(100)]
    segments = [{"start_s": i, "end_s": i + 1, "genre": name, "confidence": 0.5} for i, name in enumerate(names)]
    said = answer(probabilities={name: 0.01 for name in names}, genre=names[0], segments=segments)
    drawn(dataviz_bars(said))
    figure = genre_timeline(said)
    assert any("more" in text for text in texts(figure)) and not outside(figure)


# ---- colours


def _luminance(colour):
    values = np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    linear = np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


def _contrast(a, b):
    high, low = sorted((_luminance(a), _luminance(b)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_genre_colours_are_seen_on_both_backgrounds():
    assert len(set(GENRE_COLOURS.values())) == 12
    for name in (*GENRE_COLOURS, "schlager", "k-pop", "日本", "", "x" * 300, "\ud800"):
        for theme in THEMES.values():
            assert _contrast(genre_colour(name), theme.background) >= 2.45, name


def test_text_colours_are_read_easily():
    for theme in THEMES.values():
        assert _contrast(theme.text, theme.background) > 12
        assert _contrast(theme.muted, theme.background) > 4.5


def test_genre_colours_differ_for_colour_blind_eyes():
    # Machado et al. (2009), severity 1, in linear light; distance in CIELAB
    eyes = {
        "normal": [1, 0, 0, 0, 1, 0, 0, 0, 1],
        "protanopia": [0.152286, 1.052583, -0.204868, 0.114503, 0.786281, 0.099216, -0.003882, -0.048116, 1.051998],
        "deuteranopia": [0.367322, 0.860646, -0.227968, 0.280085, 0.672501, 0.047413, -0.01182, 0.04294, 0.968881],
    }
    to_xyz = [0.4124564, 0.3575761, 0.1804375, 0.2126729, 0.7151522, 0.072175, 0.0193339, 0.119192, 0.9503041]
    to_xyz = np.reshape(to_xyz, (3, 3))
    rgb = np.array([[int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)] for colour in GENRE_COLOURS.values()])
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    for name, matrix in eyes.items():
        seen = np.clip(linear @ np.reshape(matrix, (3, 3)).T, 0, 1) @ to_xyz.T / [0.95047, 1, 1.08883]
        f = np.where(seen > 0.008856, np.cbrt(seen), 7.787 * seen + 16 / 116)
        lab = np.stack([116 * f[:, 1] - 16, 500 * (f[:, 0] - f[:, 1]), 200 * (f[:, 1] - f[:, 2])], axis=1)
        distance = np.linalg.norm(lab[:, None] - lab[None], axis=2)[np.triu_indices(12, 1)]
        assert distance.min() > 10, name


def test_unknown_genres_keep_their_colour_in_every_process():
    code = "from musicgenre.plots.style import genre_colour; print(genre_colour('schlager'), genre_colour('fado'))"
    found = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert found.stdout.split() == [genre_colour("schlager"), genre_colour("fado")]


# ---- manners and cost


def test_figures_touch_no_pyplot_and_no_global_setting(tmp_path):
    code = (
        "import sys; sys.path.insert(0, 'tests')\n"
        "from support.songs import answer, recording\n"
        "from musicgenre.plots import song as d, spectra as p\n"
        "assert 'matplotlib' not in sys.modules\n"
        "import matplotlib; before = matplotlib.rcParams.copy()\n"
        "figure = d.overview(p.song_spectra(recording()), answer())\n"
        "figure.draw_without_rendering()\n"
        "assert matplotlib.rcParams.copy() == before\n"
        "assert 'matplotlib.pyplot' not in sys.modules and 'librosa' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)


def _seconds(work, repeats=3):
    """Return the least processor time of some runs: what the work takes when the machine has nothing else to do."""
    work()
    spent = []
    for _ in range(repeats):
        begin = time.process_time()
        work()
        spent.append(time.process_time() - begin)
    return min(spent)


def test_overview_of_half_a_minute_takes_at_most_a_second_and_a_half():
    sound = recording(30.0)
    assert _seconds(lambda: drawn(dataviz.overview(song_spectra(sound), answer(duration_s=30.0)))) <= 1.5


@pytest.mark.parametrize("draw", TABS)
def test_a_tab_takes_at_most_three_tenths_of_a_second(draw):
    song = song_spectra(recording(30.0))
    assert _seconds(lambda: drawn(draw(song))) <= 0.3


def test_four_minutes_stay_below_300_megabytes():
    code = (
        "import sys; sys.path.insert(0, 'tests')\n"
        "from support.figures import drawn\n"
        "from support.material import peak_mb\n"
        "from support.songs import answer, recording\n"
        "from musicgenre.plots import song as d, spectra as p\n"
        "song = recording(240.0)\n"
        "drawn(d.overview(p.song_spectra(recording(5.0)), answer()))\n"
        "before = peak_mb()\n"
        "drawn(d.overview(p.song_spectra(song), answer(duration_s=240.0)))\n"
        "print(peak_mb() - before)\n"
    )
    found = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert float(found.stdout) <= 300


def test_message_figure_says_its_sentence():
    assert "nothing to see" in texts(message_figure("nothing to see", title="A title"))
