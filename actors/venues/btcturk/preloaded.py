"""Imported by the forkserver: what a client does once in each process is done here, once for all.

The library compiles expressions with its first answer and OpenSSL fills its tables with the first
context: 3 ms of the 50 in which an actor is to be back. The answer here comes from no venue.
"""

import httpx

from actors.venues.btcturk import http

_NOBODY = httpx.MockTransport(lambda _: httpx.Response(200))

with httpx.Client(transport=_NOBODY, trust_env=False) as client:
    client.get("http://localhost/")
http.trust(encrypted=False)
