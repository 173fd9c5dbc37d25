"""What uploads are called where sounds are chosen."""

from dusktape.server.api.controls import controls
from dusktape.server.api.naming import names_of
from dusktape.server.uploads import Upload

from ...sounds import font


def sent(mark, name):
    return Upload(mark * 32, "soundfont", name, 4, ".sf2")


def test_sounds_are_called_as_their_files_and_numbered_where_two_have_one_name():
    named = names_of([sent("a", "TimGM6mb.sf2"), sent("b", "mein Lied ü.wav"), sent("c", "TimGM6mb.sf2")])
    assert named == {"up_aaaaaaaaaa": "TimGM6mb", "up_bbbbbbbbbb": "mein Lied ü", "up_cccccccccc": "TimGM6mb (2)"}


def test_controls_call_a_sound_that_was_sent_as_its_owner_does(tmp_path, monkeypatch):
    monkeypatch.setenv("DUSKTAPE_HOME", str(tmp_path))
    (tmp_path / "instruments").mkdir()
    font(tmp_path / "instruments" / "up_aaaaaaaaaa.sf2")
    offered = {control.name: control.choices for control in controls({"up_aaaaaaaaaa": "TimGM6mb"})}
    for part in ("keys", "lead", "bass"):
        labels = [choice.label for choice in offered[part] if choice.value == "up_aaaaaaaaaa"]
        assert labels == ["TimGM6mb"], part
