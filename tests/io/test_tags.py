from __future__ import annotations

import base64
import io
import json
import shutil
import subprocess
import unicodedata
from pathlib import Path

import mutagen
import mutagen.flac
import mutagen.id3
import mutagen.mp3
import mutagen.oggvorbis
import mutagen.wave
import numpy as np
import pytest
import soundfile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from dusktape.core.errors import InputError
from dusktape.core.score import Key
from dusktape.core.seed import Seed
from dusktape.io import audiofile, tags_flac, tags_id3, tags_ogg, tags_wav
from dusktape.io.audiofile import FORMATS, AudioWriter
from dusktape.io.tags import Tags, field_name, lines, one_line

SHA = "0f" * 32
STATEMENT = "Made by software, in so many words."
EMBED = {".flac": tags_flac.embed, ".wav": tags_wav.embed, ".ogg": tags_ogg.embed, ".mp3": tags_id3.embed}
ID3_FRAMES = {"TITLE": "TIT2", "ARTIST": "TPE1", "ALBUM": "TALB", "DATE": "TDRC", "GENRE": "TCON", "INITIALKEY": "TKEY"}
SOUND = (0.1 * np.random.default_rng(5).standard_normal((2, 5000))).astype(np.float32)


def png(width: int = 64, height: int = 48, mode: str = "RGB") -> bytes:
    noise = np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)
    file = io.BytesIO()
    Image.fromarray(noise).convert(mode).save(file, "PNG")
    return file.getvalue()


def full_tags() -> Tags:
    return Tags(
        title="Regen am Fenster, 夜の雨",
        artist="Dusktape",
        album="Night lines",
        date="2026-11-20",
        bpm=77.5,
        key=Key(6, "minor"),
        comment="Two lines,\nthis is the second.",
        licence="CC0-1.0",
        seed=7,
        recipe="rainy",
        version="0.1.0",
        models={"melody": SHA, "harmony": SHA[::-1]},
        ai_statement=STATEMENT,
        ai_generated=True,
        extra={"Mood": "wistful"},
        cover=png(),
    )


def write(path: Path, tags: Tags | None) -> Path:
    with AudioWriter(path, seed=Seed(1), tags=tags, force=True) as writer:
        writer.write(SOUND)
    return path


def text_fields(path: Path) -> dict[str, str]:
    """What mutagen reads, under the names of Vorbis comments."""
    if path.suffix in (".flac", ".ogg"):
        read = mutagen.flac.FLAC(path) if path.suffix == ".flac" else mutagen.oggvorbis.OggVorbis(path)
        return {name.upper(): texts[0] for name, texts in read.items() if name.upper() != "METADATA_BLOCK_PICTURE"}
    frames = (mutagen.mp3.MP3(path) if path.suffix == ".mp3" else mutagen.wave.WAVE(path)).tags
    found = {name: str(frames[frame].text[0]) for name, frame in ID3_FRAMES.items() if frame in frames}
    found |= {frame.desc: frame.text[0] for frame in frames.getall("TXXX")}
    for frame in frames.getall("COMM"):
        found["COMMENT"] = frame.text[0]
    if "TBPM" in frames:
        found["BPM"] = str(frames["TBPM"])
    return found


def cover(path: Path) -> tuple[bytes, str, int]:
    """The embedded picture: its bytes, MIME type and kind."""
    if path.suffix == ".flac":
        picture = mutagen.flac.FLAC(path).pictures[0]
        assert (picture.width, picture.height, picture.depth) == (64, 48, 24)
    elif path.suffix == ".ogg":
        read = mutagen.oggvorbis.OggVorbis(path)
        picture = mutagen.flac.Picture(base64.b64decode(read["METADATA_BLOCK_PICTURE"][0]))
    else:
        picture = (mutagen.mp3.MP3(path) if path.suffix == ".mp3" else mutagen.wave.WAVE(path)).tags.getall("APIC")[0]
    return picture.data, picture.mime, int(picture.type)


