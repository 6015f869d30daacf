"""Folders of versioned SQL scripts for `sluice evolve`."""
import pathlib

KINDS = ["duckdb", "sqlite", "ducklake", "postgres", "mysql"]
SERVERS = ["postgres", "mysql"]


class Scripts:
    """A folder of scripts: `scripts.add(1, "events", up, down)`."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder) / "scripts"
        self.folder.mkdir()

    def path(self, version, name, direction="up"):
        return self.folder / f"{version:04}_{name}.{direction}.sql"

    def add(self, version, name, up, down=None):
        self.path(version, name).write_text(up)
        if down is not None:
            self.path(version, name, "down").write_text(down)


# Five versions of a service that counts what is played; version 3 changes rows and schema in turn.
def fill(scripts, until=5):
    shop = [
        ("events", "CREATE TABLE events (id BIGINT, title VARCHAR(100));\n"
                   "INSERT INTO events VALUES (1, 'a;b'), (2, 'it''s'), (3, NULL);\n",
         "DROP TABLE events;"),
        ("status", "ALTER TABLE events ADD COLUMN status VARCHAR(20) DEFAULT 'active';",
         "ALTER TABLE events DROP COLUMN status;"),
        ("users", "CREATE TABLE users (id BIGINT, name VARCHAR(50));\n"
                  "INSERT INTO users VALUES (7, 'ann');\n"
                  "ALTER TABLE events ADD COLUMN user_id BIGINT;\n"
                  "UPDATE events SET user_id = 7 WHERE id < 3;\n"
                  "INSERT INTO users VALUES (8, 'bob');\n",
         "ALTER TABLE events DROP COLUMN user_id;\nDROP TABLE users;\n"),
        ("rename", "ALTER TABLE users RENAME TO people;", "ALTER TABLE people RENAME TO users;"),
        ("more", "INSERT INTO people VALUES (9, 'eve');", "DELETE FROM people WHERE id = 9;"),
    ]
    for version, (name, up, down) in enumerate(shop[:until], start=1):
        scripts.add(version, name, up, down)
    return scripts


EVENTS = [("1", "a;b", "active", "7"), ("2", "it's", "active", "7"), ("3", None, "active", None)]
PEOPLE = [("7", "ann"), ("8", "bob"), ("9", "eve")]


def content(target):
    return (sorted(target.rows("SELECT id, title, status, user_id FROM events"), key=str),
            sorted(target.rows("SELECT id, name FROM people")))
