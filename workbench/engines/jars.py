"""DynamoDB Local's files: a committed lock, and a cache in which each file is checked at every start."""

from __future__ import annotations

import contextlib
import errno
import logging
import os
import tempfile
from collections.abc import Iterator
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import platformdirs
import pooch
import requests
from tenacity import Retrying, retry_if_exception, stop_after_attempt, wait_incrementing
from tqdm import tqdm

from workbench.errors import DownloadError, EngineError

APPLICATION = "dynamodb-workbench"
LOCK_FOLDER = Path(__file__).parents[2] / "data" / "engines"
PARALLEL_FETCHES = 8
CHUNK_BYTES = 1 << 16
ATTEMPTS = 3
TIMEOUT_SECONDS = 30
TRANSIENT_STATUSES = frozenset({429, 500, 502, 503, 504})

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, order=True)
class LockedFile:
    """One file of an engine.

    Args:
        coordinate: Maven's `group:artifact:version:packaging`.
        sha256: Hash of its content.
        size_bytes: Its length [B].
    """

    coordinate: str
    sha256: str
    size_bytes: int

    @property
    def name(self) -> str:
        """Its name in a repository and in the cache."""
        _, artifact, version, packaging = self.coordinate.split(":")
        return f"{artifact}-{version}.{packaging}"

    @property
    def repository_path(self) -> str:
        """Its path below a repository's address."""
        group, artifact, version, _ = self.coordinate.split(":")
        return "/".join([*group.split("."), artifact, version, self.name])


def lock_path(engine: str, version: str) -> Path:
    """Returns the path of an engine's lock."""
    return LOCK_FOLDER / f"{engine}-{version}.lock"


def read_lock(path: Path) -> tuple[LockedFile, ...]:
    """Returns the files that a lock names.

    Raises:
        EngineError: The lock is absent or a line of it is malformed.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise EngineError(
            f"{path}: the lock cannot be read: {error.strerror}. Restore it with git."
        ) from error
    rows = ((number, line) for number, line in enumerate(lines, 1) if line and not line.startswith("#"))
    return tuple(_locked_file(path, number, line) for number, line in rows)


def _locked_file(path: Path, number: int, line: str) -> LockedFile:
    try:
        coordinate, sha256, size = line.split()
        group, artifact, version, packaging = coordinate.split(":")
        return LockedFile(f"{group}:{artifact}:{version}:{packaging}", sha256, int(size))
    except ValueError as error:
        raise EngineError(
            f"{path}:{number}: a line is `group:artifact:version:packaging sha256 bytes`; got {line!r}. "
            "Restore the lock with git."
        ) from error


def cache_folder(engine: str, version: str) -> Path:
    """Returns the folder of the user's cache that holds an engine's files."""
    return Path(platformdirs.user_cache_dir(APPLICATION, appauthor=False)) / f"{engine}-{version}"


def fetch(files: tuple[LockedFile, ...], folder: Path, *, repository: str | None = None) -> tuple[Path, ...]:
    """Returns the paths of an engine's files, all of them present and checked.

    Files that are absent or damaged are fetched side by side, with a progress bar; with none to fetch
    nothing touches the network.

    Args:
        files: What the lock names.
        folder: Folder of the cache.
        repository: Address of a Maven repository; Maven Central where none is given.

    Raises:
        DownloadError: A file could not be fetched or written, or its hash differs from the lock.
    """
    with ThreadPoolExecutor(PARALLEL_FETCHES) as pool:
        intact = list(pool.map(lambda file: _intact(file, folder), files))
    missing = [file for file, good in zip(files, intact, strict=True) if not good]
    if missing:
        _fetch_all(missing, folder, repository or _maven_central())
    return tuple(folder / file.name for file in files)


def _maven_central() -> str:
    from jgo.constants import MAVEN_CENTRAL_URL  # noqa: PLC0415  # slow, and needed to fetch only

    return str(MAVEN_CENTRAL_URL)


def _intact(file: LockedFile, folder: Path) -> bool:
    path = folder / file.name
    if not path.is_file():
        return False
    found = pooch.file_hash(str(path))
    if found != file.sha256:
        _log.warning(
            "%s is damaged (SHA-256 %s, the lock says %s); fetching it again", path, found, file.sha256
        )
    return bool(found == file.sha256)


def _fetch_all(missing: list[LockedFile], folder: Path, repository: str) -> None:
    with _writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
    total = sum(file.size_bytes for file in missing)
    with (
        tqdm(total=total, unit="B", unit_scale=True, desc="Fetching DynamoDB Local") as bar,
        ThreadPoolExecutor(PARALLEL_FETCHES) as pool,
    ):
        tasks = [pool.submit(_fetch_one, file, folder, repository, bar) for file in missing]
        done, waiting = wait(tasks, return_when=FIRST_EXCEPTION)
        for task in waiting:
            task.cancel()
        for task in done:
            task.result()


def _fetch_one(file: LockedFile, folder: Path, repository: str, bar: tqdm[NoReturn]) -> None:
    target = folder / file.name
    url = f"{repository}/{file.repository_path}"
    with _writing(target), _temporary(folder) as part:
        _download(url, part, target)
        _check(pooch.file_hash(str(part)), file, url)
        part.replace(target)
    bar.update(file.size_bytes)


def _download(url: str, part: Path, target: Path) -> None:
    downloader = pooch.HTTPDownloader(chunk_size=CHUNK_BYTES, timeout=TIMEOUT_SECONDS, stream=False)
    attempts = Retrying(
        stop=stop_after_attempt(ATTEMPTS),
        wait=wait_incrementing(start=1, increment=1),
        retry=retry_if_exception(_transient),
        reraise=True,
    )
    try:
        attempts(downloader, url, str(part), None)
    except requests.RequestException as error:
        raise DownloadError(
            f"{target.name} could not be fetched from {url}: {_cause(error)}. "
            "Connect to the network, or set HTTPS_PROXY, and run the command again."
        ) from error


def _transient(error: BaseException) -> bool:
    if not isinstance(error, requests.RequestException):
        return False
    return error.response is None or error.response.status_code in TRANSIENT_STATUSES


def _cause(error: requests.RequestException) -> str:
    if error.response is not None:
        return f"HTTP {error.response.status_code} {error.response.reason}"
    reason = getattr(error.args[0] if error.args else None, "reason", None) or error
    return str(reason).rpartition("): ")[2].partition('"')[0]


def _check(found: str, file: LockedFile, url: str) -> None:
    if found != file.sha256:
        raise DownloadError(
            f"{file.name} from {url} was refused: its SHA-256 is {found}, the lock says {file.sha256}. "
            "A proxy or the repository changed the file: try another network; never edit the lock to fit."
        )


@contextlib.contextmanager
def _temporary(folder: Path) -> Iterator[Path]:
    handle, name = tempfile.mkstemp(prefix=".fetch-", dir=folder)
    os.close(handle)
    try:
        yield Path(name)
    finally:
        Path(name).unlink(missing_ok=True)


@contextlib.contextmanager
def _writing(target: Path) -> Iterator[None]:
    try:
        yield
    except requests.RequestException:
        raise
    except OSError as error:
        full = error.errno in {errno.ENOSPC, errno.EDQUOT}
        step = "Free 50 MB there" if full else "Make the folder writable"
        raise DownloadError(
            f"{target} could not be written: {error.strerror}. "
            f"{step}, or set XDG_CACHE_HOME to another folder."
        ) from error