@pytest.mark.parametrize("suffix", FORMATS)
def test_mutagen_reads_every_field_and_the_cover(tmp_path: Path, suffix: str) -> None:
    tags = full_tags()
    path = write(tmp_path / f"a{suffix}", tags)
    expected = tags.fields()
    if suffix in (".mp3", ".wav"):
        expected["BPM"] = "78"  # whole numbers only
    assert text_fields(path) == expected
    assert expected["COMMENT"] == f"Two lines,\nthis is the second.\n{STATEMENT}"
    assert expected["INITIALKEY"] == "F#m" and expected["DUSKTAPE_MODEL_MELODY"] == SHA
    assert expected["DUSKTAPE_SEED"] == "7" and expected["AI_GENERATED"] == "true" and expected["MOOD"] == "wistful"
    assert cover(path) == (tags.cover, "image/png", 3)


@pytest.mark.parametrize("suffix", [".mp3", ".wav"])
def test_id3_carries_the_licence_for_eyes_and_for_clicks(tmp_path: Path, suffix: str) -> None:
    path = write(tmp_path / f"a{suffix}", full_tags())
    frames = (mutagen.mp3.MP3(path) if suffix == ".mp3" else mutagen.wave.WAVE(path)).tags
    assert frames["TCOP"] == "2026 CC0-1.0"
    assert frames.getall("WCOP")[0].url == "https://creativecommons.org/publicdomain/zero/1.0/"
    assert frames.version == (2, 4, 0)


@pytest.mark.skipif(shutil.which("ffprobe") is None, reason="ffprobe is not installed (it comes with ffmpeg)")
@pytest.mark.parametrize("suffix", FORMATS)
def test_ffprobe_reads_the_tags_and_the_cover_without_complaint(tmp_path: Path, suffix: str) -> None:
    tags = full_tags()
    path = write(tmp_path / f"a{suffix}", tags)
    command = ["ffprobe", "-v", "warning", "-of", "json", "-show_format", "-show_streams", str(path)]
    told = subprocess.run(command, capture_output=True, check=True)
    # ffmpeg takes the INFO list of a WAV and says so; of its ID3 tag it shows the cover alone.
    assert told.stderr == b"" or (suffix == ".wav" and b"Discarding ID3" in told.stderr)
    data = json.loads(told.stdout)
    found = data["format"].get("tags", {}) | data["streams"][0].get("tags", {})
    found = {name.upper(): text for name, text in found.items()}
    expected = tags.fields()
    assert found["TITLE"] == expected["TITLE"] and found["ALBUM"] == expected["ALBUM"]
    assert STATEMENT in found["COMMENT"]
    if suffix == ".wav":
        assert found["COPYRIGHT"] == "CC0-1.0" and found["ENCODER"] == "dusktape 0.1.0"
        assert "DUSKTAPE_SEED: 7\nDUSKTAPE_RECIPE: rainy" in found["COMMENT"]
        assert f"DUSKTAPE_MODEL_MELODY: {SHA}" in found["COMMENT"] and "INITIALKEY: F#m" in found["COMMENT"]
    else:
        assert found["DUSKTAPE_SEED"] == "7" and found["DUSKTAPE_MODEL_MELODY"] == SHA
        assert found.get("TKEY", found.get("INITIALKEY")) == "F#m"
        assert found["LICENSE"] == "CC0-1.0"
    pictures = [s for s in data["streams"] if s["codec_type"] == "video"]
    assert [(s["codec_name"], s["width"], s["height"]) for s in pictures] == [("png", 64, 48)]


@pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="ffmpeg is not installed")
@pytest.mark.parametrize("suffix", FORMATS)
def test_ffmpeg_decodes_the_file_without_complaint(tmp_path: Path, suffix: str) -> None:
    path = write(tmp_path / f"a{suffix}", full_tags())
    command = ["ffmpeg", "-v", "error", "-i", str(path), "-map", "0:a", "-f", "f32le", "-"]
    told = subprocess.run(command, capture_output=True, check=True)
    assert told.stderr == b""
    assert len(told.stdout) == SOUND.size * 4


