"""What is refused from each endpoint to each other, with the loss that the refusal names first, and
why the target cannot hold it. What is not here must arrive exactly."""

# By (source, target): the named loss and the tables of matrix_SOURCE.py it is named for.
REFUSED = {
    ("duckdb", "sqlite"): {
        "nan_as_null": "float32_nan float64_nan",
        "negative_zero": "float32_zero float64_zero",
        "as_json": "array deep list list_float list_list list_text map struct union",
    },
    ("duckdb", "duckdb"): {},
    ("duckdb", "postgres"): {
        "out_of_range_as_null": "date_limit ts_limit",
        "as_json": "deep list_list map struct union",
        "strip_nul": "text_nul",
        "truncate_sub_micro": "time_ns ts_ns",
    },
    ("duckdb", "mysql"): {
        "as_json": "array deep list list_float list_list list_text map struct union",
        "as_text": "bignum_100 bit interval interval_whole timetz",
        "out_of_range_as_null": "date_bc date_far date_limit ts_bc ts_far ts_limit tstz_bc "
                                "tstz_wide",
        "infinity_as_null": "date_inf float32_inf float64_inf ts_inf tstz_inf",
        "nan_as_null": "float32_nan float64_nan",
        "negative_zero": "float32_zero float64_zero",
        "truncate_sub_micro": "time_ns ts_ns",
    },
    ("duckdb", "parquet"): {
        "as_text": "bignum bignum_100 bit interval interval_hours timetz union",
        "infinity_as_null": "date_inf ts_inf tstz_inf",
        "out_of_range_as_null": "huge time_24 uhuge",
        "truncate_sub_micro": "time_ns",
    },
    ("sqlite", "sqlite"): {
        "as_text": "bool_text real_inf_text text_invalid untyped mixed_int mixed_blob "
                   "numeric_mixed dec_inexact",
    },
    ("sqlite", "duckdb"): {
        "as_text": "bool_text real_inf_text text_invalid untyped mixed_int mixed_blob "
                   "numeric_mixed dec_inexact numeric_inf numeric_long",
        "nan_as_null": "numeric_nan",
    },
    ("sqlite", "postgres"): {
        "as_text": "bool_text real_inf_text text_invalid untyped mixed_int mixed_blob "
                   "numeric_mixed dec_inexact",
        "strip_nul": "text_nul",
        "truncate_sub_micro": "time_ns ts_ns",
    },
    ("sqlite", "mysql"): {
        "as_text": "bool_text real_inf_text text_invalid untyped mixed_int mixed_blob "
                   "numeric_mixed dec_inexact bit interval timetz",
        "infinity_as_null": "real_inf",
        "nan_as_null": "numeric_inf numeric_nan",
        "out_of_range_as_null": "ts_bc",
        "truncate_sub_micro": "time_ns ts_ns",
    },
    ("sqlite", "parquet"): {
        "as_text": "bool_text real_inf_text text_invalid untyped mixed_int mixed_blob "
                   "numeric_mixed dec_inexact numeric_inf numeric_long bit interval timetz",
        "nan_as_null": "numeric_nan",
        "out_of_range_as_null": "huge time_24",
        "truncate_sub_micro": "time_ns",
    },
    ("postgres", "sqlite"): {
        "nan_as_null": "float64_nan",
        "negative_zero": "float32_zero float64_zero",
        "as_json": "list list_float list_numeric list_text",
        "as_text": "list_bounds list_mixed list_two ts_end varbit_empty",
    },
    ("postgres", "duckdb"): {
        "as_text": "list_bounds list_mixed list_two numeric_50_2 numeric_free numeric_long "
                   "ts_end varbit_empty",
        "infinity_as_null": "numeric_inf",
        "nan_as_null": "numeric_nan",
        "negative_zero": "float32_zero float64_zero",
    },
    ("postgres", "postgres"): {},
    ("postgres", "mysql"): {
        "out_of_range_as_null": "date_bc date_far ts_bc ts_far tstz_bc tstz_wide",
        "infinity_as_null": "date_inf float64_inf ts_inf tstz_inf",
        "negative_zero": "float32_zero float64_zero",
        "nan_as_null": "float64_nan numeric_inf numeric_nan",
        "as_text": "interval list_bounds list_mixed list_two numeric_long timetz ts_end varbit "
                   "varbit_empty",
        "as_json": "list list_float list_numeric list_text",
    },
    ("postgres", "parquet"): {
        "as_text": "bit interval interval_hours list_bounds list_mixed list_two numeric_50_2 "
                   "numeric_free numeric_long timetz ts_end varbit varbit_empty",
        "infinity_as_null": "date_inf numeric_inf ts_inf tstz_inf",
        "nan_as_null": "numeric_nan",
        "out_of_range_as_null": "time_24",
    },
    ("mysql", "sqlite"): {"as_text": "date_wrong date_zero enum_wrong ts_zero tstz_zero"},
    ("mysql", "duckdb"): {
        "as_text": "date_wrong date_zero dec_65_0 dec_65_30 enum_wrong ts_zero tstz_zero"},
    ("mysql", "postgres"): {
        "as_text": "date_wrong date_zero enum_wrong ts_zero tstz_zero",
        "strip_nul": "text_nul",
    },
    ("mysql", "mysql"): {"as_text": "date_wrong date_zero enum_wrong ts_zero tstz_zero"},
    ("mysql", "parquet"): {
        "as_text": "bit_1 bit_10 bit_64 date_wrong date_zero dec_65_0 dec_65_30 enum_wrong span "
                   "ts_zero tstz_zero",
        "out_of_range_as_null": "time_24",
    },
    ("parquet", "sqlite"): {
        "as_json": "array list list_float list_list list_text map struct",
        "negative_zero": "float32_zero float64_zero",
        "nan_as_null": "float64_nan",
        "truncate_sub_micro": "time_ns ts_int96 tstz_ns tstz_ns_fine",
    },
    ("parquet", "duckdb"): {
        "negative_zero": "float32_zero float64_zero",
        "truncate_sub_micro": "time_ns ts_int96 tstz_ns tstz_ns_fine",
    },
    ("parquet", "postgres"): {
        "as_json": "list_list map struct",
        "strip_nul": "text_nul",
        "out_of_range_as_null": "ts_limit",
        "truncate_sub_micro": "time_ns ts_int96 ts_ns tstz_ns tstz_ns_fine",
    },
    ("parquet", "mysql"): {
        "as_json": "array list list_float list_list list_text map struct",
        "as_text": "interval_bytes",
        "out_of_range_as_null": "date_bc date_far ts_bc ts_limit tstz_wide",
        "infinity_as_null": "float64_inf",
        "nan_as_null": "float64_nan",
        "negative_zero": "float32_zero float64_zero",
        "truncate_sub_micro": "time_ns ts_int96 ts_ns tstz_ns tstz_ns_fine",
    },
    ("parquet", "parquet"): {"truncate_sub_micro": "time_ns ts_int96 tstz_ns tstz_ns_fine"},
}

