"""The maintainer's command that writes an engine's lock: `python -m workbench.engines.lock`.

It resolves DynamoDB Local and what it depends on with jgo, fetches each file once and writes coordinates,
hashes and sizes. Run it only to move to another version; read the difference before committing it.
"""

from __future__ import annotations

import hashlib
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import click
from jgo.maven import MavenContext

from workbench.engines.jars import PARALLEL_FETCHES, TIMEOUT_SECONDS, LockedFile, lock_path

PRODUCT = "software.amazon.dynamodb:DynamoDBLocal"
HEADER = """\
# Files of DynamoDB Local {version}: group:artifact:version:packaging, SHA-256, bytes.
# Written by `python -m workbench.engines.lock {version}`; not to be edited.
"""


@click.command()
@click.argument("version")
def main(version: str) -> None:
    """Write the lock of DynamoDB Local VERSION into data/engines."""
    with tempfile.TemporaryDirectory() as repository:
        files = _locked_files(version, Path(repository))
    path = lock_path("dynamodb-local", version)
    rows = [f"{file.coordinate} {file.sha256} {file.size_bytes}\n" for file in files]
    part = path.with_suffix(".part")
    part.write_text(HEADER.format(version=version) + "".join(rows), encoding="utf-8")
    part.replace(path)
    click.echo(f"{path}: {len(files)} files, {sum(file.size_bytes for file in files) / 1e6:.1f} MB")


def _locked_files(version: str, repository: Path) -> list[LockedFile]:
    context = MavenContext(repo_cache=repository, timeout=TIMEOUT_SECONDS)
    roots, others = context.resolver.resolve([context.create_dependency(f"{PRODUCT}:{version}")])
    with ThreadPoolExecutor(PARALLEL_FETCHES) as pool:
        return sorted(pool.map(_locked_file, [*roots, *others]))


def _locked_file(dependency: Any) -> LockedFile:
    artifact = dependency.artifact
    content = artifact.resolve().read_bytes()
    parts = (artifact.groupId, artifact.artifactId, artifact.version, dependency.type)
    return LockedFile(":".join(parts), hashlib.sha256(content).hexdigest(), len(content))


if __name__ == "__main__":
    main()
