"""DuckDB's test_all_types(): smallest value, largest value, NULL. The texts are DuckDB 1.5.5's own,
written down here so that no program under test or judge decides what they are."""
import re
import duckdb

# Column: the text of the first and of the second row; the third row is NULL everywhere.
LITERALS = {
    "bool": ("false", "true"),
    "tinyint": ("-128", "127"),
    "smallint": ("-32768", "32767"),
    "int": ("-2147483648", "2147483647"),
    "bigint": ("-9223372036854775808", "9223372036854775807"),
    "hugeint": ("-170141183460469231731687303715884105728",
                "170141183460469231731687303715884105727"),
    "uhugeint": ("0", "340282366920938463463374607431768211455"),
    "utinyint": ("0", "255"),
    "usmallint": ("0", "65535"),
    "uint": ("0", "4294967295"),
    "ubigint": ("0", "18446744073709551615"),
    "date": ("5877642-06-25 (BC)", "5881580-07-10"),
    "time": ("00:00:00", "24:00:00"),
    "timestamp": ("290309-12-22 (BC) 00:00:00", "294247-01-10 04:00:54.775806"),
    "timestamp_s": ("290309-12-22 (BC) 00:00:00", "294247-01-10 04:00:54"),
    "timestamp_ms": ("290309-12-22 (BC) 00:00:00", "294247-01-10 04:00:54.775"),
    "timestamp_ns": ("1677-09-22 00:00:00", "2262-04-11 23:47:16.854775806"),
    "time_tz": ("00:00:00+15:59:59", "24:00:00-15:59:59"),
    "timestamp_tz": ("290309-12-22 (BC) 00:00:00+00", "294247-01-10 04:00:54.776806+00"),
    "float": ("-3.4028235e+38", "3.4028235e+38"),
    "double": ("-1.7976931348623157e+308", "1.7976931348623157e+308"),
    "dec_4_1": ("-999.9", "999.9"),
    "dec_9_4": ("-99999.9999", "99999.9999"),
    "dec_18_6": ("-999999999999.999999", "999999999999.999999"),
    "dec38_10": ("-9999999999999999999999999999.9999999999",
                 "9999999999999999999999999999.9999999999"),
    "uuid": ("00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff"),
    "interval": ("00:00:00", "83 years 3 months 999 days 00:16:39.999999"),
    "varchar": ("🦆🦆🦆🦆🦆🦆", "goo\0se"),
    "blob": ("thisisalongblob\\x00withnullbytes", "\\x00\\x00\\x00a"),
    "bit": ("0010001001011100010101011010111", "10101"),
    "small_enum": ("DUCK_DUCK_ENUM", "GOOSE"),
    "medium_enum": ("enum_0", "enum_299"),
    "large_enum": ("enum_0", "enum_69999"),
    "int_array": ("[]", "[42, 999, NULL, NULL, -42]"),
    "double_array": ("[]", "[42.0, nan, inf, -inf, NULL, -42.0]"),
    "date_array": ("[]", "[1970-01-01, infinity, -infinity, NULL, 2022-05-12]"),
    "varchar_array": ("[]", "[🦆🦆🦆🦆🦆🦆, goose, NULL, '']"),
    "nested_int_array": ("[]", "[[], [42, 999, NULL, NULL, -42], NULL, [], "
                               "[42, 999, NULL, NULL, -42]]"),
    "struct": ("{'a': NULL, 'b': NULL}", "{'a': 42, 'b': 🦆🦆🦆🦆🦆🦆}"),
    "map": ("{}", "{key1=🦆🦆🦆🦆🦆🦆, key2=goose}"),
    "union": ("Frank", "5"),
    "fixed_int_array": ("[NULL, 2, 3]", "[4, 5, 6]"),
    "fixed_varchar_array": ("[a, NULL, c]", "[d, e, f]"),
    "list_of_fixed_int_array": ("[[NULL, 2, 3], [4, 5, 6], [NULL, 2, 3]]",
                                "[[4, 5, 6], [NULL, 2, 3], [4, 5, 6]]"),
    "time_ns": ("00:00:00", "24:00:00"),
}
BIGNUM_DIGITS = 309


def make_all_types(path, tables="one"):
    """A DuckDB file with `all_types` ("one"), or with a table for each column ("each"), named as
    the column. Both have a column `row` to order by. Returns the columns' names."""
    with duckdb.connect(str(path)) as connection:
        connection.execute("CREATE TEMP TABLE made AS SELECT row_number() OVER () AS row, * "
                           "FROM test_all_types()")
        names = [row[0] for row in connection.execute("DESCRIBE made").fetchall()][1:]
        if tables == "one":
            connection.execute("CREATE TABLE all_types AS FROM made ORDER BY row")
        else:
            for name in names:
                connection.execute(f'CREATE TABLE "{name}" AS SELECT row, "{name}" FROM made')
    return names


def original_texts():
    """{column: (text, json)} of the three rows each, by the judge; checked against the literals."""
    texts = {}
    with duckdb.connect() as connection:
        for name in [r[0] for r in connection.execute("DESCRIBE FROM test_all_types()").fetchall()]:
            rows = connection.execute(
                f'SELECT "{name}"::VARCHAR, to_json("{name}")::VARCHAR FROM test_all_types()'
            ).fetchall()
            texts[name] = ([row[0] for row in rows], [row[1] for row in rows])
            if name in LITERALS:
                assert texts[name][0] == [*LITERALS[name], None], name
    assert len(texts["bignum"][0][1]) == BIGNUM_DIGITS
    return texts


# Of these a kind makes another type that holds each value, and its own spelling.
WIDENED = {("mysql", "bool"): ["0", "1", None]}

NULL_MAKING = {"nan_as_null", "infinity_as_null", "out_of_range_as_null"}


def allowed_texts(original, losses):
    """For each row the texts that may come back, when these losses were accepted for the column."""
    text, json = original
    if "as_json" in losses:
        return [{valid_json(cell)} for cell in json]
    if "strip_nul" in losses:
        return [{cell and cell.replace("\0", "")} for cell in text]
    if "as_blob" in losses:
        return [{cell and cell.replace("\0", "\\x00")} | {escaped(cell)} for cell in text]
    if "truncate_sub_micro" in losses:
        return [{cell, re.sub(r"(\.\d{6})\d+", r"\1", cell or "") or None} for cell in text]
    if losses & NULL_MAKING:
        # Inside of a list the value alone is NULL.
        inside = [cell and re.sub(r"-?infinity", "NULL", cell) for cell in text]
        return [{cell, nulled, None} for cell, nulled in zip(text, inside)]
    return [{cell} for cell in text]


def valid_json(cell):
    """The judge's to_json writes NaN and infinities bare, which no JSON reader takes."""
    return cell and re.sub(r"-?Infinity|NaN", lambda bare: f'"{bare[0]}"', cell)


def escaped(cell):
    """As DuckDB prints a BLOB."""
    if cell is None:
        return None
    return "".join(
        chr(b) if 32 <= b < 127 and chr(b) not in "\\'\"" else f"\\x{b:02X}" for b in cell.encode()
    )