# By target: the tables that it has no home for, and why. A number of sources share a name.
WHY = {
    "sqlite": {
        "float32_nan float64_nan": "a NaN is stored as NULL",
        "float32_zero float64_zero": "a REAL column stores a whole number without its sign of zero",
        "array deep list list_float list_list list_numeric list_text map struct union":
            "there are no nested types",
        "list_bounds list_mixed list_two": "there are no arrays",
        "date_wrong date_zero ts_zero tstz_zero enum_wrong": "no value of the declared type",
    },
    "duckdb": {
        "list_bounds list_mixed list_two": "a list's type fixes its depth, and it begins at 1",
        "numeric_50_2 numeric_free numeric_long dec_65_0 dec_65_30": "more than 38 digits",
        "numeric_inf numeric_nan": "a DECIMAL has neither NaN nor infinity",
        "varbit_empty": "a BIT has at least one bit",
        "float32_zero float64_zero": "its compression makes one value of -0.0 and 0.0",
        "date_wrong date_zero ts_zero tstz_zero enum_wrong": "no value of the declared type",
        "bool_text real_inf_text text_invalid untyped mixed_int mixed_blob numeric_mixed":
            "a column has one type",
        "dec_inexact": "no decimal of that scale",
        "ts_end": "timestamps end at 294247-01-10",
    },
    "postgres": {
        "date_limit ts_limit": "dates and timestamps begin at 4714-11-24 BC",
        "deep list_list map struct union": "no such types without declaring them; arrays are "
                                           "rectangular",
        "text_nul": "text has no NUL",
        "time_ns ts_ns ts_int96 tstz_ns tstz_ns_fine": "microseconds",
        "date_wrong date_zero ts_zero tstz_zero enum_wrong": "no value of the declared type",
        "bool_text real_inf_text text_invalid untyped mixed_int mixed_blob numeric_mixed":
            "a column has one type",
        "dec_inexact": "no decimal of that scale",
    },
    "mysql": {
        "array deep list list_float list_list list_numeric list_text map struct union list_bounds "
        "list_mixed list_two": "there are no nested types",
        "bignum_100 numeric_long": "decimals have 65 digits, 38 of them behind the point",
        "numeric_inf numeric_nan": "decimals have neither NaN nor infinity",
        "bit varbit varbit_empty": "bit(n) has n bits, at least 1 and at most 64",
        "interval interval_bytes interval_whole": "a TIME has neither months nor days",
        "timetz": "there is no time with an offset",
        "date_bc date_far date_limit ts_bc ts_far ts_limit ts_end": "years 1 to 9999",
        "tstz_bc tstz_wide": "TIMESTAMP goes from 1970 to 2038",
        "date_inf float32_inf float64_inf real_inf ts_inf tstz_inf": "there are no infinities",
        "float32_nan float64_nan": "there is no NaN",
        "float32_zero float64_zero": "a zero has no sign",
        "time_ns ts_ns ts_int96 tstz_ns tstz_ns_fine": "microseconds",
        "date_wrong date_zero ts_zero tstz_zero enum_wrong": "no value of the declared type",
        "bool_text real_inf_text text_invalid untyped mixed_int mixed_blob numeric_mixed":
            "a column has one type",
        "dec_inexact": "no decimal of that scale",
    },
    "parquet": {
        "bit bit_1 bit_10 bit_64 varbit varbit_empty": "there are no bit strings",
        "interval interval_hours span": "intervals are whole, unsigned milliseconds",
        "timetz": "a time has no offset",
        "union": "there are no unions",
        "date_inf ts_inf tstz_inf": "there are no infinities",
        "time_24": "times end before 24:00:00",
        "numeric_inf numeric_nan": "a DECIMAL has neither NaN nor infinity",
        "list_bounds list_mixed list_two": "a list's type fixes its depth, and it begins at 1",
        "date_wrong date_zero ts_zero tstz_zero enum_wrong": "no value of the declared type",
        "bool_text real_inf_text text_invalid untyped mixed_int mixed_blob numeric_mixed":
            "a column has one type",
        "dec_inexact": "no decimal of that scale",
    },
}

