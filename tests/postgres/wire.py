"""A TCP proxy on 127.0.0.1 that breaks a connection at an exact byte or statement, as networks and servers do."""

from __future__ import annotations

import select
import socket
import struct
import threading
from contextlib import suppress
from types import TracebackType
from typing import Self

_STEP_SECONDS = 0.02


class Wire:
    """Stands between a client and the server on `port`. At most one of the faults strikes, and once.

    :param hold_at: the client's message that holds these bytes waits until `release`; a client that dies meanwhile
        takes its connection to the server along, and the message never arrives.
    :param drop_before: the connection breaks instead of carrying this message.
    :param drop_after: the message arrives; the connection breaks when the server answers, and the answer is lost.
    :param refuse_at: in place of the server, a pooler answers this message with FATAL `refuse_with` and closes.
    :param cut_after: the connection breaks after this many bytes from the server.
    :param stall_after: nothing more comes from the server after this many bytes, until `release`.
    """

    def __init__(
        self,
        port: int,
        *,
        hold_at: bytes | None = None,
        drop_before: bytes | None = None,
        drop_after: bytes | None = None,
        refuse_at: bytes | None = None,
        refuse_with: str = "08P01",
        cut_after: int | None = None,
        stall_after: int | None = None,
    ) -> None:
        self._upstream = port
        self._hold_at, self._drop_before, self._drop_after = hold_at, drop_before, drop_after
        self._refuse_at, self._refuse_with = refuse_at, refuse_with
        self._cut_after, self._stall_after = cut_after, stall_after
        self._released = threading.Event()
        self._struck = False
        self._received = 0
        self._sockets: list[socket.socket] = []
        self.reached = threading.Event()
        """Set when the fault strikes."""

    def __enter__(self) -> Self:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # shutdown wakes a thread that waits in accept or recv; close alone does not
        for each in (self._listener, *self._sockets):
            _end(each)

    def release(self) -> None:
        """Let what is held go on."""
        self._released.set()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                try:
                    server = socket.create_connection(("127.0.0.1", self._upstream))
                except OSError:
                    _end(client)  # the server is down: whoever connects is refused
                    continue
                self._sockets += [client, server]
                answered = threading.Event()
                threading.Thread(target=self._to_server, args=(client, server, answered), daemon=True).start()
                threading.Thread(target=self._to_client, args=(client, server, answered), daemon=True).start()

    def _to_server(self, client: socket.socket, server: socket.socket, answer_is_lost: threading.Event) -> None:
        seen = b""
        with suppress(OSError, ValueError):  # ValueError: the socket was closed meanwhile
            while data := client.recv(65536):
                seen = seen[-200:] + data
                if self._strikes(self._drop_before, seen):
                    break
                if self._strikes(self._refuse_at, seen):
                    client.sendall(_fatal(self._refuse_with, "server conn crashed?"))
                    break
                if self._strikes(self._hold_at, seen) and not self._hold(client):
                    break
                if self._strikes(self._drop_after, seen, report=False):
                    answer_is_lost.set()
                server.sendall(data)
        _end(server)
        _end(client)

    def _to_client(self, client: socket.socket, server: socket.socket, answer_is_lost: threading.Event) -> None:
        with suppress(OSError, ValueError):  # ValueError: the socket was closed meanwhile
            while data := server.recv(4096):
                if answer_is_lost.is_set():
                    self.reached.set()
                    break
                self._received += len(data)
                if self._cut_after is not None and self._received > self._cut_after:
                    self.reached.set()
                    break
                if self._stall_after is not None and self._received > self._stall_after:
                    self.reached.set()
                    if not self._hold(client):
                        break
                client.sendall(data)
        _end(server)
        _end(client)

    def _strikes(self, pattern: bytes | None, seen: bytes, *, report: bool = True) -> bool:
        if pattern is None or self._struck or pattern not in seen:
            return False
        self._struck = True
        if report:
            self.reached.set()
        return True

    def _hold(self, client: socket.socket) -> bool:
        """Wait. False when the client is gone."""
        while not self._released.wait(_STEP_SECONDS):
            readable, _, _ = select.select([client], [], [], 0)
            if readable and client.recv(1, socket.MSG_PEEK) == b"":
                return False
        return True


def _end(each: socket.socket) -> None:
    with suppress(OSError):
        each.shutdown(socket.SHUT_RDWR)
    each.close()


def _fatal(code: str, words: str) -> bytes:
    """An ErrorResponse of PostgreSQL's protocol, as a pooler sends it."""
    fields = b"".join(
        tag + text.encode() + b"\0" for tag, text in ((b"S", "FATAL"), (b"V", "FATAL"), (b"C", code), (b"M", words))
    )
    return b"E" + struct.pack("!i", len(fields) + 5) + fields + b"\0"
