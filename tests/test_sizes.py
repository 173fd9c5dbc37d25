"""How long the files of the package may be."""

from pathlib import Path

import dusktape

LINES = 400


def test_no_module_has_grown_beyond_a_size_that_one_reads_at_once():
    folder = Path(dusktape.__file__).parent
    long = {path.relative_to(folder): len(path.read_text("utf-8").splitlines()) for path in folder.rglob("*.py")}
    assert not {str(path): lines for path, lines in long.items() if lines > LINES}
    assert len(long) > 100
