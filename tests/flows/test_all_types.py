"""Every type of DuckDB goes to every target and back: exact by comparison with literals, or
refused by name. No column changes silently."""
import duckdb
import pytest

from support import all_types
from support.losses import accept_flags, migrate_accepting, refused_columns
from support.targets import KINDS, make_target, quoted

JSON_NULLS = {"null", None}  # to_json(NULL) in one version or another


@pytest.fixture
def texts():
    return all_types.original_texts()


def column_texts(path, table, column):
    with duckdb.connect(str(path)) as connection:
        return [row[0] for row in connection.execute(
            f"SELECT {quoted(column)}::VARCHAR FROM {quoted(table)} ORDER BY row").fetchall()]


def texts_of(texts, kind, column):
    """What the column's values are called when they come back from such a target."""
    widened = all_types.WIDENED.get((kind, column))
    return (widened, widened) if widened else texts[column]


def losses_of(report):
    """{(table, column): names of accepted losses}"""
    found = {}
    for table in report["tables"]:
        for loss in table["losses"]:
            assert loss["accepted"], loss
            key = (table["source"].split(".")[-1], loss["column"])
            found.setdefault(key, set()).add(loss["reason"])
    return found


def assert_came_back(path, table, column, original, losses):
    found = column_texts(path, table, column)
    allowed = all_types.allowed_texts(original, losses)
    assert len(found) == len(allowed)
    for cell, may_be in zip(found, allowed):
        what = f"{table}.{column} with {losses or 'no loss'}"
        assert cell in may_be, f"{what}: {cell!r}, not {may_be}"


@pytest.mark.parametrize("kind", KINDS)
def test_the_whole_table_is_refused_by_name_and_exact_once_the_named_losses_are_accepted(
    sluice, postgres, tmp_path, texts, kind
):
    source = tmp_path / "source.duckdb"
    columns = all_types.make_all_types(source)
    target = make_target(kind, tmp_path, postgres)
    before = target.dump()

    first = sluice.run("migrate", f"duckdb:{source}", target.uri, "--json")
    assert first.code in (0, 4), first
    if first.code == 4:
        assert first.json["state"] == "refused"
        named = {flag.split(":")[0].split(".")[-1] for flag in accept_flags(first)}
        refused = {column for _, column in refused_columns(first.json)}
        assert refused and refused == named
        assert target.dump() == before
        assert target.leftovers() == []
        report, accepted = migrate_accepting(sluice, f"duckdb:{source}", target.uri)
        assert set(accept_flags(first)) <= set(accepted)
    else:
        report = first.json
    assert report["state"] == "done"

    back = tmp_path / "back.duckdb"
    report_back, _ = migrate_accepting(sluice, target.uri, f"duckdb:{back}")
    losses = losses_of(report)
    for key, names in losses_of(report_back).items():
        losses.setdefault(key, set()).update(names)
    for column in columns:
        assert_came_back(back, "all_types", column, texts_of(texts, kind, column),
                         losses.get(("all_types", column), set()))


@pytest.mark.parametrize("kind", KINDS)
def test_each_column_alone_is_exact_or_refused_by_name(sluice, postgres, tmp_path, texts, kind):
    source = tmp_path / "source.duckdb"
    columns = all_types.make_all_types(source, tables="each")
    target = make_target(kind, tmp_path, postgres)
    plan = sluice.run("plan", f"duckdb:{source}", target.uri, "--json")
    refused = {
        table["source"].split(".")[-1] for table in plan.json["tables"]
        for column in table["columns"] for loss in column.get("losses", []) if not loss["accepted"]
    }
    before = target.dump()
    for column in sorted(refused):
        alone = sluice.run("migrate", f"duckdb:{source}", target.uri, "--json", "--table", column)
        assert alone.code == 4, alone
        assert refused_columns(alone.json) == {(column, column)}
        assert column in alone.json["error"]["message"] + alone.json["error"]["hint"]
    assert target.dump() == before

    exact = [column for column in columns if column not in refused]
    tables = [word for column in exact for word in ("--table", column)]
    report = sluice.run("migrate", f"duckdb:{source}", target.uri, "--json", *tables,
                        check_code=0).json
    assert losses_of(report) == {}
    back = tmp_path / "back.duckdb"
    report_back, _ = migrate_accepting(sluice, target.uri, f"duckdb:{back}")
    for column in exact:
        assert_came_back(back, column, column, texts_of(texts, kind, column),
                         losses_of(report_back).get((column, column), set()))


def test_duckdb_to_duckdb_refuses_nothing(sluice, tmp_path, texts):
    source, target = tmp_path / "source.duckdb", tmp_path / "target.duckdb"
    columns = all_types.make_all_types(source)
    sluice.run("migrate", f"duckdb:{source}", f"duckdb:{target}", check_code=0)
    for column in columns:
        assert column_texts(target, "all_types", column) == texts[column][0]
    with duckdb.connect(str(source)) as one, duckdb.connect(str(target)) as other:
        assert one.execute("DESCRIBE all_types").fetchall() == \
            other.execute("DESCRIBE all_types").fetchall()


def test_wide_numbers_in_postgres_are_what_psql_prints(sluice, postgres, tmp_path):
    source = tmp_path / "source.duckdb"
    all_types.make_all_types(source, tables="each")
    target = make_target("postgres", tmp_path, postgres)
    names = ["hugeint", "uhugeint", "ubigint", "bignum", "dec38_10", "uuid", "time", "bit",
             "double"]
    tables = [word for name in names for word in ("--table", name)]
    sluice.run("migrate", f"duckdb:{source}", target.uri, *tables, check_code=0)
    for name in names:
        wanted = {
            "time": ("00:00:00", "24:00:00"), "double": ("-1.7976931348623157e+308",
                                                         "1.7976931348623157e+308"),
            "bignum": tuple(all_types.original_texts()["bignum"][0][:2]),
        }.get(name, all_types.LITERALS.get(name))
        found = target.rows(f"SELECT {quoted(name)}::text FROM {quoted(name)} ORDER BY row")
        assert found == [(wanted[0],), (wanted[1],), (None,)]


def test_wide_numbers_in_sqlite_are_what_sqlite3_prints(sluice, tmp_path):
    source = tmp_path / "source.duckdb"
    all_types.make_all_types(source, tables="each")
    target = make_target("sqlite", tmp_path)
    names = ["hugeint", "uhugeint", "ubigint", "bigint", "dec38_10", "uuid", "bit", "small_enum"]
    tables = [word for name in names for word in ("--table", name)]
    sluice.run("migrate", f"duckdb:{source}", target.uri, *tables, check_code=0)
    for name in names:
        one, other = all_types.LITERALS[name]
        found = target.rows(f"SELECT CAST({quoted(name)} AS TEXT) FROM {quoted(name)} ORDER BY row")
        assert found == [(one,), (other,), (None,)]
