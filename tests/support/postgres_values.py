"""Values that movers get wrong between PostgreSQL and others, with the text that psql prints."""

# Name: (type, [(SQL literal, text that psql prints for it)]). None is NULL.
CASES = {
    "numeric_special": ("numeric", [("'NaN'", "NaN"), ("'Infinity'", "Infinity"),
                                    ("'-Infinity'", "-Infinity"), ("1.5", "1.5"), ("NULL", None)]),
    "numeric_50_2": ("numeric(50,2)", [
        ("123456789012345678901234567890123456789012345678.91",
         "123456789012345678901234567890123456789012345678.91"), ("-0.01", "-0.01")]),
    "numeric_unbounded": ("numeric", [
        ("12345678901234567890123456789012345678901234567890.123456789",
         "12345678901234567890123456789012345678901234567890.123456789"),
        ("1e-20", "0.00000000000000000001"), ("0", "0")]),
    "numeric_10_2": ("numeric(10,2)", [("1.10", "1.10"), ("-99999999.99", "-99999999.99"),
                                       ("1.005", "1.01")]),
    "date_infinite": ("date", [("'infinity'", "infinity"), ("'-infinity'", "-infinity"),
                               ("'1969-12-31'", "1969-12-31")]),
    "date_bc": ("date", [("'0044-03-15 BC'", "0044-03-15 BC"), ("'0001-01-01 BC'", "0001-01-01 BC"),
                         ("'4713-01-01 BC'", "4713-01-01 BC"), ("'5874897-12-31'",
                                                                "5874897-12-31")]),
    "timestamp_infinite": ("timestamp", [("'infinity'", "infinity"), ("'-infinity'", "-infinity")]),
    "timestamp_bc": ("timestamp", [
        ("'0044-03-15 12:00:00.000001 BC'", "0044-03-15 12:00:00.000001 BC"),
        ("'1969-12-31 23:59:59.999999'", "1969-12-31 23:59:59.999999")]),
    "timestamp_far": ("timestamp", [("'294276-12-31 23:59:59.999999'",
                                     "294276-12-31 23:59:59.999999"),
                                    ("'2024-02-29'", "2024-02-29 00:00:00")]),
    "timestamptz": ("timestamptz", [
        ("'2024-07-01 12:00:00+05:30'", "2024-07-01 06:30:00+00"),
        ("'0044-03-15 12:00:00+00 BC'", "0044-03-15 12:00:00+00 BC"), ("'infinity'", "infinity")]),
    "time": ("time", [("'24:00:00'", "24:00:00"), ("'00:00:00.000001'", "00:00:00.000001")]),
    "timetz": ("timetz", [("'23:59:59.999999+05:30'", "23:59:59.999999+05:30"),
                          ("'00:00:00-08'", "00:00:00-08")]),
    "interval": ("interval", [
        ("'1 mon'", "1 mon"), ("'30 days'", "30 days"), ("'720:00:00'", "720:00:00"),
        ("'-1 year 2 days 03:04:05.5'", "-1 years +2 days 03:04:05.5")]),
    "array_plain": ("integer[]", [("'{}'", "{}"), ("'{1,NULL,3}'", "{1,NULL,3}"), ("NULL", None),
                            ("'{NULL}'", "{NULL}")]),
    "array_of_text": ("text[]", [("array['', NULL, 'NULL', 'a,b', 'q\"q']",
                                  '{"",NULL,"NULL","a,b","q\\"q"}')]),
    "array_two_dimensions": ("integer[][]", [("'{{1,2},{3,4}}'", "{{1,2},{3,4}}")]),
    "array_mixed_dimensions": ("integer[]", [("'{1,2}'", "{1,2}"), ("'{{1,2},{3,4}}'",
                                                                    "{{1,2},{3,4}}"),
                                             ("'{{{5}}}'", "{{{5}}}")]),
    "array_lower_bound": ("integer[]", [("'[5:7]={1,2,3}'", "[5:7]={1,2,3}"), ("'{4}'", "{4}")]),
    "text_empty": ("text", [("''", ""), ("NULL", None), ("' '", " "), ("E'a\\tb\\nc\\\\d'",
                                                                       "a\tb\nc\\d"),
                            ("'Ünï 中 🦆'", "Ünï 中 🦆"), ("'NULL'", "NULL")]),
    "varchar_limit": ("varchar(5)", [("'ab'", "ab"), ("''", ""), ("'ab   '", "ab   ")]),
    "bpchar": ("char(5)", [("'ab'", "ab"), ("'abcde'", "abcde"), ("''", "")]),
    "jsonb": ("jsonb", [("'{\"b\": 1, \"a\": [1, 2.50, null]}'", '{"a": [1, 2.50, null], "b": 1}'),
                        ("'null'", "null"), ("NULL", None)]),
    "json": ("json", [("'{\"b\":1 , \"b\":2}'", '{"b":1 , "b":2}')]),
    "bytes": ("bytea", [("'\\x00ff00'", "\\x00ff00"), ("''", "\\x")]),
    "uuid": ("uuid", [("'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'",
                       "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11")]),
    "float": ("double precision", [("'1e308'", "1e+308"), ("'5e-324'", "5e-324"), ("0.1", "0.1"),
                                   ("'Infinity'", "Infinity")]),
    "float_nan": ("double precision", [("'NaN'", "NaN"), ("1.5", "1.5")]),
    "float_negative_zero": ("double precision", [("'-0'", "-0")]),
    "bits": ("bit(5)", [("B'10101'", "10101")]),
    "bits_varying": ("bit varying", [("B'1'", "1"), ("B''", "")]),
    "money": ("money", [("'12.34'::money", "$12.34"),
                        ("'-92233720368547758.08'::numeric::money", "-$92,233,720,368,547,758.08"),
                        ("NULL", None)]),
    "money_array": ("money[]", [("array[1.5, NULL]::money[]", '{$1.50,NULL}')]),
    "inet": ("inet", [("'10.0.0.1/8'", "10.0.0.1/8"), ("'::ffff:1.2.3.4'", "::ffff:1.2.3.4/128"),
                      ("NULL", None)]),
    "inet_array": ("inet[]", [("'{10.0.0.1/8,NULL}'", "{10.0.0.1/8,NULL}"), ("'{}'", "{}")]),
    "cidr": ("cidr", [("'10.1/16'", "10.1.0.0/16")]),
    "macaddr": ("macaddr", [("'08-00-2b-01-02-03'", "08:00:2b:01:02:03")]),
    "mood_array": ("mood[]", [("array['sad', NULL, 'very ''happy''']::mood[]",
                               "{sad,NULL,\"very 'happy'\"}")]),
    "tsvector": ("tsvector", [("$$'a b':1A c:2,3 'd''e'$$", "'a b':1A 'c':2,3 'd''e'")]),
    "xml": ("xml", [("'<a>x</a>'", "<a>x</a>"), ("'x<b/>'", "x<b/>")]),
    "jsonpath": ("jsonpath", [("'$.a[*] ? (@ > 1)'", '$."a"[*]?(@ > 1)')]),
    "box_array": ("box[]", [("array['((1,2),(3,4))'::box, '((0,0),(0.1,1))']",
                             "{(3,4),(1,2);(0.1,1),(0,0)}")]),
    "pairs": ("hstore", [("'a=>1, b=>NULL, \"c d\"=>\"\"'", '"a"=>"1", "b"=>NULL, "c d"=>""')]),
    "no_case": ("citext", [("'MiXed'", "MiXed")]),
    "enum_mood": ("mood", [("'sad'", "sad"), ("'very ''happy'''", "very 'happy'")]),
    "point": ("point", [("'(1,2.5)'", "(1,2.5)")]),
    "domain_positive": ("positive", [("7", "7")]),
    "int_range": ("int4range", [("'[1,5)'", "[1,5)"), ("'empty'", "empty"), ("'(,3]'", "(,4)")]),
    "time_range": ("tstzrange", [("'[2024-01-01 00:00+02,infinity)'",
                                  '["2023-12-31 22:00:00+00",infinity)')]),
    "multirange": ("int4multirange", [("'{[1,3),[5,9)}'", "{[1,3),[5,9)}")]),
    "heat_range": ("temperatures", [("'[36.6,)'", "[36.6,)")]),
    "one_place": ("place", [("ROW('a \"b\", c', 1, '10.0.0.1', '{x,NULL}')",
                         '("a ""b"", c",1,10.0.0.1,"{x,NULL}")'),
                        ("ROW(NULL, NULL, NULL, NULL)", "(,,,)"), ("NULL", None)]),
    "place_array": ("place[]", [("array[ROW('a', 1, NULL, '{}')::place, NULL]",
                                 '{"(a,1,,{})",NULL}')]),
}

