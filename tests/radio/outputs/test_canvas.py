from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from dusktape.radio.outputs.picture import canvas

CHROMIUM = Path("/usr/bin/chromium")

DRAWING = """
function drawing(pen) {
  pen.fillStyle = "#203040"; pen.fillRect(0, 0, 300, 200);
  const along = pen.createLinearGradient(10, 10, 150, 90);
  along.addColorStop(0, "rgba(255,0,0,0.9)");
  along.addColorStop(0.5, "rgb(0,255,40)");
  along.addColorStop(1, "rgba(0,0,255,0.2)");
  pen.fillStyle = along; pen.beginPath(); pen.roundRect(10, 10, 140, 80, 20); pen.fill();
  pen.save(); pen.translate(220, 60); pen.rotate(0.4); pen.scale(1.5, 0.7);
  pen.strokeStyle = "#ffcc88"; pen.lineWidth = 5; pen.lineJoin = "round"; pen.lineCap = "round";
  pen.beginPath(); pen.moveTo(-40, -30); pen.quadraticCurveTo(0, 40, 40, -20); pen.lineTo(10, 30); pen.stroke();
  pen.restore();
  pen.save(); pen.beginPath(); pen.ellipse(80, 140, 60, 40, 0.3, 0, 7); pen.clip();
  pen.globalAlpha = 0.7; pen.fillStyle = "#fff"; pen.fillRect(30, 100, 60.5, 80.5);
  pen.globalCompositeOperation = "lighter";
  const around = pen.createRadialGradient(90, 140, 5, 90, 140, 50);
  around.addColorStop(0, "rgba(255,120,0,1)"); around.addColorStop(1, "rgba(255,120,0,0)");
  pen.fillStyle = around; pen.fillRect(40, 90, 100, 100); pen.restore();
  const ball = pen.createRadialGradient(275, 20, 2, 270, 25, 22);
  ball.addColorStop(0, "#fff"); ball.addColorStop(1, "#204060");
  pen.fillStyle = ball; pen.beginPath(); pen.arc(270, 25, 20, 0, 2 * Math.PI); pen.fill();
  pen.strokeStyle = "rgba(255,255,255,0.8)"; pen.lineWidth = 0.8; pen.lineCap = "butt"; pen.lineJoin = "miter";
  pen.beginPath(); pen.moveTo(160, 110); pen.bezierCurveTo(200, 200, 240, 60, 290, 190); pen.stroke();
  pen.lineWidth = 6; pen.strokeStyle = "#e05080";
  pen.beginPath(); pen.moveTo(170, 180); pen.lineTo(200, 130); pen.lineTo(230, 180); pen.closePath(); pen.stroke();
  pen.fillStyle = "#88ffaa"; pen.beginPath(); pen.arc(260, 150, 30, 0, Math.PI * 1.5); pen.closePath();
  pen.arc(260, 150, 15, 0, Math.PI * 2, true); pen.fill("evenodd");
  pen.lineCap = "square"; pen.beginPath(); pen.moveTo(20, 190); pen.lineTo(60, 192); pen.stroke();
  pen.fillStyle = "#ffff00"; pen.beginPath();
  for (let t = 0; t < 12; t += 0.8 * Math.PI) pen.lineTo(150 + 25 * Math.sin(t), 150 - 25 * Math.cos(t));
  pen.closePath(); pen.fill();
  pen.save(); pen.beginPath(); pen.rect(2, 100, 20, 30); pen.clip();
  pen.fillStyle = "#123"; pen.fillRect(0, 0, 300, 200); pen.restore();
}
"""


def drawn(code: str, width: int, height: int) -> np.ndarray:
    """Shape (height, width, 3), after `code` has drawn with `pen`."""
    engine = pytest.importorskip("py_mini_racer").MiniRacer()
    engine.eval(canvas())
    engine.eval(f"const pen = new Canvas({width}, {height}); {code}; 0")
    pixels = np.frombuffer(memoryview(engine.eval("pen.data.buffer")), np.uint8)
    return pixels.reshape(height, width, 4)[:, :, :3].astype(int)


