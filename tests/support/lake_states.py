"""What DuckDB's extension reads in a lake at each of its snapshots, rows with their numbers."""

META = "__ducklake_metadata_lake"


def quoted(name):
    return '"' + name.replace('"', '""') + '"'


def numbers_of(connection):
    return [number for number, in connection.execute(
        "SELECT snapshot_id FROM ducklake_snapshots('lake') ORDER BY 1").fetchall()]


def snapshots(lake):
    with lake.connect(read_only=True) as connection:
        return numbers_of(connection)


def tables(connection, snapshot):
    def alive(row):
        return (f"{row}.begin_snapshot <= {snapshot} AND "
                f"({row}.end_snapshot IS NULL OR {row}.end_snapshot > {snapshot})")

    return connection.execute(
        f"SELECT s.schema_name, t.table_name FROM {META}.ducklake_table t JOIN "
        f"{META}.ducklake_schema s ON s.schema_id = t.schema_id AND {alive('s')} "
        f"WHERE {alive('t')} ORDER BY ALL").fetchall()


def read_state(connection, snapshot):
    out = {}
    for schema, table in tables(connection, snapshot):
        relation = f"lake.{quoted(schema)}.{quoted(table)} AT (VERSION => {snapshot})"
        found = connection.execute(f"SELECT * FROM {relation} LIMIT 0")
        columns = [column[0] for column in found.description]
        items = ["rowid::VARCHAR", *[f"{quoted(name)}::VARCHAR" for name in columns]]
        rows = connection.execute(f"SELECT {', '.join(items)} FROM {relation}").fetchall()
        out[schema, table] = (columns, sorted(rows, key=str))
    return out


def state_at(lake, snapshot=None):
    """{(schema, table): (columns, sorted rows as text)}; each row begins with its number."""
    with lake.connect(read_only=True) as connection:
        return read_state(connection, numbers_of(connection)[-1] if snapshot is None else snapshot)


def history(lake):
    """{snapshot: state}"""
    with lake.connect(read_only=True) as connection:
        return {snapshot: read_state(connection, snapshot) for snapshot in numbers_of(connection)}


def changes(lake, since, until):
    """What ducklake_table_changes tells of each table that is there at both."""
    out = {}
    with lake.connect(read_only=True) as connection:
        before = set(tables(connection, since))
        for schema, table in tables(connection, until):
            if (schema, table) not in before:
                continue
            text = [part.replace("'", "''") for part in (schema, table)]
            rows = connection.execute(
                f"SELECT COLUMNS(*)::VARCHAR FROM ducklake_table_changes('lake', '{text[0]}', "
                f"'{text[1]}', {since}, {until})").fetchall()
            out[schema, table] = sorted(rows, key=str)
    return out