TYPES = """
CREATE TYPE mood AS ENUM ('sad', 'very ''happy''');
CREATE DOMAIN positive AS integer CHECK (VALUE > 0);
CREATE EXTENSION hstore;
CREATE EXTENSION citext;
CREATE TYPE temperatures AS RANGE (subtype = float8);
CREATE TYPE place AS (street text, no integer, ip inet, tags text[]);
"""

# What other systems have no type for: the text of the values goes there, or a number.
FOREIGN = {
    "inet", "cidr", "macaddr", "money", "tsvector", "xml", "jsonpath", "pairs", "no_case", "point",
    "int_range", "time_range", "multirange", "heat_range"
}
FOREIGN_ARRAYS = {"inet_array", "money_array", "box_array"}

# What must not be refused: sluice says that these are exact there, or widened.
EXACT_EVERYWHERE = FOREIGN | {
    "numeric_10_2", "date_bc", "timestamp_bc", "text_empty", "varchar_limit", "bytes", "uuid",
    "json", "jsonb", "domain_positive"
}
EXACT = {
    "postgres": EXACT_EVERYWHERE | FOREIGN_ARRAYS | {
        "one_place", "place_array", "mood_array", "array_two_dimensions", "array_mixed_dimensions",
        "array_lower_bound", "timestamp_far",
        "numeric_special", "numeric_50_2", "numeric_unbounded", "date_infinite",
        "timestamp_infinite", "timestamptz", "time", "timetz", "interval", "array_plain",
        "array_of_text", "bpchar", "float", "float_nan", "float_negative_zero", "bits",
        "bits_varying", "enum_mood"},
    "duckdb": EXACT_EVERYWHERE | FOREIGN_ARRAYS | {
        "one_place", "place_array", "mood_array",
        "date_infinite", "timestamp_infinite", "timestamptz", "time", "interval", "array_plain",
        "array_of_text", "float", "float_nan", "float_negative_zero", "enum_mood"},
    "sqlite": EXACT_EVERYWHERE | {
        "numeric_special", "numeric_50_2", "numeric_unbounded", "timestamptz", "time", "interval",
        "float"},
    "mysql": EXACT_EVERYWHERE - {"date_bc", "timestamp_bc"} | {
        "numeric_50_2", "time", "bits"},
    "parquet": EXACT_EVERYWHERE | FOREIGN_ARRAYS | {
        "one_place", "place_array", "mood_array", "array_plain", "float", "float_nan",
        "float_negative_zero"},
}

