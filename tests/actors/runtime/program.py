"""A program that serves one path, as the simulated exchange serves many."""

import os
import signal
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer

from actors.runtime.death import follow


class _Time(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_said: object) -> None: ...


def run(*, port: int, follows: bool = True) -> int:
    if follows:
        follow(os.getppid(), signal.SIGTERM)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        HTTPServer(("127.0.0.1", port), _Time).serve_forever()
    except SystemExit:
        return 0
    return 0
