from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest

from dusktape.cli import reach, stationed
from dusktape.core.errors import InputError


class Houses(list):
    """What houses were asked for; none of them does anything."""

    def house(self, folder, **asked):
        self.append({"folder": folder, **asked})
        house = self

        class House:
            def run(self):
                house.noted = json.loads((folder / "run" / "radio.json").read_text())
                house.mode = (folder / "run" / "radio.json").stat().st_mode & 0o777
                return 0

            def stop(self):
                pass

        return House()


@pytest.fixture
def houses(monkeypatch):
    from dusktape.radio import house

    found = Houses()
    monkeypatch.setattr(house, "House", found.house)
    monkeypatch.delenv("DUSKTAPE_TOKEN", raising=False)
    return found


@pytest.fixture
def opened(monkeypatch):
    import webbrowser

    pages = []
    monkeypatch.setenv("BROWSER", "some-browser")
    monkeypatch.setattr(webbrowser, "open", pages.append)
    return pages


def test_a_radio_says_where_its_page_is_and_opens_it(dusktape, houses, opened, tmp_path):
    said = dusktape(
        "radio", "--state", "here", "--port", "0", "--station", "late", "--workers", "2", "--library-gb", "1.5"
    )
    assert said.code == 0
    url = said.out.strip()
    assert url.startswith("http://127.0.0.1:")
    assert url.endswith("/?play")
    (house,) = houses
    assert house["folder"] == tmp_path / "here"
    assert (house["stations"], house["workers"], house["library_bytes"]) == (("late",), 2, 1_500_000_000)
    assert "live.mp3" in said.err
    assert opened == [url]
    assert not (tmp_path / "here" / "run" / "radio.json").exists()


def test_the_server_gets_the_socket_and_no_secret_among_its_arguments(dusktape, houses):
    said = dusktape("radio", "--no-open", "--state", "x", "--port", "0", "--host", "0.0.0.0", "--token", "a-good-token")
    (house,) = houses
    words = house["server"]
    assert words[:3] == [sys.executable, "-m", "dusktape.server"]
    assert words[words.index("--station") + 1] == "main"
    assert "a-good-token" not in words
    assert house["env"] == {"DUSKTAPE_TOKEN": "a-good-token"}
    if os.name != "nt":
        assert words[words.index("--fd") + 1] == str(house["fds"][0])
        assert houses.mode == 0o600
    assert said.out.strip().endswith("/?play#token=a-good-token")
    assert "others listen at http://" in said.err


def test_others_are_told_names_numbers_and_every_stream(dusktape, houses, monkeypatch):
    monkeypatch.setattr(reach.socket, "gethostname", lambda: "box")
    monkeypatch.setattr(reach, "number", lambda family: "192.168.1.5")
    on = ("radio", "--no-open", "--state", "x", "--port", "0")
    said = dusktape(*on, "--host", "0.0.0.0", "--station", "late", "--station", "jazz")
    port = said.out.partition("127.0.0.1:")[2].partition("/")[0]
    here, there = f"http://127.0.0.1:{port}/live/", f"http://192.168.1.5:{port}/"
    assert f"a player can open {here}late.mp3 {here}jazz.mp3 ;" in said.err
    assert f"others listen at http://box:{port}/ or {there} ; their players open {there}live/late.mp3 " in said.err
    assert f"{there}live/jazz.mp3\n" in said.err
    proxied = dusktape(*on, "--name", "radio.example").err
    assert "others listen at radio.example, through a proxy to port" in proxied
    assert "box" not in proxied
    monkeypatch.setattr(reach, "number", lambda family: None)
    assert "others listen at http://box:" in dusktape(*on, "--host", "0.0.0.0").err
    assert "others" not in dusktape(*on).err


