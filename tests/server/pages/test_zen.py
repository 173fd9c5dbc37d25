"""With only the room: what is left of the page in zen mode."""

import pytest


@pytest.mark.parametrize(("width", "height"), [(390, 844), (360, 640), (1280, 800)])
def test_with_only_the_room_the_hint_is_a_line_and_no_column(visit, width, height):
    page = visit("/", width=width, height=height)
    page.locator(".toast").wait_for(state="attached")
    page.keyboard.press("z")
    page.locator(".zen .toast.on").wait_for()
    box = page.locator(".toast").bounding_box()
    assert 20 < box["height"] < 120
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= width
