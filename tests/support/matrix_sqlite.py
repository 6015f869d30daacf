"""Edge values of SQLite, made by the sqlite3 module: (type, kind of value, [(literal, value)]).

The kind "storage" is a value with its storage class, where a column mixes them.
"""
import sqlite3

NAME = "sqlite"
MIB = "0123456789abcdef" * 65536

CASES = {
    "int": ("INTEGER", "num", [("-9223372036854775808", "-9223372036854775808"),
                               ("9223372036854775807", "9223372036854775807"),
                               ("9007199254740993", "9007199254740993"), ("0", "0"),
                               ("NULL", None)]),
    "int_plain": ("BIGINT", "num", [("-1", "-1"), ("4294967296", "4294967296")]),
    "int8": ("TINYINT", "num", [("-128", "-128"), ("127", "127")]),
    "int8_wide": ("TINYINT", "num", [("300", "300"), ("-1", "-1")]),
    "int16": ("SMALLINT", "num", [("-32768", "-32768"), ("32767", "32767")]),
    "uint64": ("UBIG_TEXT", "num", [("'18446744073709551615'", "18446744073709551615"),
                                    ("'0'", "0")]),
    "huge": ("HUGE_TEXT", "num", [("'-170141183460469231731687303715884105728'",
                                   "-170141183460469231731687303715884105728")]),
    "bool": ("BOOLEAN", "bool", [("1", "true"), ("0", "false"), ("NULL", None)]),
    "bool_two": ("BOOLEAN", "num", [("2", "2"), ("0", "0"), ("1", "1")]),
    "bool_text": ("BOOLEAN", "storage", [("'true'", "text true"), ("1", "integer 1")]),
    "real": ("REAL", "float", [
        ("0.1", "0.1"), ("1.7976931348623157e308", "1.7976931348623157e+308"),
        ("-1.7976931348623157e308", "-1.7976931348623157e+308"),
        ("2.2250738585072014e-308", "2.2250738585072014e-308"), ("1.005", "1.005"),
        ("0.30000000000000004", "0.30000000000000004"), ("3", "3.0"), ("NULL", None)]),
    "real_tiny": ("DOUBLE", "float", [("4.9406564584124654e-324", "5e-324"), ("1e16", "1e+16"),
                                      ("9007199254740993.0", "9007199254740992.0")]),
    "real_inf": ("REAL", "float", [("9e999", "inf"), ("-9e999", "-inf"), ("0.5", "0.5")]),
    "real_inf_text": ("REAL", "storage", [("'inf'", "text inf"), ("0.5", "real 0.5")]),
    "float32": ("FLOAT32_REAL", "float", [("0.10000000149011612", "0.10000000149011612"),
                                          ("3.4028234663852886e38", "3.4028234663852886e+38")]),
    "text": ("TEXT", "text", [
        ("''", ""), ("NULL", None), ("'NULL'", "NULL"), ("'ab  '", "ab  "), ("' '", " "),
        ("'Ünï 中 🦆'", "Ünï 中 🦆"), (r"'\N'", r"\N"), ("'a\tb\nc\rd\\e'", "a\tb\nc\rd\\e"),
        ("'it''s \"q\"'", "it's \"q\""), ("'1.10'", "1.10"), ("char(127, 1)", "\x7f\x01"),
        ("'e' || char(769)", "e\u0301"), ("char(1114111)", "\U0010ffff")]),
    "text_number": ("TEXT", "text", [("5", "5"), ("1.5", "1.5"), ("'x'", "x")]),
    "text_mib": ("TEXT", "text", [("replace(hex(zeroblob(32768)), '0', '0123456789abcdef')", MIB)]),
    "text_nul": ("TEXT", "text", [("'a' || char(0) || 'b'", "a\0b"), ("'plain'", "plain")]),
    "text_invalid": ("TEXT", "storage", [("CAST(x'61ff62' AS TEXT)", "text bytes 61ff62"),
                                         ("'good'", "text good")]),
    "varchar": ("VARCHAR(5)", "text", [("'ab   '", "ab   "), ("''", ""), ("'ünï中🦆'", "ünï中🦆")]),
    "varchar_long": ("VARCHAR(5)", "text", [("'abcdefgh'", "abcdefgh"), ("'ab'", "ab")]),
    "char": ("CHAR(5)", "text", [("'ab'", "ab"), ("'abcde'", "abcde")]),
    "blob": ("BLOB", "bytes", [("x''", ""), ("x'00'", "00"), ("x'00ff5c0a'", "00ff5c0a"),
                               ("x'c328'", "c328"), ("NULL", None)]),
    "untyped": ("", "storage", [("1", "integer 1"), ("1.0", "real 1.0"), ("'1'", "text 1"),
                                ("x'31'", "blob 31"), ("NULL", None), ("''", "text ")]),
    "mixed_int": ("INTEGER", "storage", [("1", "integer 1"), ("'abc'", "text abc"),
                                         ("1.5", "real 1.5"), ("x'00'", "blob 00")]),
    "mixed_blob": ("BLOB", "storage", [("x'3132'", "blob 3132"), ("'12'", "text 12"),
                                       ("12", "integer 12"), ("12.0", "real 12.0")]),
    "numeric_int": ("NUMERIC", "num", [("5", "5"), ("9223372036854775807", "9223372036854775807"),
                                       ("'0010'", "10")]),
    "numeric_real": ("NUMERIC", "float", [("0.1", "0.1"), ("2", "2.0"), ("NULL", None)]),
    "numeric_mixed": ("NUMERIC", "storage", [("0.1", "real 0.1"), ("9007199254740993",
                                                                   "integer 9007199254740993")]),
    "dec_10_2": ("DECIMAL(10,2)", "num", [("1.10", "1.1"), ("-99999999.99", "-99999999.99"),
                                          ("0.07", "0.07"), ("3", "3"), ("NULL", None)]),
    "dec_inexact": ("DECIMAL(10,2)", "float", [("0.105", "0.105"), ("1.5", "1.5")]),
    "dec_text": ("DECIMAL_TEXT(38,10)", "num", [
        ("'9999999999999999999999999999.9999999999'", "9999999999999999999999999999.9999999999"),
        ("'-0.01'", "-0.01")]),
    "numeric_text": ("NUMERIC_TEXT", "num", [("'" + "9" * 30 + ".5'", "9" * 30 + ".5"),
                                             ("'1.10'", "1.1")]),
    "numeric_long": ("NUMERIC_TEXT", "num", [("'" + "9" * 50 + ".5'", "9" * 50 + ".5")]),
    "numeric_nan": ("NUMERIC_TEXT", "num", [("'NaN'", "NaN"), ("'2'", "2"), ("NULL", None)]),
    "numeric_inf": ("NUMERIC_TEXT", "num", [("'Infinity'", "Infinity"), ("'-Infinity'",
                                                                        "-Infinity")]),
    "date": ("DATE", "date", [("'0001-01-01'", "0001-01-01"), ("'9999-12-31'", "9999-12-31"),
                              ("'1969-12-31'", "1969-12-31"), ("'2024-02-29'", "2024-02-29"),
                              ("NULL", None)]),
    "date_julian": ("DATE", "float", [("2460369.5", "2460369.5"), ("0.25", "0.25")]),
    "date_epoch": ("DATETIME", "num", [("1709164800", "1709164800"), ("-1", "-1")]),
    "date_wrong": ("DATE", "text", [("'2023-02-31'", "2023-02-31"), ("'yesterday'", "yesterday")]),
    "date_with_time": ("DATE", "timestamp", [("'2024-02-29 12:00:00'", "2024-02-29 12:00:00"),
                                             ("'2024-03-01 00:00:00'", "2024-03-01 00:00:00")]),
    "ts": ("DATETIME", "timestamp", [
        ("'1969-12-31 23:59:59.999999'", "1969-12-31 23:59:59.999999"),
        ("'0001-01-01 00:00:00'", "0001-01-01 00:00:00"), ("'9999-12-31 23:59:59.999999'",
                                                           "9999-12-31 23:59:59.999999"),
        ("'2024-02-29 12:00:00'", "2024-02-29 12:00:00"), ("NULL", None)]),
    "ts_bc": ("TIMESTAMP", "timestamp", [("'0044-03-15 (BC) 12:00:00.000001'",
                                          "0044-03-15 12:00:00.000001 BC")]),
    "ts_ns": ("TIMESTAMP_NS_TEXT", "timestamp", [("'2262-04-11 23:47:16.854775806'",
                                                  "2262-04-11 23:47:16.854775806")]),
    "tstz": ("TIMESTAMPTZ", "timestamptz", [
        ("'2024-07-01 06:30:00+00'", "2024-07-01 06:30:00"),
        ("'2038-01-19 03:14:07.999999+00'", "2038-01-19 03:14:07.999999")]),
    "time": ("TIME", "time", [("'00:00:00'", "00:00:00"), ("'23:59:59.999999'",
                                                          "23:59:59.999999")]),
    "time_24": ("TIME", "time", [("'24:00:00'", "24:00:00"), ("'00:00:01'", "00:00:01")]),
    "time_ns": ("TIME_NS_TEXT", "time", [("'12:34:56.123456789'", "12:34:56.123456789")]),
    "timetz": ("TIMETZ_TEXT", "timetz", [("'23:59:59.999999+05:30'", "23:59:59.999999+05:30")]),
    "interval": ("DURATION_TEXT", "interval", [("'P1M0DT0S'", "1 mon 0 d 0 us"),
                                               ("'P0M30DT-0.5S'", "0 mon 30 d -500000 us")]),
    "uuid": ("UUID_TEXT", "uuid", [("'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'",
                                    "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"), ("NULL", None)]),
    "uuid_upper": ("UUID", "text", [("'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'",
                                     "A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11")]),
    "bit": ("BIT_TEXT", "bit", [("'00101'", "00101"), ("'1'", "1")]),
    "json": ("JSON", "json", [("'{\"b\":1 , \"b\":2}'", '{"b":1 , "b":2}'), ("'null'", "null"),
                              ("'[1.50, 1e2]'", "[1.50, 1e2]"), ("NULL", None)]),
    "json_wrong": ("JSON", "text", [("'{no json'", "{no json"), ("'{}'", "{}")]),
}

# Spellings that the column's type takes for the value, but that are other texts. SQLite keeps them;
# elsewhere the value arrives.
SPELLINGS = {
    "ts_t": ("TIMESTAMP", "timestamp", [("'2024-02-29T12:00:00'", "2024-02-29 12:00:00")]),
    "ts_zone": ("TIMESTAMPTZ", "timestamptz", [("'2024-02-29T12:00:00Z'", "2024-02-29 12:00:00"),
                                               ("'2024-02-29 12:00:00+05:30'",
                                                "2024-02-29 06:30:00")]),
    "dec_spelled": ("DECIMAL_TEXT(20,4)", "num", [("'1.50'", "1.5"), ("'1.5'", "1.5")]),
}


def make(folder):
    """A SQLite file with a table (id, v) for each case."""
    path = folder / "source.sqlite"
    connection = sqlite3.connect(path)
    for name, (kind, _, rows) in {**CASES, **SPELLINGS}.items():
        connection.execute(f'CREATE TABLE "{name}" (id INTEGER, v {kind})')
        for i, (literal, _) in enumerate(rows):
            connection.execute(f'INSERT INTO "{name}" VALUES ({i}, {literal})')
    connection.commit()
    connection.close()
    return f"sqlite:{path}"