@pytest.mark.parametrize(
    ("own", "told"),
    [
        ("192.168.1.5", "192.168.1.5"),
        ("fd00::5", "fd00::5"),
        ("127.0.0.1", None),
        ("0.0.0.0", None),
        (OSError("no network"), None),
    ],
)
def test_a_number_is_of_this_machine_in_a_network_or_none(monkeypatch, own, told):
    class Line:
        def __init__(self, *_):
            pass

        def __enter__(self):
            return self

        def __exit__(self, *_):
            pass

        def connect(self, address):
            if isinstance(own, OSError):
                raise own

        def getsockname(self):
            return (own, 1)

    monkeypatch.setattr(reach.socket, "socket", Line)
    assert reach.number(socket.AF_INET) == told


def test_a_host_is_written_as_in_an_address(monkeypatch):
    monkeypatch.setattr(reach, "number", lambda family: "fd00::5")
    assert reach.by_others("::")[1] == "[fd00::5]"
    assert reach.by_others("192.168.1.9") == ["192.168.1.9"]
    assert [reach.here(host) for host in ("::", "", "fd00::5", "[::1]")] == ["[::1]", "127.0.0.1", "[fd00::5]", "[::1]"]


def test_a_public_radio_draws_a_token(dusktape, houses):
    first = dusktape("radio", "--no-open", "--state", "x", "--port", "0", "--host", "0.0.0.0").out
    second = dusktape("radio", "--no-open", "--state", "x", "--port", "0", "--name", "radio.example").out
    tokens = {text.strip().partition("#token=")[2] for text in (first, second)}
    assert all(len(token) >= 20 for token in tokens)
    assert len(tokens) == 2
    assert "token" not in dusktape("radio", "--no-open", "--state", "x", "--port", "0").out


def test_the_studio_is_the_same_at_the_workbench(dusktape, houses, opened):
    said = dusktape("studio", "--state", "x", "--port", "0", "--quiet")
    assert said.out.strip().endswith("/studio")
    assert said.err == ""
    assert opened == [said.out.strip()]


def test_no_page_is_opened_where_nobody_could_see_it(dusktape, houses, opened, monkeypatch):
    dusktape("radio", "--no-open", "--state", "x", "--port", "0")
    assert opened == []
    assert not stationed._has_windows({}) or sys.platform in ("win32", "darwin")
    assert stationed._has_windows({"DISPLAY": ":0"})


def test_a_radio_that_runs_is_opened_again(dusktape, houses, opened, tmp_path):
    class Health(BaseHTTPRequestHandler):
        def do_GET(self):
            body = b'{"ok": true, "stations": {}}'
            self.send_response(503)  # it is silent just now, and still the one that runs
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    with HTTPServer(("127.0.0.1", 0), Health) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        url = f"http://127.0.0.1:{server.server_port}/"
        (tmp_path / "x" / "run").mkdir(parents=True)
        note = tmp_path / "x" / "run" / "radio.json"
        note.write_text(json.dumps({"url": url, "token": "t", "pid": 1}))
        said = dusktape("studio", "--state", "x")
        other = dusktape("radio", "--state", "x", "--port", "1", "--token", "t" * 9, "--out", "icecast://a:b@c/d")
        same = dusktape("radio", "--state", "x", "--port", str(server.server_port), "--quiet", "--no-open")
        played = dusktape("play", "--state", "x", "--no-sound")
        server.shutdown()
        thread.join()
    assert "this is its page" in said.err
    assert "this is what it plays" in played.err
    assert "ignored" not in played.err
    assert played.out.strip() == f"{url}live.mp3"  # an address that may be handed on: it gives no right to change
    assert said.code == 0
    assert said.out.strip() == f"{url}studio#token=t"
    assert houses == []
    assert opened == [said.out.strip(), other.out.strip()]
    assert note.exists()
    assert "ignored" not in said.err + same.err
    assert "ignored: --out, --port, --token; end that radio first" in other.err


