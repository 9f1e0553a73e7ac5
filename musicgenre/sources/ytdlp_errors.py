"""What yt-dlp reports -> one sentence: what happened and what to try.

yt-dlp passes on YouTube's own words or its own; the rules below recognise them. The first rule that fits wins, so
the particular stand before the general. Kinds: ``network`` if the way to YouTube failed, ``not_allowed`` if a
request would have left YouTube, ``download`` for everything that YouTube says.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from musicgenre.errors import SourceError
from musicgenre.text import clean_title

UPDATE = 'python -m pip install -U "yt-dlp[default,deno]"'

MODULE_MISSING = f"the package that reads YouTube is missing or damaged; install it with: {UPDATE}"

COOKIES = "use your browser's cookies (--cookies-from-browser NAME)"

# (pattern in the messages, kind, what happened to {it}, what to try)
RULES: tuple[tuple[str, str, str, str], ...] = (
    # About the video
    (r"private video|(?:video|playlist) is private", "download", "{it} is private", "choose another one"),
    (
        r"members.only|join this channel|members on level|channel's members",
        "download",
        "{it} is for paying members of its channel",
        f"choose another one, or if you are a member {COOKIES}",
    ),
    (
        r"confirm your age|age.restricted|inappropriate for some users|age.verif",
        "download",
        "{it} is age-restricted",
        f"{COOKIES} where you are signed in as an adult, or choose another one",
    ),
    (
        r"not a (?:ro)?bot\b|captcha|ip is likely being blocked",
        "download",
        "YouTube asks for a proof that you are not a robot",
        f"{COOKIES}, or wait an hour",
    ),
    (
        r"http error 429|too many requests|rate.?limit|try again later",
        "download",
        "YouTube limits how much it answers to you (too many requests)",
        "wait an hour",
    ),
    (
        r"in your country|in your region|from your location|geo.?restrict",
        "download",
        "{it} is not available in your region",
        "choose another upload of the song",
    ),
    (
        r"will begin in|begins? (?:shortly|in)|premieres? |premiere will|upcoming",
        "download",
        "{it} has not begun yet",
        "try again after its premiere",
    ),
    (
        r"live (?:stream|event).*(?:recording is not available|has ended|offline)|not currently live",
        "download",
        "{it} is a live stream without a recording",
        "paste the link of a finished video",
    ),
    (r"music premium|requires payment|rental|purchase", "download", "{it} must be paid for", "choose another one"),
    (r"drm protected", "download", "{it} is copy-protected", "choose another upload of the song"),
    (r"unviewable|playlist does not", "download", "{it} cannot be opened", "make it public, or choose another one"),
    (
        r"video unavailable|has been removed|no longer available|been terminated|does not exist|not available"
        r"|isn't available|deleted video|is unavailable",
        "download",
        "{it} has been removed or is not available",
        "check the link, or choose another one",
    ),
    (r"sign in|login required|log in", "download", "{it} is only for accounts that are signed in", COOKIES),
    # About the browser's cookies
    (
        r"cookies? database|decrypt|keyring|unsupported (?:browser|platform)|could not copy .* cookie|profile",
        "download",
        "the cookies of that browser could not be read",
        "close the browser, or name another one",
    ),
    # About the disk
    (
        r"no space left|disk quota|unable to write data|unable to open for writing|unable to create directory",
        "download",
        "the download could not be written",
        "free some space in the folder for temporary files",
    ),
    # About the network
    (
        r"timed out|timeout",
        "network",
        "YouTube did not answer in time",
        "check that your network is not too slow or busy and try again",
    ),
    (
        r"certificate|ssl",
        "network",
        "the secure connection to YouTube could not be verified",
        "check the computer's clock, and whether a proxy or virus scanner reads your traffic",
    ),
    (
        r"bytes read|more expected|incompleteread|connection (?:was )?(?:reset|aborted|broken)|broken pipe"
        r"|content too short|remote end closed|invalid chunk|response ended",
        "network",
        "the connection was interrupted during the download",
        "try again",
    ),
    (
        r"failed to resolve|name resolution|name or service|getaddrinfo|unreachable|connection refused|no route"
        r"|unable to connect|failed to establish|max retries exceeded|cannot connect",
        "network",
        "YouTube cannot be reached",
        "check your connection to the internet (and a proxy, if you use one)",
    ),
    (
        r"http error 403",
        "download",
        "YouTube refused the download (403)",
        f"try again; if it stays so, update the downloader: {UPDATE}",
    ),
    (r"http error 4(?:04|10)", "download", "the sound of {it} is gone (404)", "check the link and try again"),
    (r"http error 5\d\d", "network", "YouTube has a problem of its own", "try again later"),
    (r"did not get any data|file is empty", "download", "the sound that YouTube sent for {it} is empty", "try again"),
)

NO_RUNTIME = re.compile(r"javascript runtime could be found|no supported javascript runtime", re.IGNORECASE)

NO_FORMATS = re.compile(
    r"requested format is not available|only images are available|no video formats|challenge solving failed"
    r"|signature solving failed",
    re.IGNORECASE,
)


def explain(error: BaseException, warnings: Sequence[str] = (), *, subject: str) -> SourceError:
    """Return the error for the user.

    Parameters
    ----------
    error : BaseException
        What yt-dlp raised.
    warnings : sequence of str
        What it said before; the true cause is often there.
    subject : str
        What it was about, as the sentence calls it.
    """
    chain = list(_causes(error))
    for cause in chain:
        refused = getattr(cause, "refused", None)
        if refused:
            return SourceError(refused, "not_allowed")
    messages = " | ".join(str(cause) for cause in chain)
    known = _match(messages, subject)
    if known:
        return known
    said = " | ".join(warnings)
    if NO_RUNTIME.search(said):
        return SourceError(
            f"YouTube needs a JavaScript runtime and none was found; install one with: {UPDATE}", "download"
        )
    known = _match(said, subject)
    if known and not NO_FORMATS.search(messages):
        return known
    expected = [cause for cause in chain if getattr(cause, "expected", False)]
    if expected and not NO_FORMATS.search(messages + said):
        told = clean_title(getattr(expected[-1], "orig_msg", None) or expected[-1], limit=160).rstrip(".")
        return SourceError(f"YouTube does not give {subject} out ({told}); try another one", "download")
    return SourceError(
        f"{subject} could not be read, because YouTube has changed; update the downloader with: {UPDATE}", "download"
    )


def _match(text: str, subject: str) -> SourceError | None:
    """Return the error of the first rule that fits."""
    for pattern, kind, what, advice in RULES:
        if re.search(pattern, text.replace("\u2019", "'"), re.IGNORECASE):
            return SourceError(f"{what.format(it=subject)}; {advice}", kind)
    return None


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and what it came from, outermost first, along Python's links and yt-dlp's own."""
    waiting: list[Any] = [error]
    seen: set[int] = set()
    while waiting:
        cause = waiting.pop(0)
        if not isinstance(cause, BaseException) or id(cause) in seen:
            continue
        seen.add(id(cause))
        yield cause
        info = getattr(cause, "exc_info", None)
        waiting += [info[1] if info else None, getattr(cause, "cause", None), cause.__cause__, cause.__context__]
