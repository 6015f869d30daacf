"""A table of edge values of every type that sluice writes to Iceberg, by literals of DuckDB."""

EDGES = {
    "b": ("BOOLEAN", ["true", "false"]),
    "i32": ("INTEGER", ["-2147483648", "0", "2147483647"]),
    "i64": ("BIGINT", ["-9223372036854775808", "9007199254740993", "9223372036854775807"]),
    "f32": ("FLOAT", ["-0.0", "inf", "-inf", "nan", "3.4028235e38", "1.1754944e-38"]),
    "f64": ("DOUBLE", ["-0.0", "nan", "1.7976931348623157e308", "5e-324", "-inf", "0.1"]),
    "small": ("DECIMAL(5,2)", ["-999.99", "0.00", "999.99", "-0.01", "1.28", "-1.29"]),
    "wide": ("DECIMAL(38,10)", ["-9999999999999999999999999999.9999999999", "0.0000000001",
                                "123456789012345678.0000000001"]),
    "t": ("VARCHAR", ["", "a", "z" * 15, "z" * 16, "z" * 17, "z" * 40, "z" * 15 + "üx",
                      "\U0010ffff" * 20, "z" * 15 + "\U0010ffff" * 3, "z" * 15 + "\ud7ff\ud7ff",
                      "it's \"q\"\n\\", "Ünï 中 🦆", "\x7f"]),
    "day": ("DATE", ["0001-01-01", "1969-12-31", "1970-01-01", "9999-12-31"]),
    "clock": ("TIME", ["00:00:00", "23:59:59.999999", "12:00:00.000001"]),
    "local": ("TIMESTAMP", ["0001-01-01 00:00:00", "1969-12-31 23:59:59.999999",
                            "2020-01-01 00:00:00.000001", "9999-12-31 23:59:59.999999"]),
    "moment": ("TIMESTAMPTZ", ["1900-01-01 00:00:00+00", "1969-12-31 23:59:59.9995+00",
                               "2020-01-01 00:00:00.000001+00", "9999-12-31 23:59:59.999+00"]),
    "raw": ("BLOB", [r"\x00\xFF", "", r"\xFF" * 20, "abc"]),
    "u": ("UUID", ["00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff",
                   "7fffffff-ffff-ffff-8000-000000000000"]),
}
NESTED = {
    "l": ("BIGINT[]", ["[]", "[1, NULL]", "[-9223372036854775808]"]),
    "s": ("STRUCT(a INTEGER, b VARCHAR)", ["{'a': 1, 'b': 'x'}", "{'a': NULL, 'b': ''}"]),
    "m": ("MAP(VARCHAR, INTEGER)", ["MAP {}", "MAP {'k': NULL, '': 2}"]),
    "deep": ("STRUCT(p STRUCT(q DOUBLE)[])", ["{'p': [{'q': 0.5}, NULL]}", "{'p': []}"]),
}
ROWS = 30


def edge_rows(first=0, rows=ROWS):
    """A query with `rows` rows; every 7th value is NULL."""
    selects = []
    for row in range(first, first + rows):
        items = [f"{row}::BIGINT AS id"]
        for name, (kind, values) in EDGES.items():
            text = "'" + values[row % len(values)].replace("'", "''") + "'"
            items.append(f"CAST({text if row % 7 != 6 else 'NULL'} AS {kind}) AS {name}")
        for name, (kind, values) in NESTED.items():
            cell = values[row % len(values)] if row % 7 != 5 else "NULL"
            items.append(f"({cell})::{kind} AS {name}")
        selects.append("SELECT " + ", ".join(items))
    return " UNION ALL ".join(selects)