@contextmanager
def answering(*stations):
    """What stands for a radio's server: it says that these stations are there."""

    class Health(BaseHTTPRequestHandler):
        def do_GET(self):
            body = json.dumps({"ok": True, "stations": {name: {} for name in stations}}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    with HTTPServer(("127.0.0.1", 0), Health) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()


def test_play_picks_a_station_of_a_radio_that_runs(dusktape, houses, monkeypatch, tmp_path):
    from dusktape.radio.outputs import speakers

    heard = []
    monkeypatch.setattr(speakers, "portaudio", lambda: None)
    monkeypatch.setattr(speakers, "play", lambda state, station, **more: heard.append(station))
    with answering("late", "jazz") as port:
        url = f"http://127.0.0.1:{port}/"
        (tmp_path / "x" / "run").mkdir(parents=True)
        (tmp_path / "x" / "run" / "radio.json").write_text(json.dumps({"url": url, "token": "t", "pid": 1}))
        first = dusktape("play", "--state", "x", "--no-sound")
        other = dusktape("play", "--state", "x", "--no-sound", "--station", "jazz")
        aloud = dusktape("play", "--state", "x", "--station", "jazz")
        dusktape("play", "--state", "x")
        wrong = dusktape("play", "--state", "x", "--station", "main")
    assert (first.out, other.out, aloud.out) == (f"{url}live.mp3\n", f"{url}live/jazz.mp3\n", f"{url}live/jazz.mp3\n")
    assert "ignored" not in first.err + other.err + aloud.err
    assert heard == ["jazz", "late"]
    assert (wrong.code, wrong.out) == (1, "")
    assert wrong.err == "dusktape: the radio that runs has no station 'main'; there is jazz, late\n"
    assert houses == []


def test_a_radio_that_is_started_again_as_it_runs_ignores_nothing(dusktape, houses, monkeypatch, tmp_path):
    password = "hackme-hackme"
    words = ("--station", "late", "--station", "jazz", "--workers", "2", "--library-gb", "2", "--host", "0.0.0.0")
    words += ("--out", f"icecast://source:{password}@localhost:8000/x.mp3", "--name", "radio.example")
    on = ("radio", "--no-open", "--state", "x", "--port", "0")
    dusktape(*on, *words, "--token", "a-good-token")
    noted = houses.noted
    assert password not in json.dumps(noted)
    with answering("late", "jazz") as port:
        (tmp_path / "x" / "run" / "radio.json").write_text(json.dumps({**noted, "url": f"http://127.0.0.1:{port}/"}))
        same = dusktape(*on, *words, "--token", "a-good-token")
        less = dusktape("radio", "--no-open", "--state", "x")
        other = dusktape(*on, "--station", "late", "--workers", "3", "--name", "radio.other")
    assert "runs already" in same.err
    assert "ignored" not in same.err + less.err
    assert "ignored: --station, --workers, --name; end that radio first" in other.err
    assert len(houses) == 1


def test_a_device_for_no_sound_is_refused(refused, houses):
    assert refused("play", "--state", "x", "--no-sound", "--device", "3") == (
        "--device says where it sounds, and with --no-sound nothing does; leave one out"
    )
    assert houses == []


def test_a_note_of_a_radio_that_is_gone_is_passed_over(dusktape, houses, tmp_path):
    (tmp_path / "x" / "run").mkdir(parents=True)
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{door.getsockname()[1]}/"
    for text in (
        json.dumps({"url": url, "token": "", "pid": 1}),
        "{",
        "[]",
        json.dumps({"url": "nonsense", "token": ""}),
    ):
        (tmp_path / "x" / "run" / "radio.json").write_text(text)
        assert dusktape("radio", "--no-open", "--state", "x", "--port", "0").code == 0
    assert len(houses) == 4


def test_a_taken_port_is_said_and_a_default_one_gives_way(dusktape, houses, monkeypatch, refused, tmp_path):
    monkeypatch.setattr(stationed, "_AGAIN_S", 0.0)
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        door.listen()
        port = door.getsockname()[1]
        assert refused("radio", "--no-open", "--state", "x", "--port", port) == (
            f"port {port} is taken; choose another with --port, or 0 for a free one"
        )
        monkeypatch.setattr(stationed, "PORT", port)
        said = dusktape("radio", "--no-open", "--state", "x")
    assert said.code == 0
    assert f":{port}/" not in said.out


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--station", "Late Night"), "a station's name is small letters"),
        (("--station", "../x"), "a station's name is small letters"),
        (("--workers", "99"), "--workers is 0 to 64"),
        (("--token", "short"), "--token is shorter than 8 letters"),
        (("--port", "99999"), "a port is 0 to 65535"),
        (("--host", "no.such.host.invalid"), "there is no host 'no.such.host.invalid' here"),
        (("--out", "ftp://x/y"), "--out: there are no outputs of 'ftp'; there is icecast, icecasts, rtmp, rtmps"),
        (("--out", "icecast://a:b@localhost:1/x?bitrate=abc"), "--out: bitrate is in kbit/s, for MP3 one of 64, 80"),
        (("--out", "icecast://a:b@localhost:1/x?format=aac"), "--out: there is no format 'aac' for Icecast"),
        (("--out", "rtmp://localhost/a/b#size=9x9&rate=900"), "got '9x9'; give one, as in size=854x480"),
        (("--out", "rtmp://localhost/a/b#rate=900"), "--out: rate is 5 to 30 pictures a second, got '900'; give one"),
        (("--name", "a b"), "--name is the host in the radio's address, no more, as in radio.example; got 'a b'"),
        (("--name", "http://radio.example"), "--name is the host in the radio's address"),
        (("--name", "radio.example:80"), "--name is the host in the radio's address"),
        (("--name", ""), "--name is the host in the radio's address"),
        (("--name", "-x.example"), "--name is the host in the radio's address"),
        (("--library-gb", "0"), "that is a number, 0.1 to 10000, got '0'"),
        (("--state", ""), "--state is empty"),
    ],
)
def test_what_cannot_be_is_refused_in_a_line(refused, houses, words, told):
    assert told in refused("radio", "--no-open", *words)
    assert houses == []


