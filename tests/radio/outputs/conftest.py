from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from dusktape.radio.outputs.follow import Piece
from dusktape.radio.ring import RingWriter

RATE = 44_100
SLOT = RATE // 4

ICECAST = """<icecast>
<limits><clients>20</clients><sources>8</sources><queue-size>524288</queue-size><client-timeout>10</client-timeout>
<header-timeout>15</header-timeout><source-timeout>5</source-timeout><burst-size>0</burst-size></limits>
<authentication><source-password>sesame</source-password><admin-user>admin</admin-user>
<admin-password>sesame</admin-password></authentication>
<hostname>127.0.0.1</hostname>
<listen-socket><port>{port}</port><bind-address>127.0.0.1</bind-address></listen-socket>
<paths><basedir>/usr/share/icecast2</basedir><logdir>{folder}</logdir><webroot>/usr/share/icecast2/web</webroot>
<adminroot>/usr/share/icecast2/admin</adminroot></paths>
<logging><accesslog>-</accesslog><errorlog>-</errorlog><loglevel>2</loglevel></logging>
<security><chroot>0</chroot><changeowner><user>nobody</user><group>nogroup</group></changeowner></security>
</icecast>"""

NGINX = """load_module {module};
daemon off; worker_processes 1; pid {folder}/pid; error_log stderr; {user}
events {{ worker_connections 64; }}
rtmp {{ server {{ listen 127.0.0.1:{port}; application live {{ live on; wait_key on; }} }} }}
"""

MODULE = Path("/usr/lib/nginx/modules/ngx_rtmp_module.so")


def tone(frame: int, frames: int, hertz: float = 441.0) -> np.ndarray:
    """Stereo samples of a tone whose phase follows the frame, so that a seam can be seen."""
    at = (np.arange(frames) + frame) / RATE
    one = (np.sin(2 * np.pi * hertz * at) * 9_000).astype(np.int16)
    return np.stack([one, one], axis=1)


class Ring:
    """A station's ring that a test fills."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._writer = RingWriter(path, slots=240, slot_bytes=4 * SLOT)
        self.head = 0

    def play(self, seconds: float, *, mark: int = 0, at: int | None = None, hertz: float = 441.0) -> None:
        if at is not None:
            self.head = at
        for index in range(round(seconds * 4)):
            sound = tone(self.head, SLOT, hertz).tobytes()
            self._writer.append(self.head, SLOT, sound, mark if not index else 0)
            self.head += SLOT


@pytest.fixture
def ring(tmp_path: Path) -> Ring:
    return Ring(tmp_path / "run" / "dusk" / "pcm.ring")


def pieces(seconds: float, start: int = 0) -> Iterator[Piece]:
    for index in range(round(seconds * 4)):
        yield Piece(start + index * SLOT, tone(start + index * SLOT, SLOT))


def until(true: Callable[[], object], seconds: float = 20.0) -> bool:
    """Wait for something that another process or thread does."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if true():
            return True
        time.sleep(0.02)
    return False


def free_port() -> int:
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        return int(door.getsockname()[1])


def answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def served(command: list[str], port: int, log: Path) -> Iterator[int]:
    with log.open("wb") as out:
        process = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT)
        try:
            assert until(lambda: answers(port) or process.poll() is not None)
            assert process.poll() is None, log.read_text()
            yield port
        finally:
            process.terminate()
            process.wait(10)


@pytest.fixture(scope="session")
def icecast(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """Port of a real Icecast."""
    if shutil.which("icecast2") is None:
        pytest.skip("needs Debian's icecast2")
    folder = tmp_path_factory.mktemp("icecast")
    port = free_port()
    text = ICECAST.format(port=port, folder=folder)
    if os.geteuid():
        text = text[: text.index("<changeowner>")] + text[text.index("</security>") :]
    folder.chmod(0o755)
    (folder / "icecast.xml").write_text(text)
    yield from served(["icecast2", "-c", str(folder / "icecast.xml")], port, folder / "log")


@pytest.fixture(scope="session")
def nginx(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """Port of a real RTMP server."""
    program = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    if program is None or not MODULE.exists():
        pytest.skip("needs Debian's nginx and libnginx-mod-rtmp")
    folder = tmp_path_factory.mktemp("nginx")
    port = free_port()
    user = "" if os.geteuid() else "user root;"
    (folder / "nginx.conf").write_text(NGINX.format(module=MODULE, folder=folder, port=port, user=user))
    yield from served([program, "-p", str(folder), "-c", str(folder / "nginx.conf")], port, folder / "log")