def test_info_texts_are_there_for_players_that_read_nothing_else(tmp_path: Path) -> None:
    data = write(tmp_path / "a.wav", full_tags()).read_bytes()
    assert int.from_bytes(data[4:8], "little") == len(data) - 8
    assert "INAM" in str(data) and full_tags().title.encode() + b"\0" in data and b"ISFT" in data


@pytest.mark.parametrize("suffix", FORMATS)
def test_tagging_does_not_touch_the_sound(tmp_path: Path, suffix: str) -> None:
    plain = audiofile.read(write(tmp_path / f"plain{suffix}", None))
    tagged = audiofile.read(write(tmp_path / f"tagged{suffix}", full_tags()))
    assert np.array_equal(plain.samples, tagged.samples)
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted([f"plain{suffix}", f"tagged{suffix}"])


@pytest.mark.parametrize("suffix", FORMATS)
def test_tagging_again_replaces_the_tags(tmp_path: Path, suffix: str) -> None:
    once = write(tmp_path / f"once{suffix}", Tags(title="Other", cover=png(8, 8)))
    again = tmp_path / f"again{suffix}"
    with once.open("rb") as source, again.open("w+b") as target:
        EMBED[suffix](source, target, full_tags())
    straight = write(tmp_path / f"straight{suffix}", full_tags())
    assert unpadded(again) == unpadded(straight)


def unpadded(path: Path) -> bytes:
    """Return a file's bytes, of FLAC without its padding, which may be longer where the tags were known early."""
    if path.suffix == ".flac":
        read = mutagen.flac.FLAC(path)
        read.save(padding=lambda info: 0)
    return path.read_bytes()


