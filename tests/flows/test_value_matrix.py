"""The edge values of every endpoint go to every other: exact by literals, or refused by name. A
remedy that is named works, and a value that is changed afterwards is found."""
import pytest

from support import matrix_duckdb, matrix_mysql, matrix_parquet, matrix_postgres, matrix_sqlite
from support import program
from support.losses import accept_flags, refused_columns
from support.matrix_canonical import canonical, from_json
from support.matrix_changes import change
from support.matrix_readers import found, plain_found
from support.matrix_refusals import CARRIER, REFUSED, WHY, reasoned, refusals
from support.targets import make_target

SOURCES = {module.NAME: module for module in (
    matrix_duckdb, matrix_sqlite, matrix_postgres, matrix_mysql, matrix_parquet)}
KINDS = list(SOURCES)
ROWS_MIN = 150


def cases_of(source):
    return {**SOURCES[source].CASES, **getattr(SOURCES[source], "SPELLINGS", {})}


def expected(case):
    return {row: value for row, (_, value) in enumerate(case[2])}


@pytest.fixture(scope="module")
def places(postgres, tmp_path_factory):
    """A function that makes a source once: `places("duckdb")` returns its location."""
    made = {}

    def place(kind):
        if kind not in made:
            folder = tmp_path_factory.mktemp(f"{kind}-source")
            made[kind] = SOURCES[kind].make(postgres if kind == "postgres" else folder)
        return made[kind]

    return place


class Pair:
    """A refused migration of all tables, and one of those that were not refused."""

    def __init__(self, source, uri, target, folder):
        self.source = source
        self.uri = uri
        self.target = target
        self.sluice = program.Sluice(folder)
        self.cases = cases_of(source)
        self.refused = refusals(source, target.kind)
        if target.kind == "postgres":
            target.execute(matrix_postgres.TYPES)
        self.before = target.dump()
        # The whole migration where nothing is refused.
        self.refusal = self.moved = self.run("--verify", "independent")
        self.after = target.dump()
        if self.refused:
            left_out = [word for table in self.refused for word in ("--exclude", table)]
            self.moved = self.run("--verify", "independent", *left_out)

    def run(self, *options):
        return self.sluice.run("migrate", self.uri, self.target.uri, "--json", *options)


@pytest.fixture(scope="module", params=[(s, t) for s in SOURCES for t in KINDS],
                ids=lambda pair: "-".join(pair))
def pair(request, places, postgres, tmp_path_factory):
    source, kind = request.param
    folder = tmp_path_factory.mktemp("-".join(request.param))
    return Pair(source, places(source), make_target(kind, folder, postgres), folder)


def test_the_refusals_are_named_and_leave_the_target_alone(pair):
    result = pair.refusal
    assert result.code == (4 if pair.refused else 0), result
    named = dict(flag.rsplit(":", 1) for flag in accept_flags(result))
    assert {column.split(".")[-2]: loss for column, loss in named.items()} == pair.refused
    assert refused_columns(result.json) == {(table, "v") for table in pair.refused}
    if pair.refused:
        assert all(table in result.json["error"]["hint"] for table in pair.refused)
        assert pair.after == pair.before


def test_what_is_not_refused_is_exact_by_the_targets_own_program(pair):
    assert pair.moved.code == 0, pair.moved
    report = pair.moved.json
    assert report["state"] == "done"
    exact = pair.cases.keys() - pair.refused.keys()
    assert {table["source"].split(".")[-1] for table in report["tables"]} == exact
    assert not any(table["losses"] for table in report["tables"])
    assert {table["verified"] for table in report["tables"]} == {"independent"}
    for table in sorted(exact):
        case = pair.cases[table]
        _, values = found(pair.target, table, case[1])
        assert values == expected(case), f"{table} of {pair.source} in {pair.target.kind}"


INFINITIES = ("inf", "-inf", "infinity", "-infinity", "Infinity", "-Infinity")


def storage_text(value):
    """What becomes of a value with its storage class: what is no text, as a literal."""
    storage, _, text = value.partition(" ")
    if storage == "blob" or text.startswith("bytes "):
        return f"X'{text.removeprefix('bytes ').upper()}'"
    return text