@pytest.mark.parametrize("url", ["rtmp://localhost/a/b", "icecast://a:b@localhost:1/x?format=opus"])
def test_an_output_whose_extra_is_missing_is_refused_before_anything_runs(refused, houses, monkeypatch, url):
    monkeypatch.setitem(sys.modules, "av", None)
    assert "needs PyAV; install it with: pip install 'dusktape[stream]'" in refused("radio", "--no-open", "--out", url)
    assert houses == []


def test_a_folder_that_cannot_be_made_is_named_with_its_option(refused, houses, tmp_path):
    (tmp_path / "file").write_text("no folder")
    said = refused("radio", "--no-open", "--port", "0", "--state", "file/radio")
    assert said.startswith(f"--state: {str(tmp_path / 'file' / 'radio')!r} cannot be written: ")
    assert said.endswith("; choose another place")
    assert houses == []


def test_the_help_says_what_no_workers_are(dusktape):
    for name in ("radio", "studio", "play"):
        assert "With 0 no track is made" in " ".join(dusktape(name, "--help").out.split())


def test_where_it_is_sent_on_is_said_to_the_house(dusktape, houses):
    url = "icecast://source:hackme@localhost:8000/x.mp3"
    dusktape("radio", "--no-open", "--state", "x", "--port", "0", "--out", url, "--station", "a", "--station", "b")
    assert houses[0]["outputs"] == [("a", url)]


def test_play_prints_an_address_for_a_player(dusktape, houses):
    said = dusktape("play", "--no-sound", "--state", "x", "--port", "0")
    assert said.out.strip().endswith("/live.mp3")
    assert houses[0]["stations"] == ("main",)