def test_flac_tags_that_are_known_before_the_first_block_are_written_in_place(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr("dusktape.io.atomic.PendingFile.replacing_content", lambda self: 1 / 0)
    path = write(tmp_path / "a.flac", full_tags())
    assert text_fields(path)["TITLE"] == full_tags().title
    assert len(mutagen.flac.FLAC(path).pictures) == 1
    assert tags_flac.SPARE <= mutagen.flac.FLAC(path).metadata_blocks[-1].length < tags_flac.SPARE + 200
    soundfile.read(path)


def test_flac_tags_that_outgrow_their_room_are_written_all_the_same(tmp_path: Path) -> None:
    path = tmp_path / "a.flac"
    with AudioWriter(path, seed=Seed(1), tags=Tags(title="short")) as writer:
        writer.write(SOUND)
        writer.tags = Tags(title="long" * 3000)
    assert text_fields(path)["TITLE"] == "long" * 3000
    with AudioWriter(tmp_path / "none.flac", seed=Seed(1), tags=Tags(title="short")) as writer:
        writer.write(SOUND)
        writer.tags = None
    assert text_fields(tmp_path / "none.flac")["TITLE"] == "short"
    np.testing.assert_array_equal(soundfile.read(path)[0], soundfile.read(tmp_path / "none.flac")[0])


@pytest.mark.parametrize("suffix", FORMATS)
def test_the_same_sound_and_tags_are_the_same_bytes(tmp_path: Path, suffix: str) -> None:
    first = write(tmp_path / f"a{suffix}", full_tags()).read_bytes()
    assert write(tmp_path / f"b{suffix}", full_tags()).read_bytes() == first


@pytest.mark.parametrize("suffix", FORMATS)
def test_tags_can_be_set_while_writing(tmp_path: Path, suffix: str) -> None:
    with AudioWriter(tmp_path / f"a{suffix}", seed=Seed(1)) as writer:
        writer.write(SOUND)
        writer.tags = Tags(title="Late")
    assert text_fields(tmp_path / f"a{suffix}")["TITLE"] == "Late"


@pytest.mark.parametrize("suffix", [".flac", ".ogg", ".wav"])
def test_what_is_no_such_stream_is_refused(suffix: str) -> None:
    for broken in (b"", b"junk" * 20, b"fLaC\x00", b"OggS" + bytes(40)):
        with pytest.raises(InputError):
            EMBED[suffix](io.BytesIO(broken), io.BytesIO(), Tags())


def test_long_ogg_headers_cross_pages_with_the_right_marks() -> None:
    packets = [bytes([1]) * (255 * 255), bytes([2]) * 70_000, bytes([3]) * 255]
    pages = list(tags_ogg.paginate(packets))
    assert b"".join(page.body for page in pages) == b"".join(packets)
    assert [page.flags for page in pages] == [0, 1, 1]  # each goes on with the packet before it
    assert pages[0].position == b"\xff" * 8 and pages[1].position == bytes(8)


def test_the_ogg_checksum_is_the_one_of_the_format() -> None:
    # CRC-32 with polynomial 0x04c11db7 and neither start value nor inversion: "123456789" gives 0x89a1897f.
    assert tags_ogg.checksum(b"123456789") == 0x89A1897F


@pytest.mark.parametrize("mode", ["RGB", "P", "L", "RGBA"])
def test_picture_blocks_state_the_colours_of_the_png(tmp_path: Path, mode: str) -> None:
    path = write(tmp_path / "a.flac", Tags(cover=png(mode=mode)))
    picture = mutagen.flac.FLAC(path).pictures[0]
    assert (picture.width, picture.height) == (64, 48)
    assert picture.depth == {"RGB": 24, "P": 24, "L": 8, "RGBA": 32}[mode]
    assert (picture.colors > 0) == (mode == "P")


def test_empty_values_are_left_out() -> None:
    assert Tags(artist="", genre="").fields() == {}
    assert Tags(artist="", genre="", title=" \n\0 ", models={"": ""}).fields() == {}


def test_extra_fields_cannot_replace_ours() -> None:
    fields = Tags(seed=7, extra={"dusktape_seed": "8", "DUSKTAPE=SEED": "9"}).fields()
    assert fields["DUSKTAPE_SEED"] == "7"


def test_names_cannot_smuggle_in_fields_of_their_own() -> None:
    fields = Tags(models={"x=1\0TITLE": "a\0b\nTITLE=evil"}, extra={"夜\n": "v"}).fields()
    assert all(name.isascii() and name.isprintable() and "=" not in name for name in fields)
    assert fields["DUSKTAPE_MODEL_X_1_TITLE"] == "a b TITLE=evil"


def test_a_cover_has_to_be_a_png_of_a_size_that_fits() -> None:
    with pytest.raises(ValueError, match="PNG"):
        Tags(cover=b"\xff\xd8 jpeg")
    with pytest.raises(ValueError, match="does not fit"):
        Tags(cover=png() + bytes(16_000_000))


texts = st.text(max_size=60) | st.sampled_from(["=", "a=b", "\0", "x\0y", "line\nline", "\ud800", "ﾟ" * 3000, "\ufeffx"])


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(title=texts, comment=texts, recipe=texts, name=texts, value=texts, suffix=st.sampled_from(FORMATS))
def test_any_text_comes_back_as_it_was_cleaned(
    tmp_path: Path, title: str, comment: str, recipe: str, name: str, value: str, suffix: str
) -> None:
    tags = Tags(title=title, comment=comment, recipe=recipe, models={name: value}, extra={name: value})
    path = write(tmp_path / f"a{suffix}", tags)
    assert text_fields(path) == tags.fields()


@given(st.text())
def test_cleaned_text_holds_nothing_that_ends_or_escapes_it(text: str) -> None:
    line, block, name = one_line(text), lines(text), field_name(text)
    assert not any(unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp") for c in line + block.replace("\n", ""))
    assert all(" " <= c <= "}" and c != "=" for c in name)
    assert one_line(line) == line and lines(block) == block
