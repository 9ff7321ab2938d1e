"""The parts of a move that need no engine: ledger, fingerprints, batches, texts, command line."""

from __future__ import annotations

import json
import sqlite3
from hashlib import blake2b

import pytest

from workbench.errors import MigrationError
from workbench.migrate.digests import content_digest, differing, key_digest, made_digest
from workbench.migrate.ledger import ChunkRecord, Claim, Ledger, Reject
from workbench.migrate.texts import ledger_lines, verification_lines
from workbench.migrate.verify import EntityVerdict, Verification
from workbench.migrate.writer import BATCH_BYTES, batches


def test_a_ledger_remembers_after_it_was_closed(tmp_path):
    """Facts, chunks and rejects are there when the file is opened again."""
    chunk = ChunkRecord("Note", 0, first=1, last=9, rows=9, items=8)
    with Ledger(tmp_path / "ledger") as ledger:
        ledger.remember(case="notes", population=3)
        with ledger.transaction():
            ledger.begin_chunk(chunk, [Reject("Note", 4, "too large")])

    with Ledger(tmp_path / "ledger") as ledger:
        assert ledger.facts() == {"case": "notes", "population": "3"}
        assert ledger.chunks() == [chunk]
        ledger.finish_chunk(chunk)
        assert [record.done for record in ledger.chunks("Note")] == [True]
        assert ledger.rejects() == (Reject("Note", 4, "too large"),)


def test_records_of_a_transaction_that_failed_are_not_kept(tmp_path):
    """A chunk is recorded with all its rejects and claims, or not at all."""

    def broken(ledger):
        with ledger.transaction():
            ledger.claim([Claim(b"k", "Note", 1)])
            ledger.begin_chunk(ChunkRecord("Note", 0, 1, 9, 9, 8), [])
            raise KeyError("broken")

    with Ledger(tmp_path / "ledger") as ledger:
        with pytest.raises(KeyError, match="broken"):
            broken(ledger)
        assert ledger.chunks() == []
        assert ledger.claim([Claim(b"k", "Note", 2)]) == [Claim(b"k", "Note", 2)]


def test_the_first_row_that_claims_a_key_owns_it():
    """A later claim, in the same call or after, is answered with the owner; the owner may ask again."""
    first, second, other = Claim(b"k", "Note", 1), Claim(b"k", "Note", 2), Claim(b"l", "Note", 3)
    with Ledger() as ledger:
        assert ledger.claim([first, second, other]) == [first, first, other]
        assert ledger.claim([second]) == [first]
        assert ledger.claim([first]) == [first]


def test_a_ledger_in_use_is_refused(tmp_path):
    """Two backfills with one ledger would write the same chunks; reading it is allowed."""
    path = tmp_path / "ledger"
    with Ledger(path) as ledger:
        ledger.remember(case="notes")
        with pytest.raises(MigrationError) as error:
            Ledger(path)
        with Ledger(path, writable=False) as reader:
            assert reader.facts() == {"case": "notes"}
    assert str(error.value) == f"{path}: another backfill uses this ledger. Wait for its end or stop it."


def test_a_file_that_is_no_ledger_is_refused_and_kept(tmp_path):
    """The message names the file and the reason; the file is not touched."""
    path = tmp_path / "notes.txt"
    path.write_bytes(b"shopping list " * 100)

    with pytest.raises(MigrationError) as error:
        Ledger(path)

    assert str(error.value) == (
        f"{path}: cannot be used as a ledger: file is not a database. Name another file with --ledger."
    )
    assert path.read_bytes() == b"shopping list " * 100


def test_a_ledger_in_a_place_that_cannot_be_written_is_refused(tmp_path):
    """The message names the path and the system's reason."""
    (tmp_path / "file").write_text("")

    with pytest.raises(MigrationError) as error:
        Ledger(tmp_path / "file" / "ledger")

    assert str(error.value).endswith("Name another file with --ledger.")


def test_a_full_disk_is_one_clear_error(tmp_path):
    """SQLite's words follow the path, with what to do; what was recorded before is kept."""
    path = tmp_path / "ledger"

    def filled():
        with Ledger(path) as ledger:
            ledger.remember(case="notes")
            ledger.transaction().execute("PRAGMA max_page_count = 1")
            ledger.remember(design="x" * 10**6)

    with pytest.raises(MigrationError) as error:
        filled()

    assert str(error.value) == (
        f"{path}: the ledger cannot be used: database or disk is full. "
        "Make room or free it, then run the same again."
    )
    with Ledger(path) as ledger:
        assert ledger.facts() == {"case": "notes"}


ITEM = {"PK": {"S": "a"}, "SK": {"N": "1"}, "tags": {"SS": ["x", "y"]}, "blob": {"B": b"\x01"}}


