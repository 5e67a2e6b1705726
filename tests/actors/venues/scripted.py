"""A server that answers each request with the next of its scripts, byte for byte."""

import socket
import threading

HELD = object()
OK_HEADER = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


def answer(body, status=b"200 OK", extra=b""):
    """Return a script: send one whole answer and keep the connection."""

    def send(connection):
        head = b"HTTP/1.1 " + status + b"\r\nContent-Length: %d\r\n" % len(body) + extra + b"\r\n"
        connection.sendall(head + body)
        return True

    return send


def close(_connection):
    """Close after the request was read, without a word."""
    return False


def hold(_connection):
    """Say nothing after the request was read, and keep the connection open."""
    return HELD


def reset(connection):
    """Reset the connection after the request was read."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
    return False


def raw(*parts):
    """Return a script: send these bytes and close."""

    def send(connection):
        for part in parts:
            connection.sendall(part)
        return False

    return send


class Scripted:
    """Serves connections one after the other; *requests* holds what was asked, headers included."""

    def __init__(self, *scripts):
        self._scripts = list(scripts)
        self.requests = []
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._held = []
        self.url = f"http://127.0.0.1:{self._listening.getsockname()[1]}"
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_exc):
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        for connection in self._held:
            connection.close()
        self._thread.join(5)

    def _serve(self):
        while self._scripts:
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return
            with connection:
                self._converse(connection)

    def _converse(self, connection):
        while self._scripts:
            request = self._read(connection)
            if request is None:
                return
            self.requests.append(request)
            kept = self._scripts.pop(0)(connection)
            if kept is HELD:
                self._held.append(connection.dup())
            if kept is not True:
                return

    def _read(self, connection):
        data = b""
        while b"\r\n\r\n" not in data:
            try:
                part = connection.recv(65_536)
            except OSError:
                return None
            if not part:
                return None
            data += part
        head, _, body = data.partition(b"\r\n\r\n")
        length = 0
        for line in head.split(b"\r\n")[1:]:
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        while len(body) < length:
            body += connection.recv(65_536)
        return head + b"\r\n\r\n" + body