def test_play_says_how_to_get_sound_and_plays_on_without(dusktape, houses, monkeypatch):
    from dusktape.core.errors import PluginError
    from dusktape.radio.outputs import speakers

    def missing():
        raise PluginError(
            "playing here needs the PortAudio library; on Debian: apt install libportaudio2; or listen in a player"
        )

    monkeypatch.setattr(speakers, "portaudio", missing)
    said = dusktape("play", "--state", "x", "--port", "0")
    assert said.code == 0
    assert "apt install libportaudio2; a player can open the address below meanwhile" in said.err
    assert said.out.strip().endswith("/live.mp3")


def test_play_sounds_until_the_radio_ends(dusktape, houses, monkeypatch):
    from dusktape.radio.outputs import speakers

    heard = []
    monkeypatch.setattr(speakers, "portaudio", lambda: None)
    monkeypatch.setattr(
        speakers, "play", lambda state, station, **more: heard.append((station, more["volume"], more["device"]))
    )
    real = houses.house

    def house(folder, **asked):
        found = real(folder, **asked)

        class Waits:
            def run(self):
                while not heard:
                    pass
                return found.run()

            stop = found.stop

        return Waits()

    from dusktape.radio import house as module

    monkeypatch.setattr(module, "House", house)
    monkeypatch.setattr(speakers, "devices", lambda: iter([(3, "Speakers")]))
    assert dusktape("play", "--state", "x", "--volume", "0.5", "--device", "3", "--port", "0").code == 0
    assert heard == [("main", 0.5, 3)]


@pytest.mark.parametrize(
    ("there", "said"),
    [
        ([], "there is no sound device 'nosuch'; this machine has none; --no-sound prints an address for a player"),
        ([(3, "Speakers")], "there is no sound device 'nosuch'; there is 3 Speakers"),
    ],
)
def test_a_device_that_is_not_there_is_refused_before_anything_runs(dusktape, houses, monkeypatch, there, said):
    from dusktape.radio.outputs import speakers

    monkeypatch.setattr(speakers, "portaudio", lambda: None)
    monkeypatch.setattr(speakers, "devices", lambda: iter(there))
    told = dusktape("play", "--state", "x", "--device", "nosuch", "--port", "0")
    assert (told.code, houses) == (1, [])
    assert said in told.err


def test_play_beside_a_radio_that_runs_gives_the_address_where_nothing_sounds(dusktape, houses, monkeypatch):
    from dusktape.cli import play as command
    from dusktape.core.errors import OutputError
    from dusktape.radio.outputs import speakers

    def silent(*_, **__):
        raise OutputError("this machine has no sound device; or listen in a player")

    monkeypatch.setattr(speakers, "portaudio", lambda: None)
    monkeypatch.setattr(speakers, "play", silent)
    monkeypatch.setattr(command, "running", lambda folder: stationed.Place("http://127.0.0.1:9/"))
    told = dusktape("play", "--state", "x")
    assert (told.code, told.out.strip()) == (0, "http://127.0.0.1:9/live.mp3")
    assert "no sound device; a player can open the address above" in told.err


def test_the_command_line_loads_no_web_server():
    names = ("commands", "radio", "studio", "play", "tune", "library", "jobs")
    told = "".join(f"import dusktape.cli.{name}; " for name in names) + "import sys; "
    told += "print([m for m in ('fastapi', 'uvicorn', 'starlette', 'numpy', 'sqlite3') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_wanted_has_a_folder_in_the_home(monkeypatch, tmp_path):
    monkeypatch.setenv("DUSKTAPE_HOME", str(tmp_path))
    assert stationed.Wanted().folder == tmp_path / "radio"
    assert stationed.Wanted(stations=("a", "a", "b")).names_of_stations == ("a", "b")
    with pytest.raises(InputError):
        stationed.Wanted(stations=("-x",)).check()
