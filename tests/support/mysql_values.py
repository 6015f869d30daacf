"""Values that movers get wrong between MariaDB and others, with the texts that must arrive."""

# Name: (type, [(SQL literal, text by DuckDB after mysql -> duckdb)]). None is NULL.
CASES = {
    "tinyint_1": ("tinyint(1)", [("5", "5"), ("-128", "-128"), ("1", "1"), ("NULL", None)]),
    "tinyint_unsigned": ("tinyint unsigned", [("255", "255"), ("0", "0")]),
    "mediumint": ("mediumint", [("-8388608", "-8388608"), ("8388607", "8388607")]),
    "mediumint_unsigned": ("mediumint unsigned zerofill", [("16777215", "16777215"), ("7", "7")]),
    "int_unsigned": ("int unsigned", [("4294967295", "4294967295")]),
    "bigint": ("bigint", [("-9223372036854775808", "-9223372036854775808"),
                          ("9223372036854775807", "9223372036854775807")]),
    "bigint_unsigned": ("bigint unsigned", [("18446744073709551615", "18446744073709551615"),
                                            ("0", "0")]),
    "year": ("year", [("0", "0"), ("1901", "1901"), ("2155", "2155"), ("NULL", None)]),
    "decimal_65_30": ("decimal(65,30)", [
        ("99999999999999999999999999999999999.999999999999999999999999999999",
         "99999999999999999999999999999999999.999999999999999999999999999999"),
        ("-0.000000000000000000000000000001", "-0.000000000000000000000000000001")]),
    "decimal_38_10": ("decimal(38,10)", [("-9999999999999999999999999999.9999999999",
                                          "-9999999999999999999999999999.9999999999"),
                                         ("0.1", "0.1000000000")]),
    "float": ("float", [("1.1", "1.1"), ("16777216", "16777216.0"), ("3.4028234663852886e38",
                                                                      "3.4028235e+38"),
                        ("1.401298464324817e-45", "1e-45"), ("123456.789", "123456.79")]),
    "double": ("double", [("0.1", "0.1"), ("5e-324", "5e-324"),
                          ("1.7976931348623157e308", "1.7976931348623157e+308"),
                          ("9007199254740993", "9007199254740992.0")]),
    "char_blank": ("char(5)", [("'ab'", "ab"), ("''", ""), ("'abcde'", "abcde")]),
    "varchar_blank": ("varchar(5)", [("'ab  '", "ab  "), ("' '", " "), ("'NULL'", "NULL")]),
    "text_all": ("text", [("'a\tb\nc\\d'", "a\tb\nc\\d"), ("'Ünï 中 🦆'", "Ünï 中 🦆"), ("''", ""),
                          ("'\\N'", "\\N"), ("NULL", None)]),
    "latin1": ("varchar(20) character set latin1", [("'Müller €'", "Müller €"), ("'ÿ'", "ÿ")]),
    "ucs2": ("varchar(20) character set ucs2", [("'Ω中'", "Ω中")]),
    "binary_padded": ("binary(4)", [("X'00FF'", "\\x00\\xFF\\x00\\x00"), ("X'41424344'", "ABCD")]),
    "varbinary": ("varbinary(10)", [("X'00FF5C0A09'", "\\x00\\xFF\\x5C\\x0A\\x09"), ("X''", "")]),
    "bit_1": ("bit(1)", [("b'1'", "1"), ("b'0'", "0"), ("NULL", None)]),
    "bit_10": ("bit(10)", [("b'1000000001'", "1000000001"), ("b'101'", "0000000101")]),
    "bit_64": ("bit(64)", [("18446744073709551615", "1" * 64)]),
    "date": ("date", [("'0001-01-01'", "0001-01-01"), ("'9999-12-31'", "9999-12-31"),
                      ("'2024-02-29'", "2024-02-29")]),
    "datetime_6": ("datetime(6)", [("'9999-12-31 23:59:59.999999'", "9999-12-31 23:59:59.999999"),
                                   ("'1969-12-31 23:59:59.000001'", "1969-12-31 23:59:59.000001")]),
    "datetime_0": ("datetime", [("'2024-02-29 12:00:00'", "2024-02-29 12:00:00")]),
    "timestamp_3": ("timestamp(3) NULL", [("'1970-01-01 00:00:01'", "1970-01-01 00:00:01+00"),
                                          ("'2038-01-19 03:14:07.999'",
                                           "2038-01-19 03:14:07.999+00")]),
    "time_of_day": ("time(6)", [("'24:00:00'", "24:00:00"), ("'00:00:00.000001'",
                                                             "00:00:00.000001")]),
    "time_span": ("time(6)", [("'838:59:59.999999'", "838:59:59.999999"),
                              ("'-838:59:59'", "-838:59:59"), ("'-00:00:00.5'", "-00:00:00.5"),
                              ("'12:00:00'", "12:00:00")]),
    "enum": ("enum('a','it''s','','c,d')", [("'it''s'", "it's"), ("''", ""), ("'c,d'", "c,d"),
                                            ("NULL", None)]),
    "set": ("set('x','y','z w')", [("'z w,x'", "x,z w"), ("''", "")]),
    "json": ("json", [("'{\"b\":1 , \"b\":2, \"a\":[1.50,null]}'",
                       '{"b":1 , "b":2, "a":[1.50,null]}'), ("NULL", None)]),
    "uuid": ("uuid", [("'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'",
                       "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11")]),
    "inet6": ("inet6", [("'2001:db8::ff00:42:8329'", "2001:db8::ff00:42:8329")]),
    "geometry": ("geometry", [("ST_GeomFromText('POINT(1 2)')", "POINT (1 2)"),
                              ("ST_GeomFromText('POLYGON((0 0,1 0,1 1,0 0))')",
                               "POLYGON ((0 0, 1 0, 1 1, 0 0))"), ("NULL", None)]),
}

# Refused by name, and what arrives once `as_text` is accepted.
HAZARDS = {
    "zero_date": ("date", [("'0000-00-00'", "0000-00-00"), ("'2024-00-10'", "2024-00-10"),
                           ("'2024-01-01'", "2024-01-01")]),
    "impossible_date": ("date", [("'2023-02-31'", "2023-02-31")]),
    "zero_datetime": ("datetime", [("'0000-00-00 00:00:00'", "0000-00-00 00:00:00"),
                                   ("'2024-01-01 10:00:00'", "2024-01-01 10:00:00")]),
    "zero_timestamp": ("timestamp NULL", [("'0000-00-00 00:00:00'", "0000-00-00 00:00:00")]),
    "invalid_enum": ("enum('a')", [("'b'", ""), ("'a'", "a")]),
    "srid": ("point", [("ST_GeomFromText('POINT(1 2)', 4326)", "SRID=4326;POINT(1 2)")]),
}


def make_tables(target):
    statements = ["SET sql_mode = 'ANSI_QUOTES,ALLOW_INVALID_DATES,NO_BACKSLASH_ESCAPES'"]
    for name, (kind, values) in {**CASES, **HAZARDS}.items():
        statements.append(f'CREATE TABLE "{name}" (id int PRIMARY KEY, v {kind})')
        for i, (literal, _) in enumerate(values):
            statements.append(f'INSERT INTO "{name}" VALUES ({i}, {literal})')
    target.execute(*statements)


def wanted(cases, name):
    return [text for _, text in cases[name][1]]
