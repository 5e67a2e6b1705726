"""A relay passes every byte on, until its link is cut."""

import socket
import threading

import pytest

from scripts.chaos.relays import Place, Relays, Weather

PATIENCE_S = 5


@pytest.fixture
def link(run_dir):
    """A relay before a server that answers with what it hears, and its weather."""
    server = socket.socket(socket.AF_UNIX)
    server.bind(str(run_dir / "real"))
    server.listen()
    threading.Thread(target=echo, args=(server,), daemon=True).start()
    relays = Relays(
        {"link": (Place(path=str(run_dir / "relay")), Place(path=str(run_dir / "real")))}
    )
    opened = []

    def connect():
        one = socket.socket(socket.AF_UNIX)
        one.settimeout(PATIENCE_S)
        one.connect(str(run_dir / "relay"))
        opened.append(one)
        return one

    yield relays, connect
    for one in opened:
        one.close()
    relays.close()
    server.close()


def echo(server):
    while True:
        try:
            one, _ = server.accept()
        except OSError:
            return
        threading.Thread(target=answer, args=(one,), daemon=True).start()


def answer(one):
    with one:
        try:
            while data := one.recv(65_536):
                one.sendall(data)
        except OSError:
            return


def heard(one, count):
    data = b""
    while len(data) < count:
        piece = one.recv(count - len(data))
        if not piece:
            break
        data += piece
    return data


def test_bytes_pass_both_ways_as_they_are(link):
    _, connect = link
    one = connect()
    said = bytes(range(256)) * 1_000

    threading.Thread(target=one.sendall, args=(said,), daemon=True).start()

    assert heard(one, len(said)) == said


def test_a_cut_ends_connections_and_refuses_new_ones_until_it_heals(link):
    relays, connect = link
    one = connect()
    one.sendall(b"before")
    assert heard(one, 6) == b"before"

    relays.turn("link", Weather.CUT)
    with pytest.raises(OSError):
        _raise_when_closed(one)
    with pytest.raises(OSError):
        _raise_when_closed(connect())
    relays.turn("link", Weather.FAIR)
    again = connect()
    again.sendall(b"after")

    assert heard(again, 5) == b"after"


@pytest.mark.parametrize("weather", [Weather.DEAF, Weather.MUTE])
def test_one_way_is_silent_and_what_was_held_back_arrives_late(link, weather):
    relays, connect = link
    one = connect()
    relays.turn("link", weather)
    one.sendall(b"late")
    one.settimeout(0.2)
    with pytest.raises(TimeoutError):
        one.recv(1)
    one.settimeout(PATIENCE_S)

    relays.heal()

    assert heard(one, 4) == b"late"


def test_a_slow_link_loses_nothing(link):
    relays, connect = link
    relays.turn("link", Weather.SLOW)
    one = connect()

    one.sendall(b"slowly")

    assert heard(one, 6) == b"slowly"


def test_a_torn_piece_goes_through_by_half_and_nothing_after_it(link):
    relays, connect = link
    torn = relays.links["link"].tear(b"POST /order")
    one = connect()

    one.sendall(b"GET /ok")
    assert heard(one, 7) == b"GET /ok"
    one.sendall(b"POST /order HTTP/1.1")

    assert torn.wait(PATIENCE_S)
    assert heard(one, 11) == b"POST /order"
    one.settimeout(0.2)
    with pytest.raises(TimeoutError):
        one.recv(1)


def test_nobody_behind_the_relay_is_nobody_there(run_dir):
    listens, target = (Place(path=str(run_dir / name)) for name in ("relay", "nobody"))
    relays = Relays({"link": (listens, target)})
    try:
        with socket.socket(socket.AF_UNIX) as one:
            one.settimeout(PATIENCE_S)
            one.connect(listens.path)
            with pytest.raises(OSError):
                _raise_when_closed(one)
    finally:
        relays.close()


def _raise_when_closed(one):
    if one.recv(1) == b"":
        raise ConnectionResetError
