"""verify compares numbers as numbers, whatever type carries them, and never by rounding."""
import pytest

from support.targets import make_target

NUMERICS = ["0.1000000000000000000000001", "123456789012345678901234567890.5", "0.25", "-7"]
FLOATS = ["0.1", "123456789012345678901234567891", "0.25", "-7"]


def filled(target, declared, values):
    target.execute(f"CREATE TABLE t (id integer PRIMARY KEY, n {declared})",
                   *[f"INSERT INTO t VALUES ({i}, {v})" for i, v in enumerate(values)])
    return target.uri


@pytest.mark.parametrize("kind, declared", [("postgres", "float8"), ("sqlite", "REAL")])
def test_a_numeric_that_is_not_the_float_is_a_difference(sluice, postgres, tmp_path, kind,
                                                         declared):
    source = filled(make_target("postgres", tmp_path, postgres), "numeric", NUMERICS)
    target = filled(make_target(kind, tmp_path, postgres), declared, FLOATS)
    for sides in ((source, target), (target, source)):
        report = sluice.run("verify", *sides, "--level", "rows", "--json", check_code=5).json
        [table] = report["tables"]
        assert [row["key"] for row in table["differences"]] == [{"id": "0"}, {"id": "1"}]


def test_a_numeric_that_is_the_float_is_none(sluice, postgres, tmp_path):
    exact = "0.1000000000000000055511151231257827021181583404541015625"
    source = filled(make_target("postgres", tmp_path, postgres), "numeric",
                    ["0.10", exact, "1e300", "'NaN'"])
    target = filled(make_target("postgres", tmp_path, postgres), "float8",
                    ["0.1", "0.1", "1e300", "'NaN'"])
    sluice.run("verify", source, target, check_code=0)


@pytest.mark.parametrize("odd", ["84.755", "'oops'"])
def test_one_value_of_another_form_is_the_one_row_that_differs(sluice, postgres, tmp_path, odd):
    lite = make_target("sqlite", tmp_path)
    postgres_side = make_target("postgres", tmp_path, postgres)
    for side in (lite, postgres_side):
        side.execute("CREATE TABLE t (id integer PRIMARY KEY, n decimal(10,2))",
                     "INSERT INTO t WITH RECURSIVE r(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM r "
                     "WHERE i < 2000) SELECT i, i / 20.0 FROM r")
    lite.execute(f"UPDATE t SET n = {odd} WHERE id = 1695")
    for sides in ((lite.uri, postgres_side.uri), (postgres_side.uri, lite.uri)):
        report = sluice.run("verify", *sides, "--level", "rows", "--json", check_code=5).json
        assert [row["key"] for row in report["tables"][0]["differences"]] == [{"id": "1695"}]
