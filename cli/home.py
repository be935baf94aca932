"""Where this project keeps its lake: settings in lake.toml, everything that runs and its logs under .loglake."""

from __future__ import annotations

import os
import re
from pathlib import Path

from cli.errors import Failure, NoLake
from infra.local import hermetic, lifecycle
from infra.local.lifecycle import Running
from lake import settings as lake_settings
from lake.settings import JOBS, Settings, SettingsError
from lake.store import Store

PROJECT = Path(__file__).resolve().parent.parent


def home() -> Path:
    """The state's folder: LOGLAKE_HOME, or .loglake in the project."""
    return Path(os.environ.get("LOGLAKE_HOME") or PROJECT / ".loglake").resolve()


def log_folder() -> Path:
    """Where the noise goes."""
    folder = home() / "log"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def settings(keep: str | None = None) -> Settings:
    """The project's lake.toml, with all jobs' `keep` replaced if one is given. Raises Failure with the line."""
    path = PROJECT / "lake.toml"
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise Failure(f"{path}: {error.strerror}", "The lake's settings are read from there.") from None
    except UnicodeDecodeError as error:
        raise Failure(f"{path}: not UTF-8 at byte {error.start}") from None
    return parse(with_keep(text, keep) if keep else text, str(path))


def parse(text: str, name: str) -> Settings:
    """Settings from text, a wrong one told as every other failure."""
    try:
        return lake_settings.parse(text, name)
    except SettingsError as error:
        raise Failure(str(error)) from None


def with_keep(text: str, keep: str) -> str:
    """lake.toml's text with `keep` set for every job; comments and all else stay as they are."""
    for job in JOBS:
        header = re.compile(rf"^\[jobs\.{job}\].*$", re.M)
        section = header.search(text)
        if section is None:
            text = f'{text.rstrip()}\n\n[jobs.{job}]\nkeep = "{keep}"\n'
            continue
        following = re.compile(r"^\[", re.M).search(text, section.end())
        end = following.start() if following else len(text)
        body, found = re.subn(r'^keep(\s*)=(\s*)"\w*"', rf'keep\1=\2"{keep}"', text[section.end() : end], flags=re.M)
        if not found:
            body = f'\nkeep = "{keep}"' + body
        text = text[: section.end()] + body + text[end:]
    return text


def settings_of(lake: Running) -> Settings:
    """The settings that the running lake works by."""
    bucket, _, key = lake.settings.removeprefix("s3://").partition("/")
    return parse(Store(lake.region).get(bucket, key).decode(), lake.settings)


def running() -> Running:
    """The lake that runs here. From now on this process can speak to it and to nothing else. Raises NoLake."""
    found = lifecycle.running(home())
    if found is None:
        raise NoLake(home())
    hermetic.enter(found.endpoint, found.region)
    return found
