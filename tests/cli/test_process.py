"""The command in a process of its own: signals, pipes, odd surroundings, and what it loads."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import pytest

ARGUMENTS = ("--minutes", "0.5", "--seed", "4", "--quiet")
RUN = (sys.executable, "-c", "from dusktape.cli import main; main()")

posix = pytest.mark.skipif(os.name == "nt", reason="Windows has no such signals and limits")


def run(*arguments, folder, env=None, before=None, **more):
    return subprocess.run(
        [*RUN, *map(str, arguments)],
        cwd=folder,
        env=os.environ if env is None else env,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        preexec_fn=before,
        **more,
    )


@posix
@pytest.mark.parametrize(
    ("wanted", "stop", "code"),
    [
        (("-o", "x.flac", "--stems", "--midi"), signal.SIGINT, 130),
        (("--bundle", "b"), signal.SIGINT, 130),
        (("--bundle", "b"), signal.SIGTERM, 143),
    ],
)
def test_a_signal_in_the_middle_leaves_no_file(tmp_path, mini, wanted, stop, code):
    process = subprocess.Popen(
        [*RUN, "make", mini, "--minutes", "60", "--seed", "4", *wanted],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    end = time.monotonic() + 60.0
    while not any(p.is_file() and p.stat().st_size > 0 for p in tmp_path.rglob("*")) and time.monotonic() < end:
        time.sleep(0.02)
    time.sleep(0.3)
    process.send_signal(stop)
    out, err = process.communicate(timeout=60)
    assert process.returncode == code
    assert out == ""
    said = [line for line in err.splitlines() if line]
    assert said == ["recipe mini, seed 4", "dusktape: stopped; nothing half-written was left behind"]
    assert list(tmp_path.iterdir()) == []


@posix
@pytest.mark.parametrize(("stop", "code"), [("SIGINT", 130), ("SIGTERM", 143)])
@pytest.mark.parametrize("module", ["click", "numpy", "dusktape.cli.commands"])
def test_a_signal_during_imports_is_no_traceback(tmp_path, module, stop, code):
    script = f"""
import os, signal, sys

class Interrupts:
    def find_spec(self, name, path=None, target=None):
        if name == {module!r}:
            os.kill(os.getpid(), signal.{stop})

