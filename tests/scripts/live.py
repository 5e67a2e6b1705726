"""A desk in `live`, at a simulated exchange that stands in for the venue."""

import re

from config import secrets
from config.layers import SHIPPED

COMMENTED = re.compile(r"^#([a-z_]+ = )", re.M)
ARMED = dict(secrets.ARMING)
READY_WITHIN_S = 90  # doctor looks at the machine first, which takes its time on a busy one
LIVELY = """\

extends = "live.toml"

[desk]
instruments = ["BTC_TRY", "ETH_TRY", "SOL_TRY"]
adopt_holdings = true

[[strategy.run]]
kind = "mean_reversion"
name = "mean_reversion"
instruments = ["BTC_TRY", "ETH_TRY", "SOL_TRY"]
bootstrap_try = 200
order_try = 400
below_bps = 1
above_bps = 1
window_s = 10
sample_s = 1
samples_min = 3

[allocator]
pricing = "cross"
offset_bps = 20

[risk_gate]
position_max_try = 10_000
gross_max_try = 20_000
cooldown_ms = 500
repeated_max = 1000

[risk_gate.modes]
exposure_max_try = 30_000

[executor]
dry_run = {dry_run}
visibility_lag_s = 2
on_stop = "cancel"

[executor.limits]
gross_max_try = 25_000

[venue]
base_url = "{url}"
graph_url = "{url}"
ws_url = "{stream}"
other_address = true
"""


def config(folder, url, *, stream=None, dry_run=False):
    """Write the template with every number and, over it, a lively desk at *url*; its path.

    *stream* is where the WebSocket is, if not there.
    """
    template = (SHIPPED / "live.toml").read_text()
    (folder / "live.toml").write_text(COMMENTED.sub(r"\1", template))
    path = folder / "lively.toml"
    ws_url = (stream or url).replace("http", "ws")
    told = {"url": url, "stream": ws_url, "dry_run": str(dry_run).lower()}
    path.write_text(LIVELY.format(**told))
    return path
