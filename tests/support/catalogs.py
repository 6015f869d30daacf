"""Catalogs of Delta tables in SQLite, PostgreSQL and MariaDB, each with a client of its own."""
import sqlite3
import urllib.parse

import pytest

from support import mariadb


class Catalog:
    """A catalog's location, and a client of its database that is not sluice's."""

    def __init__(self, kind, uri, ask):
        self.kind, self.uri, self.ask = kind, uri, ask

    def lines(self, sql):
        text = self.ask(sql)
        return text.split("\n") if text else []

    def of(self, folder):
        """The location of Delta tables that are kept here."""
        return f"delta:{folder}?catalog={urllib.parse.quote(self.uri, safe='/:')}"


def ask_sqlite(path):
    def ask(sql):
        with sqlite3.connect(path, timeout=60) as connection:
            rows = connection.execute(sql).fetchall()
        return "\n".join("|".join("" if c is None else str(c) for c in row) for row in rows)
    return ask


def sqlite_catalog(folder):
    path = folder / "catalog.db"
    return Catalog("sqlite", f"sqlite:{path}", ask_sqlite(path))


def make_catalog(kind, folder, request):
    if kind == "sqlite":
        return sqlite_catalog(folder)
    if kind == "postgres":
        server = request.getfixturevalue("postgres")
        made = server.new_database()
        return Catalog("postgres", made.uri, lambda sql: server.psql(made.name, sql))
    try:
        server = mariadb.shared()
    except mariadb.Unavailable as reason:
        pytest.skip(str(reason))
    made = server.new_database()
    return Catalog("mysql", made.uri, lambda sql: server.sql(made.name, sql).replace("\t", "|"))