def test_equal_items_have_equal_fingerprints():
    """The order of attributes and set members and the spelling of numbers make no difference."""
    same = {"blob": {"B": b"\x01"}, "tags": {"SS": ["y", "x"]}, "SK": {"N": "1.0"}, "PK": {"S": "a"}}
    assert content_digest(ITEM) == content_digest(same)
    assert key_digest("T", ("PK", "SK"), ITEM) == key_digest("T", ("PK", "SK"), same)


@pytest.mark.parametrize(
    "change",
    [{"PK": {"S": "b"}}, {"SK": {"S": "1"}}, {"tags": {"L": []}}, {"blob": {"S": "01"}}, {"n": {"N": "1"}}],
)
def test_items_that_differ_have_other_fingerprints(change):
    """Value, type and presence of each attribute count, and the difference is named."""
    other = ITEM | change
    assert content_digest(ITEM) != content_digest(other)
    assert differing(ITEM, other) == tuple(change)


@pytest.mark.parametrize(
    "text", ["plain", 'a "quoted" \\ line\n\t\x01\x7f', "\u20ac \U0001f600 \u2028", "\ud800", ""]
)
def test_a_fingerprint_is_that_of_the_json_with_sorted_names(text):
    """Written by Python's own encoder, which also writes half a surrogate pair; binary values are base64."""
    item = {
        text or "z": {"S": text},
        "b": {"B": b"\x00\xff"},
        "a": {"M": {"y": {"N": "1"}, "x": {"S": text}}},
    }
    plain = item | {"b": {"B": "AP8="}}
    json_text = json.dumps(plain, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    expected = blake2b(json_text.encode("utf-8", "surrogatepass"), digest_size=16).digest()

    assert made_digest(item) == made_digest(plain) == content_digest(item) == expected


def test_the_same_key_in_another_table_is_another_key():
    """Tables do not share keys."""
    assert key_digest("T", ("PK",), ITEM) != key_digest("U", ("PK",), ITEM)


def test_a_batch_has_25_items_at_most():
    """Items keep their order; the last batch has the rest."""
    items = [{"PK": {"N": str(number)}} for number in range(60)]
    cut = list(batches(items))
    assert [len(batch) for batch in cut] == [25, 25, 10]
    assert [item for batch in cut for item in batch] == items


def test_large_items_make_small_batches():
    """A request stays below its limit even when JSON makes text six times as long."""
    items = [{"PK": {"S": "x" * 400_000}}] * 12
    assert all(len(batch) * 400_002 <= BATCH_BYTES for batch in batches(items))
    assert sum(map(len, batches(items))) == 12


def test_no_items_make_no_batch():
    """Nothing is sent for an empty chunk."""
    assert list(batches([])) == []


def test_a_verification_is_told_as_a_table_and_a_verdict():
    """Counts stand right under their names."""
    verdict = EntityVerdict("Note", "Notes", rows=1200, rejected=1, equal=1198, different=0, missing=1)
    found = Verification((verdict,), {"Notes": 1199}, {"Notes": 1}, ())
    assert (found.rows, found.items, found.rejected, found.equal) == (1200, 1199, 1, False)
    assert list(verification_lines(found)) == [
        "entity  rows  equal  different  missing  rejected",
        "Note    1200   1198          0        1         1",
        "Notes: 1 items without a row",
        "not equal",
    ]


def test_the_status_of_a_ledger_counts_chunks_that_are_done(tmp_path):
    """Chunks that were begun only are counted as chunks, not as moved rows."""
    done, begun = ChunkRecord("Note", 0, 1, 9, 9, 8), ChunkRecord("Note", 1, 10, 19, 10, 10)
    with Ledger(tmp_path / "ledger") as ledger:
        ledger.begin_chunk(done, [Reject("Note", 4, "too large")])
        ledger.finish_chunk(done)
        ledger.begin_chunk(begun, [])

    with Ledger(tmp_path / "ledger", writable=False) as ledger:
        assert list(ledger_lines(ledger)) == [
            "entity  chunks  done  rows  items",
            "Note         2     1     9      8",
            "1 rows cannot become items:",
            "  Note row 4: too large",
        ]


def test_a_ledger_is_an_ordinary_sqlite_file(tmp_path):
    """Other tools can read it, also while it is open."""
    with Ledger(tmp_path / "ledger") as ledger:
        ledger.remember(case="notes")
    with Ledger(tmp_path / "ledger", writable=False):
        database = sqlite3.connect(tmp_path / "ledger")
    assert database.execute("SELECT value FROM facts").fetchall() == [("notes",)]
    database.close()