# Refused although the target could hold it: what carries the values cannot. Less here is better.
CARRIER = {
    "sqlite": {
        "bool_text real_inf_text text_invalid untyped mixed_int mixed_blob numeric_mixed "
        "dec_inexact": "columns of several classes are not carried as they are",
        "ts_end": "timestamps of the engine end at 294247-01-10",
        "ts_int96 tstz_ns tstz_ns_fine time_ns": "the engine reads microseconds",
        "varbit_empty": "a BIT of the engine has at least one bit",
    },
    "duckdb": {
        "ts_int96 tstz_ns tstz_ns_fine time_ns": "the engine reads microseconds",
    },
    "postgres": {},
    "mysql": {},
    "parquet": {
        "bignum bignum_100 huge uhuge numeric_50_2 numeric_free numeric_long dec_65_0 dec_65_30":
            "decimals of the engine have 38 digits",
        "time_ns ts_int96 tstz_ns tstz_ns_fine": "the engine reads and writes microseconds",
        "ts_end": "timestamps of the engine end at 294247-01-10",
    },
}


def refusals(source, target):
    """{table: the loss that is named for it}"""
    return {table: loss for loss, tables in REFUSED[(source, target)].items()
            for table in tables.split()}


def reasoned(target):
    """The tables that are refused there for a reason."""
    return {table for book in (WHY, CARRIER) for tables in book[target]
            for table in tables.split()}
