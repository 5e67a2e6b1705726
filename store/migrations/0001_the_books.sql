-- The journal is the truth; every other table is its fold, written in the same transaction.
-- Amounts are canonical decimal text, times ms UTC, bodies MessagePack. *seq* is the entry of the
-- journal that last wrote a row.

CREATE TABLE journal (
  seq INTEGER NOT NULL PRIMARY KEY,
  epoch INTEGER NOT NULL,
  at_ms INTEGER NOT NULL,
  kind TEXT NOT NULL,
  subject TEXT NOT NULL,
  body BLOB NOT NULL,
  hash BLOB NOT NULL
) STRICT;
CREATE INDEX journal_subject ON journal (subject) WHERE subject <> '';

CREATE TABLE meta (
  key TEXT NOT NULL PRIMARY KEY,
  value TEXT NOT NULL,
  seq INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE level (
  scope TEXT NOT NULL,
  name TEXT NOT NULL,
  source TEXT NOT NULL,
  level TEXT NOT NULL,
  reason TEXT NOT NULL,
  at_ms INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  PRIMARY KEY (scope, name, source)
) STRICT, WITHOUT ROWID;

CREATE TABLE instrument (
  instrument TEXT NOT NULL PRIMARY KEY,
  version INTEGER NOT NULL,
  last_buy_ms INTEGER NOT NULL,
  last_sell_ms INTEGER NOT NULL,
  seq INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE position (
  strategy TEXT NOT NULL,
  instrument TEXT NOT NULL,
  position TEXT NOT NULL,
  cost TEXT,
  realised TEXT NOT NULL,
  lost_in_a_row INTEGER NOT NULL,
  trip_realised TEXT NOT NULL,
  seq INTEGER NOT NULL,
  PRIMARY KEY (strategy, instrument)
) STRICT, WITHOUT ROWID;

CREATE TABLE intent (
  id INTEGER NOT NULL PRIMARY KEY,
  intent_id TEXT NOT NULL UNIQUE,
  instrument TEXT NOT NULL,
  version INTEGER NOT NULL,
  leg INTEGER NOT NULL,
  strategy TEXT NOT NULL,
  client_order_id TEXT NOT NULL,
  decision_id TEXT NOT NULL,
  body_hash TEXT NOT NULL,
  why BLOB NOT NULL,
  at_ms INTEGER NOT NULL,
  seq INTEGER NOT NULL
) STRICT;

CREATE TABLE orders (
  id INTEGER NOT NULL PRIMARY KEY,
  client_order_id TEXT NOT NULL UNIQUE,
  intent_id TEXT NOT NULL,
  instrument TEXT NOT NULL,
  strategy TEXT NOT NULL,
  side TEXT NOT NULL CHECK (side IN ('buy', 'sell')),
  price TEXT NOT NULL,
  quantity TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('SENDING', 'LIVE', 'CLOSING', 'UNKNOWN', 'FILLED',
    'CANCELLED', 'REJECTED', 'NOT_SENT', 'ABSENT')),
  stamp_ms INTEGER NOT NULL,
  venue_order_id INTEGER,
  filled_quantity TEXT NOT NULL,
  booked_quantity TEXT NOT NULL,
  hold_asset TEXT NOT NULL,
  hold_left TEXT NOT NULL,
  cancel_wanted INTEGER NOT NULL,
  cancel_reason TEXT NOT NULL,
  outcome TEXT NOT NULL,
  created_ms INTEGER NOT NULL,
  confirmed_ms INTEGER,
  ended_ms INTEGER,
  seq INTEGER NOT NULL
) STRICT;
-- What is alive is found without looking at what is over.
CREATE INDEX orders_alive ON orders (instrument)
  WHERE state IN ('SENDING', 'LIVE', 'CLOSING', 'UNKNOWN');
CREATE INDEX orders_venue ON orders (venue_order_id) WHERE venue_order_id IS NOT NULL;

CREATE TABLE fill (
  id INTEGER NOT NULL PRIMARY KEY,
  trade_id TEXT NOT NULL UNIQUE,
  client_order_id TEXT NOT NULL,
  venue_order_id INTEGER NOT NULL,
  instrument TEXT NOT NULL,
  strategy TEXT NOT NULL,
  side TEXT NOT NULL CHECK (side IN ('buy', 'sell')),
  price TEXT NOT NULL,
  quantity TEXT NOT NULL,
  fee TEXT NOT NULL,
  tax TEXT NOT NULL,
  fee_asset TEXT NOT NULL,
  realised TEXT,
  late INTEGER NOT NULL,
  at_ms INTEGER NOT NULL,
  booked_ms INTEGER NOT NULL,
  seq INTEGER NOT NULL
) STRICT;
CREATE INDEX fill_order ON fill (client_order_id);

CREATE TABLE posting (
  transfer TEXT NOT NULL,
  leg INTEGER NOT NULL,
  account TEXT NOT NULL,
  asset TEXT NOT NULL,
  amount TEXT NOT NULL,
  seq INTEGER NOT NULL,
  PRIMARY KEY (transfer, leg)
) STRICT, WITHOUT ROWID;

CREATE TABLE balance (
  account TEXT NOT NULL,
  asset TEXT NOT NULL,
  amount TEXT NOT NULL,
  seq INTEGER NOT NULL,
  PRIMARY KEY (account, asset)
) STRICT, WITHOUT ROWID;

CREATE TABLE cursor (
  instrument TEXT NOT NULL PRIMARY KEY,
  since_ms INTEGER NOT NULL,
  seq INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE day (
  day TEXT NOT NULL PRIMARY KEY,
  baseline TEXT,
  realised TEXT NOT NULL,
  fees TEXT NOT NULL,
  flows TEXT NOT NULL,
  equity TEXT,
  peak TEXT,
  seq INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE http (
  client_order_id TEXT NOT NULL,
  at_ms INTEGER NOT NULL,
  what TEXT NOT NULL,
  path TEXT NOT NULL,
  status INTEGER,
  answered_ms INTEGER,
  meaning TEXT NOT NULL,
  answer TEXT NOT NULL,
  seq INTEGER NOT NULL,
  PRIMARY KEY (client_order_id, at_ms, what)
) STRICT, WITHOUT ROWID;

CREATE TABLE record (
  id INTEGER NOT NULL PRIMARY KEY,
  batch_id TEXT NOT NULL,
  leg INTEGER NOT NULL,
  sender TEXT NOT NULL,
  kind TEXT NOT NULL,
  at_ms INTEGER NOT NULL,
  instrument TEXT NOT NULL,
  body BLOB NOT NULL,
  seq INTEGER NOT NULL,
  UNIQUE (batch_id, leg)
) STRICT;
CREATE INDEX record_kind ON record (kind);

-- What was said stays said. Triggers see REPLACE only with PRAGMA recursive_triggers = 1.
CREATE TRIGGER journal_stays BEFORE UPDATE ON journal
  BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
CREATE TRIGGER journal_stays_whole BEFORE DELETE ON journal
  BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
CREATE TRIGGER intent_stays BEFORE UPDATE ON intent
  BEGIN SELECT RAISE(ABORT, 'intents are only added'); END;
CREATE TRIGGER intent_stays_whole BEFORE DELETE ON intent
  BEGIN SELECT RAISE(ABORT, 'intents are only added'); END;
CREATE TRIGGER fill_stays BEFORE UPDATE ON fill
  BEGIN SELECT RAISE(ABORT, 'fills are only added'); END;
CREATE TRIGGER fill_stays_whole BEFORE DELETE ON fill
  BEGIN SELECT RAISE(ABORT, 'fills are only added'); END;
CREATE TRIGGER posting_stays BEFORE UPDATE ON posting
  BEGIN SELECT RAISE(ABORT, 'postings are only added'); END;
CREATE TRIGGER posting_stays_whole BEFORE DELETE ON posting
  BEGIN SELECT RAISE(ABORT, 'postings are only added'); END;
CREATE TRIGGER record_stays BEFORE UPDATE ON record
  BEGIN SELECT RAISE(ABORT, 'records are only added'); END;
CREATE TRIGGER record_stays_whole BEFORE DELETE ON record
  BEGIN SELECT RAISE(ABORT, 'records are only added'); END;
