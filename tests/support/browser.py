"""A headless Chromium, driven over its DevTools pipe: what a page loads, says and looks like."""

import atexit
import base64
import contextlib
import functools
import json
import os
import select
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from typing import Any

NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync --disable-dev-shm-usage --remote-debugging-pipe"
).split()


class Browser:
    """A running Chromium and the pipe to it; every page of the tests is a tab of it with a store of its own."""

    def __init__(self) -> None:
        binary = next((path for path in map(shutil.which, NAMES) if path), None)
        assert binary, f"none of {', '.join(NAMES)} is installed; install the package chromium"
        to_read, self._write = os.pipe()
        self._read, from_write = os.pipe()

        def place_pipes() -> None:
            # Chromium reads from descriptor 3 and writes to 4; the pipes may stand on those numbers themselves.
            reading, writing = os.dup(to_read), os.dup(from_write)
            os.dup2(reading, 3)
            os.dup2(writing, 4)

        self._profile = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        self._process = subprocess.Popen(
            [binary, *FLAGS, f"--user-data-dir={self._profile.name}", "about:blank"],
            preexec_fn=place_pipes,  # noqa: PLW1509 - nothing else runs in this child
            close_fds=False,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(to_read)
        os.close(from_write)
        self._rest = b""
        self._count = 0
        self._heard: list[dict[str, Any]] = []  # what has arrived and nobody has taken

    def call(self, method: str, session: str | None = None, **parameters: Any) -> Any:
        """Call a DevTools method and return its result."""
        self._count += 1
        message: dict[str, Any] = {"id": self._count, "method": method, "params": parameters}
        if session:
            message["sessionId"] = session
        os.write(self._write, json.dumps(message).encode() + b"\0")
        deadline = time.monotonic() + 60
        while True:
            answer = self._next(deadline)
            if answer.get("id") == self._count:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']}")
                return answer["result"]
            self._heard.append(answer)

    def events(self, session: str | None) -> list[dict[str, Any]]:
        """Take what a tab has reported."""
        mine = [event for event in self._heard if event.get("sessionId") == session]
        self._heard = [event for event in self._heard if event.get("sessionId") != session]
        return mine

    def _next(self, deadline: float) -> dict[str, Any]:
        while b"\0" not in self._rest:
            if not select.select([self._read], [], [], max(deadline - time.monotonic(), 0))[0]:
                raise TimeoutError("Chromium did not answer in a minute")
            block = os.read(self._read, 1 << 20)
            if not block:
                raise RuntimeError("Chromium ended")
            self._rest += block
        line, self._rest = self._rest.split(b"\0", 1)
        return json.loads(line)

    def close(self) -> None:
        """End it."""
        self._process.kill()
        self._process.wait()
        os.close(self._write)
        os.close(self._read)
        self._profile.cleanup()


class Page:
    """One tab; `events` collects everything it reported."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._session: str | None = None
        self._events: list[dict[str, Any]] = []

    def open(self) -> None:
        """Make the tab and ask it to report requests, messages and exceptions."""
        self._context = self._browser.call("Target.createBrowserContext")["browserContextId"]
        made = self._browser.call("Target.createTarget", url="about:blank", browserContextId=self._context)
        attached = self._browser.call("Target.attachToTarget", targetId=made["targetId"], flatten=True)
        self._session = attached["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")

    def close(self) -> None:
        """Close the tab and forget its store."""
        self._browser.call("Target.disposeBrowserContext", browserContextId=self._context)

    @property
    def events(self) -> list[dict[str, Any]]:
        """Everything that the tab has reported."""
        self._events += self._browser.events(self._session)
        return self._events

    def call(self, method: str, **parameters: Any) -> Any:
        """Call a DevTools method of the tab and return its result."""
        return self._browser.call(method, self._session, **parameters)

    def go(self, url: str) -> None:
        """Load an address and wait until all of it is there."""
        self.call("Page.navigate", url=url)
        self.evaluate(
            "new Promise(done => document.readyState == 'complete' ? done() : addEventListener('load', () => done()))"
        )
        self.evaluate("Promise.all([...document.images].map(image => image.decode()))")

    def evaluate(self, expression: str) -> Any:
        """Return what a JavaScript expression (or its promise) comes to."""
        answer = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in answer:
            raise RuntimeError(str(answer["exceptionDetails"]))
        return answer["result"].get("value")

    def screenshot(self) -> bytes:
        """Return what is seen, as a PNG."""
        return base64.b64decode(self.call("Page.captureScreenshot")["data"])

    def emulate(self, *, dark: bool = False, width: int = 1200, height: int = 900) -> None:
        """Set the reader's theme and the size of the window."""
        scheme = "dark" if dark else "light"
        self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)

    def requests(self) -> list[str]:
        """Return the addresses asked for, without those that hold their own data."""
        asked = [e["params"]["request"]["url"] for e in self.events if e.get("method") == "Network.requestWillBeSent"]
        return [url for url in asked if not url.startswith("data:")]

    def complaints(self) -> list[Any]:
        """Return console messages, log entries and exceptions."""
        methods = ("Runtime.consoleAPICalled", "Runtime.exceptionThrown", "Log.entryAdded")
        return [event["params"] for event in self.events if event.get("method") in methods]


@functools.cache
def _running() -> Browser:
    """Start a Chromium for all tests; it ends with them."""
    browser = Browser()
    atexit.register(browser.close)
    return browser


@contextlib.contextmanager
def chromium() -> Iterator[Page]:
    """Open a tab with a store of its own, and close it."""
    page = Page(_running())
    page.open()
    try:
        yield page
    finally:
        page.close()
