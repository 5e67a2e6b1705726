"""The tables as peewee sees them: for reading, where convenience counts and microseconds do not.

The migrations make the tables; a test holds these classes to what they made. Amounts are canonical
decimal text (a DecimalField would keep a binary fraction), times ms UTC, bodies MessagePack.
"""

from peewee import AutoField, BlobField, CompositeKey, IntegerField, Model, TextField


class StoreModel(Model):
    """A table of the store. Bound to no database: each query is told which one it asks."""

    class Meta:
        database = None
        strict_tables = True


class Journal(StoreModel):
    """One entry, sealed over all before it."""

    seq = IntegerField(primary_key=True)
    epoch = IntegerField()
    at_ms = IntegerField()
    kind = TextField()
    subject = TextField()
    body = BlobField()
    hash = BlobField()

    class Meta:
        table_name = "journal"


class Meta(StoreModel):
    key = TextField(primary_key=True)
    value = TextField()
    seq = IntegerField()

    class Meta:
        table_name = "meta"
        without_rowid = True


class LevelSet(StoreModel):
    scope = TextField()
    name = TextField()
    source = TextField()
    level = TextField()
    reason = TextField()
    at_ms = IntegerField()
    seq = IntegerField()

    class Meta:
        table_name = "level"
        primary_key = CompositeKey("scope", "name", "source")
        without_rowid = True


class Instrument(StoreModel):
    instrument = TextField(primary_key=True)
    version = IntegerField()
    last_buy_ms = IntegerField()
    last_sell_ms = IntegerField()
    seq = IntegerField()

    class Meta:
        table_name = "instrument"
        without_rowid = True


class Position(StoreModel):
    strategy = TextField()
    instrument = TextField()
    position = TextField()
    cost = TextField(null=True)
    realised = TextField()
    lost_in_a_row = IntegerField()
    trip_realised = TextField()
    seq = IntegerField()

    class Meta:
        table_name = "position"
        primary_key = CompositeKey("strategy", "instrument")
        without_rowid = True


class Intent(StoreModel):
    id = AutoField()
    intent_id = TextField(unique=True)
    instrument = TextField()
    version = IntegerField()
    leg = IntegerField()
    strategy = TextField()
    client_order_id = TextField()
    decision_id = TextField()
    body_hash = TextField()
    why = BlobField()
    at_ms = IntegerField()
    seq = IntegerField()

    class Meta:
        table_name = "intent"


class Order(StoreModel):
    id = AutoField()
    client_order_id = TextField(unique=True)
    intent_id = TextField()
    instrument = TextField()
    strategy = TextField()
    side = TextField()
    price = TextField()
    quantity = TextField()
    state = TextField()
    stamp_ms = IntegerField()
    venue_order_id = IntegerField(null=True)
    filled_quantity = TextField()
    booked_quantity = TextField()
    hold_asset = TextField()
    hold_left = TextField()
    cancel_wanted = IntegerField()
    cancel_reason = TextField()
    outcome = TextField()
    created_ms = IntegerField()
    confirmed_ms = IntegerField(null=True)
    ended_ms = IntegerField(null=True)
    seq = IntegerField()

    class Meta:
        table_name = "orders"


class Fill(StoreModel):
    id = AutoField()
    trade_id = TextField(unique=True)
    client_order_id = TextField()
    venue_order_id = IntegerField()
    instrument = TextField()
    strategy = TextField()
    side = TextField()
    price = TextField()
    quantity = TextField()
    fee = TextField()
    tax = TextField()
    fee_asset = TextField()
    realised = TextField(null=True)
    late = IntegerField()
    at_ms = IntegerField()
    booked_ms = IntegerField()
    seq = IntegerField()

    class Meta:
        table_name = "fill"


class Posting(StoreModel):
    transfer = TextField()
    leg = IntegerField()
    account = TextField()
    asset = TextField()
    amount = TextField()
    seq = IntegerField()

    class Meta:
        table_name = "posting"
        primary_key = CompositeKey("transfer", "leg")
        without_rowid = True


class Balance(StoreModel):
    account = TextField()
    asset = TextField()
    amount = TextField()
    seq = IntegerField()

    class Meta:
        table_name = "balance"
        primary_key = CompositeKey("account", "asset")
        without_rowid = True


class Cursor(StoreModel):
    instrument = TextField(primary_key=True)
    since_ms = IntegerField()
    seq = IntegerField()

    class Meta:
        table_name = "cursor"
        without_rowid = True


class Day(StoreModel):
    day = TextField(primary_key=True)
    baseline = TextField(null=True)
    realised = TextField()
    fees = TextField()
    flows = TextField()
    equity = TextField(null=True)
    peak = TextField(null=True)
    seq = IntegerField()

    class Meta:
        table_name = "day"
        without_rowid = True


class Http(StoreModel):
    client_order_id = TextField()
    at_ms = IntegerField()
    what = TextField()
    path = TextField()
    status = IntegerField(null=True)
    answered_ms = IntegerField(null=True)
    meaning = TextField()
    answer = TextField()
    seq = IntegerField()

    class Meta:
        table_name = "http"
        primary_key = CompositeKey("client_order_id", "at_ms", "what")
        without_rowid = True


class Record(StoreModel):
    id = AutoField()
    batch_id = TextField()
    leg = IntegerField()
    sender = TextField()
    kind = TextField()
    at_ms = IntegerField()
    instrument = TextField()
    body = BlobField()
    seq = IntegerField()

    class Meta:
        table_name = "record"
        indexes = ((("batch_id", "leg"), True),)


MODELS: tuple[type[StoreModel], ...] = (
    Journal,
    Meta,
    LevelSet,
    Instrument,
    Position,
    Intent,
    Order,
    Fill,
    Posting,
    Balance,
    Cursor,
    Day,
    Http,
    Record,
)
