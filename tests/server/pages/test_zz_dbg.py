from tests.server.pages.test_studio import *
from tests.server.pages.conftest import *
from tests.server.conftest import *
def test_dbg(visit, bench, worker):
    page = visit("/studio", at=bench.at, width=1440, height=1000, accept_downloads=True)
    page.on("console", lambda m: print("C", m.text))
    page.on("response", lambda r: print(r.status, r.url))
    page.wait_for_timeout(8000)
    print(page.locator("body").inner_text()[:500])
    print(page.evaluate("fetch('/api/v1/controls').then(r=>r.text())")[:300])
    assert 0
