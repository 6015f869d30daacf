"""A small generated record store in SQLite: keys of one and two columns, references (one of a table
to itself), indexes, NULLs, empty texts, prices, dates and letters of several scripts."""
import random
import sqlite3

SCHEMA = """
CREATE TABLE artist (artist_id INTEGER NOT NULL PRIMARY KEY, name NVARCHAR(120));
CREATE TABLE album (
  album_id INTEGER NOT NULL PRIMARY KEY, title NVARCHAR(160) NOT NULL,
  artist_id INTEGER NOT NULL REFERENCES artist (artist_id) ON DELETE CASCADE);
CREATE TABLE track (
  track_id INTEGER NOT NULL PRIMARY KEY, name NVARCHAR(200) NOT NULL,
  album_id INTEGER REFERENCES album (album_id), composer NVARCHAR(220),
  milliseconds INTEGER NOT NULL, unit_price NUMERIC(10,2) NOT NULL);
CREATE TABLE employee (
  employee_id INTEGER NOT NULL PRIMARY KEY, last_name NVARCHAR(20) NOT NULL,
  reports_to INTEGER REFERENCES employee (employee_id), birth_date DATETIME,
  email NVARCHAR(60) UNIQUE);
CREATE TABLE customer (
  customer_id INTEGER NOT NULL PRIMARY KEY, company NVARCHAR(80), email NVARCHAR(60) NOT NULL,
  support_rep_id INTEGER REFERENCES employee (employee_id));
CREATE TABLE invoice (
  invoice_id INTEGER NOT NULL PRIMARY KEY,
  customer_id INTEGER NOT NULL REFERENCES customer (customer_id),
  invoice_date DATETIME NOT NULL, total NUMERIC(10,2) NOT NULL);
CREATE TABLE playlist (playlist_id INTEGER NOT NULL PRIMARY KEY, name NVARCHAR(120));
CREATE TABLE playlist_track (
  playlist_id INTEGER NOT NULL REFERENCES playlist (playlist_id),
  track_id INTEGER NOT NULL REFERENCES track (track_id), PRIMARY KEY (playlist_id, track_id));
CREATE INDEX track_album ON track (album_id);
CREATE INDEX invoice_customer_date ON invoice (customer_id, invoice_date);
"""

NAMES = ["Ángela", "Björk", "", "中島みゆき", "O'Neill", 'the "Quotes"', "a|b\tc", "Ωmega", None]


def make_store(path, scale=200, seed=7):
    """Makes the store; `scale` is the number of artists. Returns the path."""
    pick = random.Random(seed)
    connection = sqlite3.connect(path)
    connection.executescript(SCHEMA)

    def fill(table, rows):
        marks = ", ".join("?" * len(rows[0]))
        connection.executemany(f"INSERT INTO {table} VALUES ({marks})", rows)

    def moment():
        return (f"20{pick.randint(0, 25):02}-{pick.randint(1, 12):02}-{pick.randint(1, 28):02} "
                f"{pick.randint(0, 23):02}:{pick.randint(0, 59):02}:{pick.randint(0, 59):02}")

    def price():
        return pick.randint(0, 9999) / 100

    ids = range(1, scale + 1)
    fill("artist", [(i, pick.choice(NAMES)) for i in ids])
    fill("album", [(i, f"album {i}", pick.randint(1, scale)) for i in ids])
    fill("track", [(i, f"track {i}", pick.choice([None, pick.randint(1, scale)]),
                    pick.choice(NAMES),
                    pick.randint(1, 10**9), price()) for i in range(1, 5 * scale)])
    fill("employee", [(i, f"last {i}", None if i == 1 else pick.randint(1, i - 1),
                       pick.choice([None, moment()]), f"e{i}@example.org") for i in range(1, 21)])
    fill("customer", [(i, pick.choice(NAMES), f"c{i}@example.org", pick.choice([None, 1, 7, 20]))
                      for i in ids])
    fill("invoice", [(i, pick.randint(1, scale), moment(), price()) for i in range(1, 3 * scale)])
    fill("playlist", [(i, pick.choice(NAMES)) for i in range(1, 6)])
    tracks = [(p, t) for p in range(1, 6) for t in range(1, 5 * scale)]
    fill("playlist_track", sorted(pick.sample(tracks, 2 * scale)))
    connection.commit()
    connection.close()
    return path
