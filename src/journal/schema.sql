CREATE TABLE run (
  run TEXT PRIMARY KEY,
  state TEXT NOT NULL,
  command TEXT NOT NULL,
  source TEXT NOT NULL,
  target TEXT NOT NULL,
  source_ref TEXT NOT NULL,
  target_ref TEXT NOT NULL,
  started_ms INTEGER NOT NULL,
  updated_ms INTEGER NOT NULL,
  error_json TEXT,
  pid INTEGER NOT NULL,
  rows INTEGER NOT NULL,
  last_seq INTEGER NOT NULL,
  last_hash TEXT NOT NULL
) STRICT;

-- Apart from `run`, so that listing runs reads no plans.
CREATE TABLE run_document (
  run TEXT PRIMARY KEY REFERENCES run (run),
  plan_json TEXT NOT NULL,
  options_json TEXT NOT NULL
) STRICT;

CREATE TABLE event (
  run TEXT NOT NULL REFERENCES run (run),
  seq INTEGER NOT NULL,
  at_ms INTEGER NOT NULL,
  kind TEXT NOT NULL,
  payload TEXT NOT NULL,
  previous_hash TEXT NOT NULL,
  hash TEXT NOT NULL,
  PRIMARY KEY (run, seq)
) STRICT, WITHOUT ROWID;

-- Of processes: start_ticks is field 22 of /proc/PID/stat, boot the machine's boot id.
CREATE TABLE run_lock (
  run TEXT PRIMARY KEY REFERENCES run (run),
  pid INTEGER NOT NULL,
  start_ticks INTEGER NOT NULL,
  boot TEXT NOT NULL
) STRICT;
