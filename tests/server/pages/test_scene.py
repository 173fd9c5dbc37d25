import re
from pathlib import Path

import dusktape.server

SCENE = Path(dusktape.server.__file__).parent / "web" / "scene"
_HASH = """
async ([width, height, time, change, seed]) => {
  const scene = await import("/static/scene/index.js");
  const canvas = new OffscreenCanvas(width, height);
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  scene.draw(pen, canvas, time, { ...scene.AT_REST, ...change }, seed);
  const { data } = pen.getImageData(0, 0, width, height);
  const digest = await crypto.subtle.digest("SHA-256", data);
  return { hash: [...new Uint8Array(digest)].join(), light: data.reduce((a, b) => a + b) / data.length };
}
"""


def test_the_drawing_knows_nothing_of_a_page_or_of_chance():
    known = re.compile(
        r"\b(document|globalThis|performance|setTimeout|fetch|navigator|Math\.random|Date|drawImage|fillText|shadowBlur|filter|Path2D)\b"
    )
    for file in SCENE.glob("*.js"):
        code = re.sub(r"/\*.*?\*/|//[^\n]*", "", file.read_text(), flags=re.DOTALL)
        assert not known.findall(code), file.name
        assert all(name.startswith("./") for name in re.findall(r'from "([^"]+)"', code)), file.name


def test_the_same_moment_is_drawn_the_same_and_another_one_is_not(visit):
    page = visit("/robots.txt")

    def drawn(time=40.0, seed=7, width=480, height=300, **change):
        return page.evaluate(_HASH, [width, height, time, change, seed])

    first = drawn()
    assert drawn() == first
    others = [
        drawn(time=41.0),
        drawn(seed=8),
        drawn(rain=1),
        drawn(snow=1),
        drawn(hour=12),
        drawn(hour=19),
        drawn(width=300),
    ]
    others.append(drawn(playing=1, level=0.8, beat=1.0, kick=1.0))
    hashes = {first["hash"], *(other["hash"] for other in others)}
    assert len(hashes) == 9


def test_days_are_brighter_than_nights_and_every_hour_and_shape_can_be_drawn(visit):
    page = visit("/robots.txt")
    light = {
        hour: page.evaluate(_HASH, [240, 150, 5, {"hour": hour}, 1])["light"]
        for hour in (0, 3, 6.2, 9, 12, 17.8, 19, 20.5, 23.99)
    }
    assert light[12] > light[19] > light[23.99]
    for width, height in ((100, 400), (900, 200), (64, 64)):
        assert page.evaluate(_HASH, [width, height, 1e6, {"fog": 1, "rain": 1, "snow": 1}, 3])["light"] > 20
