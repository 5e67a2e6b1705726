"""What httpx, asyncio and JSON really do, where the adapter's shape depends on it."""

import json
import socket
import threading
from decimal import Decimal

import httpx
import pytest

from actors.venues.btcturk.outcome import decode
from tests.actors.venues.scripted import OK_HEADER, Scripted, answer, hold

pytestmark = pytest.mark.contract


def client(**changed):
    return httpx.Client(trust_env=False, **changed)


def test_json_of_the_library_loses_digits_that_the_adapter_keeps():
    body = b"[0.0003287215972809123]"

    assert json.loads(body)[0] != Decimal("0.0003287215972809123")
    assert decode(body)[0] == Decimal("0.0003287215972809123")


def test_a_time_out_is_of_one_operation_not_of_the_call():
    def trickle(connection):
        connection.sendall(OK_HEADER + b"Content-Length: 8\r\n\r\n")
        for _ in range(8):
            connection.sendall(b"x")
            pause.wait(0.03)
        return False

    pause = threading.Event()
    with Scripted(trickle) as server, client(timeout=0.1) as found:
        assert found.get(server.url).content == b"x" * 8  # more than twice the time-out


def test_a_query_in_the_same_pool_blocks_a_submit():
    def begin(connection):
        connection.sendall(OK_HEADER + b"Content-Length: 9\r\n\r\n")
        return hold(connection)

    limits, timeout = httpx.Limits(max_connections=1), httpx.Timeout(5, pool=0.05)
    with (
        Scripted(begin) as server,
        client(limits=limits, timeout=timeout) as found,
        found.stream("GET", server.url),
        pytest.raises(httpx.PoolTimeout),
    ):
        found.post(server.url, content=b"{}")


def test_a_redirect_is_not_followed_and_would_repeat_a_post():
    moved = answer(b"", b"307 Temporary Redirect", b"Location: /again\r\n")
    with Scripted(moved, moved, answer(b"done")) as server:
        with client() as found:
            assert found.post(f"{server.url}/order", content=b"{}").status_code == 307
        with client(follow_redirects=True) as found:
            found.post(f"{server.url}/order", content=b"{}")

    assert [request.split(b" ")[:2] for request in server.requests] == [
        [b"POST", b"/order"],
        [b"POST", b"/order"],
        [b"POST", b"/again"],
    ]


def test_parameters_are_encoded_again_and_a_ready_query_is_not():
    with client() as found:
        built = found.build_request("GET", "http://venue/", params={"a": "b c"})
        ready = found.build_request("GET", "http://venue/?a=b%20c")

    assert built.url.query == b"a=b+c"
    assert ready.url.query == b"a=b%20c"


def test_a_listening_socket_without_a_protocol_gives_connections_without_one():
    """asyncio switches Nagle's algorithm off for sockets that name TCP, and for no others."""
    named = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    named.bind(("127.0.0.1", 0))
    named.listen()
    unnamed = socket.create_server(("127.0.0.1", 0))
    found = []
    for listening in (named, unnamed):
        with socket.create_connection(listening.getsockname()):
            connection, _ = listening.accept()
            found.append(connection.proto)
            connection.close()
        listening.close()

    assert found == [socket.IPPROTO_TCP, 0]
