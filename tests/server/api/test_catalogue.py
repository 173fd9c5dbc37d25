from dusktape.core import plugins
from dusktape.studio.presets import recipe_files

from ... import sounds


def test_what_there_is_to_choose_from(api):
    assert api.get("/api/v1/recipes").json().keys() == recipe_files().keys()
    parts = api.get("/api/v1/parts").json()
    assert parts["instruments"].keys() == set(plugins.names("instruments"))
    cutoff = next(p for p in parts["effects"]["lowpass"]["params"] if p["name"] == "cutoff_hz")
    assert cutoff["unit"] == "Hz"
    assert "dark" in api.get("/api/v1/moods").json()
    assert api.get("/api/v1/kits").json()


def test_words_are_explained(api):
    told = api.post("/api/v1/words", json={"text": "slow rainy night, felt piano, no drums"}).json()
    assert told["heard"]["recipe"] == "rainy"
    assert told["said"][0].startswith("understood: ")
    assert api.post("/api/v1/words", json={"text": "rainy"}).json() == {"heard": None, "said": []}
    assert api.post("/api/v1/words", json={"text": " "}).json()["heard"] is None
    wrong = api.post("/api/v1/words", json={"text": "qwertz asdf"})
    assert wrong.status_code == 422
    assert "says how it should sound" in wrong.json()["error"]["what"]


def test_the_api_describes_itself_and_loads_nothing_from_elsewhere(api):
    told = api.get("/api/v1/openapi.json").json()
    assert told["info"]["title"] == "Dusktape radio"
    for path in ("/api/v1/stations/{station}/skip", "/api/v1/jobs", "/api/v1/uploads", "/api/v1/events"):
        assert path in told["paths"]
    for page in ("/docs", "/redoc", "/api/v1/docs"):
        assert api.get(page).status_code == 404


def test_the_api_says_what_changes_need(api):
    told = api.get("/api/v1/openapi.json").json()
    scheme = told["components"]["securitySchemes"]["token"]
    assert (scheme["type"], scheme["scheme"]) == ("http", "bearer")
    changes = 0
    for path in told["paths"].values():
        for method, operation in path.items():
            headers = [one for one in operation.get("parameters", ()) if one["in"] == "header" and one["required"]]
            assert [one["name"] for one in headers] == ([] if method == "get" else ["X-Dusktape"])
            if method != "get":
                assert operation["security"] == [{"token": []}, {}]
                changes += 1
    assert changes > 8
    assert told["paths"]["/metrics"]["get"]["security"] == [{"token": []}, {}]
    assert told["paths"]["/api/v1/uploads"]["post"]["requestBody"]["required"]


def test_every_refusal_is_one_line(api):
    for method, path in (("GET", "/api/v1/nothing"), ("PUT", "/api/v1/stations"), ("GET", "/api/v1/tracks?limit=x")):
        answer = api.request(method, path)
        assert answer.status_code in (404, 405, 422)
        assert set(answer.json()) == {"error"}
        assert set(answer.json()["error"]) == {"what"}


def test_a_kit_that_a_user_puts_into_the_home_is_listed_from_then_on(api, tmp_path, monkeypatch):
    monkeypatch.setenv("DUSKTAPE_HOME", str(tmp_path))
    assert "attic" not in api.get("/api/v1/kits").json()
    sounds.drums(tmp_path / "kits" / "attic")
    assert "attic" in api.get("/api/v1/kits").json()
    sounds.notes(tmp_path / "instruments" / "harp")
    assert "harp" in api.get("/api/v1/parts").json()["instruments"]
