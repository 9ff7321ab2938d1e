"""Reading YAML: the right lines, the values of YAML 1.2, and an end in time for hostile files."""

import os
import resource
import subprocess
import sys

import pytest

from workbench.errors import InputError
from workbench.spec.design import Design
from workbench.spec.document import LARGEST_FILE_BYTES, Document
from workbench.spec.findings import nearest, shown
from workbench.spec.loader import MOST_REPORTED, load_model, read_model
from workbench.spec.mapping import Mapping
from workbench.spec.yaml_reader import read_document, read_text

SECONDS = 8
"""Ends a file that would hang; the slowest one below takes 1 s on the machine it was written on."""
MEMORY_BYTES = 500 * 2**20


def document_of(text):
    """Returns the document of some YAML."""
    document = Document("x.yaml")
    read_text(text, document)
    return document


def message_of(path):
    """Returns the only message about a file."""
    with pytest.raises(InputError) as error:
        load_model(path, Mapping)
    (problem,) = error.value.problems
    return str(problem).replace(str(path), "FILE")


def test_lines_are_those_of_keys_and_elements():
    """Each path has the line on which its key, or its list element, stands."""
    document = document_of("a:\n  b:\n    - 1\n    - c: 2\n      d: 3\n")
    assert document.lines == {
        (): 1,
        ("a",): 1,
        ("a", "b"): 2,
        ("a", "b", 0): 3,
        ("a", "b", 1): 4,
        ("a", "b", 1, "c"): 4,
        ("a", "b", 1, "d"): 5,
    }


def test_missing_path_has_the_line_of_its_parent():
    """A value that is not there is reported where it should be."""
    assert document_of("a:\n  b: 1\n").line(("a", "c", "d")) == 1


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("~", None),
        ("", None),
        ("true", True),
        ("False", False),
        ("12", 12),
        ("-3", -3),
        ("0x1F", 31),
        ("0o17", 15),
        ("1.50", 1.5),
        ("1e3", 1000.0),
        ("'12'", "12"),
        ("N", "N"),
        ("y", "y"),
        ("12:30:00", "12:30:00"),
        ("2026-01-31", "2026-01-31"),
        ("1_000", "1_000"),
        ("|\n  two\n  lines\n", "two\nlines\n"),
    ],
)
def test_scalars_have_the_values_of_yaml_1_2(text, value):
    """Plain scalars follow YAML 1.2's core schema: no dates, no base 60, no N for false."""
    document = document_of(f"key: {text}")
    assert document.findings == []
    assert document.data == {"key": value}


def test_keys_are_text():
    """A key that looks like a number or a boolean stays what was written."""
    assert document_of("1: a\ntrue: b\nNO: c\n").data == {"1": "a", "true": "b", "NO": "c"}


def test_byte_order_mark_is_accepted(tmp_path):
    """A file that an editor began with a byte order mark is read."""
    path = tmp_path / "a.yaml"
    path.write_bytes(b"\xef\xbb\xbfa: 1\n")
    assert read_document(path).data == {"a": 1}


def test_file_that_is_not_there(tmp_path):
    """A missing file is named."""
    expected = "FILE: cannot be read (no such file or directory). Check the path and its permissions."
    assert message_of(tmp_path / "none.yaml") == expected


def test_folder_in_place_of_a_file(tmp_path):
    """A folder is told from a file."""
    assert message_of(tmp_path) == "FILE: is not a file; got a folder. Name the YAML file itself."


def test_pipe_is_not_waited_for(tmp_path):
    """A pipe, which could keep a reader waiting for ever, is refused."""
    path = tmp_path / "pipe.yaml"
    os.mkfifo(path)
    assert message_of(path) == "FILE: is not a file; got no regular file. Name the YAML file itself."


def test_other_encodings_are_refused(tmp_path):
    """A file that is not UTF-8 is refused with the byte that shows it."""
    path = tmp_path / "a.yaml"
    path.write_bytes("title: Größe".encode("latin-1"))
    assert message_of(path) == "FILE: is not UTF-8 text; got byte 0xf6 at offset 9. Save the file as UTF-8."


def test_too_large_a_file_is_not_read(tmp_path):
    """A file above the limit is refused by its size."""
    path = tmp_path / "a.yaml"
    path.write_bytes(b"a" * (LARGEST_FILE_BYTES + 1))
    assert message_of(path) == "FILE: is too large; got 1048577 bytes, allowed 1048576 bytes. Split the case."


HOSTILE = {
    "nested lists": "a: " + "[" * 500_000,
    "nested mappings": "a: " + "{a: " * 200_000,
    "nested blocks": "".join(f"{' ' * depth}a:\n" for depth in range(1_400)),
    "many values": "a: [" + "1," * 500_000 + "]",
    "many unknown fields": "".join(f"field_{number}: 1\n" for number in range(49_000)),
    "many broken patterns": "patterns:\n" + "".join(f"  p{number}: {{}}\n" for number in range(24_000)),
    "long key": "k" * 1_000_000 + ": 1",
    "long text": "case: " + "x" * 1_000_000,
    "long number": "schema_version: " + "9" * 1_000_000,
    "many braces": "entities: {E: {table: abc, attributes: {}, keys: {PK: '" + "{a" * 400_000 + "'}}}",
    "billion laughs": "a0: &a0 [x]\n" + "".join(f"a{n}: &a{n} [{f'*a{n - 1},' * 9}]\n" for n in range(1, 30)),
    "open quote": 'a: "' + "x\n" * 400_000,
}
"""Text of a hostile file, each below the limit of size."""


def _limited():
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_file_ends_in_time(name, tmp_path):
    """A hostile file ends with 2 within bounded processor time and 500 MB, and without a traceback."""
    path = tmp_path / "design.yaml"
    path.write_text(HOSTILE[name], encoding="utf-8")
    assert path.stat().st_size <= LARGEST_FILE_BYTES
    ended = subprocess.run(
        [sys.executable, "-m", "workbench", "check", str(path)],
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=_limited,
    )
    assert ended.returncode == 2, ended.stderr[-500:]
    assert "Traceback" not in ended.stderr
    assert len(ended.stderr) < 100_000


def test_problems_beyond_a_hundred_are_counted(tmp_path):
    """150 unknown fields and 6 missing ones give a hundred lines and the number of the others."""
    path = tmp_path / "design.yaml"
    path.write_text("".join(f"field_{number}: 1\n" for number in range(150)), encoding="utf-8")
    problems = read_model(path, Design).problems()
    assert len(problems) == MOST_REPORTED + 1
    assert problems[-1].message == "has 56 more problems"


def test_shown_values_are_short_and_harmless():
    """A value in a message is cut, and characters that a terminal obeys are escaped."""
    assert shown("x" * 1000) == '"' + "x" * 56 + "..."
    assert shown("\x1b[2J") == '"\\u001b[2J"'
    assert shown("제목") == '"제목"'


@pytest.mark.parametrize(
    ("name", "found"),
    [("gsi1", "GSI_1"), ("partition", "partition_key"), ("tabel", "table"), ("zzz", ""), ("x" * 500, "")],
)
def test_nearest_name_is_what_was_meant(name, found):
    """Case, underscores, small slips and beginnings of a name lead to it; far names lead nowhere."""
    assert nearest(name, ["table", "GSI_1", "partition_key"]) == found
