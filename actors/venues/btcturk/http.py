"""One kept-open HTTP client: a request out, its whole answer back, nothing repeated ever.

No retries, no redirects, no proxies or other settings from the environment, HTTP/1.1 only. A
transport error is told by its name alone, since the library's exceptions carry the signed headers.
One client serves one thread.
"""

import functools
import ssl

import httpcore
import httpx
from msgspec import Struct

from actors.venues.btcturk.deadline import Backend, Deadline
from actors.venues.clock import Clock
from actors.venues.port import ANSWER_KEPT_MAX, HttpCall
from actors.venues.settings import VenueSettings

KEEP_ALIVE_S = 30.0  # idle longer than this is closed by us, before the venue does it
USER_AGENT = "btcbot/0.1"  # the venue wants one (broker-api-docs #265)
CONNECTIONS_MAX = 2


class TransportFailed(Exception):
    """No whole answer came. *name* is the kind of error; its cause holds headers and is dropped."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


class Answer(Struct, frozen=True, kw_only=True):
    """A whole HTTP answer. Header names are lower-case."""

    status: int
    headers: dict[str, str]
    body: bytes


class Client:
    """Sends requests to one host and remembers the last exchange."""

    def __init__(self, base_url: str, settings: VenueSettings, clock: Clock) -> None:
        self._base_url, self._settings, self._clock = base_url.rstrip("/"), settings, clock
        self._fixed = {
            "Host": httpx.URL(base_url).netloc.decode(),
            "User-Agent": USER_AGENT,
            "Accept": "application/json",
            "Accept-Encoding": "identity",
            "Content-Type": "application/json",
        }
        self._deadline = Deadline(clock)
        pool = httpcore.ConnectionPool(
            ssl_context=trust(encrypted=base_url.startswith("https:")),
            max_connections=CONNECTIONS_MAX,
            max_keepalive_connections=CONNECTIONS_MAX,
            keepalive_expiry=KEEP_ALIVE_S,
            http1=True,
            http2=False,
            retries=0,
            network_backend=Backend(self._deadline),
        )
        self._client = httpx.Client(
            transport=_Transport(pool),
            timeout=httpx.Timeout(
                connect=settings.connect_timeout_ms / 1000,
                read=settings.read_timeout_ms / 1000,
                write=settings.write_timeout_ms / 1000,
                pool=settings.connect_timeout_ms / 1000,
            ),
            follow_redirects=False,
            trust_env=False,
        )
        self.last_call: HttpCall | None = None

    def call(
        self,
        method: str,
        path: str,
        *,
        headers: dict[str, str] | None = None,
        content: bytes | None = None,
    ) -> Answer:
        """Return the answer to one request; *path* has its query string ready.

        Raises TransportFailed.
        """
        sent_ms = self._clock.wall_ms()
        try:
            answer = self._exchange(method, path, {**self._fixed, **(headers or {})}, content)
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as why:
            name = type(why).__name__
        except TransportFailed as why:
            name = why.name
        else:
            shown = answer.body[: ANSWER_KEPT_MAX * 4].decode(errors="replace")[:ANSWER_KEPT_MAX]
            self._note(method, path, sent_ms, answer.status, shown)
            return answer
        self._note(method, path, sent_ms, None, name)
        raise TransportFailed(name) from None

    def _exchange(
        self, method: str, path: str, headers: dict[str, str], content: bytes | None
    ) -> Answer:
        self._deadline.begin(self._settings.call_timeout_ms)
        url = httpx.URL(self._base_url + path)
        request = httpx.Request(method, url, headers=headers, content=content)
        response = self._client.send(request, stream=True)
        try:
            body = bytearray()
            for chunk in response.iter_raw():
                body += chunk
                if len(body) > self._settings.body_bytes_max:
                    raise TransportFailed("BodyTooLong")
        finally:
            response.close()
        found = {name.lower(): value for name, value in response.headers.items()}
        return Answer(status=response.status_code, headers=found, body=bytes(body))

    def _note(self, method: str, path: str, sent_ms: int, status: int | None, shown: str) -> None:
        self.last_call = HttpCall(
            method=method,
            path=path,
            sent_ms=sent_ms,
            answered_ms=None if status is None else self._clock.wall_ms(),
            status=status,
            answer=shown,
        )

    def close(self) -> None:
        """Close the connections."""
        self._client.close()


class _Transport(httpx.HTTPTransport):
    """The library's own, with a pool that was made here: it takes no streams of others."""

    def __init__(self, pool: httpcore.ConnectionPool) -> None:
        self._pool = pool


@functools.cache
def trust(*, encrypted: bool) -> ssl.SSLContext:
    """Return whom to believe: the known authorities, or nobody where nothing is *encrypted*.

    Loading the authorities takes 25 ms, more than all else of a client; once a process is enough.
    """
    if encrypted:
        return httpx.create_ssl_context(trust_env=False)
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
