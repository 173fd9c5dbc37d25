"""A source for Icecast: `icecast://source:PASSWORD@HOST:PORT/mount[?format=mp3|opus&bitrate=KBPS&name=TEXT]`."""

from __future__ import annotations

import base64
import re
import socket
import threading
import time
from collections.abc import Iterable
from typing import Final
from urllib.parse import quote, urlencode

from dusktape.core.version import __version__
from dusktape.radio.outputs.address import Address
from dusktape.radio.outputs.connection import connected, readable, reason
from dusktape.radio.outputs.encoders import Encoder, encoder
from dusktape.radio.outputs.follow import Piece
from dusktape.radio.outputs.retry import Lost, Retry, tell
from dusktape.radio.outputs.titles import Titles

_ANSWER: Final = 65_536
_TITLE_AGAIN_S: Final = (2.0, 5.0, 15.0, 30.0)
"""A title that was not taken is told again after so long, while it is the one that is heard."""


def send(to: Address, pieces: Iterable[Piece], titles: Titles, retry: Retry | None = None) -> None:
    """Send a station to an Icecast server for as long as pieces come, and come back when the connection is lost.

    Raises
    ------
    InputError
        If the server can never take it: no such format or bitrate.
    PluginError
        If the format needs an extra.
    """
    retry = retry or Retry(to.shown, secrets=to.secrets)
    encoder(to.options.get("format", "mp3"), to.options.get("bitrate"))  # what cannot work ends here
    stream = iter(pieces)
    while True:
        try:
            source = Source(to)
            retry.connected()
            try:
                _feed(source, stream, titles)
                return
            finally:
                source.close()
        except Lost as lost:
            retry.wait(str(lost))


def _feed(source: Source, pieces: Iterable[Piece], titles: Titles) -> None:
    said: str | None = None
    for piece in pieces:
        entry = None if piece.frame is None else titles.at(piece.frame)
        if entry is not None and entry.title != said:
            said = entry.title
            source.retitle(said)
        source.send(piece)


class Source:
    """One connection to one mount, with an encoder of its own.

    Source
    ------
    Icecast 2.4 documentation, "Icecast protocol": HTTP PUT with `Expect: 100-continue`, basic authentication, `ice-`
    headers; titles of MP3 by `/admin/metadata`.

    Raises
    ------
    Lost
        If the server is not there or does not want us.
    """

    def __init__(self, to: Address) -> None:
        self._to, self._title = to, ""
        self._encoder: Encoder = encoder(to.options.get("format", "mp3"), to.options.get("bitrate"))
        self._socket = connected(to)
        try:
            self._greet()
        except OSError as error:
            self.close()
            raise Lost(f"no answer ({reason(error)})") from error
        except Lost:
            self.close()
            raise

    def send(self, piece: Piece) -> None:
        """Encode and send.

        Raises
        ------
        Lost
            If the server is gone.
        """
        self._write(self._encoder.encode(piece.sound))

    def retitle(self, title: str) -> None:
        """Say what is heard from here on; in the stream where it can hold it, beside it otherwise.

        Raises
        ------
        Lost
            If the server is gone.
        """
        self._title = title
        told = self._encoder.retitle(title)
        if told is None:
            threading.Thread(target=self._tell, args=(title,), daemon=True).start()
        else:
            self._write(told)

    def close(self) -> None:
        """Hang up."""
        self._title = ""
        self._socket.close()

    def _greet(self) -> None:
        rate = self._encoder.bitrate_kbps
        self._socket.sendall(
            _request(
                self._to,
                f"PUT {_quoted(self._to.path)} HTTP/1.1",
                f"Content-Type: {self._encoder.content_type}",
                f"Ice-Name: {self._to.options.get('name', 'Dusktape')}",
                "Ice-Description: lo-fi that a machine makes while you listen",
                "Ice-Genre: lo-fi",
                "Ice-Public: 0",
                f"Ice-Audio-Info: ice-samplerate=44100;ice-bitrate={rate};ice-channels=2",
                "Expect: 100-continue",
            )
        )
        status, words = _answer(self._socket)
        if status not in (100, 200):
            raise Lost(_refusal(status, words))

    def _write(self, data: bytes) -> None:
        try:
            if data:
                self._socket.sendall(data)
            if readable(self._socket) and not self._socket.recv(_ANSWER):
                raise Lost("the server ended the stream")
        except (OSError, ValueError) as error:
            raise Lost(f"the connection is lost ({reason(error)})") from error

    def _tell(self, title: str) -> None:
        # No charset: Icecast turns what is said to be UTF-8 into the mount's, which is ISO 8859-1 unless its
        # configuration says otherwise, and writes entities for the rest. Unlabelled bytes reach players as they are.
        song = urlencode({"mount": self._to.path, "mode": "updinfo", "song": title})
        request = _request(self._to, f"GET /admin/metadata?{song} HTTP/1.0")
        for pause in _TITLE_AGAIN_S:
            told = _told(self._to, request)
            if not told:
                return
            tell(f"{self._to.shown}: the title was not taken ({told})")
            time.sleep(pause)
            if self._title != title:
                return


def _told(to: Address, request: bytes) -> str:
    """Make a request beside the stream, and return what went wrong."""
    try:
        with connected(to) as beside:
            beside.sendall(request)
            status, words = _answer(beside)
    except (Lost, OSError) as error:
        return str(error)
    return "" if status == 200 else f"{status} {words}"


def _request(to: Address, first: str, *headers: str) -> bytes:
    secret = base64.b64encode(f"{to.user}:{to.password}".encode()).decode()
    lines = [
        first,
        f"Host: {to.server}",
        f"Authorization: Basic {secret}",
        f"User-Agent: Dusktape/{__version__}",
        *headers,
    ]
    return ("\r\n".join(line.replace("\r", "").replace("\n", "") for line in lines) + "\r\n\r\n").encode()


def _answer(connection: socket.socket) -> tuple[int, str]:
    """Return status and reason of the answer that comes next; of a refusal, with all that it says."""
    text = b""
    while b"\r\n\r\n" not in text or not re.match(rb"HTTP/1\.\d [12]", text):
        more = connection.recv(4_096)
        if not more or len(text) > _ANSWER:
            break
        text += more
    found = re.match(r"(?:HTTP/1\.\d|ICY) (\d{3}) ?([^\r\n]*)", text.decode("latin-1"))
    if not found:
        raise Lost("the server does not answer as Icecast does; check host and port")
    body = text.partition(b"\r\n\r\n")[2].decode("latin-1")
    return int(found[1]), " ".join(f"{found[2]} {re.sub('<[^>]*>', ' ', body)}".split())[:200]


def _refusal(status: int, words: str) -> str:
    if status == 401:
        return "wrong password"
    if status == 403 and "use" in words.lower():
        return "the mount is in use by another source"
    return f"the server refuses the stream ({status} {words})"


def _quoted(path: str) -> str:
    return quote(path)
