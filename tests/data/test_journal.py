from __future__ import annotations

import hashlib
from contextlib import ExitStack, closing

import pytest

from dusktape.data.journal import Journal

ONE, TWO, THREE = (hashlib.sha256(text).hexdigest() for text in (b"1", b"2", b"3"))


@pytest.fixture
def journal(tmp_path):
    """Opens journals in one folder, and closes them."""
    with ExitStack() as stack:

        def opened(stamp="stamp"):
            return stack.enter_context(closing(Journal(tmp_path / "j", stamp)))

        yield opened


def test_a_later_journal_knows_what_an_earlier_one_was_told(tmp_path, journal):
    first = journal()
    first.put(ONE, b"finding")
    assert first.get(ONE) == b"finding"
    later = journal()  # while the first is still open, as after a kill
    assert ONE in later
    assert TWO not in later
    later.put(TWO, b"no")
    last = journal()
    assert (last.get(ONE), last.get(TWO)) == (b"finding", b"no")


def test_what_was_found_under_other_options_is_not_seen(tmp_path, journal):
    journal("one").put(ONE, b"finding")
    assert len(journal("another")) == 0


@pytest.mark.parametrize("damage", ["cut", "changed"])
def test_an_entry_that_is_not_whole_is_as_if_it_were_not_there(tmp_path, journal, damage):
    it = journal()
    it.put(ONE, b"finding")
    it.put(TWO, b"finding")
    it.close()
    (path,) = (tmp_path / "j").iterdir()
    data = path.read_bytes()
    path.write_bytes(data[:-7] if damage == "cut" else data[:-7] + b"X" + data[-6:])
    again = journal()
    assert ONE in again
    assert TWO not in again


def test_nothing_is_written_before_there_is_something(tmp_path, journal):
    journal().remove()
    assert not (tmp_path / "j").exists()


def test_only_its_own_files_are_removed(tmp_path, journal):
    other = journal("other")
    other.put(ONE, b"finding")
    other.close()
    (tmp_path / "j" / "letter.txt").touch()
    it = journal()
    it.put(ONE, b"finding")
    it.remove()
    assert [p.name for p in (tmp_path / "j").iterdir()] == ["letter.txt"]
    (tmp_path / "j" / "letter.txt").unlink()
    it.remove()
    assert not (tmp_path / "j").exists()
