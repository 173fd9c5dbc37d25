"""Seeds as they are typed into the studio: wrong ones are said, large ones are kept to the digit."""

import pytest


@pytest.fixture
def studio(visit, bench):
    page = visit("/studio", at=bench.at, width=1440, height=1000)
    page.get_by_role("button", name="Make it", exact=True).wait_for()
    return page


def sow(page, seed):
    page.locator("details.more summary").click()
    page.get_by_role("textbox", name="Seed").fill(seed)
    page.locator("details.more summary").click()
    page.get_by_role("button", name="Make it", exact=True).click()


@pytest.mark.parametrize(
    ("seed", "said"),
    [("12a", "A seed is a whole number"), ("12345678901234567890", "A seed is at most 9223372036854775807")],
)
def test_a_wrong_seed_in_what_is_folded_is_said_and_shown(studio, bench, seed, said):
    sow(studio, seed)
    studio.get_by_role("alert").get_by_text(said).wait_for()
    field = studio.get_by_role("textbox", name="Seed")
    assert field.is_visible()
    assert field.get_attribute("aria-invalid") == "true"
    assert field.evaluate("at => at === document.activeElement")
    assert bench.state.jobs() == []


def test_a_seed_with_more_digits_than_numbers_of_javascript_have_is_kept(studio, bench):
    sow(studio, "9007199254740993")
    studio.get_by_text("It is in the queue.").wait_for()
    (job,) = bench.state.jobs()
    assert job.spec["seed"] == 9007199254740993