def check_text(pair, table, kind, want):
    values = plain_found(pair.target, table)
    assert values.keys() == want.keys()
    for row, text in values.items():
        wanted = want[row]
        if kind == "storage":
            assert text == (wanted and storage_text(wanted)), f"{table} {row}"
        elif isinstance(kind, tuple):
            assert text == (wanted and wanted[1]), f"{table} {row}"  # a union's value alone
        elif kind == "array":
            assert text == wanted, f"{table} {row}"
        else:
            assert canonical(kind, text) == wanted, f"{table} {row}"


def check_json(pair, table, kind, want):
    values = plain_found(pair.target, table)
    assert {row: canonical(kind, text and of_json(kind, from_json(text)))
            for row, text in values.items()} == want, table


def of_json(kind, value):
    """A union is an object with its one member."""
    return next(iter(value.items())) if kind[0] == "union" else value


CHANGED_BY = {
    "nan_as_null": lambda value: None if value in ("nan", "NaN", *INFINITIES) else value,
    "infinity_as_null": lambda value: None if value in INFINITIES else value,
    "negative_zero": lambda value: "0.0" if value == "-0.0" else value,
    "strip_nul": lambda value: value.replace("\0", ""),
    "truncate_sub_micro": lambda value: canonical("timestamp" if " " in value else "time",
                                                  value[:value.index(".") + 7]
                                                  if "." in value else value),
}


def check_remedy(pair, table, loss):
    kind, want = pair.cases[table][1], expected(pair.cases[table])
    if loss == "as_text":
        check_text(pair, table, kind, want)
    elif loss == "as_json":
        check_json(pair, table, kind, want)
    elif loss == "out_of_range_as_null":
        _, values = found(pair.target, table, kind)
        assert None in values.values() and values.keys() == want.keys()
        assert all(value in (None, want[row]) for row, value in values.items()), table
    else:
        _, values = found(pair.target, table, kind)
        assert values == {row: value and CHANGED_BY[loss](value)
                          for row, value in want.items()}, table


def test_the_remedy_that_a_refusal_names_works(pair):
    if not pair.refused:
        assert accept_flags(pair.refusal) == []
        return
    flags = [word for flag in accept_flags(pair.refusal) for word in ("--accept-loss", flag)]
    tables = [word for table in pair.refused for word in ("--table", table)]
    result = pair.run(*tables, *flags)
    assert result.code == 0, str(result)
    accepted = {table["source"].split(".")[-1]: table["losses"] for table in result.json["tables"]}
    assert accepted.keys() == pair.refused.keys()
    for table, loss in pair.refused.items():
        assert [(entry["reason"], entry["accepted"]) for entry in accepted[table]] == [(loss, True)]
        check_remedy(pair, table, loss)


def test_a_changed_cell_is_found_and_its_row_named(pair):
    table, row = change(pair.source, pair.target)
    result = pair.sluice.run("verify", pair.uri, pair.target.uri, "--table", table, "--level",
                             "rows", "--key", "id", "--json")
    assert result.code == 5, result
    assert result.json["state"] == "differs"
    [verified] = result.json["tables"]
    assert [str(one["key"]["id"]) for one in verified["differences"]] == [str(row)]


@pytest.mark.parametrize("source", SOURCES)
def test_the_matrix_is_large_and_each_refusal_has_a_reason(source):
    assert sum(len(case[2]) for case in SOURCES[source].CASES.values()) >= ROWS_MIN
    for target in KINDS:
        refused = refusals(source, target)
        assert refused.keys() <= cases_of(source).keys()
        assert refused.keys() <= reasoned(target)


def test_no_reason_is_left_over():
    for target in KINDS:
        used = {table for source in SOURCES for table in refusals(source, target)}
        assert reasoned(target) == used
    for target in KINDS:
        both = [{table for tables in book[target] for table in tables.split()}
                for book in (WHY, CARRIER)]
        assert both[0] & both[1] == set()
    assert REFUSED.keys() == {(source, target) for source in SOURCES for target in KINDS}
