"""Edge values of Parquet files: (type, kind of value, [(literal, value)]). A type of pyarrow is
written by pyarrow, a text is a type of DuckDB and written by the duckdb package."""
import decimal
import uuid

import duckdb
import pyarrow
import pyarrow.parquet

NAME = "parquet"
MIB = "0123456789abcdef" * 65536
D = decimal.Decimal
INT96 = "int96"  # a way of writing timestamps, not a type

CASES = {
    "bool": (pyarrow.bool_(), "bool", [(True, "true"), (False, "false"), (None, None)]),
    "int8": (pyarrow.int8(), "num", [(-128, "-128"), (127, "127"), (None, None)]),
    "int16": (pyarrow.int16(), "num", [(-32768, "-32768"), (32767, "32767")]),
    "int32": (pyarrow.int32(), "num", [(-2147483648, "-2147483648"), (2147483647, "2147483647")]),
    "int64": (pyarrow.int64(), "num", [(-9223372036854775808, "-9223372036854775808"),
                                       (9223372036854775807, "9223372036854775807"),
                                       (9007199254740993, "9007199254740993")]),
    "uint8": (pyarrow.uint8(), "num", [(255, "255"), (0, "0")]),
    "uint16": (pyarrow.uint16(), "num", [(65535, "65535"), (0, "0")]),
    "uint32": (pyarrow.uint32(), "num", [(4294967295, "4294967295"), (0, "0")]),
    "uint64": (pyarrow.uint64(), "num", [(18446744073709551615, "18446744073709551615"),
                                         (9223372036854775808, "9223372036854775808"), (0, "0")]),
    # By the number of digits: as int32, int64 and bytes of a fixed length where DuckDB writes.
    "dec_int32": ("DECIMAL(9,4)", "num", [("-99999.9999", "-99999.9999"), ("1.1", "1.1")]),
    "dec_int64": ("DECIMAL(18,6)", "num", [("999999999999.999999", "999999999999.999999"),
                                           ("-0.01", "-0.01"), ("NULL", None)]),
    "dec_bytes": (pyarrow.decimal128(9, 2), "num", [(D("1.10"), "1.1"), (D("-0.01"), "-0.01"),
                                                    (D("9999999.99"), "9999999.99")]),
    "dec_38_38": (pyarrow.decimal128(38, 38), "num", [
        (D("0.99999999999999999999999999999999999999"), "0.99999999999999999999999999999999999999"),
        (D("-1E-38"), "-0.00000000000000000000000000000000000001")]),
    "dec_38_0": ("DECIMAL(38,0)", "num", [("9" * 38, "9" * 38), ("-" + "9" * 38, "-" + "9" * 38)]),
    "float16": (pyarrow.float16(), "float", [(0.5, "0.5"), (65504.0, "65504.0"),
                                             (5.960464477539063e-08, "5.960464477539063e-08")]),
    "float32": (pyarrow.float32(), "float", [
        (0.1, "0.10000000149011612"), (3.4028234663852886e38, "3.4028234663852886e+38"),
        (1.401298464324817e-45, "1.401298464324817e-45"), (None, None)]),
    "float32_zero": (pyarrow.float32(), "float", [(-0.0, "-0.0"), (0.0, "0.0"), (1.5, "1.5")]),
    "float64": (pyarrow.float64(), "float", [
        (0.1, "0.1"), (1.7976931348623157e308, "1.7976931348623157e+308"), (5e-324, "5e-324"),
        (2.2250738585072014e-308, "2.2250738585072014e-308"), (1.005, "1.005"),
        (0.30000000000000004, "0.30000000000000004"), (None, None)]),
    "float64_nan": (pyarrow.float64(), "float", [(float("nan"), "nan"), (2.5, "2.5")]),
    "float64_inf": (pyarrow.float64(), "float", [(float("inf"), "inf"), (float("-inf"), "-inf")]),
    "float64_zero": (pyarrow.float64(), "float", [(-0.0, "-0.0"), (0.0, "0.0"), (1.5, "1.5")]),
    "text": (pyarrow.string(), "text", [
        ("", ""), (None, None), ("NULL", "NULL"), ("ab  ", "ab  "), (" ", " "),
        ("Ünï 中 🦆", "Ünï 中 🦆"), (r"\N", r"\N"), ("a\tb\nc\rd\\e", "a\tb\nc\rd\\e"),
        ("it's \"q\"", "it's \"q\""), ("1.10", "1.10"), ("e\u0301", "e\u0301"),
        ("\U0010ffff", "\U0010ffff"), ("\x7f\x01", "\x7f\x01")]),
    "text_mib": (pyarrow.large_string(), "text", [(MIB, MIB), ("x", "x")]),
    "text_nul": (pyarrow.string(), "text", [("a\0b", "a\0b"), ("plain", "plain")]),
    "dictionary": (pyarrow.dictionary(pyarrow.int32(), pyarrow.string()), "text", [
        ("b", "b"), ("a", "a"), ("b", "b"), (None, None), ("", "")]),
    "dictionary_ts": (pyarrow.timestamp("us"), "timestamp", [
        (0, "1970-01-01 00:00:00"), (-1, "1969-12-31 23:59:59.999999"),
        (0, "1970-01-01 00:00:00")]),
    "bytes": (pyarrow.binary(), "bytes", [(b"", ""), (b"\0", "00"), (b"\x00\xff\\\n", "00ff5c0a"),
                                          (b"\xc3(", "c328"), (None, None)]),
    "fixed_bytes": (pyarrow.binary(4), "bytes", [(b"\0\xff\0\0", "00ff0000"), (b"ABCD",
                                                                             "41424344")]),
    "uuid": (pyarrow.uuid(), "uuid", [
        (uuid.UUID("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"), "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"),
        (uuid.UUID(int=0), "00000000-0000-0000-0000-000000000000"),
        (uuid.UUID(int=2**128 - 1), "ffffffff-ffff-ffff-ffff-ffffffffffff")]),
    "date": (pyarrow.date32(), "date", [(-719162, "0001-01-01"), (2932896, "9999-12-31"),
                                        (-1, "1969-12-31"), (19782, "2024-02-29"), (None, None)]),
    "date_bc": (pyarrow.date32(), "date", [(-735160, "0044-03-15 BC"), (-719163, "0001-12-31 BC")]),
    "date_far": (pyarrow.date32(), "date", [(2932897, "10000-01-01")]),
    "time_ms": (pyarrow.time32("ms"), "time", [(0, "00:00:00"), (86399999, "23:59:59.999")]),
    "time": (pyarrow.time64("us"), "time", [(1, "00:00:00.000001"), (86399999999,
                                                                    "23:59:59.999999")]),
    "time_ns": (pyarrow.time64("ns"), "time", [(45296123456789, "12:34:56.123456789"),
                                               (1, "00:00:00.000000001")]),
    "ts_ms": (pyarrow.timestamp("ms"), "timestamp", [
        (-1, "1969-12-31 23:59:59.999"), (253402300799999, "9999-12-31 23:59:59.999")]),
    "ts": (pyarrow.timestamp("us"), "timestamp", [
        (-1, "1969-12-31 23:59:59.999999"), (-62135596800000000, "0001-01-01 00:00:00"),
        (253402300799999999, "9999-12-31 23:59:59.999999"), (None, None)]),
    "ts_bc": (pyarrow.timestamp("us"), "timestamp", [(-62135596800000001,
                                                      "0001-12-31 23:59:59.999999 BC")]),
    "ts_limit": (pyarrow.timestamp("us"), "timestamp", [
        (9223372036854775806, "294247-01-10 04:00:54.775806"),
        (-9223372022400000000, "290309-12-22 00:00:00 BC")]),
    "ts_ns": (pyarrow.timestamp("ns"), "timestamp", [
        (9223372036854775806, "2262-04-11 23:47:16.854775806"),
        (-1, "1969-12-31 23:59:59.999999999")]),
    "ts_int96": (INT96, "timestamp", [
        (1709208000123456789, "2024-02-29 12:00:00.123456789"),
        (-1000, "1969-12-31 23:59:59.999999")]),
    "tstz": (pyarrow.timestamp("us", "UTC"), "timestamptz", [
        (1000000, "1970-01-01 00:00:01"), (2147483647999999, "2038-01-19 03:14:07.999999")]),
    "tstz_ms": (pyarrow.timestamp("ms", "Europe/Berlin"), "timestamptz", [
        (1719815400000, "2024-07-01 06:30:00")]),
    "tstz_ns": (pyarrow.timestamp("ns", "UTC"), "timestamptz", [
        (1719815400000001000, "2024-07-01 06:30:00.000001")]),
    "tstz_ns_fine": (pyarrow.timestamp("ns", "UTC"), "timestamptz", [
        (1719815400000000001, "2024-07-01 06:30:00.000000001")]),
    "tstz_wide": (pyarrow.timestamp("us", "UTC"), "timestamptz", [
        (-1, "1969-12-31 23:59:59.999999"), (253402300799999999, "9999-12-31 23:59:59.999999")]),
    "json": ("JSON", "json", [("'{\"b\":1 , \"b\":2}'", '{"b":1 , "b":2}'), ("'null'", "null"),
                              ("'[1.50, 1e2]'", "[1.50, 1e2]"), ("NULL", None)]),
    "enum": ("ENUM('z', 'a')", "text", [("'z'", "z"), ("'a'", "a"), ("NULL", None)]),
    "interval_bytes": ("INTERVAL", "interval", [("'1 month'", "1 mon 0 d 0 us"),
                                                ("'30 days'", "0 mon 30 d 0 us"),
                                                ("'720:00:00'", "0 mon 0 d 2592000000000 us")]),
    "list": (pyarrow.list_(pyarrow.int32()), ("list", "num"), [
        ([], []), ([None], [None]), (None, None), ([1, None, 3], ["1", None, "3"])]),
    "list_text": (pyarrow.list_(pyarrow.string()), ("list", "text"), [
        (["", None, "NULL", "a,b", 'q"q'], ["", None, "NULL", "a,b", 'q"q'])]),
    "list_float": (pyarrow.list_(pyarrow.float64()), ("list", "float"), [
        ([float("nan"), float("inf"), -0.0, 0.1], ["nan", "inf", "-0.0", "0.1"])]),
    "list_list": (pyarrow.list_(pyarrow.list_(pyarrow.int32())), ("list", ("list", "num")), [
        ([[1, 2], [], None, [None]], [["1", "2"], [], None, [None]]), ([], []), ([[]], [[]]),
        (None, None)]),
    "array": (pyarrow.list_(pyarrow.int32(), 3), ("list", "num"), [([1, None, 3],
                                                                   ["1", None, "3"])]),
    "struct": (pyarrow.struct([("a", pyarrow.int32()), ("B c", pyarrow.string())]),
               ("struct", {"a": "num", "B c": "text"}), [
        ({"a": 1, "B c": ""}, {"a": "1", "B c": ""}), (None, None),
        ({"a": None, "B c": None}, {"a": None, "B c": None})]),
    "map": (pyarrow.map_(pyarrow.string(), pyarrow.int32()), ("map", "text", "num"), [
        ([("b", 1), ("a", None)], [["a", None], ["b", "1"]]), ([], []), (None, None)]),
}


def make(folder):
    """A folder with a file of columns (id, v) for each case."""
    lake = folder / "source-lake"
    lake.mkdir()
    with duckdb.connect() as connection:
        for name, (kind, _, rows) in CASES.items():
            path = lake / f"{name}.parquet"
            if isinstance(kind, str) and kind != INT96:
                connection.execute(f"CREATE TABLE made (id INTEGER, v {kind})")
                for i, (literal, _) in enumerate(rows):
                    connection.execute(f"INSERT INTO made VALUES ({i}, {literal})")
                connection.execute(f"COPY made TO '{path}'; DROP TABLE made")
            else:
                write_arrow(path, kind, [literal for literal, _ in rows])
    return f"parquet:{lake}"


def write_arrow(path, kind, values):
    column = pyarrow.array(values, pyarrow.timestamp("ns") if kind == INT96 else kind)
    table = pyarrow.table({"id": pyarrow.array(range(len(values)), pyarrow.int32()), "v": column})
    pyarrow.parquet.write_table(table, path, use_deprecated_int96_timestamps=kind == INT96)
