"""The dependencies stand in three files; these tests hold them together."""

import re
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def normal(requirement: str) -> str:
    """Returns the name of a requirement in the form that locks use."""
    return re.sub(r"[-_.]+", "-", re.split(r"[\[<>=; ]", requirement)[0]).lower()


def declared() -> set[str]:
    """Returns the requirements of pyproject.toml, as written."""
    return {*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["dev"]}


def test_environment_names_what_pyproject_names() -> None:
    """A conda user gets exactly the packages that pyproject.toml asks for, and the same Python."""
    environment = yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"]
    (pip,) = [entry["pip"] for entry in environment if isinstance(entry, dict)]
    assert set(pip) == declared()
    assert f"python{PROJECT['requires-python']}" in environment


LOCKS = {
    "requirements.lock": declared(),
    "requirements-bench.lock": {*PROJECT["optional-dependencies"]["bench"]},
}


@pytest.mark.parametrize("name", LOCKS)
def test_lock_holds_every_declared_package_with_hashes(name: str) -> None:
    """Each declared package is locked, and each locked package has a hash."""
    lock = (ROOT / name).read_text()
    entries = re.findall(r"^([A-Za-z0-9._-]+)==\S+.*?(?=^\S|\Z)", lock, re.MULTILINE | re.DOTALL)
    assert {normal(one) for one in LOCKS[name]} <= {normal(one) for one in entries}
    blocks = re.split(r"^(?=\S)", lock, flags=re.MULTILINE)[1:]
    assert all("--hash=sha256:" in block for block in blocks)


@pytest.mark.parametrize("name", LOCKS)
def test_lock_names_no_host(name: str) -> None:
    """The lock works with whatever package index a machine is set up for."""
    assert "://" not in (ROOT / name).read_text()


def test_every_extra_is_locked() -> None:
    """No extra is left without a lock that it is installed from."""
    assert set(PROJECT["optional-dependencies"]) == {"dev", "bench"}
