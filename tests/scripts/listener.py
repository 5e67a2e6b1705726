"""Between a desk and its venue: hears every request, and may put another answer in its place."""

import json
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import httpx

KEPT = ("X-PCK", "X-Stamp", "X-Signature", "Content-Type")


class Listener:
    """*heard* is every request as (method, path); *instead* answers some of them.

    *instead* maps the beginning of a path to a function of the venue's own answer (status, body)
    that returns the one to give.
    """

    def __init__(self, venue_url, port, instead):
        self.url = f"http://127.0.0.1:{port}"
        self.heard = []
        self._venue = httpx.Client(base_url=venue_url, timeout=20)
        self._instead = instead

    def writes(self):
        """Return what would change something at the venue."""
        return [one for one in self.heard if one[0] != "GET"]

    def answer(self, method, path, headers, body):
        self.heard.append((method, path.partition("?")[0]))
        given = {name: headers[name] for name in KEPT if name in headers}
        found = self._venue.request(method, path, headers=given, content=body)
        status, content = found.status_code, found.content
        for start, change in self._instead.items():
            if path.startswith(start):
                status, content = change(status, content)
        return status, content, found.headers.get("content-type", "application/json")

    def close(self):
        self._venue.close()


@contextmanager
def listening(venue_url, instead=None):
    """A listener in front of *venue_url*; *instead* by path, such as `{"/api/v1/": refuse}`."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.daemon_threads = True
    server.listener = Listener(venue_url, server.server_address[1], instead or {})
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield server.listener
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        server.listener.close()


def ten_seconds_off(status, content):
    """The venue's time as a clock ten seconds off sees it."""
    told = json.loads(content)
    return status, json.dumps(told | {"serverTime": told["serverTime"] + 10_000}).encode()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def _pass_on(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        listener = self.server.listener
        status, content, kind = listener.answer(self.command, self.path, self.headers, body)
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = do_DELETE = _pass_on  # noqa: N815 - the library's names

    def log_message(self, *_):
        """Say nothing."""
