"""Chromium without a window: what it makes of a local server's pages, and whom it asks for more."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from html import unescape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

UNSEEN = "NO BROWSER SAW THE REPORTS"
_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_QUIET = (
    "--headless",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-extensions",
    "--disable-dev-shm-usage",
    "--hide-scrollbars",
)
_PATIENCE = 300  # seconds


def find(folder: Path) -> Browser:
    """Debian's, or whatever there is; .ci/run installs it where it can. folder: for its profile. Skips without one."""
    command = next((path for name in _NAMES if (path := shutil.which(name))), None)
    if command is None:
        pytest.skip(f"{UNSEEN}: there is no chromium in PATH (Debian: apt-get install chromium)")
    return Browser(command, folder)


class Server:
    """Hands out pages by their path, and remembers every request."""

    def __init__(self) -> None:
        self.pages: dict[str, str] = {}
        self.asked: list[str] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.asked.append(self.path)
                page = outer.pages.get(self.path)
                self.send_response(200 if page is not None else 404)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.end_headers()
                self.wfile.write((page or "").encode())

            do_POST = do_GET

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@dataclass(frozen=True)
class Seen:
    """A page as it was laid out. wide: how far its content reaches, in pixels; beyond: elements that stick out of it.

    pwned: what a script in it set. scripts, loaded: elements that run, or load something from elsewhere. line: how much
    of the width the transcript's text has, 0 to 1.
    """

    wide: int
    beyond: list[str]
    pwned: str | None
    scripts: int
    loaded: list[str]
    text: str
    background: str
    line: float


_HARNESS = """<!doctype html><title>harness</title>{frames}<pre id="out"></pre><script>
onload = () => {{
  const seen = [...document.querySelectorAll('iframe')].map(frame => {{
    const it = frame.contentDocument, view = frame.contentWindow, wide = view.innerWidth;
    // What is below the fold is laid out as soon as somebody scrolls there: measured as if they had.
    it.querySelectorAll('.record').forEach(one => {{ one.style.contentVisibility = 'visible'; }});
    return {{
      wide: Math.max(it.documentElement.scrollWidth, it.body.scrollWidth),
      beyond: [...it.body.querySelectorAll('*')].filter(one => one.getBoundingClientRect().right > wide + 1)
        .map(one => one.tagName + '.' + one.className).slice(0, 5),
      pwned: view.pwned || null,
      scripts: it.querySelectorAll('script, iframe, object, embed').length,
      loaded: [...it.querySelectorAll('[src], link, base, [href]')]
        .map(one => one.getAttribute('src') || one.getAttribute('href')).filter(one => !/^#s\\d+$/.test(one)),
      text: it.body.innerText,
      background: view.getComputedStyle(it.body).backgroundColor,
      line: (it.querySelector('.l') || {{clientWidth: 0}}).clientWidth / wide,
    }};
  }});
  document.getElementById('out').textContent = JSON.stringify({{seen, pwned: window.pwned || null}});
}};
</script>"""


class Browser:
    """The browser, with a profile of its own."""

    def __init__(self, command: str, folder: Path) -> None:
        self._command, self._folder, self._count = command, folder, 0

    def run(self, *arguments: str) -> str:
        """What it prints."""
        self._count += 1
        root = ["--no-sandbox"] if os.geteuid() == 0 else []
        profile = f"--user-data-dir={self._folder / f'profile-{self._count}'}"
        done = subprocess.run(
            [self._command, *_QUIET, *root, profile, *arguments], capture_output=True, timeout=_PATIENCE, check=False
        )
        assert done.returncode == 0, done.stderr.decode(errors="replace")[-2000:]
        return done.stdout.decode()

    def look(self, server: Server, frames: Iterable[tuple[str, int]]) -> list[Seen]:
        """Pages of the server, each in a frame so many pixels wide."""
        tags = (f'<iframe src="{path}" width="{wide}" height="800" style="border:0"></iframe>' for path, wide in frames)
        server.pages["/harness"] = _HARNESS.format(frames="".join(tags))
        dom = self.run("--virtual-time-budget=4000", "--dump-dom", f"{server.url}/harness")
        found = re.search(r'<pre id="out">(.+?)</pre>', dom, re.S)
        assert found, dom[-2000:]
        answer: Mapping[str, Any] = json.loads(unescape(found[1]))
        assert answer["pwned"] is None or any(one["pwned"] for one in answer["seen"])
        return [Seen(**one) for one in answer["seen"]]

    def picture(self, url: str, target: Path, wide: int, high: int) -> None:
        """A PNG of the page's upper part."""
        self.run(f"--window-size={wide},{high}", f"--screenshot={target}", url)

    def printed(self, url: str, target: Path) -> bytes:
        """The page as a PDF."""
        self.run("--no-pdf-header-footer", f"--print-to-pdf={target}", url)
        return target.read_bytes()
