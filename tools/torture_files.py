"""Torture by files of strangers: broken sound, bytes of a fuzzer, damaged models."""

import json
import re
import shutil
import subprocess
import sys
import time
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor

from torture_report import LIMIT_MB, LIMIT_S, ROOT, Watch, row, script, tell


def judged(broken, answer):
    """Return why an answer is wrong, or None."""
    if answer["verdict"] == "error":
        reason = answer["error"]["message"]
        return None if reason and "\n" not in reason else "no sentence"
    if not broken.has_music and answer["verdict"] == "genre":
        return f"{answer['genre']} at {answer['confidence']:.0%} where there is no music"
    return None


def one_file(broken):
    """Run 03 on one file; return (what is wrong, whether it was refused, seconds, peak memory)."""
    began = time.monotonic()
    process = subprocess.Popen(
        script("03_launch_classifier.py", "--json", "--", broken.path), stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    watch = Watch(process.pid)
    try:
        output, messages = process.communicate(timeout=60)
    except subprocess.TimeoutExpired:
        process.kill()
        output, messages = process.communicate()
    took, peak = time.monotonic() - began, watch.end()
    wrong, refused = None, False
    try:
        (answer,) = map(json.loads, output.splitlines())
        wrong, refused = judged(broken, answer), answer["verdict"] == "error"
    except ValueError:
        wrong = "no answer"
    if messages or process.returncode not in (0, 1):
        wrong = f"exit code {process.returncode}: {messages[-300:]}"
    if took > LIMIT_S or peak > LIMIT_MB:
        wrong = f"{took:.1f} s, {peak:.0f} MB"
    return wrong, refused, took, peak


def torture_files(folder, _):
    """Give the corpus of broken files to one process of 03, then each to one of its own."""
    from support.broken_files import corpus

    all_files = corpus(folder)
    began = time.monotonic()
    process = subprocess.Popen(
        script("03_launch_classifier.py", "--json", "--jobs", 1, "--", *[broken.path for broken in all_files]),
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    watch = Watch(process.pid)
    output, messages = process.communicate()
    answers = [json.loads(line) for line in output.splitlines()]
    peak = watch.end()
    fine = 0
    for broken, answer in zip(all_files, answers, strict=False):
        wrong = judged(broken, answer)
        fine += wrong is None
        if wrong:
            tell(f"{broken.path.relative_to(folder)}: {wrong}")
    if messages or process.returncode != 1 or peak > LIMIT_MB:
        tell(f"exit code {process.returncode}, {peak:.0f} MB: {messages[-500:]}")
        fine = 0
    refused = sum(answer["verdict"] == "error" for answer in answers)
    row("broken files, all in one process of 03", len(all_files), fine, refused, time.monotonic() - began, peak)
    results = defaultdict(list)
    with ThreadPoolExecutor(2) as pool:
        for broken, result in zip(all_files, pool.map(one_file, all_files), strict=True):
            results[broken.kind].append(result)
            if result[0]:
                tell(f"{broken.path.relative_to(folder)}: {result[0]}")
    for kind, found in results.items():
        survived, refused = sum(r[0] is None for r in found), sum(r[1] for r in found)
        row(f"each alone: {kind}", len(found), survived, refused, max(r[2] for r in found), max(r[3] for r in found))


def torture_fuzz(folder, options):
    """Run a fuzzer on the readers of cards, tables, journals and texts."""
    from support.fuzz_targets import TARGETS, seeds

    def fuzz(name):
        base = folder / name
        base.mkdir()
        for i, seed in enumerate(seeds(name)):
            (base / f"seed{i}").write_bytes(b"\0" + seed if name != "text" else seed)
            (base / f"changes{i}").write_bytes(b"\x80" + seed[:60])
        log = folder / f"{name}.log"
        seconds = max(round(options.minutes * 60 * 2 / len(TARGETS)), 1)  # two at a time
        command = [
            sys.executable, ROOT / "tests" / "support" / "fuzz_targets.py", name, base,
            f"-max_total_time={seconds}", "-timeout=10", "-rss_limit_mb=4000",
            f"-artifact_prefix={ROOT / 'build'}/fuzz-{name}-", "-len_control=0", "-max_len=4000",
            "-print_final_stats=1",
        ]  # fmt: skip
        began = time.monotonic()
        with log.open("w") as out:
            code = subprocess.run(list(map(str, command)), stdout=out, stderr=out, check=False).returncode
        text = log.read_text(errors="replace")
        number = {key: int(value) for key, value in re.findall(r"stat::(\w+):\s+(\d+)", text)}
        return name, code, number, time.monotonic() - began, text

    (ROOT / "build").mkdir(exist_ok=True)
    with ThreadPoolExecutor(2) as pool:
        for name, code, number, took, text in pool.map(fuzz, TARGETS):
            tried = number.get("number_of_executed_units", 0) or 1
            if code:
                tell(text[-1500:])
            row(f"atheris, reader of {name}s", tried, tried - bool(code), "", took, number.get("peak_rss_mb"))


def torture_models(folder, _):
    """Change bytes of a model whose card then fits again."""
    code = (
        "import hashlib, json, random, sys\nfrom pathlib import Path\n"
        "from musicgenre.errors import GenreError\nfrom musicgenre.inference.model import GenreModel\n"
        "base, ends, rng = Path(sys.argv[1]), [0, 0], random.Random(int(sys.argv[2]))\n"
        "card = json.loads(base.with_suffix('.json').read_text())\ndata = base.with_suffix('.tflite').read_bytes()\n"
        "for turn in range(1000):\n"
        "    hurt = bytearray(data[:rng.randrange(len(data))] if turn % 10 == 0 else data)\n"
        "    first, span = rng.choice([(0, 3000), (len(data) - 4000, 4000), (0, len(data))])\n"
        "    for _ in range(rng.choice([1, 3, 10, 100])):\n"
        "        hurt[(first + rng.randrange(span)) % len(hurt)] = rng.randrange(256)\n"
        "    base.with_suffix('.tflite').write_bytes(hurt)\n"
        "    card['files']['tflite'] = hashlib.sha256(hurt).hexdigest()\n"
        "    base.with_suffix('.json').write_text(json.dumps(card))\n"
        "    try:\n"
        "        GenreModel(base).predict(dict.fromkeys(card['columns'], 0.5))\n        ends[0] += 1\n"
        "    except GenreError:\n        ends[1] += 1\n    print(*ends, flush=True)\n"
    )
    for seed in range(3):
        for path in (ROOT / "models").glob("genres.*"):
            shutil.copy(path, folder)
        began = time.monotonic()
        process = subprocess.Popen(
            [sys.executable, "-c", code, folder / "genres", str(seed)], cwd=ROOT, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, text=True,
        )  # fmt: skip
        watch = Watch(process.pid)
        lines = process.communicate()[0].splitlines()
        if process.returncode:
            tell(f"exit code {process.returncode} after {lines[-1:]}; the file is kept in build/broken-model.tflite")
            shutil.copy(folder / "genres.tflite", ROOT / "build" / "broken-model.tflite")
        refused = int(lines[-1].split()[1]) if lines else 0
        row(
            f"damaged models whose digest fits, seed {seed}",
            1000,
            len(lines),
            refused,
            time.monotonic() - began,
            watch.end(),
        )
