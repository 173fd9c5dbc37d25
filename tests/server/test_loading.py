"""The API is loaded while the first page is served, and again where that failed."""

from dusktape.server import api


def test_an_api_that_failed_to_load_is_loaded_again_for_who_asks_next(station, monkeypatch):
    load, tries = api.application, []

    def application(radio):
        tries.append(radio)
        if len(tries) == 1:
            raise MemoryError("just now")
        return load(radio)

    monkeypatch.setattr(api, "application", application)
    with station.served():
        assert station.ask("/api/v1/recipes").status == 500
        assert station.ask("/api/v1/recipes").status == 200
    assert len(tries) == 2
    assert '"broken"' in (station.folder / "logs" / "server.jsonl").read_text(encoding="utf-8")
