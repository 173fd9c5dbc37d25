"""MP3 and Vorbis keep the master's ceiling, too."""

import numpy as np
import pytest

from dusktape.core.audio import SAMPLE_RATE, Cues
from dusktape.core.plugins import find
from dusktape.core.seed import Seed
from dusktape.dsp.loudness import lufs, true_peak_db
from dusktape.io.audiofile import AudioWriter, read
from dusktape.publish.lossy import feed


@pytest.fixture(scope="module")
def master():
    """Chords with drums on top, limited at -1 dBTP."""
    rng = np.random.default_rng(4)
    n = np.arange(8 * SAMPLE_RATE)
    chords = sum(0.12 * np.sin(2 * np.pi * hz / SAMPLE_RATE * n) for hz in (220.0, 277.2, 329.6, 1200.0))
    burst = np.exp(-(n % 22_050) / 500.0) * rng.standard_normal((2, n.size)) + chords
    limiter = find("effects", "limiter")(ceiling_dbtp=-1.0)
    processor = limiter.open(SAMPLE_RATE, 2, cues=Cues(frames=n.size), seed=Seed(0))
    return processor.process(burst.astype(np.float32))


def written(master, path, step=4096):
    with AudioWriter(path, seed=Seed(1)) as writer:
        into = feed(writer, ceiling_dbtp=-1.0)
        for start in range(0, master.shape[1], step):
            into.write(master[:, start : start + step])
        into.finish()
    return read(path).samples


@pytest.mark.parametrize("suffix", [".mp3", ".ogg"])
def test_what_a_decoder_plays_stays_under_the_ceiling(master, tmp_path, suffix):
    heard = written(master, tmp_path / f"x{suffix}")
    assert heard.shape == master.shape
    assert true_peak_db(heard) <= -1.0
    assert lufs(heard, SAMPLE_RATE) == pytest.approx(lufs(master, SAMPLE_RATE), abs=0.4)


@pytest.mark.parametrize("suffix", [".flac", ".wav"])
def test_lossless_files_hold_the_master_itself(master, tmp_path, suffix):
    np.testing.assert_allclose(written(master, tmp_path / f"x{suffix}"), master, atol=2e-7)