EXACT["delta"] = EXACT["iceberg"] = EXACT["parquet"]
EXACT["ducklake"] = EXACT["parquet"] | {"date_infinite", "timestamp_infinite"}

# What the target's own program prints, where that is another spelling than psql's.
DIRECT = {
    ("duckdb", "date_bc"): ["0044-03-15 (BC)", "0001-01-01 (BC)", "4713-01-01 (BC)",
                            "5874897-12-31"],
    ("duckdb", "date_infinite"): ["infinity", "-infinity", "1969-12-31"],
    ("duckdb", "timestamp_bc"): ["0044-03-15 (BC) 12:00:00.000001", "1969-12-31 23:59:59.999999"],
    ("duckdb", "timestamp_infinite"): ["infinity", "-infinity"],
    ("duckdb", "numeric_10_2"): ["1.10", "-99999999.99", "1.01"],
    ("duckdb", "text_empty"): ["", None, " ", "a\tb\nc\\d", "Ünï 中 🦆", "NULL"],
    ("duckdb", "float_nan"): ["nan", "1.5"],
    ("duckdb", "float_negative_zero"): ["-0.0"],
    ("duckdb", "array_plain"): ["[]", "[1, NULL, 3]", None, "[NULL]"],
    ("duckdb", "money"): ["12.34", "-92233720368547758.08", None],
    ("duckdb", "money_array"): ["[1.50, NULL]"],
    ("duckdb", "inet"): ["10.0.0.1/8", "::ffff:1.2.3.4", None],
    ("duckdb", "inet_array"): ["[10.0.0.1/8, NULL]", "[]"],
    ("duckdb", "mood_array"): ["[sad, NULL, 'very \\'happy\\'']"],
    ("duckdb", "tsvector"): ["'a b':1A 'c':2,3 'd''e'"],
    ("duckdb", "pairs"): ['"a"=>"1", "b"=>NULL, "c d"=>""'],
    ("duckdb", "box_array"): ["['(3,4),(1,2)', '(0.1,1),(0,0)']"],
    ("duckdb", "time_range"): ['["2023-12-31 22:00:00+00",infinity)'],
    ("duckdb", "one_place"): [
        "{'street': 'a \"b\", c', 'no': 1, 'ip': 10.0.0.1, 'tags': [x, NULL]}",
        "{'street': NULL, 'no': NULL, 'ip': NULL, 'tags': NULL}", None],
    ("duckdb", "place_array"): ["[{'street': a, 'no': 1, 'ip': NULL, 'tags': []}, NULL]"],
    ("parquet", "one_place"): [
        "{'street': 'a \"b\", c', 'no': 1, 'ip': 10.0.0.1, 'tags': [x, NULL]}",
        "{'street': NULL, 'no': NULL, 'ip': NULL, 'tags': NULL}", None],
    ("parquet", "inet_array"): ["[10.0.0.1/8, NULL]", "[]"],
    ("sqlite", "money"): ["12.34", "-92233720368547758.08", None],
    ("sqlite", "int_range"): ["[1,5)", "empty", "(,4)"],
    ("sqlite", "xml"): ["<a>x</a>", "x<b/>"],
    ("mysql", "inet"): ["10.0.0.1/8", "::ffff:1.2.3.4", None],
    ("mysql", "multirange"): ["{[1,3),[5,9)}"],
    ("sqlite", "numeric_special"): ["NaN", "Infinity", "-Infinity", "1.5", None],
    ("sqlite", "text_empty"): ["", None, " ", "a\tb\nc\\d", "Ünï 中 🦆", "NULL"],
    ("sqlite", "numeric_50_2"): ["123456789012345678901234567890123456789012345678.91", "-0.01"],
    ("parquet", "text_empty"): ["", None, " ", "a\tb\nc\\d", "Ünï 中 🦆", "NULL"],
    ("parquet", "float_nan"): ["nan", "1.5"],
    ("parquet", "numeric_10_2"): ["1.10", "-99999999.99", "1.01"],
}
# The engine prints both.
DIRECT |= {("ducklake", name): texts for (kind, name), texts in DIRECT.items() if kind == "duckdb"}
DIRECT |= {(lake, name): texts for lake in ("delta", "iceberg")
           for (kind, name), texts in DIRECT.items() if kind == "parquet"}


def make_tables(target, names=None):
    """A table (id, v) for each case, named as the case."""
    target.execute(TYPES)
    for name in names or CASES:
        kind, values = CASES[name]
        rows = ", ".join(f"({i}, {literal}::{kind})" for i, (literal, _) in enumerate(values))
        target.execute(f"CREATE TABLE {name} (id integer, v {kind})",
                       f"INSERT INTO {name} VALUES {rows}")


def expected(name):
    return [text for _, text in CASES[name][1]]
