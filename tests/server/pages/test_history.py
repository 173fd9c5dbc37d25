"""What was opened in the studio is in the browser's history."""

from .workbench import opened


def on_the_bench(page, made):
    opened(page, made)
    page.get_by_role("heading", name=made.title, exact=True).wait_for()


def test_back_goes_to_what_was_open_before_and_reload_stays(visit, bench):
    first = bench.put("Two Lamps")
    second = bench.put("Two Lamps, Later", song=first.id, parent=first.id, edit={"again": ["lead"], "seed": "5"})
    other = bench.put("Last Tram")
    page = visit("/robots.txt", at=bench.at, width=1440, height=1000)
    page.goto(f"{bench.at}/studio?track={first.id}")
    on_the_bench(page, first)
    page.locator(".tree .open").nth(1).click()
    on_the_bench(page, second)
    page.locator(".library button", has_text="Last Tram").click()
    on_the_bench(page, other)
    page.go_back()
    on_the_bench(page, second)
    page.reload()
    on_the_bench(page, second)
    page.go_back()
    on_the_bench(page, first)
    page.go_forward()
    on_the_bench(page, second)
    page.go_back()
    on_the_bench(page, first)
    page.go_back()
    page.wait_for_url("**/robots.txt")


def test_what_the_page_opens_by_itself_is_no_step_to_go_back(visit, bench):
    made = bench.put("Two Lamps")
    page = visit("/robots.txt", at=bench.at, width=1440, height=1000)
    page.goto(f"{bench.at}/studio")
    on_the_bench(page, made)
    page.go_back()
    page.wait_for_url("**/robots.txt")


def test_back_to_what_is_gone_says_so_and_the_address_says_what_is_open(visit, bench):
    gone, made = bench.put("Two Lamps"), bench.put("Last Tram")
    page = visit(f"/studio?track={gone.id}", at=bench.at, width=1440, height=1000)
    on_the_bench(page, gone)
    page.locator(".library button", has_text="Last Tram").click()
    on_the_bench(page, made)
    bench.state.remove_track(gone.id)
    page.go_back()
    page.get_by_role("alert").wait_for()
    on_the_bench(page, made)