from dusktape.cli import main
sys.meta_path.insert(0, Interrupts())
main(["make", "--seed", "1"])
"""
    said = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
    )
    assert (said.returncode, said.stdout) == (code, "")
    assert said.stderr.strip() == "dusktape: stopped; nothing half-written was left behind"
    assert list(tmp_path.iterdir()) == []


@posix
def test_closed_streams_cost_no_track(tmp_path, mini):
    for k, streams in enumerate([(1,), (2,), (0, 1, 2)]):
        said = run(
            *("make", mini, "--minutes", "0.5", "--seed", "4", "-o", f"{k}.wav"),
            folder=tmp_path,
            before=lambda streams=streams: [os.close(s) for s in streams],
        )
        assert said.returncode == 0
        assert "Traceback" not in said.stderr
        assert (tmp_path / f"{k}.wav").stat().st_size > 1_000_000
    assert (tmp_path / "2.wav").read_bytes() == (tmp_path / "0.wav").read_bytes()


@posix
def test_a_path_that_stdout_cannot_write_is_the_bytes_of_its_name(tmp_path, mini):
    name = "nächtlich ♪ ".encode() + b"\xff.wav"
    for encoding in ("ascii", "latin-1", "utf-8"):
        said = subprocess.run(
            [*RUN, "make", mini, *ARGUMENTS, "--force", "-o", name],
            cwd=tmp_path,
            env={**os.environ, "PYTHONIOENCODING": encoding},
            capture_output=True,
            timeout=120,
            check=False,
        )
        expected = name if encoding != "latin-1" else name.replace("ä".encode(), b"\xe4")
        assert (said.returncode, said.stdout, said.stderr) == (0, expected + b"\n", b"")


@posix
def test_a_file_that_may_not_grow_leaves_nothing(tmp_path, mini):
    import resource

    said = run(
        *("make", mini, *ARGUMENTS),
        folder=tmp_path,
        before=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, 1_000_000)),
    )
    assert said.returncode == 1
    assert said.stdout == ""
    assert len(said.stderr.splitlines()) == 1
    assert said.stderr.startswith("dusktape: ")
    assert list(tmp_path.iterdir()) == []


@posix
def test_it_works_with_nothing_in_the_environment(tmp_path, mini):
    said = run("make", mini, *ARGUMENTS, "-o", "nächtlich ♪.mp3", folder=tmp_path, env={})
    assert (said.returncode, said.stderr) == (0, "")
    assert (tmp_path / "nächtlich ♪.mp3").is_file()


@posix
def test_a_name_that_is_no_text_works_too(tmp_path):
    said = subprocess.run(
        [*RUN, "recipes", "show", b"\xff.toml"], cwd=tmp_path, capture_output=True, timeout=60, check=False
    )
    assert said.returncode == 1
    assert said.stderr.decode("ascii").startswith("dusktape: '\\udcff.toml' cannot be read")


@posix
def test_a_reader_that_leaves_early_is_no_mistake(tmp_path):
    process = subprocess.Popen(
        [*RUN, "parts", "--json"], cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    process.stdout.close()
    assert process.stderr.read() == ""
    assert process.wait(60) == 1
    process.stderr.close()


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")  # noqa: PTH110
def test_a_full_disk_behind_stdout_is_one_line(tmp_path):
    with open("/dev/full", "w") as full:  # noqa: PTH123
        said = subprocess.run(
            [*RUN, "parts"], cwd=tmp_path, stdout=full, stderr=subprocess.PIPE, text=True, timeout=60, check=False
        )
    assert said.returncode == 1
    assert said.stderr == "dusktape: the disk is full; free some space, or choose a folder on another disk\n"


def loaded_by(code, tmp_path):
    script = f"import sys\n{code}\nprint(*sorted({{name.partition('.')[0] for name in sys.modules}}))"
    said = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=True
    )
    return set(said.stdout.splitlines()[-1].split())


HEAVY = {
    "numpy",
    "pydantic",
    "torch",
    "scipy",
    "numba",
    "fastapi",
    "uvicorn",
    "PIL",
    "soundfile",
    "mido",
    "safetensors",
}


@pytest.mark.parametrize(
    "code",
    [
        "import dusktape; dir(dusktape); dusktape.__version__",
        "import dusktape.cli",
        "from dusktape.cli import dusktape\ntry: dusktape.main(['--help'])\nexcept SystemExit: pass",
    ],
)
def test_nothing_heavy_is_loaded_before_it_is_used(tmp_path, code):
    assert not HEAVY & loaded_by(code, tmp_path)


def test_a_song_is_made_without_torch_scipy_numba_or_a_web_server(tmp_path, mini):
    code = (
        "from dusktape.cli import main\n"
        "try: main(['make', 'dusk', '--minutes', '0.5', '--seed', '1', '--quiet'])\n"
        "except SystemExit as left: assert not left.code"
    )
    loaded = loaded_by(code, tmp_path)
    assert "numpy" in loaded
    assert not {"torch", "scipy", "numba", "fastapi", "uvicorn"} & loaded
    assert (tmp_path / "dusk-1.flac").is_file()


def test_two_processes_make_the_same_file(tmp_path, mini):
    said = [
        run("make", mini, *ARGUMENTS, "-o", f"{k}.wav", folder=tmp_path, env={**os.environ, **env})
        for k, env in enumerate([{"OPENBLAS_NUM_THREADS": "1"}, {"OPENBLAS_NUM_THREADS": "2", "PYTHONHASHSEED": "7"}])
    ]
    assert [s.returncode for s in said] == [0, 0]
    import numpy as np

    from dusktape.io.audiofile import read

    np.testing.assert_allclose(read(tmp_path / "0.wav").samples, read(tmp_path / "1.wav").samples, atol=1e-5)


def test_python_m_runs_the_command(tmp_path):
    said = subprocess.run(
        [sys.executable, "-m", "dusktape", "--version"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (said.returncode, said.stderr) == (0, "")
    assert said.stdout.startswith("dusktape, version ")
