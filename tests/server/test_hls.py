import asyncio

from dusktape.radio.ring import DISCONTINUITY, RingWriter, Slot
from dusktape.server.hls import Hls, playlist

from .station import SEGMENT, wait_for


def fill(path, numbers, marks=()):
    ring = RingWriter(path, slots=16, slot_bytes=1024)
    for number in numbers:
        ring.append(number * SEGMENT, SEGMENT, b"aac%d" % number, DISCONTINUITY if number in marks else 0)
    return ring


def get(hls, path, method="GET"):
    sent = []

    async def send(message):
        sent.append(message)

    asyncio.run(hls({"path": path, "method": method}, None, send))
    return sent[0]["status"], b"".join(m.get("body", b"") for m in sent[1:])


def lines(hls):
    return get(hls, "/hls/main/live.m3u8")[1].decode().splitlines()


def test_a_playlist_says_when_each_segment_is_heard(tmp_path):
    hls = Hls(tmp_path, ["main"], epoch=lambda name: 1_000_000.0)
    ring = fill(tmp_path / "main" / "hls.ring", range(100, 110))
    hls.look()
    found = lines(hls)
    assert found[:2] == ["#EXTM3U", "#EXT-X-VERSION:6"]
    assert "#EXT-X-TARGETDURATION:4" in found
    assert "#EXT-X-MEDIA-SEQUENCE:104" in found
    assert found[-3:] == ["#EXT-X-PROGRAM-DATE-TIME:1970-01-12T13:53:55.327Z", "#EXTINF:3.99383,", "109.aac"]
    assert [x for x in found if x.endswith(".aac")] == [f"{n}.aac" for n in range(104, 110)]
    ring.close()


def test_segments_come_from_memory_and_older_ones_stay_a_while(tmp_path):
    hls = Hls(tmp_path, ["main"], epoch=lambda name: 0.0)
    ring = fill(tmp_path / "main" / "hls.ring", range(30))
    hls.look()
    assert get(hls, "/hls/main/29.aac") == (200, b"aac29")
    assert get(hls, "/hls/main/14.aac") == (200, b"aac14")
    assert get(hls, "/hls/main/29.aac", "HEAD") == (200, b"")
    for path in (
        "13.aac",
        "30.aac",
        "-1.aac",
        "x.aac",
        "29.ts",
        "../main/29.aac",
        "29.aac/",
        "9" * 30 + ".aac",
        "٢٩.aac",
    ):
        assert get(hls, f"/hls/main/{path}")[0] == 404
    assert get(hls, "/hls/other/29.aac")[0] == 404
    ring.close()


def test_numbers_go_on_after_a_restart(tmp_path):
    ring = fill(tmp_path / "main" / "hls.ring", range(7))
    ring.close()
    ring = fill(tmp_path / "main" / "hls.ring", range(7, 9))
    hls = Hls(tmp_path, ["main"], epoch=lambda name: 0.0)
    hls.look()
    assert [x for x in lines(hls) if x.endswith(".aac")] == [f"{n}.aac" for n in range(3, 9)]
    ring.close()


def test_a_gap_starts_the_playlist_anew(tmp_path):
    ring = fill(tmp_path / "main" / "hls.ring", [1, 2, 3, 9, 10], marks=[9])
    hls = Hls(tmp_path, ["main"], epoch=lambda name: 0.0)
    hls.look()
    found = lines(hls)
    assert "#EXT-X-MEDIA-SEQUENCE:9" in found
    assert "#EXT-X-DISCONTINUITY-SEQUENCE:1" in found
    assert "#EXT-X-DISCONTINUITY" not in found
    ring.close()


def test_a_break_is_told_where_it_is_and_counted_when_it_has_passed(tmp_path):
    hls = Hls(tmp_path, ["main"], epoch=lambda name: 0.0)
    ring = fill(tmp_path / "main" / "hls.ring", range(5), marks=[3])
    hls.look()
    found = lines(hls)
    assert found.index("#EXT-X-DISCONTINUITY") < found.index("3.aac")
    assert found.index("#EXT-X-DISCONTINUITY") > found.index("2.aac")
    assert "#EXT-X-DISCONTINUITY-SEQUENCE:0" in found
    for number in range(5, 25):
        ring.append(number * SEGMENT, SEGMENT, b"x")
        hls.look()
    assert "#EXT-X-DISCONTINUITY-SEQUENCE:1" in lines(hls)
    ring.close()


def test_a_date_that_was_told_stays(tmp_path):
    epoch = [0.0]
    hls = Hls(tmp_path, ["main"], epoch=lambda name: epoch[0])
    ring = fill(tmp_path / "main" / "hls.ring", range(3))
    hls.look()
    before = lines(hls)[-3:]
    epoch[0] = 500.0
    ring.append(3 * SEGMENT, SEGMENT, b"x")
    hls.look()
    assert lines(hls)[-6:-3] == before
    assert lines(hls)[-3].endswith("1970-01-01T00:08:31.981Z")
    ring.close()


def test_one_segment_is_a_playlist():
    text = playlist([Slot(1, 0, SEGMENT, b"x", DISCONTINUITY)], {1: 0.0})
    assert "#EXT-X-MEDIA-SEQUENCE:0" in text
    assert "#EXT-X-DISCONTINUITY\n" not in text


def test_a_station_without_segments_says_how_to_get_them(station):
    with station.served():
        answer = station.ask("/hls/main/live.m3u8")
        assert answer.status == 404
        assert "dusktape[stream]" in answer.what
        assert station.ask("/api/v1/stations").json[0]["encodings"] == ["mp3"]
        ring = fill(station.folder / "run" / "main" / "hls.ring", range(3))
        wait_for(lambda: station.ask("/hls/main/live.m3u8").status == 200)
        assert station.ask("/hls/main/2.aac").headers["content-type"] == "audio/aac"
        assert station.ask("/api/v1/stations").json[0]["encodings"] == ["mp3", "hls"]
        ring.close()
