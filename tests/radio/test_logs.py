from __future__ import annotations

import io
import json
from pathlib import Path

from dusktape.radio.logs import FILES, Log, LogFile, emit


def lines(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_a_line_is_an_object_with_a_time(capsys) -> None:
    Log("worker", owner="me").bind(job="a").error("job crashed", trace="x\ny", path=Path("z"))
    told = json.loads(capsys.readouterr().err)
    stamp = told.pop("timestamp")
    assert stamp.startswith("20")
    assert told == {
        "who": "worker",
        "owner": "me",
        "job": "a",
        "trace": "x\ny",
        "path": "z",
        "event": "job crashed",
        "level": "error",
    }


def test_what_processes_say_is_kept_as_it_is_or_as_an_event(tmp_path: Path) -> None:
    file = LogFile(tmp_path / "logs" / "radio.jsonl")
    file.heard("server", '{"event": "hello", "level": "info", "who": "itself"}')
    file.heard("worker-0", "Traceback: oh \N{SNOWMAN}")
    file.heard("worker-0", "[1, 2]")
    file.close()
    first, *others = lines(tmp_path / "logs" / "radio.jsonl")
    assert (first["who"], first["event"]) == ("itself", "hello")
    assert [one["event"] for one in others] == ["Traceback: oh \N{SNOWMAN}", "[1, 2]"]


def test_a_log_never_outgrows_its_files(tmp_path: Path) -> None:
    path = tmp_path / "radio.jsonl"
    file = LogFile(path, most_bytes=1000)
    for number in range(400):
        file.write({"event": "x" * 50, "number": number})
    file.close()
    kept = sorted(tmp_path.iterdir())
    assert len(kept) == FILES + 1
    assert all(one.stat().st_size < 1200 for one in kept)
    assert lines(path)[-1]["number"] == 399


def test_a_long_line_is_cut_and_a_closed_stream_ignored(tmp_path: Path) -> None:
    file = LogFile(tmp_path / "a.jsonl")
    file.heard("worker-0", "x" * 100_000)
    file.close()
    assert len(str(lines(tmp_path / "a.jsonl")[0]["event"])) == 20_000
    stream = io.StringIO()
    stream.close()
    emit(stream, {"event": "nobody hears"})
