"""Fetching and checking the files of DynamoDB Local, with a repository on the loopback interface."""

from __future__ import annotations

import errno
import hashlib
import re
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from tenacity import wait_none

from workbench.engines import jars
from workbench.engines.jars import LockedFile, fetch, lock_path, read_lock
from workbench.errors import DownloadError, EngineError

CONTENT = {f"part{number}": f"content {number}".encode() * 100 for number in range(5)}


def locked(name, content):
    """The lock's entry of an artifact of the test's repository."""
    return LockedFile(f"org.example:{name}:1.0:jar", hashlib.sha256(content).hexdigest(), len(content))


FILES = tuple(locked(name, content) for name, content in CONTENT.items())


class Handler(SimpleHTTPRequestHandler):
    """Serves files, notes what was asked for and prints nothing."""

    requests: list[str]

    def log_message(self, *_):
        """Prints nothing."""

    def do_GET(self):
        """Serves a file."""
        self.server.paths.append(self.path)
        super().do_GET()


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch):
    """The loopback interface is reached directly, whatever the machine's proxy."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


@pytest.fixture
def repository(tmp_path):
    """A Maven repository; its `paths` are the requests so far and `folder` its files."""
    folder = tmp_path / "repository"
    for file in FILES:
        path = folder / file.repository_path
        path.parent.mkdir(parents=True)
        path.write_bytes(CONTENT[file.coordinate.split(":")[1]])
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(folder))) as server:
        server.paths, server.folder = [], folder
        server.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def no_waiting(monkeypatch):
    """Retries follow each other at once."""
    monkeypatch.setattr(jars, "wait_incrementing", lambda **_: wait_none())


def left_behind(folder):
    """Files of a cache that are no whole file of the lock."""
    return {path.name for path in folder.iterdir()} - {file.name for file in FILES}


def test_files_arrive_whole(repository, tmp_path):
    """Every file of the lock is fetched to its name in the cache, and nothing else is there."""
    cache = tmp_path / "cache"
    paths = fetch(FILES, cache, repository=repository.url)
    assert [path.read_bytes() for path in paths] == list(CONTENT.values())
    assert left_behind(cache) == set()


def test_second_fetch_asks_for_nothing(repository, tmp_path):
    """With every file intact the network is not touched."""
    fetch(FILES, tmp_path / "cache", repository=repository.url)
    repository.paths.clear()
    fetch(FILES, tmp_path / "cache", repository=repository.url)
    assert repository.paths == []


def test_damaged_file_is_named_and_fetched_again(repository, tmp_path, caplog):
    """A damaged file of the cache is named with both hashes, and only it is fetched again."""
    cache = tmp_path / "cache"
    (damaged, *_) = fetch(FILES, cache, repository=repository.url)
    damaged.write_bytes(b"damaged")
    repository.paths.clear()
    fetch(FILES, cache, repository=repository.url)
    found = hashlib.sha256(b"damaged").hexdigest()
    assert caplog.messages == [
        f"{damaged} is damaged (SHA-256 {found}, the lock says {FILES[0].sha256}); fetching it again"
    ]
    assert repository.paths == [f"/{FILES[0].repository_path}"]
    assert damaged.read_bytes() == CONTENT["part0"]


@pytest.mark.usefixtures("no_waiting")
def test_damaged_file_without_network_is_one_error(tmp_path):
    """A damaged file that cannot be fetched again is one error, and the file is not used."""
    damaged = tmp_path / FILES[0].name
    damaged.write_bytes(b"damaged")
    with pytest.raises(DownloadError, match=r"part0-1\.0\.jar could not be fetched"):
        fetch(FILES[:1], tmp_path, repository="http://127.0.0.1:9")


def test_wrong_hash_is_refused_and_named(repository, tmp_path):
    """A file whose hash differs from the lock is refused with both hashes, and is not kept."""
    path = repository.folder / FILES[2].repository_path
    path.write_bytes(b"something else")
    found = hashlib.sha256(b"something else").hexdigest()
    with pytest.raises(DownloadError) as caught:
        fetch(FILES, tmp_path / "cache", repository=repository.url)
    assert str(caught.value) == (
        f"part2-1.0.jar from {repository.url}/org/example/part2/1.0/part2-1.0.jar was refused: "
        f"its SHA-256 is {found}, the lock says {FILES[2].sha256}. "
        "A proxy or the repository changed the file: try another network; never edit the lock to fit."
    )
    assert left_behind(tmp_path / "cache") == set()
    assert not (tmp_path / "cache" / FILES[2].name).exists()


def test_missing_file_is_one_error(repository, tmp_path):
    """A file that the repository lacks is one error that names it; it is asked for once."""
    (repository.folder / FILES[1].repository_path).unlink()
    with pytest.raises(DownloadError, match=r"^part1-1\.0\.jar could not be fetched from .*: HTTP 404 "):
        fetch(FILES[1:2], tmp_path / "cache", repository=repository.url)
    assert len(repository.paths) == 1


@pytest.mark.usefixtures("no_waiting")
def test_no_network_is_one_error(tmp_path):
    """Without network the first file that fails is named with the cause and the next step."""
    with pytest.raises(DownloadError) as caught:
        fetch(FILES, tmp_path / "cache", repository="http://127.0.0.1:9")
    assert re.fullmatch(
        r"part\d-1\.0\.jar could not be fetched from http://127\.0\.0\.1:9/org/example/\S+: "
        r"[^<>]*Connection refused\. Connect to the network, or set HTTPS_PROXY, and run the command again\.",
        str(caught.value),
    )
    assert left_behind(tmp_path / "cache") == set()


def test_full_disk_is_one_error(repository, tmp_path, monkeypatch):
    """A full disk is one error, and no part of a file stays."""

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(jars.pooch.HTTPDownloader, "__call__", full)
    cache = tmp_path / "cache"
    with pytest.raises(DownloadError) as caught:
        fetch(FILES[:1], cache, repository=repository.url)
    assert str(caught.value) == (
        f"{cache / FILES[0].name} could not be written: No space left on device. "
        "Free 50 MB there, or set XDG_CACHE_HOME to another folder."
    )
    assert list(cache.iterdir()) == []


def test_unwritable_cache_is_one_error(tmp_path):
    """A cache that cannot be made is one error that names it."""
    (tmp_path / "file").write_text("in the way")
    cache = tmp_path / "file" / "cache"
    with pytest.raises(DownloadError) as caught:
        fetch(FILES, cache)
    assert str(caught.value) == (
        f"{cache} could not be written: Not a directory. "
        "Make the folder writable, or set XDG_CACHE_HOME to another folder."
    )


def test_committed_lock_names_every_platform():
    """The lock holds DynamoDB Local itself and the native library of each platform that it supports."""
    files = read_lock(lock_path("dynamodb-local", "3.1.0"))
    names = {file.name for file in files}
    assert "DynamoDBLocal-3.1.0.jar" in names
    assert {Path(name).suffix for name in names} == {".jar", ".so", ".dll", ".dylib"}
    assert all(re.fullmatch(r"[0-9a-f]{64}", file.sha256) for file in files)
    assert len(names) == len(files)


def test_absent_lock_is_named(tmp_path):
    """A lock that is not there is one error."""
    with pytest.raises(EngineError, match="the lock cannot be read: No such file or directory"):
        read_lock(tmp_path / "no.lock")


def test_malformed_lock_names_its_line(tmp_path):
    """A malformed line of a lock is named by number."""
    path = tmp_path / "x.lock"
    path.write_text("# head\norg.example:a:1:jar abc\n")
    with pytest.raises(EngineError) as caught:
        read_lock(path)
    assert str(caught.value) == (
        f"{path}:2: a line is `group:artifact:version:packaging sha256 bytes`; "
        "got 'org.example:a:1:jar abc'. Restore the lock with git."
    )