def test_it_draws_what_chromium_draws():
    playwright = pytest.importorskip("playwright.sync_api")
    if not CHROMIUM.exists():
        pytest.skip("needs Debian's chromium")
    ours = drawn(DRAWING + "drawing(pen)", 300, 200)
    with playwright.sync_playwright() as player:
        browser = player.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        data = browser.new_page().evaluate(
            f"""() => {{ {DRAWING}
            const canvas = document.createElement("canvas");
            canvas.width = 300; canvas.height = 200;
            const pen = canvas.getContext("2d");
            drawing(pen);
            return Array.from(pen.getImageData(0, 0, 300, 200).data); }}"""
        )
        browser.close()
    theirs = np.array(data).reshape(200, 300, 4)[:, :, :3]
    apart = np.abs(ours - theirs).max(axis=2)
    assert apart.mean() < 1.0
    assert np.mean(apart > 24) < 0.01


def test_an_edge_covers_pixels_by_their_area():
    page = drawn(
        "pen.fillStyle = '#000'; pen.fillRect(0, 0, 8, 8); pen.fillStyle = '#fff'; pen.fillRect(2.25, 2, 3, 2.5)", 8, 8
    )
    assert page[2, :, 0].tolist() == [0, 0, 191, 255, 255, 64, 0, 0]
    assert page[4, 3, 0] == 128


def test_light_adds_and_stops_at_white():
    page = drawn(
        "pen.fillStyle = '#404040'; pen.fillRect(0, 0, 2, 2); pen.globalCompositeOperation = 'lighter';"
        "pen.fillStyle = '#808080'; pen.fillRect(0, 0, 2, 1); pen.fillRect(0, 0, 1, 1)",
        2,
        2,
    )
    assert page[:, :, 0].tolist() == [[255, 192], [64, 64]]


def test_what_lies_outside_the_page_costs_nothing_and_harms_nothing():
    page = drawn(
        "pen.fillStyle = '#000'; pen.fillRect(-1e6, -1e6, 2e6, 2e6); pen.fillStyle = '#fff';"
        "for (const [x, y] of [[-90, 2], [90, 2], [2, -90], [2, 90]]) {"
        "pen.beginPath(); pen.arc(x, y, 20, 0, 7); pen.fill(); }"
        "pen.beginPath(); pen.moveTo(NaN, 1); pen.lineTo(3, NaN); pen.lineTo(5, 5); pen.fill();"
        "pen.fillRect(-5, 1, 7, 1)",
        6,
        6,
    )
    assert page[:, :, 0].sum() == 2 * 255


def test_the_state_comes_back_and_clips_narrow():
    page = drawn(
        "pen.fillStyle = '#000'; pen.fillRect(0, 0, 8, 8); pen.save();"
        "pen.beginPath(); pen.arc(4, 4, 3, 0, 7); pen.clip(); pen.beginPath(); pen.rect(4, 0, 4, 8); pen.clip();"
        "pen.fillStyle = '#fff'; pen.fillRect(0, 0, 8, 8); pen.restore(); pen.fillRect(0, 0, 1, 1)",
        8,
        8,
    )
    assert (page[4, :, 0] > 200).tolist() == [False, False, False, False, True, True, True, False]
    assert page[4, :4].sum() == 0
    assert page[0].sum() == 0


def test_a_line_of_many_pieces_is_no_darker_at_its_joints():
    page = drawn(
        "pen.fillStyle = '#000'; pen.fillRect(0, 0, 200, 9); pen.strokeStyle = '#fff';"
        "pen.lineWidth = 1; pen.lineJoin = 'round';"
        "pen.beginPath(); for (let x = 2; x < 200; x += 1.37) pen.lineTo(x, 4.2); pen.stroke()",
        200,
        9,
    )
    row = page[4, 5:195, 0]
    assert row.max() - row.min() <= 2


def test_an_unknown_colour_is_an_error_and_not_black():
    with pytest.raises(Exception, match="no colour: papayawhip"):
        drawn("pen.fillStyle = 'papayawhip'; pen.fillRect(0, 0, 1, 1)", 1, 1)
